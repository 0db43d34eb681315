"""The pages of one item: what it is, its fields, pictures and files, what publishing would change, and what happened.

Each tab is a page of its own with its own address; every button is a form that works without scripts.
"""

from metarr.ui.item.pages import ROUTERS

__all__ = ["ROUTERS"]
