"""`/api/v1/events`: what happens, as a stream (Server-Sent Events). The event table is the source, so nothing is lost.

Format and `Last-Event-ID`: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from metarr.actions.installation import Installation
from metarr.actions.showing import shown_in
from metarr.api.deps import House
from metarr.jobs.wake import listening
from metarr.model.event import Event, EventType
from metarr.store import events
from metarr.store.db import EVENTS
from metarr.web.access import READ

router = APIRouter(prefix="/events", tags=["events"])
_HEARTBEAT = 15.0  # seconds; proxies close streams that are silent for longer
_AT_ONCE = 200


@router.get("", response_class=StreamingResponse, dependencies=[READ])
async def stream_events(
    house: House,
    types: Annotated[list[EventType] | None, Query(alias="type")] = None,
    last_event_id: Annotated[int | None, Header()] = None,
    since: int | None = None,
) -> StreamingResponse:
    """Events as they happen; from `since` or the header `Last-Event-ID` on, where one is given."""
    start = last_event_id if last_event_id is not None else since
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(house, types or [], start), media_type="text/event-stream", headers=headers)


async def _stream(house: Installation, types: list[EventType], start: int | None) -> AsyncIterator[str]:
    with listening(house.store, EVENTS) as wake:
        last = await house.store.read(events.last_id) if start is None else start
        yield f": from {last}\nretry: 2000\n\n"
        while not house.stopping.is_set():
            found = await house.store.read(partial(events.since, last_id=last, types=types, limit=_AT_ONCE))
            for event in found:
                last = event.id
                yield _message(event)
            if not found:
                await wake.wait(_HEARTBEAT)
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
