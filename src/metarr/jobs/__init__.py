"""The job engine: one ledger, one loop, two wake-ups. The database is the engine."""
