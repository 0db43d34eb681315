"""How items hang together: episodes of one file, the folder of a season, who shares a folder of head shots."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.media import FileRole, ItemId, ItemKind
from metarr.store import items, schema

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from metarr.model.media import Item, LibraryId
    from metarr.store.db import Tx

_ITEM = schema.item
_LINK = schema.item_file
_FILE = schema.media_file
_PLAIN_NAME = re.compile(r"(season|staffel|saison|temporada|stagione|seizoen) 0*[0-9]+|specials", re.IGNORECASE)


def of_same_file(tx: Tx, item: Item) -> list[Item]:
    """The episodes whose videos are also this one's, itself among them, in the order of their numbers; held ones too:
    the NFO that they share speaks of all of them.
    """
    ours, theirs = _LINK.alias(), _LINK.alias()
    query = (
        sa.select(_ITEM.c.id)
        .join(theirs, theirs.c.item_id == _ITEM.c.id)
        .join(ours, ours.c.file_id == theirs.c.file_id)
        .join(_FILE, _FILE.c.id == ours.c.file_id)
        .where(
            ours.c.item_id == item.id,
            _ITEM.c.kind == ItemKind.EPISODE.value,
            _FILE.c.role == FileRole.VIDEO.value,
            _ITEM.c.missing_since.is_(None),
        )
        .group_by(_ITEM.c.id)
        .order_by(_ITEM.c.season_number, _ITEM.c.episode_number, _ITEM.c.id)
    )
    others = [row["id"] for row in tx.rows(query)]
    return [items.get(tx, one) for one in others] if item.id in others else [item]


def folder_of_season(tx: Tx, season: Item) -> str | None:
    """The folder in which all episodes of the season lie, and no others; None where there is no such folder."""
    query = sa.select(_ITEM.c.folder, _ITEM.c.parent_id).where(
        _ITEM.c.library_id == season.library_id,
        _ITEM.c.kind == ItemKind.EPISODE.value,
        _ITEM.c.missing_since.is_(None),
        _ITEM.c.folder.in_(
            sa.select(_ITEM.c.folder).where(_ITEM.c.parent_id == season.id, _ITEM.c.missing_since.is_(None))
        ),
    )
    found = {(row["folder"], row["parent_id"]) for row in tx.rows(query.distinct())}
    if len(found) != 1:
        return None
    [(folder, _)] = found
    return None if folder == season.folder else str(folder)


def touch_seasons(tx: Tx, item_ids: Sequence[ItemId]) -> list[ItemId]:
    """The seasons that these episodes joined: what is published for them depends on where their episodes lie."""
    found: set[ItemId] = set()
    season = _ITEM.alias()
    for start in range(0, len(item_ids), 500):
        query = (
            sa.select(season.c.id)
            .join(_ITEM, _ITEM.c.parent_id == season.c.id)
            .where(_ITEM.c.id.in_(item_ids[start : start + 500]), season.c.kind == ItemKind.SEASON.value)
            .where(_ITEM.c.kind == ItemKind.EPISODE.value)
        )
        found.update(ItemId(row["id"]) for row in tx.rows(query))
    for one in sorted(found):
        items.touch(tx, one)
    return sorted(found)


def named_seasons(tx: Tx, series_id: ItemId) -> dict[int, str]:
    """The seasons of a show that have a name of their own: number -> name."""
    query = sa.select(_ITEM.c.season_number, _ITEM.c.title).where(
        _ITEM.c.parent_id == series_id,
        _ITEM.c.kind == ItemKind.SEASON.value,
        _ITEM.c.missing_since.is_(None),
        _ITEM.c.season_number.is_not(None),
    )
    rows = tx.rows(query.order_by(_ITEM.c.season_number))
    return {row["season_number"]: row["title"] for row in rows if row["title"] and not is_plain(row["title"])}


def touched(tx: Tx, library_id: LibraryId, folder: str, paths: Collection[str]) -> list[ItemId]:
    """The items whose folder it is, or whose files lie at these paths or did, with the season and the show above."""
    places = _ITEM.c.place.in_([folder, *paths])
    owners = sa.select(_LINK.c.item_id).join(_FILE, _FILE.c.id == _LINK.c.file_id)
    of_files = _ITEM.c.id.in_(owners.where(_FILE.c.library_id == library_id, _FILE.c.path.in_(list(paths))))
    query = sa.select(_ITEM.c.id, _ITEM.c.parent_id).where(_ITEM.c.library_id == library_id, sa.or_(places, of_files))
    found: dict[int, None] = {}
    rows = tx.rows(query.order_by(_ITEM.c.id))
    while rows:
        found |= dict.fromkeys(row["id"] for row in rows)
        above = {row["parent_id"] for row in rows} - {None} - found.keys()
        rows = tx.rows(sa.select(_ITEM.c.id, _ITEM.c.parent_id).where(_ITEM.c.id.in_(above))) if above else []
    return [ItemId(one) for one in sorted(found)]


def is_plain(name: str) -> bool:
    """Whether a season's name only says its number."""
    return _PLAIN_NAME.fullmatch(name.strip()) is not None


def beside(tx: Tx, item: Item, without: Collection[ItemId]) -> list[ItemId]:
    """Other items whose actors' pictures lie in the same folder: of the same show, or films of one folder."""
    if item.kind is ItemKind.MOVIE:
        query = sa.select(_ITEM.c.id).where(
            _ITEM.c.library_id == item.library_id,
            _ITEM.c.folder == item.folder,
            _ITEM.c.kind == item.kind.value,
            _ITEM.c.missing_since.is_(None),
        )
        found = [ItemId(row["id"]) for row in tx.rows(query)]
    else:
        top = item
        while top.parent_id is not None:
            top = items.get(tx, top.parent_id)
        found = list(items.below(tx, top.id))
    return [one for one in found if one not in without]
