"""What lists filter by that would have to be looked for in documents: genres, resolution, HDR and languages of videos.

Kept as rows of their own where metadata and files are written.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.media import FileRole
from metarr.store import schema
from metarr.store.prepared import Prepared, PreparedQuery, prepared_insert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from metarr.model.media import MediaFile, Metadata
    from metarr.store.db import Tx

_TRAIT = schema.trait
_ADD = prepared_insert(_TRAIT, ["item_id", "name", "value"])
_OF_ITEM = PreparedQuery(
    sa.select(_TRAIT.c.name, _TRAIT.c.value).where(
        _TRAIT.c.item_id == sa.bindparam("item_id", type_=_TRAIT.c.item_id.type)
    )
)


def _values() -> sa.Select[Any]:
    """From each value to the next in the index: there are few, and each stands there for thousands of items."""
    is_named = _TRAIT.c.name == sa.bindparam("name", type_=_TRAIT.c.name.type)
    least = sa.func.min(_TRAIT.c.value).label("value")
    first = sa.select(least).where(is_named).cte("seen", recursive=True)
    further = sa.select(least).where(is_named, _TRAIT.c.value > first.c.value).scalar_subquery()
    seen = first.union_all(sa.select(further).where(first.c.value.is_not(None)))
    return sa.select(seen.c.value).where(seen.c.value.is_not(None)).order_by(seen.c.value)


_VALUES = Prepared(_values())
_LONGEST = 200  # characters: an index takes no more
# The least width or height of each class, widest first: films are cut at the top, or at the sides.
_CLASSES = (("2160", 3200, 1700), ("1080", 1700, 900), ("720", 1100, 650))


class Trait(StrEnum):
    """What can be filtered by."""

    GENRE = "genre"
    RESOLUTION = "resolution"
    HDR = "hdr"
    AUDIO = "audio"
    SUBTITLE = "subtitle"


Traits = frozenset[tuple[Trait, str]]
OF_METADATA = frozenset({Trait.GENRE})
OF_FILES = frozenset(Trait) - OF_METADATA


def of_metadata(metadata: Metadata) -> Traits:
    """What an item's document says."""
    return frozenset((Trait.GENRE, name[:_LONGEST]) for name in metadata.genres if name.isprintable())


def of_files(files: Iterable[MediaFile]) -> Traits:
    """What an item's files hold, all versions together."""
    return frozenset(found for file in files for found in _of_file(file) if found[1])


def resolution(width: int | None, height: int | None) -> str:
    """The class of a picture: 2160, 1080, 720 or sd; "" where its size is not known."""
    if not width or not height:
        return ""
    return next((name for name, wide, high in _CLASSES if width >= wide or height >= high), "sd")


def add(tx: Tx, rows: Iterable[tuple[int, Traits]]) -> None:
    """Those of new items."""
    found = [
        {"item_id": item_id, "name": name.value, "value": value} for item_id, traits in rows for name, value in traits
    ]
    if found:
        tx.run_many(_ADD, found)


def replace(tx: Tx, item_id: int, names: Collection[Trait], traits: Traits) -> None:
    """All of these names that an item has now. Only what differs is written."""
    rows = tx.fetch(_OF_ITEM, {"item_id": item_id})
    before = frozenset((Trait(row["name"]), row["value"]) for row in rows if row["name"] in names)
    for name, value in before - traits:
        which = sa.and_(_TRAIT.c.item_id == item_id, _TRAIT.c.name == name, _TRAIT.c.value == value)
        tx.execute(sa.delete(_TRAIT).where(which))
    add(tx, [(item_id, traits - before)])


def among(tx: Tx, item_ids: Collection[int], names: Collection[Trait]) -> dict[int, list[str]]:
    """What these items have of these names, by item."""
    found: dict[int, list[str]] = {}
    which = sa.and_(_TRAIT.c.item_id.in_(list(item_ids)), _TRAIT.c.name.in_([name.value for name in names]))
    query = sa.select(_TRAIT.c.item_id, _TRAIT.c.value).where(which).order_by(_TRAIT.c.item_id, _TRAIT.c.name.desc())
    for row in tx.rows(query):
        found.setdefault(row["item_id"], []).append(row["value"])
    return found


def values(tx: Tx, name: Trait) -> list[str]:
    """What there is to choose from."""
    return [value for (value,) in tx.run(_VALUES, {"name": name.value})]


def _of_file(file: MediaFile) -> Iterable[tuple[Trait, str]]:
    if file.role is FileRole.SUBTITLE:
        yield Trait.SUBTITLE, _language(file.details)
    if file.role is FileRole.AUDIO:
        yield Trait.AUDIO, _language(file.details)
    if file.role is not FileRole.VIDEO:
        return
    for track in file.details.get("video") or ():
        yield Trait.RESOLUTION, resolution(track.get("width"), track.get("height"))
        yield Trait.HDR, str(track.get("hdr") or "")
    for track in file.details.get("audio") or ():
        yield Trait.AUDIO, _language(track)
    for track in file.details.get("subtitle") or ():
        yield Trait.SUBTITLE, _language(track)


def _language(track: Mapping[str, Any]) -> str:
    """Without the country: `pt` for `pt-BR`."""
    code = str(track.get("language") or "").partition("-")[0].lower()
    return code if code.isalpha() else ""
