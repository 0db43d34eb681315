"""Notification: tell one channel what happened since it was last told. Never in anyone's way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import BadCredentials, InvalidInput
from metarr.jobs import policy
from metarr.model.job import Done, Job, JobKind
from metarr.notifiers.base import Message, Severity
from metarr.store import channels, events, health, items

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metarr.model.event import Event, EventType
    from metarr.model.media import ItemId
    from metarr.notifiers.base import Notifier
    from metarr.phases.base import JobContext
    from metarr.store.channels import Channel
    from metarr.store.db import Tx

_LINES = 20  # of one message; more would not be read


@dataclass(frozen=True, slots=True)
class Sent:
    """How far the channel was told, or why it was refused."""

    channel: Channel
    last_event_id: int
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell: events with the title of their item."""

    channel: Channel
    events: tuple[tuple[Event, str], ...]
    last_event_id: int


class Notify:
    """Gathers everything since the last message into one, so a burst is one message."""

    kind: ClassVar[JobKind] = JobKind.NOTIFY

    def __init__(self, build: Callable[[str, str], Notifier]) -> None:
        self._build = build

    async def run(self, job: Job, context: JobContext, /) -> Done[Sent]:
        """A fault is retried like any job's; refused credentials switch the channel off."""
        channel_id = job.payload.get("channel")
        if not isinstance(channel_id, int):
            raise InvalidInput("a notify job needs a channel")
        news = await context.store.read(lambda tx: _news(tx, channel_id))
        if not news.events:
            return Done(Sent(news.channel, news.last_event_id), "nothing new to tell")
        notifier = self._build(news.channel.name, news.channel.url)
        try:
            await notifier.send(compose(news.events))
        except BadCredentials as error:
            return Done(Sent(news.channel, news.last_event_id, str(error)), "refused; the channel is off now")
        finally:
            await notifier.close()
        return Done(Sent(news.channel, news.last_event_id), f"told {news.channel.name} of {len(news.events)} events")

    def record(self, tx: Tx, _job: Job, result: Sent, /) -> Sequence[ItemId]:
        """The channel's place in the events, or that it is switched off."""
        if result.refused is not None:
            channels.disable(tx, result.channel.id)
            health.report(tx, f"channel:{result.channel.name}", result.refused)
        channels.told(tx, result.channel.id, result.last_event_id)
        return ()


def compose(news: Sequence[tuple[Event, str]]) -> Message:
    """One message for all of it: a line each, the failures first."""
    ordered = sorted(news, key=lambda pair: (not _is_failure(pair[0].type), pair[0].id))
    lines = [_line(event, title) for event, title in ordered[:_LINES]]
    if len(ordered) > _LINES:
        lines.append(f"… and {len(ordered) - _LINES} more")
    has_failure = _is_failure(ordered[0][0].type)
    title = _title(ordered[0][0].type) if len(ordered) == 1 else f"Metarr: {len(ordered)} events"
    return Message(title, "\n".join(lines), Severity.ERROR if has_failure else Severity.INFO)


def _title(event: EventType) -> str:
    return event.value.replace("_", " ").capitalize()


def _line(event: Event, title: str) -> str:
    detail = event.data.get("error") or event.data.get("summary") or ""
    return ": ".join(part for part in (_title(event.type), title, str(detail)) if part)


def _is_failure(event: EventType) -> bool:
    return event in policy.FAILED_EVENT.values()


def _news(tx: Tx, channel_id: int) -> News:
    channel = channels.get(tx, channel_id)
    last = events.last_id(tx)
    found = events.since(tx, channel.last_event_id, types=channel.events)
    told = [event for event in found if policy.is_notice(event.type, event.data)]
    titles = items.titles(tx, [event.item_id for event in told if event.item_id is not None])
    pairs = tuple((event, titles.get(event.item_id, "") if event.item_id is not None else "") for event in told)
    return News(channel, pairs, found[-1].id if len(found) >= events.PAGE else last)
