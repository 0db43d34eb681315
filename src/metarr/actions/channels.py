"""Notification channels: adding, changing and testing them, and the words that are sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from metarr import notifiers
from metarr.errors import BadCredentials, Conflict, InvalidInput, Transient, Wait
from metarr.jobs import desk, policy, triggers
from metarr.jobs.summary import WAITING
from metarr.model.audit import Deed
from metarr.model.event import PROGRESS, EventType
from metarr.model.job import JobKind
from metarr.notifiers.base import Message, Severity
from metarr.phases.notify import words
from metarr.phases.notify.phase import told_of
from metarr.store import audit, channels, events, health

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from metarr.actions.installation import Installation
    from metarr.settings import MessageTemplate
    from metarr.store.channels import Channel, NewChannel
    from metarr.store.db import Tx

_OPEN = ("pending", WAITING, "running")
_MANY = 500  # jobs of channels; each has one that is open
_TEST = Message("Metarr", "This is a test: the channel works.", Severity.INFO)


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test came to, in words for a person."""

    is_well: bool
    message: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A channel without its secrets. `service`: the address's scheme, which says where it leads."""

    id: int
    name: str
    service: str
    events: tuple[EventType, ...]
    is_enabled: bool
    is_fixed: bool
    has_posters: bool


def listed(tx: Tx, house: Installation) -> tuple[Shown, ...]:
    """All channels, by name."""
    return tuple(_shown(one, house) for one in channels.everything(tx))


def one(tx: Tx, house: Installation, channel_id: int) -> Shown:
    """One channel. Raises NotFound."""
    return _shown(channels.get(tx, channel_id), house)


def add(tx: Tx, house: Installation, new: NewChannel) -> Shown:
    """A new channel; `new.url` as the owner gave it. Raises InvalidInput for an address that is none, Conflict."""
    notifiers.build(new.name, new.url)
    audit.record(tx, Deed.CHANNEL_ADDED, new.name)
    return one(tx, house, channels.add(tx, replace(new, url=house.vault.seal(new.url))))


def change(tx: Tx, house: Installation, channel_id: int, patch: Mapping[str, Any]) -> Shown:
    """Set what is named: name, url, events, is_enabled, has_posters. A channel that was refused is tried again."""
    before = channels.get(tx, channel_id)
    fixed = sorted(set(patch) & {"name", "url", "events"})
    if before.is_fixed and fixed:
        raise Conflict(f"Channel {before.name!r} comes from METARR_NOTIFY_URLS; change its {fixed[0]} there.")
    values = dict(patch)
    if "url" in values:
        notifiers.build(str(values.get("name", before.name)), values["url"])
        values["url"] = house.vault.seal(values["url"])
    if "events" in values:
        values["events"] = sorted(values["events"])
    channels.change(tx, channel_id, values)
    if values:
        audit.record(tx, Deed.CHANNEL_CHANGED, before.name, settings=sorted(values))
    if "url" in values or values.get("is_enabled"):
        health.clear(tx, channels.cause(before.name))
    return one(tx, house, channel_id)


def remove(tx: Tx, channel_id: int) -> None:
    """Forget a channel. Raises NotFound, and Conflict for one that the configuration names."""
    known = channels.get(tx, channel_id)
    if known.is_fixed:
        raise Conflict(f"Channel {known.name!r} comes from METARR_NOTIFY_URLS; remove it there, or switch it off here.")
    channels.remove(tx, channel_id)
    audit.record(tx, Deed.CHANNEL_REMOVED, known.name)
    health.clear(tx, channels.cause(known.name))


async def test(house: Installation, channel_id: int) -> Tested:
    """Send a message to a channel, now. Raises NotFound."""
    known = await house.store.read(lambda tx: channels.get(tx, channel_id))
    tested = await try_out(known.name, house.vault.open(known.url))
    if tested.is_well:
        await house.store.write(lambda tx: health.clear(tx, channels.cause(known.name)))
    return tested


async def try_out(name: str, url: str) -> Tested:
    """Send a message to an address that is not stored. Raises InvalidInput for one that is none."""
    notifier = notifiers.build(name, url)
    try:
        await notifier.send(_TEST)
    except (BadCredentials, Transient, Wait) as error:
        return Tested(False, str(error))
    finally:
        await notifier.close()
    return Tested(True, f"{name} took the message.")


def preview(tx: Tx, kind: EventType, template: MessageTemplate) -> Message:
    """What a template makes of the latest event of that type, or of an example. Raises InvalidInput."""
    return words.preview(kind, template, told_of(tx, events.newest(tx, kind)))


def waiting(tx: Tx) -> dict[int, int]:
    """Of how many events each channel is yet to be told, by its number; the others wait for nothing."""
    jobs = desk.page(tx, kinds=[JobKind.NOTIFY], states=_OPEN, limit=_MANY)
    numbers = {job["payload"]["channel"] for job in jobs if "channel" in job["payload"]}
    return {one.id: _news(tx, one) for one in channels.everything(tx) if one.id in numbers}


def _news(tx: Tx, channel: Channel) -> int:
    found = events.since(tx, channel.last_event_id, types=channel.events)
    return sum(policy.is_notice(event.type, event.data) for event in found)


def deliver_now(tx: Tx) -> int:
    """Tell what is gathered without waiting for more. Returns how many channels are told."""
    return triggers.hasten_notices(tx)


def checked(templates: Collection[MessageTemplate]) -> None:
    """Raise InvalidInput where a template is none."""
    for template in templates:
        words.check(template)


def _shown(known: Channel, house: Installation) -> Shown:
    try:
        service = house.vault.open(known.url).partition(":")[0]
    except Wait:  # sealed with another key: it is still there, and can be replaced
        service = "unknown"
    names = ("id", "name", "is_enabled", "is_fixed", "has_posters")
    return Shown(service=service, events=tuple(sorted(known.events)), **{name: getattr(known, name) for name in names})


def known_events() -> tuple[EventType, ...]:
    """The events that a channel can be told of."""
    return tuple(kind for kind in EventType if kind not in PROGRESS)


def check_events(wanted: Collection[EventType]) -> None:
    """Raise InvalidInput for an event that is no news."""
    strange = [kind for kind in wanted if kind not in known_events()]
    if strange:
        raise InvalidInput(f"{strange[0]} is told to pages only; channels can have {', '.join(known_events())}.")
