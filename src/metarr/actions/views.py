"""Filtered and sorted lists that people keep as tabs. What is kept without an account belongs to everybody."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from metarr.errors import NotFound
from metarr.model.access import Right
from metarr.store import views
from metarr.store.views import SavedView

if TYPE_CHECKING:
    from metarr.model.access import Caller
    from metarr.store.db import Tx

_NEW = 0  # has no number yet


class Place(StrEnum):
    """Which list it is of."""

    MOVIES = "movies"
    SERIES = "series"
    COLLECTIONS = "collections"


def listed(tx: Tx, caller: Caller) -> list[SavedView]:
    """What the caller has: those of everybody, and their own."""
    return views.seen_by(tx, caller.user_id)


def save(tx: Tx, caller: Caller, place: Place, name: str, query: str) -> SavedView:
    """Keep a list for the caller, in place of that of the same name. Raises Conflict where there are many."""
    return views.save(tx, SavedView(_NEW, caller.user_id, place.value, name, query))


def remove(tx: Tx, caller: Caller, view_id: int) -> None:
    """Keep it no longer. Raises NotFound where it is not the caller's; administrators remove those of everybody."""
    view = views.get(tx, view_id)
    is_shared = view.user_id is None and caller.may(Right.ADMIN)
    if view.user_id != caller.user_id and not is_shared:
        raise NotFound(f"There is no saved list {view_id} of yours.")
    views.remove(tx, view_id)
