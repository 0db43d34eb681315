"""The words of the program as frozen data: media, artwork, jobs, events. Pure."""
