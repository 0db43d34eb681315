"""Every page of the system, in the order in which their addresses are tried."""

from __future__ import annotations

from metarr.ui.system import about, audit, doctor, figures, health, logs, support

ROUTERS = tuple(part.router for part in (health, doctor, logs, audit, support, figures, about))
