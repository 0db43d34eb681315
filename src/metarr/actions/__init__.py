"""What a person can do, one plain function each: what the API, the pages and the command line call."""
