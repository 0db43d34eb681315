"""What waits for a person, in numbers: what the navigation and the dashboard show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.jobs import desk
from metarr.store import reviews

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.store.db import Tx


def counts(tx: Tx) -> Mapping[str, int]:
    """By the place where they are dealt with; nothing waits where there is no number."""
    found = {"review": reviews.count_open(tx), "jobs": desk.count_failed(tx)}
    return {place: number for place, number in found.items() if number}
