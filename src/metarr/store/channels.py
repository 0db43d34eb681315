"""Notification channels: where to, which events, and how far each has been told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.model.event import EventType
from metarr.store import events, schema
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.db import Tx

_CHANNEL = schema.channel


@dataclass(frozen=True, slots=True)
class Channel:
    """A place to tell. `url` holds credentials: never logged, never shown."""

    id: int
    name: str
    url: str = field(repr=False)
    events: frozenset[EventType]
    last_event_id: int


def save(tx: Tx, name: str, url: str, wanted: Sequence[EventType]) -> None:
    """Add a channel, or change the one of this name; a new one is told of what happens from now on."""
    row = {"name": name, "url": url, "events": sorted(wanted), "is_enabled": True, "last_event_id": events.last_id(tx)}
    tx.execute(upsert(tx, _CHANNEL, ["name"], row, keep=["last_event_id"]))


def remove_others(tx: Tx, names: Sequence[str]) -> None:
    """Only the channels of these names stay."""
    tx.execute(sa.delete(_CHANNEL).where(_CHANNEL.c.name.not_in(names)))


def get(tx: Tx, channel_id: int) -> Channel:
    """One channel, or NotFound."""
    row = tx.one(sa.select(_CHANNEL).where(_CHANNEL.c.id == channel_id))
    if row is None:
        raise NotFound(f"There is no channel {channel_id}.")
    wanted = frozenset(EventType(name) for name in row["events"])
    return Channel(row["id"], row["name"], row["url"], wanted, row["last_event_id"])


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
