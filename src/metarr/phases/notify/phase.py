"""The notify phase: deliver to one channel what happened since it was last told, or see how a workflow ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import BadCredentials, InvalidInput
from metarr.jobs import policy
from metarr.model.artwork import ArtworkKind
from metarr.model.job import Done, Job, JobKind, Snooze
from metarr.model.words import counted
from metarr.phases.notify import ending
from metarr.phases.notify.ending import Ended
from metarr.phases.notify.words import Told, compose
from metarr.store import artwork, channels, events, health, items, libraries, names, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metarr.model.artwork import Selection
    from metarr.model.event import Event, EventType
    from metarr.model.media import ItemId
    from metarr.notifiers.base import Message, Notifier
    from metarr.phases.base import JobContext
    from metarr.settings import MessageTemplate
    from metarr.store.blobs import Blobs
    from metarr.store.channels import Channel
    from metarr.store.db import Tx
    from metarr.store.sealed import Vault


@dataclass(frozen=True, slots=True)
class Sent:
    """How far the channel was told, or why it was refused."""

    channel: Channel
    last_event_id: int
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell a channel, and with which words and picture."""

    channel: Channel
    told: tuple[Told, ...]
    last_event_id: int
    templates: Mapping[EventType, MessageTemplate]
    poster: Selection | None = None


class Notify:
    """Gathers everything since the last message into one, so a burst is one message."""

    kind: ClassVar[JobKind] = JobKind.NOTIFY

    def __init__(self, build: Callable[[str, str], Notifier], vault: Vault, blobs: Blobs) -> None:
        self._build = build
        self._vault = vault
        self._blobs = blobs

    async def run(self, job: Job, context: JobContext, /) -> Done[Sent | Ended] | Snooze:
        """A fault is retried like any job's; refused credentials switch the channel off."""
        root, channel_id = job.payload.get("workflow"), job.payload.get("channel")
        if isinstance(root, int):
            found = await context.store.read(lambda tx: ending.look(tx, root))
            return found if isinstance(found, Snooze) else Done(found, found.data["summary"])
        if not isinstance(channel_id, int):
            raise InvalidInput("a notify job needs a channel or a workflow")
        return await self._deliver(await context.store.read(lambda tx: _news(tx, channel_id)))

    def record(self, tx: Tx, _job: Job, result: Sent | Ended, /) -> Sequence[ItemId]:
        """The channel's place in the events, or that it is switched off; a workflow's end is an event itself."""
        if isinstance(result, Ended):
            ending.tell(tx, result)
            return ()
        if result.refused is not None:
            channels.disable(tx, result.channel.id)
            health.report(tx, channels.cause(result.channel.name), result.refused)
        channels.told(tx, result.channel.id, result.last_event_id)
        return ()

    async def _deliver(self, news: News) -> Done[Sent | Ended]:
        channel = news.channel
        if not news.told:
            return Done(Sent(channel, news.last_event_id), "nothing new to tell")
        notifier = self._build(channel.name, self._vault.open(channel.url))
        try:
            await notifier.send(self._message(news))
        except BadCredentials as error:
            return Done(Sent(channel, news.last_event_id, str(error)), "refused; the channel is off now")
        finally:
            await notifier.close()
        return Done(Sent(channel, news.last_event_id), f"told {channel.name} of {counted(len(news.told), 'event')}")

    def _message(self, news: News) -> Message:
        message = compose(news.told, news.templates)
        poster = news.poster
        if poster is None or not self._blobs.has(poster.blob, poster.extension):
            return message
        return replace(message, image=str(self._blobs.path(poster.blob, poster.extension)))


def _news(tx: Tx, channel_id: int) -> News:
    channel = channels.get(tx, channel_id)
    last = events.last_id(tx)
    found = events.since(tx, channel.last_event_id, types=channel.events)
    told = tuple(told_of(tx, [event for event in found if policy.is_notice(event.type, event.data)]))
    until = found[-1].id if len(found) >= events.PAGE else last
    templates = settings.load(tx).notification.templates
    return News(channel, told, until, templates, _poster(tx, told) if channel.has_posters else None)


def told_of(tx: Tx, found: Sequence[Event]) -> list[Told]:
    """Events with what people call the things that they are about."""
    shelves = {library.id: library.name for library in libraries.everything(tx)}
    titles = names.names_of(tx, {event.item_id for event in found if event.item_id is not None})
    blank = ("", None)
    return [
        Told(
            event,
            *(titles.get(event.item_id, blank) if event.item_id is not None else blank),
            library=shelves.get(event.library_id, "") if event.library_id is not None else "",
        )
        for event in found
    ]


def _poster(tx: Tx, told: Sequence[Told]) -> Selection | None:
    """The poster of the one item that a message is about; an episode's is its show's."""
    about = {one.event.item_id for one in told}
    item_id = about.pop() if len(about) == 1 else None
    while item_id is not None:
        posters = [one for one in artwork.selections(tx, item_id) if one.kind is ArtworkKind.POSTER]
        if posters:
            return posters[0]
        item_id = items.get(tx, item_id).parent_id
    return None
