"""The grammar of file names, part by part: prefixes, numbers, dates, titles, and the words of a release. Pure."""
