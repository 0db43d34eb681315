"""The pages on how the program is doing: health, logs, figures, and what it is made of."""

from metarr.ui.system.pages import ROUTERS

__all__ = ["ROUTERS"]
