"""Looking at files: what a scan was not sure about, and everything of a role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.store import file_pages

if TYPE_CHECKING:
    from metarr.store.db import Row, Tx
    from metarr.store.file_pages import FileFilter


@dataclass(frozen=True, slots=True)
class FilePage:
    """Files, each with the items that it belongs to; `after` asks for the next page, None: this was the last."""

    files: tuple[tuple[Row, tuple[int, ...]], ...]
    after: int | None


def page(tx: Tx, wanted: FileFilter, *, after: int = 0, limit: int = 100) -> FilePage:
    """Files by their numbers."""
    rows = file_pages.page(tx, wanted, after, limit + 1)
    shown = rows[:limit]
    owners = file_pages.items_of(tx, [row["id"] for row in shown])
    return FilePage(
        tuple((row, tuple(owners.get(row["id"], ()))) for row in shown),
        shown[-1]["id"] if len(rows) > limit else None,
    )
