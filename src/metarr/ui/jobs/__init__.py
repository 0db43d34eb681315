"""The jobs: workflows from their triggers to their ends, what waits and why, and the dead letter."""

from metarr.ui.jobs.pages import ROUTERS

__all__ = ["ROUTERS"]
