"""What a media folder must look like on disk: names, NFO texts, the plan that gets it there, and its execution."""
