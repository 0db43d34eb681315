"""The grammar of file names, part by part: what stands in front, the numbers, the dates, the title, the tokens. Pure."""
