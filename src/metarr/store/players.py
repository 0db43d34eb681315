"""Players: their settings, and what each was seen to show of an item."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.media import ItemId
    from metarr.store.db import Tx

_PLAYER = schema.player
_STATE = schema.player_state


@dataclass(frozen=True, slots=True)
class PlayerRow:
    """A configured player. `settings` hold its address and credentials: never logged, never shown."""

    id: int
    name: str
    kind: str
    settings: Mapping[str, Any] = field(repr=False)


def save(tx: Tx, name: str, kind: str, settings: Mapping[str, Any]) -> None:
    """Add a player, or change the one of this name and enable it."""
    row = {"name": name, "kind": kind, "settings": dict(settings), "is_enabled": True}
    tx.execute(upsert(tx, _PLAYER, ["name"], row))


def remove_others(tx: Tx, names: Sequence[str]) -> None:
    """Only the players of these names stay."""
    tx.execute(sa.delete(_PLAYER).where(_PLAYER.c.name.not_in(names)))


def enabled(tx: Tx) -> list[PlayerRow]:
    """Players to be told, by name."""
    rows = tx.rows(sa.select(_PLAYER).where(_PLAYER.c.is_enabled).order_by(_PLAYER.c.name))
    return [PlayerRow(row["id"], row["name"], row["kind"], row["settings"]) for row in rows]


def any_enabled(tx: Tx) -> bool:
    """Whether there is a player to tell at all."""
    return tx.one(sa.select(_PLAYER.c.id).where(_PLAYER.c.is_enabled).limit(1)) is not None


def disable(tx: Tx, player_id: int) -> None:
    """Its credentials are wrong; it is not asked again until a person changes them."""
    tx.execute(sa.update(_PLAYER).where(_PLAYER.c.id == player_id).values(is_enabled=False))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a player showed of an item when it was read back; `revision` is the state of the files it was told of."""

    item_id: ItemId
    is_seen: bool
    art: frozenset[str]
    detail: str
    revision: int


def save_state(tx: Tx, player_id: int, shown: Shown) -> None:
    """Remember what a player showed."""
    row = {
        "player_id": player_id,
        "item_id": shown.item_id,
        "state": "confirmed" if shown.is_seen else "not_seen",
        "art": sorted(shown.art),
        "detail": shown.detail,
        "revision": shown.revision,
        "at": NOW,
    }
    tx.execute(upsert(tx, _STATE, ["item_id", "player_id"], row))


def states(tx: Tx, item_id: int) -> Sequence[sa.RowMapping]:
    """What each player last showed of an item."""
    query = sa.select(_PLAYER.c.name, _STATE.c.state, _STATE.c.art, _STATE.c.detail, _STATE.c.at)
    return tx.rows(query.join(_STATE, _STATE.c.player_id == _PLAYER.c.id).where(_STATE.c.item_id == item_id))


def revisions(tx: Tx, player_id: int) -> dict[int, int]:
    """The state of each item's files that the player was last told of."""
    query = sa.select(_STATE.c.item_id, _STATE.c.revision).where(_STATE.c.player_id == player_id)
    return {row["item_id"]: row["revision"] for row in tx.rows(query)}
