"""People: one record each, shared by all their credits; head shots are kept once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.store import artwork, schema
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.artwork import Blob
    from metarr.model.media import ItemId, Metadata
    from metarr.store.db import Tx

_PERSON = schema.person
_CREDIT = schema.credit


@dataclass(frozen=True, slots=True)
class Portrait:
    """An actor of an item with the head shot, where there is one."""

    person_id: int
    name: str
    url: str | None
    blob: str | None  # sha256


def save_credits(tx: Tx, item_id: ItemId, metadata: Metadata) -> None:
    """The cast and crew of an item, replacing what was there."""
    tx.execute(sa.delete(_CREDIT).where(_CREDIT.c.item_id == item_id))
    rows = [
        *(("actor", m.order, _person(tx, m.name, m.tmdb, m.portrait_url), m.role) for m in metadata.cast),
        *((m.job, place, _person(tx, m.name, m.tmdb, None), "") for place, m in enumerate(metadata.crew)),
    ]
    for place, (job, _, person_id, role) in enumerate(rows):
        values = {"item_id": item_id, "job": job, "position": place, "person_id": person_id, "role": role}
        tx.execute(sa.insert(_CREDIT).values(**values))


def _person(tx: Tx, name: str, tmdb: int | None, portrait_url: str | None) -> int:
    key = f"tmdb:{tmdb}" if tmdb is not None else f"name:{name}"
    row = {"key": key, "name": name, "ids": {"tmdb": tmdb} if tmdb else {}, "portrait_url": portrait_url}
    known = tx.one(sa.select(_PERSON.c.portrait_url).where(_PERSON.c.key == key))
    if portrait_url and known is not None and known["portrait_url"] != portrait_url:
        row["portrait"] = None  # another picture than the one in the cache
    keep = [] if portrait_url else ["portrait_url"]
    person_id: int = tx.execute(upsert(tx, _PERSON, ["key"], row, keep=keep).returning(_PERSON.c.id)).scalar_one()
    return person_id


def portraits(tx: Tx, item_id: int, limit: int) -> list[Portrait]:
    """The first `limit` actors of an item, in billing order."""
    query = (
        sa.select(_PERSON.c.id, _PERSON.c.name, _PERSON.c.portrait_url, _PERSON.c.portrait)
        .join(_CREDIT, _CREDIT.c.person_id == _PERSON.c.id)
        .where(_CREDIT.c.item_id == item_id, _CREDIT.c.job == "actor")
        .order_by(_CREDIT.c.position)
        .limit(limit)
    )
    return [Portrait(row["id"], row["name"], row["portrait_url"], row["portrait"]) for row in tx.rows(query)]


def save_portrait(tx: Tx, url: str, sha256: str) -> None:
    """The head shot at this address was fetched."""
    tx.execute(sa.update(_PERSON).where(_PERSON.c.portrait_url == url).values(portrait=sha256))


def known_portraits(tx: Tx, urls: list[str]) -> dict[str, str]:
    """Head shots that are in the cache already: their address -> sha256."""
    query = sa.select(_PERSON.c.portrait_url, _PERSON.c.portrait).where(
        _PERSON.c.portrait_url.in_(urls), _PERSON.c.portrait.is_not(None)
    )
    return {row["portrait_url"]: row["portrait"] for row in tx.rows(query)}


def portraits_of_many(tx: Tx, item_ids: Sequence[ItemId], limit: int) -> list[tuple[str, Blob]]:
    """The head shots of the first `limit` actors of each of these items, with the actors' names."""
    found: dict[tuple[str, str], Blob] = {}
    for start in range(0, len(item_ids), 500):
        query = (
            sa.select(_PERSON.c.name, _PERSON.c.portrait)
            .join(_CREDIT, _CREDIT.c.person_id == _PERSON.c.id)
            .where(
                _CREDIT.c.item_id.in_(item_ids[start : start + 500]),
                _CREDIT.c.job == "actor",
                _CREDIT.c.position < limit,
                _PERSON.c.portrait.is_not(None),
            )
            .distinct()
        )
        rows = tx.rows(query)
        blobs = artwork.blobs(tx, {row["portrait"] for row in rows})
        found |= {(row["name"], row["portrait"]): blobs[row["portrait"]] for row in rows if row["portrait"] in blobs}
    return [(name, blob) for (name, _), blob in found.items()]
