"""Every page of the jobs, in the order in which their addresses are tried."""

from __future__ import annotations

from metarr.ui.jobs import acts, dead_letter, one, overview

# Those with words in their addresses before the one with a number.
ROUTERS = tuple(part.router for part in (overview, dead_letter, acts, one))
