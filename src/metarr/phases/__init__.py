"""One module or package per phase of the design: scan, enrich, publish, sync, verify, notify, clean."""
