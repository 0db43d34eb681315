"""Every page of an item, in the order in which their addresses are tried."""

from __future__ import annotations

from metarr.ui.item import artwork, buttons, collection, editing, files, history, identity, overview, plan, previews

# The buttons come last: their address, a phase's name, would fit others too.
ROUTERS = tuple(
    part.router for part in (overview, collection, editing, artwork, previews, files, plan, history, identity, buttons)
)
