"""`/api/v1/events`: what happens, as a stream (Server-Sent Events). The event table is the source, so nothing is lost.

Format and `Last-Event-ID`: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from metarr.actions.showing import shown_in
from metarr.api.deps import LARGEST, House, Number
from metarr.model.event import Event, EventType
from metarr.web.access import READ

if TYPE_CHECKING:
    from metarr.api.feed import Feed

router = APIRouter(prefix="/events", tags=["events"])
_HEARTBEAT = 15.0  # seconds; proxies close streams that are silent for longer
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
    """Events as they happen; from `since` or the header `Last-Event-ID` on, where one is given."""
    feed: Feed = request.app.state.feed
    start = last_event_id if last_event_id is not None else since
    messages = _stream(feed, house.stopping, Wanted(frozenset(types or ()), library, item), start)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(messages, media_type="text/event-stream", headers=headers)


async def _stream(feed: Feed, stopping: asyncio.Event, wanted: Wanted, start: int | None) -> AsyncIterator[str]:
    async with feed.watched():
        last = feed.last if start is None else start
        yield f": from {last}\nretry: 2000\n\n"
        while not stopping.is_set():
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
