"""Enrichment: ask the providers, merge what they say, score and choose artwork, download only what is chosen."""
