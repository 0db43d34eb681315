"""Every page about oneself."""

from __future__ import annotations

from metarr.ui.account import interface, own

ROUTERS = tuple(part.router for part in (own, interface))
