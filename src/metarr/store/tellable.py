"""What players can be told of items: where they lie, their videos, the pictures that changed, and by which ids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ExternalIds, FileRole, ItemId, ItemKind, LibraryId
from metarr.model.player import Facts
from metarr.store import files, schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.store.db import Tx

_ITEM = schema.item
_CHUNK = 500
_HISTORY = schema.history
_OVERWRITTEN = ("replace", "restore", "backup_replace")
# The pictures that every player shows; of others some have no place for them.
_MAIN_ART = (ArtworkKind.POSTER, ArtworkKind.FANART, ArtworkKind.THUMB)


def facts(tx: Tx, item_ids: Sequence[ItemId], since: Mapping[ItemId, int]) -> list[Facts]:
    """Of these items, in their order. `since`: pictures overwritten after that line of its history are named."""
    found: dict[int, Facts] = {}
    roots = {row["id"]: row["root"] for row in tx.rows(sa.select(schema.library.c.id, schema.library.c.root))}
    for start in range(0, len(item_ids), _CHUNK):
        chunk = item_ids[start : start + _CHUNK]
        rows = _rows(tx, chunk)
        ids = _ids(tx, [row["top"] for row in rows])
        videos = _videos(tx, chunk)
        pictures = _pictures(tx, chunk, since)
        art = _art(tx, chunk)
        lines = _lines(tx, chunk)
        for row in rows:
            root, item_id = Path(roots[row["library_id"]]), row["id"]
            found[item_id] = Facts(
                item_id=ItemId(item_id),
                kind=ItemKind(row["kind"]),
                library_id=LibraryId(row["library_id"]),
                folder=str(root / row["top_folder"]),
                title=row["top_title"],
                year=row["top_year"],
                ids=ids.get(row["top"], ExternalIds()),
                season=row["season_number"],
                episode=row["episode_number"] if row["kind"] == ItemKind.EPISODE else None,
                is_missing=row["missing_since"] is not None,
                revision=row["disk_revision"],
                videos=tuple(str(root / path) for path in videos.get(item_id, ())),
                pictures=tuple(str(root / path) for path in pictures.get(item_id, ())),
                art=art.get(item_id, frozenset()),
                line=lines.get(item_id, 0),
            )
    return [found[item_id] for item_id in item_ids if item_id in found]


def _rows(tx: Tx, chunk: Sequence[ItemId]) -> Sequence[sa.RowMapping]:
    parent, above, top = _ITEM.alias(), _ITEM.alias(), _ITEM.alias()
    line = _ITEM.outerjoin(parent, parent.c.id == _ITEM.c.parent_id)
    line = line.outerjoin(above, above.c.id == parent.c.parent_id)
    line = line.join(top, top.c.id == sa.func.coalesce(above.c.id, parent.c.id, _ITEM.c.id))
    names = ("id", "kind", "library_id", "season_number", "episode_number", "missing_since", "disk_revision")
    columns = (
        *(_ITEM.c[name] for name in names),
        top.c.id.label("top"),
        top.c.folder.label("top_folder"),
        top.c.title.label("top_title"),
        top.c.year.label("top_year"),
    )
    return tx.rows(sa.select(*columns).select_from(line).where(_ITEM.c.id.in_(chunk)))


def _ids(tx: Tx, tops: Sequence[int]) -> dict[int, ExternalIds]:
    table = schema.external_id
    found: dict[int, dict[str, str]] = {}
    for row in tx.rows(sa.select(table).where(table.c.item_id.in_(sorted(set(tops))))):
        found.setdefault(row["item_id"], {})[row["source"]] = row["value"]
    return {item_id: ExternalIds.from_dict(texts) for item_id, texts in found.items()}


def _videos(tx: Tx, chunk: Sequence[ItemId]) -> dict[ItemId, list[str]]:
    return {
        item_id: sorted(path for path, (file, _) in theirs.items() if file.role is FileRole.VIDEO)
        for item_id, theirs in files.of_items(tx, chunk).items()
    }


def some_folder(tx: Tx, library_id: LibraryId) -> str | None:
    """A folder, relative to the root, of some movie or show that is there; None: there is none."""
    is_there = sa.and_(_ITEM.c.library_id == library_id, _ITEM.c.missing_since.is_(None), _ITEM.c.parent_id.is_(None))
    query = sa.select(_ITEM.c.folder).where(is_there, _ITEM.c.folder != "", _ITEM.c.kind != ItemKind.COLLECTION)
    row = tx.one(query.order_by(_ITEM.c.id).limit(1))
    return None if row is None else str(row["folder"])


def owned_by_others(tx: Tx, library_id: LibraryId, paths: Sequence[str]) -> set[str]:
    """Those of these videos (absolute) that belong to an item which is there."""
    link, file, library = schema.item_file, schema.media_file, schema.library
    root = Path(tx.execute(sa.select(library.c.root).where(library.c.id == library_id)).scalar_one())
    inside = {str(Path(path).relative_to(root)): path for path in paths if Path(path).is_relative_to(root)}
    query = (
        sa.select(file.c.path)
        .join(link, link.c.file_id == file.c.id)
        .join(_ITEM, _ITEM.c.id == link.c.item_id)
        .where(file.c.library_id == library_id, file.c.path.in_(sorted(inside)))
        .where(file.c.missing_since.is_(None), _ITEM.c.missing_since.is_(None))
    )
    return {inside[row["path"]] for row in tx.rows(query)}


def _pictures(tx: Tx, chunk: Sequence[ItemId], since: Mapping[ItemId, int]) -> dict[ItemId, list[str]]:
    """Pictures whose content changed under the same name since the player was told."""
    known = [since[item_id] for item_id in chunk if item_id in since]
    if not known:
        return {}
    query = sa.select(_HISTORY.c.item_id, _HISTORY.c.path, _HISTORY.c.id).where(
        _HISTORY.c.item_id.in_(chunk),
        _HISTORY.c.id > min(known),
        _HISTORY.c.action.in_(_OVERWRITTEN),
        ~_HISTORY.c.path.endswith(".nfo"),
    )
    found: dict[ItemId, set[str]] = {}
    for row in tx.rows(query):
        told = since.get(row["item_id"])
        if told is not None and row["id"] > told:
            found.setdefault(row["item_id"], set()).add(row["path"])
    return {item_id: sorted(paths) for item_id, paths in found.items()}


def _lines(tx: Tx, chunk: Sequence[ItemId]) -> dict[ItemId, int]:
    """The last line of each item's history."""
    last = sa.func.max(_HISTORY.c.id).label("last")
    query = sa.select(_HISTORY.c.item_id, last).where(_HISTORY.c.item_id.in_(chunk)).group_by(_HISTORY.c.item_id)
    return {ItemId(row["item_id"]): row["last"] for row in tx.rows(query)}


def _art(tx: Tx, chunk: Sequence[ItemId]) -> dict[ItemId, frozenset[str]]:
    choice = schema.choice
    query = sa.select(choice.c.item_id, choice.c.kind).where(choice.c.item_id.in_(chunk), choice.c.kind.in_(_MAIN_ART))
    found: dict[ItemId, set[str]] = {}
    for row in tx.rows(query):
        found.setdefault(row["item_id"], set()).add(row["kind"])
    return {item_id: frozenset(kinds) for item_id, kinds in found.items()}
