"""The web page: the same actions as the API, as HTML."""

from metarr.ui.pages import install

__all__ = ["install"]
