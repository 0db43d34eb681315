"""People: one record each, shared by all their credits; head shots are kept once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.model.folding import folded
from metarr.store import artwork, pruning, schema
from metarr.store.columns import document
from metarr.store.prepared import Prepared, prepared_insert, prepared_upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from metarr.model.artwork import Blob
    from metarr.model.media import ItemId, Metadata
    from metarr.store.db import Tx

_PERSON = schema.person
_CREDIT = schema.credit
_ADD_CREDIT = prepared_insert(_CREDIT, ["item_id", "job", "position", "person_id", "role"])
_MOST_CREDITS = 1000
_LONGEST = 200  # characters: an index takes no more
_SAVE_NAME = prepared_upsert(_PERSON, ["key"], ["key", "name", "search", "ids"])
# What is in the cache is another picture than the one at the new address.
_SAVE_NEW_FACE = prepared_upsert(_PERSON, ["key"], ["key", "name", "search", "ids", "portrait_url"], portrait=sa.null())


@dataclass(frozen=True, slots=True)
class Portrait:
    """An actor of an item with the head shot, where there is one."""

    person_id: int
    name: str
    url: str | None
    blob: str | None  # sha256


_ACTORS = Prepared(
    sa.select(_PERSON.c.id, _PERSON.c.name, _PERSON.c.portrait_url, _PERSON.c.portrait)
    .join(_CREDIT, _CREDIT.c.person_id == _PERSON.c.id)
    .where(_CREDIT.c.item_id == sa.bindparam("item_id", type_=_CREDIT.c.item_id.type), _CREDIT.c.job == "actor")
    .order_by(_CREDIT.c.position)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)


def save_credits(tx: Tx, item_id: ItemId, metadata: Metadata) -> None:
    """The cast and crew of an item, replacing what was there."""
    tx.execute(sa.delete(_CREDIT).where(_CREDIT.c.item_id == item_id))
    cast = [(_person(m.name, m.tmdb, m.portrait_url), "actor", m.role) for m in metadata.cast]
    crew = [(_person(m.name, m.tmdb, None), m.job, "") for m in metadata.crew]
    credited = [*cast, *crew]
    ids = _save_people(tx, [person for person, *_ in credited])
    rows = [
        {"item_id": item_id, "job": job, "position": place, "person_id": ids[person["key"]], "role": role}
        for place, (person, job, role) in enumerate(credited)
    ]
    tx.run_many(_ADD_CREDIT, rows)


def _person(name: str, tmdb: int | None, portrait_url: str | None) -> dict[str, Any]:
    key = f"tmdb:{tmdb}" if tmdb is not None else f"name:{name}"
    ids = document({"tmdb": tmdb} if tmdb else {})
    return {"key": key, "name": name, "search": searched(name), "ids": ids, "portrait_url": portrait_url}


def searched(name: str) -> str:
    """A name as lists search and sort by it."""
    return folded(name)[:_LONGEST]


def _save_people(tx: Tx, credited: Sequence[dict[str, Any]]) -> dict[str, int]:
    """By key, the number of each. Only what is new or changed is written, in one order for all transactions."""
    wanted: dict[str, dict[str, Any]] = {}
    for person in credited:
        before = wanted.get(person["key"], {}).get("portrait_url")
        wanted[person["key"]] = {**person, "portrait_url": person["portrait_url"] or before}
    known = _known(tx, wanted)
    for key in sorted(wanted):
        person, there = wanted[key], known.get(key)
        url = person["portrait_url"]
        if there is None or (url and url != there["portrait_url"]):
            tx.run(_SAVE_NEW_FACE, person)
        elif person["name"] != there["name"]:
            tx.run(_SAVE_NAME, {name: person[name] for name in ("key", "name", "search", "ids")})
    return {row["key"]: row["id"] for row in _known(tx, wanted).values()}


def _known(tx: Tx, keys: Collection[str]) -> dict[str, sa.RowMapping]:
    query = sa.select(_PERSON.c.id, _PERSON.c.key, _PERSON.c.name, _PERSON.c.portrait_url)
    return {row["key"]: row for row in tx.rows(query.where(_PERSON.c.key.in_(list(keys))))}


def portraits(tx: Tx, item_id: int, limit: int) -> list[Portrait]:
    """The first `limit` actors of an item, in billing order."""
    return [Portrait(*row) for row in tx.run(_ACTORS, {"item_id": item_id, "most": limit})]


def save_portrait(tx: Tx, url: str, sha256: str) -> None:
    """The head shot at this address was fetched."""
    tx.execute(sa.update(_PERSON).where(_PERSON.c.portrait_url == url).values(portrait=sha256))


def known_portraits(tx: Tx, urls: list[str]) -> dict[str, str]:
    """Head shots that are in the cache already: their address -> sha256."""
    query = sa.select(_PERSON.c.portrait_url, _PERSON.c.portrait).where(
        _PERSON.c.portrait_url.in_(urls), _PERSON.c.portrait.is_not(None)
    )
    return {row["portrait_url"]: row["portrait"] for row in tx.rows(query)}


def page(tx: Tx, search: str, after: tuple[str, int] | None, limit: int) -> Sequence[sa.RowMapping]:
    """People by name, of whom every word searched for is in the name; `after`: search text and number of the last."""
    query = sa.select(_PERSON.c.id).where(
        *(_PERSON.c.search.contains(word, autoescape=True) for word in folded(search).split())
    )
    if after is not None:
        query = query.where(sa.tuple_(_PERSON.c.search, _PERSON.c.id) > sa.tuple_(*map(sa.literal, after)))
    found = query.order_by(_PERSON.c.search, _PERSON.c.id).limit(limit).subquery()
    shown = sa.select(_PERSON).join(found, found.c.id == _PERSON.c.id)
    return tx.rows(shown.order_by(_PERSON.c.search, _PERSON.c.id))


def get(tx: Tx, person_id: int) -> sa.RowMapping:
    """Raises NotFound."""
    row = tx.one(sa.select(_PERSON).where(_PERSON.c.id == person_id))
    if row is None:
        raise NotFound(f"There is no person {person_id}.")
    return row


def credits_of(tx: Tx, person_id: int) -> Sequence[sa.RowMapping]:
    """What somebody has done: item, job and role, in the order of the items."""
    query = sa.select(_CREDIT.c.item_id, _CREDIT.c.job, _CREDIT.c.role).where(_CREDIT.c.person_id == person_id)
    return tx.rows(query.order_by(_CREDIT.c.item_id, _CREDIT.c.job, _CREDIT.c.position).limit(_MOST_CREDITS))


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


def prune(tx: Tx) -> int:
    """Forget people who have no credit any more. Returns how many."""
    return pruning.prune(tx, _PERSON, ~sa.exists().where(_CREDIT.c.person_id == _PERSON.c.id))
