"""What nobody but a person may change: lock rows, and the one place that says what they come to for an item.

A lock that a person asks for on a show holds for the same field, list or kind of artwork of its seasons and episodes,
unless something nearer says otherwise. One that came by itself with an edit, a choice or an upload protects just that.
"""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.artwork import ArtworkKind
from metarr.model.media import Metadata
from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.prepared import PreparedQuery
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metarr.model.media import ItemId
    from metarr.store.db import Tx

EVERYTHING = "*"
TARGETS = frozenset(field.name for field in fields(Metadata)) | {f"artwork.{kind}" for kind in ArtworkKind}
_LOCK = schema.lock
_ITEM = schema.item
_OWN = PreparedQuery(
    sa.select(_LOCK.c.target, _LOCK.c.is_locked).where(
        _LOCK.c.item_id == sa.bindparam("item_id", type_=_LOCK.c.item_id.type)
    )
)


class LockedBy(StrEnum):
    """How a lock came about. Only USER reaches below the item."""

    USER = "user"
    EDIT = "edit"
    CHOICE = "choice"
    UPLOAD = "upload"


def set_locks(tx: Tx, item_id: ItemId, targets: Iterable[str], by: LockedBy, *, is_locked: bool = True) -> None:
    """Lock, or (`is_locked` False) free explicitly, whatever the show above says. Targets: `TARGETS`, `EVERYTHING`.

    A lock that a person asked for is not made a lesser one by an edit.
    """
    for target in sorted(set(targets)):
        row = {"item_id": item_id, "target": target, "is_locked": is_locked, "locked_by": by.value, "locked_at": NOW}
        keep = ["locked_by", "locked_at"] if by is not LockedBy.USER and target in _asked_for(tx, item_id) else []
        tx.execute(upsert(tx, _LOCK, ["item_id", "target"], row, keep=keep))


def clear_locks(tx: Tx, item_id: ItemId, targets: Iterable[str]) -> None:
    """The item says nothing about these any more: what is above it counts again."""
    tx.execute(sa.delete(_LOCK).where(_LOCK.c.item_id == item_id, _LOCK.c.target.in_(sorted(set(targets)))))


def own(tx: Tx, item_id: int) -> dict[str, bool]:
    """What the item itself says: target -> locked, or explicitly free."""
    return {row["target"]: row["is_locked"] for row in tx.fetch(_OWN, {"item_id": item_id})}


def effective(tx: Tx, item_id: int, parent_id: int | None) -> frozenset[str]:
    """What is locked for this item, by itself or by what is above it."""
    if parent_id is None:
        return _combined([own(tx, item_id)])
    above = tx.one(sa.select(_ITEM.c.parent_id).where(_ITEM.c.id == parent_id))
    line = [item_id, parent_id, *([above["parent_id"]] if above is not None and above["parent_id"] is not None else [])]
    said: dict[int, dict[str, bool]] = {}
    for row in tx.rows(sa.select(_LOCK).where(_LOCK.c.item_id.in_(line))):
        if row["item_id"] == item_id or row["locked_by"] == LockedBy.USER:
            said.setdefault(row["item_id"], {})[row["target"]] = row["is_locked"]
    return _combined([said[level] for level in reversed(line) if level in said])


def _combined(levels: Iterable[Mapping[str, bool]]) -> frozenset[str]:
    """The farthest level first: each later one overrides, and what it says of everything before what it says of one."""
    state: dict[str, bool] = {}
    for level in levels:
        if EVERYTHING in level:
            state = dict.fromkeys(TARGETS, level[EVERYTHING])
        state.update((target, is_locked) for target, is_locked in level.items() if target != EVERYTHING)
    return frozenset(target for target, is_locked in state.items() if is_locked)


def _asked_for(tx: Tx, item_id: ItemId) -> set[str]:
    is_asked = sa.and_(_LOCK.c.item_id == item_id, _LOCK.c.locked_by == LockedBy.USER, _LOCK.c.is_locked)
    return {row["target"] for row in tx.rows(sa.select(_LOCK.c.target).where(is_asked))}
