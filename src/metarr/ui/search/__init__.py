"""Finding anything: titles, people, settings, pages, and what can be done, by a few letters.

With scripts a dialog answers as one types; without them the form in the bar leads to a page with the same groups.
"""

from metarr.ui.search.pages import router

__all__ = ["router"]
