"""An item turns out to be another one: what was learnt about the wrong one goes, at once and completely."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from metarr.model.media import USER, ExternalIds, Identity, ItemKind, Metadata
from metarr.model.merge import OWN_SOURCES
from metarr.store import artwork, collections, items, people, reviews, said

if TYPE_CHECKING:
    from metarr.model.media import Item
    from metarr.store.db import Tx

_FIELDS = tuple(field.name for field in fields(Metadata))


def reidentify(
    tx: Tx, item: Item, ids: ExternalIds, source: str, identity: Identity, *, is_heard_again: bool = False
) -> Item:
    """The item is what `ids` name by the word of `source`. Returns it as it is now: not enriched.

    Metadata that providers gave, their answers, their candidates, automatic choices and credits go, with a show also
    those of its seasons and episodes. What is locked stays, and what a person, an NFO or a name says;
    `is_heard_again`: only the person's, as names and NFO files of the item itself are read anew right after.
    """
    for below in items.below(tx, item.id):
        if below != item.id:
            _forget_inner(tx, items.get(tx, below), identity)
    own = frozenset({USER}) if is_heard_again else OWN_SOURCES
    _forget(tx, item, own, ids, source, identity)
    return items.get(tx, item.id)


def own_ids(item: Item) -> ExternalIds:
    """The ids that no provider's answer gave it."""
    return item.metadata.ids if item.provenance.get("ids") in OWN_SOURCES else ExternalIds()


def _forget_inner(tx: Tx, item: Item, above: Identity) -> None:
    """A season or an episode of a show that was another one: only its own files may have named it."""
    ids = item.metadata.ids if "ids" in item.locks else own_ids(item)
    named = Identity.IDENTIFIED if ids else Identity.GUESSED
    identity = Identity.LOCAL if above is Identity.LOCAL else named
    _forget(tx, item, OWN_SOURCES, ids, item.provenance.get("ids", "name"), identity)


def _forget(tx: Tx, item: Item, own: frozenset[str], ids: ExternalIds, source: str, identity: Identity) -> None:
    kept = {name for name in _FIELDS if name in item.locks or item.provenance.get(name) in own} - {"ids"}
    values: dict[str, Any] = {name: getattr(item.metadata, name) for name in kept}
    provenance = {name: item.provenance[name] for name in kept & item.provenance.keys()}
    for name in ("title", "year"):
        told = next((piece[name] for piece in items.evidence(tx, item.id) if piece.get(name)), None)
        if told is not None and not values.get(name) and name not in item.locks:
            values[name], provenance[name] = told, "name"
    if not values.get("title") and "title" not in item.locks:
        values["title"] = (item.place or item.folder).rpartition("/")[2]
    if ids:
        values["ids"], provenance["ids"] = ids, source
    metadata = Metadata(**values)
    items.save_metadata(tx, item, metadata, provenance, identity)
    items.update(tx, item.id, enriched_at=None)
    said.forget(tx, [item.id])
    artwork.forget_automatic(tx, item.id, item.locks)
    people.save_credits(tx, item.id, metadata)
    reviews.settle_identity(tx, item.id)
    if item.kind is ItemKind.MOVIE:
        collections.link(tx, item, metadata.collection)
