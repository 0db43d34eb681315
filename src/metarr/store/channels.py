"""Notification channels: where to, which events, and how far each has been told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import Conflict, NotFound
from metarr.model.event import EventType
from metarr.store import events, schema
from metarr.store.prepared import Prepared
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from metarr.store.db import Tx

_CHANNEL = schema.channel


@dataclass(frozen=True, slots=True)
class Channel:
    """A place to tell. `url` holds credentials: sealed, never logged, never shown.

    `is_fixed`: the process configuration names it, so it is changed there. `has_posters`: send the item's poster along.
    """

    id: int
    name: str
    url: str = field(repr=False)
    events: frozenset[EventType]
    last_event_id: int
    is_enabled: bool = True
    is_fixed: bool = False
    has_posters: bool = True


@dataclass(frozen=True, slots=True)
class NewChannel:
    """What a channel is to be. `url` is sealed."""

    name: str
    url: str = field(repr=False)
    events: Collection[EventType]
    is_enabled: bool = True
    has_posters: bool = True


def everything(tx: Tx) -> list[Channel]:
    """All channels, by name."""
    return [_channel(row) for row in tx.rows(sa.select(_CHANNEL).order_by(_CHANNEL.c.name))]


def fix(tx: Tx, name: str, url: str, wanted: Collection[EventType], *, is_same: bool = False) -> None:
    """The process configuration names this channel. One that is new is told of what happens from now on.

    `is_same`: its address is what it was, so that it stays off where it was off.
    """
    row = _row(tx, NewChannel(name, url, wanted)) | {"is_fixed": True}
    tx.execute(upsert(tx, _CHANNEL, ["name"], row, keep=["last_event_id", *(["is_enabled"] if is_same else [])]))


def fix_only(tx: Tx, names: Sequence[str]) -> None:
    """The process configuration names no others any more."""
    tx.execute(sa.delete(_CHANNEL).where(_CHANNEL.c.is_fixed, _CHANNEL.c.name.not_in(names)))


def add(tx: Tx, new: NewChannel) -> int:
    """A channel of the owner's. Returns its number. Raises Conflict where the name is taken."""
    if tx.one(sa.select(_CHANNEL.c.id).where(_CHANNEL.c.name == new.name)) is not None:
        raise Conflict(f"There is a channel {new.name!r} already; choose another name.")
    row = _row(tx, new) | {"is_fixed": False}
    found: int = tx.execute(sa.insert(_CHANNEL).values(row).returning(_CHANNEL.c.id)).scalar_one()
    return found


def change(tx: Tx, channel_id: int, values: Mapping[str, Any]) -> None:
    """Set some of its columns. One that was off is told of what happens from now on."""
    before = get(tx, channel_id)
    name = values.get("name", before.name)
    taken = sa.select(_CHANNEL.c.id).where(_CHANNEL.c.name == name, _CHANNEL.c.id != channel_id)
    if tx.one(taken) is not None:
        raise Conflict(f"There is a channel {name!r} already; choose another name.")
    wakes = values.get("is_enabled") and not before.is_enabled
    news = {"last_event_id": events.last_id(tx)} if wakes else {}
    if values:
        tx.execute(sa.update(_CHANNEL).where(_CHANNEL.c.id == channel_id).values(**values, **news))


def remove(tx: Tx, channel_id: int) -> None:
    """Forget a channel. Raises NotFound."""
    get(tx, channel_id)
    tx.execute(sa.delete(_CHANNEL).where(_CHANNEL.c.id == channel_id))


def get(tx: Tx, channel_id: int) -> Channel:
    """One channel, or NotFound."""
    row = tx.one(sa.select(_CHANNEL).where(_CHANNEL.c.id == channel_id))
    if row is None:
        raise NotFound(f"There is no channel {channel_id}.")
    return _channel(row)


def cause(name: str) -> str:
    """The key of the health line about a channel."""
    return f"channel:{name}"


def any_enabled(tx: Tx) -> bool:
    """Whether anybody is told of anything."""
    return bool(tx.run(_ANY, {}))


def wanting(tx: Tx, event: EventType) -> list[int]:
    """Enabled channels that asked for this kind of event."""
    rows = tx.rows(sa.select(_CHANNEL.c.id, _CHANNEL.c.events).where(_CHANNEL.c.is_enabled))
    return [row["id"] for row in rows if event.value in row["events"]]


def told(tx: Tx, channel_id: int, event_id: int) -> None:
    """Everything up to this event was delivered."""
    tx.execute(sa.update(_CHANNEL).where(_CHANNEL.c.id == channel_id).values(last_event_id=event_id))


def disable(tx: Tx, channel_id: int) -> None:
    """Its credentials are wrong; it is not tried again until a person changes it."""
    tx.execute(sa.update(_CHANNEL).where(_CHANNEL.c.id == channel_id).values(is_enabled=False))


_ANY = Prepared(sa.select(_CHANNEL.c.id).where(sa.text("channel.is_enabled")).limit(1))


def _row(tx: Tx, new: NewChannel) -> dict[str, Any]:
    return {
        "name": new.name,
        "url": new.url,
        "events": sorted(new.events),
        "is_enabled": new.is_enabled,
        "has_posters": new.has_posters,
        "last_event_id": events.last_id(tx),
    }


def _channel(row: sa.RowMapping) -> Channel:
    known = set(EventType)  # a row may name one of a newer version
    wanted = frozenset(EventType(name) for name in row["events"] if name in known)
    names = ("id", "name", "url", "last_event_id", "is_enabled", "is_fixed", "has_posters")
    return Channel(events=wanted, **{name: row[name] for name in names})
