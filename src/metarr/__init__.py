"""Metarr: scans, enriches, publishes and protects the metadata and artwork of a media library."""

__version__ = "0.1.0"
