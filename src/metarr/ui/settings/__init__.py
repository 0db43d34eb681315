"""The pages on which the program is set up: one for each section of settings, and one for each kind of thing it knows.

Who may change how the program works sees them; each form works without scripts.
"""

from metarr.ui.settings.pages import ROUTERS

__all__ = ["ROUTERS"]
