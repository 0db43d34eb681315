"""The REST API under `/api/v1`. Thin: parse, call an action, answer."""
