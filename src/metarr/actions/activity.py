"""Everything that happened, page by page: what a person reads as the history of the whole installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from metarr.errors import InvalidInput
from metarr.store import activity
from metarr.store.activity import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.activity import Entry, Wanted
    from metarr.store.db import Tx

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_PARTS = 3
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """`before`: where the next page begins; None: this was the last."""

    entries: Sequence[Entry]
    before: str | None


def page(tx: Tx, wanted: Wanted, *, before: str | None, limit: int) -> Page:
    """Entries, newest first. Raises InvalidInput for a place that no page named."""
    found = activity.page(tx, wanted, None if before is None else _place(before), limit + 1)
    return Page(found[:limit], _name(found[limit - 1].place) if len(found) > limit else None)


def _name(place: Place) -> str:
    return f"{(place.at - _EPOCH) // _MICROSECOND}-{place.source}-{place.id}"


def _place(name: str) -> Place:
    parts = name.split("-")
    if len(parts) != _PARTS or not all(part.isascii() and part.isdigit() for part in parts):
        raise InvalidInput(f"{name!r} is no place in the activity; take `before` of the page before.")
    microseconds, source, row_id = map(int, parts)
    try:
        at = _EPOCH + microseconds * _MICROSECOND
    except OverflowError as error:
        raise InvalidInput(f"{name!r} is no place in the activity; take `before` of the page before.") from error
    return Place(at, source, min(row_id, _LARGEST))
