"""The scan phase: finds media below a root, says what each file is, and whose it is. Never writes there."""
