"""What the API and the pages have in common: who is admitted to what, and how errors are answered."""

BASE = "/api/v1"
