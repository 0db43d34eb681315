"""Copies of everything that an installation knows: one file each, made while it works, checked when it is made.

A backup is a zip archive with the database as an SQLite file (also of a PostgreSQL one), the key that opens its
secrets, the configuration file, and, where wanted, the cache. `manifest.json` says what must be in it.
"""
