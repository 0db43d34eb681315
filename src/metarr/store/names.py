"""What people call items: a film by its title, an episode by its show, number and title."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import ItemId, ItemKind
from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metarr.store.db import Tx

_ITEM = schema.item
_CHUNK = 500


def names_of(tx: Tx, item_ids: Iterable[ItemId]) -> dict[ItemId, tuple[str, int | None]]:
    """Name and year of each of these items that is still known."""
    wanted = sorted(item_ids)
    parent, above = _ITEM.alias("parent"), _ITEM.alias("above")
    columns = (
        *(_ITEM.c[name] for name in ("id", "kind", "title", "year", "season_number", "episode_number", "folder")),
        sa.func.coalesce(above.c.title, parent.c.title).label("show"),
    )
    line = _ITEM.outerjoin(parent, parent.c.id == _ITEM.c.parent_id).outerjoin(above, above.c.id == parent.c.parent_id)
    found: dict[ItemId, tuple[str, int | None]] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = sa.select(*columns).select_from(line).where(_ITEM.c.id.in_(wanted[start : start + _CHUNK]))
        found.update((ItemId(row["id"]), _named(row)) for row in tx.rows(query))
    return found


def _named(row: sa.RowMapping) -> tuple[str, int | None]:
    title = row["title"] or row["folder"]
    match ItemKind(row["kind"]):
        case ItemKind.EPISODE:
            number = f"S{row['season_number'] or 0:02}E{row['episode_number'] or 0:02}"
            return " ".join(part for part in (row["show"], number, row["title"]) if part), None
        case ItemKind.SEASON:
            return f"{row['show'] or title}, season {row['season_number'] or 0}", None
        case ItemKind.MOVIE | ItemKind.SERIES | ItemKind.COLLECTION:
            return title, row["year"]
