"""The pages about oneself: the own password, where one is logged in, and how the pages look."""

from metarr.ui.account.pages import ROUTERS

__all__ = ["ROUTERS"]
