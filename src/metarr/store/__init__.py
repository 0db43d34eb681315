"""What the program remembers: the database, and the content-addressed cache. SQL lives here and in `jobs/` only."""
