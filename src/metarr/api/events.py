"""`/api/v1/events`: what happens, as a stream (Server-Sent Events). The event table is the source, so nothing is lost.

Format and `Last-Event-ID`: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Header, Query, Request
from fastapi.responses import StreamingResponse

from metarr.actions.showing import shown_in
from metarr.api.deps import LARGEST, House, Number
from metarr.errors import MetarrError
from metarr.model.access import Right
from metarr.model.event import Event, EventType
from metarr.store.db import DatabaseFault
from metarr.web import asking
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.entrance import Entrance, Shown
    from metarr.api.feed import Feed

router = Router(prefix="/events", tags=["events"])
_HEARTBEAT = 5.0  # seconds: proxies close streams that are silent for long, and who watches may be sent away meanwhile
_EXAMPLE = (
    'id: 7\ndata: {"id": 7, "type": "scan_completed", "jobId": 1, "itemId": null, "libraryId": 1, '
    '"data": {"summary": "3 new"}, "at": "2026-01-31T04:00:07+00:00"}\n\n'
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a stream is about; nothing set: all."""

    types: frozenset[EventType]
    library_id: int | None
    item_id: int | None

    def has(self, event: Event) -> bool:
        """Whether it is one of them."""
        return (
            (not self.types or event.type in self.types)
            and self.library_id in {None, event.library_id}
            and self.item_id in {None, event.item_id}
        )


@dataclass(slots=True)
class _Admission:
    """Whether who opened a stream may still watch, looked up once with every heartbeat."""

    entrance: Entrance
    shown: Shown
    looked_at: float

    async def holds(self) -> bool:
        """Where the database cannot say, as before."""
        now = time.monotonic()
        if now - self.looked_at < _HEARTBEAT:
            return True
        self.looked_at = now
        try:
            caller = await self.entrance.caller(self.shown)
        except DatabaseFault:
            return True
        except MetarrError:  # guessed at too often: no way to tell that it is still the right password
            return False
        return caller is not None and caller.may(Right.READ)


@router.get(
    "",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
    dependencies=[READ],
)
async def stream_events(
    house: House,
    request: Request,
    types: Annotated[list[EventType] | None, Query(alias="type", max_length=len(EventType))] = None,
    library: Number = None,
    item: Number = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=LARGEST)] = None,
    since: Annotated[int | None, Query(ge=0, le=LARGEST, description="Begin after this event.")] = None,
) -> StreamingResponse:
    """Events as they happen; from `since` or the header `Last-Event-ID` on, where one is given.

    The stream ends within seconds of the session or key that opened it.
    """
    feed: Feed = request.app.state.feed
    admission = _Admission(request.app.state.entrance, asking.shown(request), time.monotonic())
    start = last_event_id if last_event_id is not None else since
    messages = _stream(feed, house.stopping, admission, Wanted(frozenset(types or ()), library, item), start)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(messages, media_type="text/event-stream", headers=headers)


async def _stream(
    feed: Feed, stopping: asyncio.Event, admission: _Admission, wanted: Wanted, start: int | None
) -> AsyncIterator[str]:
    async with feed.watched():
        last = feed.last if start is None else start
        yield f": from {last}\nretry: 2000\n\n"
        while not stopping.is_set() and await admission.holds():
            news = feed.news()
            found = await feed.after(last)
            for event in found:
                last = event.id
                if wanted.has(event):
                    yield _message(event)
            if not found:
                try:
                    async with asyncio.timeout(_HEARTBEAT):
                        await news.wait()
                except TimeoutError:
                    yield ":\n\n"


def _message(event: Event) -> str:
    body = {
        "id": event.id,
        "type": event.type.value,
        "jobId": event.job_id,
        "itemId": event.item_id,
        "libraryId": event.library_id,
        "data": shown_in(dict(event.data)),
        "at": None if event.at is None else event.at.isoformat(),
    }
    return f"id: {event.id}\ndata: {json.dumps(body)}\n\n"
