"""What open pages hear of, as one stream each: that something changed, what became of work, what needs a person.

The words are made here, so that pages show them as text; what a page follows, and what its navigation counts, stands
in the address that it opens. Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from metarr.actions import following, waiting
from metarr.api.deps import LARGEST
from metarr.jobs import desk
from metarr.ui.framing import house_of
from metarr.ui.telling import Toast, Watch
from metarr.web.access import READ, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from metarr.actions.following import Ended
    from metarr.api.feed import Feed
    from metarr.jobs.summary import Scope
    from metarr.model.access import Caller
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_MOST = 10  # workflows that a page follows
_PAUSE = 1.0  # seconds between two messages about the same, however much happens
_LOOK_EVERY = 3.0  # seconds
_HEARTBEAT = 15.0  # seconds; proxies close streams that are silent for longer
Work = Annotated[str, Query(max_length=100)]
Number = Annotated[int, Query(ge=0, le=LARGEST)]
Counts = dict[str, int]


@router.get("/live", dependencies=[READ])
async def live(
    request: Request,
    caller: Known,
    work: Annotated[list[Work] | None, Query(max_length=_MOST)] = None,
    review: Number = 0,
    jobs: Number = 0,
) -> StreamingResponse:
    """The stream. `work`: what to follow; `review` and `jobs`: what the page's navigation counts."""
    scopes = {word: scope for word in work or () if (scope := following.read(word)) is not None}
    stream = _Stream(request, caller, scopes, Watch({"review": review, "jobs": jobs}))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream.messages(), media_type="text/event-stream", headers=headers)


class _Stream:
    """One page's."""

    def __init__(self, request: Request, caller: Caller, works: dict[str, Scope], watch: Watch) -> None:
        self._house = house_of(request)
        self._feed: Feed = request.app.state.feed
        self._rights = caller.rights
        self._works = works
        self._watch = watch
        self._counts: Counts | None = None
        self._last_end: datetime | None = None
        self._quiet_since = time.monotonic()

    async def messages(self) -> AsyncIterator[str]:
        """Until the program or the browser ends it."""
        async with self._feed.watched():
            last = self._feed.last
            self._last_end = await self._house.store.read(desk.last_end)
            yield "retry: 2000\n\n"
            while not self._house.stopping.is_set():
                news = self._feed.news()
                has_news, last = self._feed.last != last, self._feed.last
                told, has_ended = await self._told()
                if has_news or has_ended:
                    self._quiet_since = time.monotonic()
                    yield _message("changed", {})
                for message in told:
                    yield message
                if has_news:
                    await asyncio.sleep(_PAUSE)
                    continue
                try:
                    async with asyncio.timeout(self._patience()):
                        await news.wait()
                except TimeoutError:
                    yield ":\n\n"

    def _patience(self) -> float:
        """Seconds until the next look, if nothing is heard before: the last jobs of a workflow leave no event."""
        is_busy = time.monotonic() - self._quiet_since < _HEARTBEAT
        return _LOOK_EVERY if is_busy or self._works or self._watch.is_waiting else _HEARTBEAT

    async def _told(self) -> tuple[Sequence[str], bool]:
        """What there is to say, and whether a job has ended since."""
        counts, ended, last_end = await self._house.store.read(self._look)
        has_ended, self._last_end = last_end != self._last_end, last_end
        found = [] if counts == self._counts else [_message("waiting", counts)]
        self._counts = counts
        for word, end in ended:
            found.append(_message("toast", asdict(_of_work(word, self._works.pop(word), end))))
            if end.failed is not None:
                self._watch.know("jobs", counts.get("jobs", 0))
        found += [_message("toast", asdict(toast)) for toast in self._watch.news(counts, time.monotonic())]
        return found, has_ended

    def _look(self, tx: Tx) -> tuple[Counts, list[tuple[str, Ended]], datetime | None]:
        looked = ((word, following.ended(tx, scope)) for word, scope in self._works.items())
        ended = [(word, end) for word, end in looked if end is not None]
        return dict(waiting.counts(tx, self._rights)), ended, desk.last_end(tx)


def _of_work(word: str, scope: Scope, end: Ended) -> Toast:
    text = f"{end.about}: {end.words}" if end.about else end.words
    if end.failed is not None:
        return Toast(text, "bad", f"/jobs/{end.failed}", word)
    return Toast(text, "good", _address(scope), word)


def _address(scope: Scope) -> str:
    """Where one sees what it came to."""
    if scope.item_id is not None:
        return f"/items/{scope.item_id}"
    return "/jobs" if scope.root is None else f"/jobs/{scope.root}"


def _message(kind: str, what: Mapping[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(what)}\n\n"
