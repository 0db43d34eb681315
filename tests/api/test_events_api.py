"""The stream of events: many who watch, those who are slow, and who wants only some."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import aiohttp
import sqlalchemy as sa

from metarr.actions.entrance import Doors, Entrance, Shown
from metarr.api import events as api_events
from metarr.api import feed as feeds
from metarr.api.events import Wanted, _Admission, _stream
from metarr.api.feed import Feed
from metarr.model.event import EventType, NewEvent
from metarr.model.media import LibraryKind
from metarr.store import events, libraries
from metarr.store.db import Store, sqlite_url
from patience import PATIENCE
from people import AS_OWNER, WORD, people
from running import running

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from metarr.store.db import Tx

STREAMS = 50


def _happen(store: Store, *numbers: int, kind: EventType = EventType.SCAN_COMPLETED) -> None:
    def write(tx: Tx) -> None:
        for number in numbers:
            events.add(tx, NewEvent(kind, data={"number": number}))

    store.write_now(write)


async def _next(stream: aiohttp.ClientResponse) -> Any:
    while not (line := await stream.content.readline()).startswith(b"data: "):
        assert line, "the stream ended"
    return json.loads(line.removeprefix(b"data: "))


async def test_many_streams_cost_the_database_no_more_than_one(sqlite_store: Store) -> None:
    reads = 0

    def count(*arguments: Any) -> None:
        nonlocal reads
        reads += "FROM event" in arguments[2]

    sa.event.listen(sqlite_store.engine, "before_cursor_execute", count)
    feed = Feed(sqlite_store)

    async def watch() -> list[int]:
        seen: list[int] = []
        async with feed.watched():
            last = feed.last
            ready.release()
            while len(seen) < 20:
                news = feed.news()
                found = await feed.after(last)
                seen += [event.data["number"] for event in found]
                last = found[-1].id if found else last
                if not found:
                    await news.wait()
        return seen

    await asyncio.to_thread(_happen, sqlite_store, -1)  # before any stream begins, so none shows it
    ready = asyncio.Semaphore(0)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        watching = [group.create_task(watch()) for _ in range(STREAMS)]
        for _ in range(STREAMS):
            await ready.acquire()
        for number in range(20):
            await asyncio.to_thread(_happen, sqlite_store, number)
    assert all(task.result() == list(range(20)) for task in watching)
    assert reads < 2 * STREAMS, "not one for each event and stream, which would be a thousand"


async def test_who_is_slow_reads_on_from_the_table_and_misses_nothing(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_KEPT", 5)
    feed = Feed(sqlite_store)
    async with asyncio.timeout(PATIENCE), feed.watched():
        for number in range(30):
            await asyncio.to_thread(_happen, sqlite_store, number)
        while feed.last < 30:
            await feed.news().wait()
        assert len(feed._recent) <= 10
        last, seen = 0, []
        while found := await feed.after(last):
            seen += [event.data["number"] for event in found]
            last = found[-1].id
    assert seen == list(range(30))


async def test_a_number_that_is_still_missing_is_waited_for(postgres_store: Store) -> None:
    feed = Feed(postgres_store)
    engine = postgres_store.engine
    async with asyncio.timeout(PATIENCE), feed.watched():
        await asyncio.to_thread(_happen, postgres_store, 1)
        while feed.last < 1:
            await feed.news().wait()
        with engine.connect() as late, late.begin() as transaction:
            late.exec_driver_sql(
                "INSERT INTO event (type, data, at) VALUES ('scan_completed', '{\"number\": 2}', clock_timestamp())"
            )
            await asyncio.to_thread(_happen, postgres_store, 3)
            assert [event.data["number"] for event in await feed.after(1)] == []
            transaction.commit()
        while feed.last < 3:
            await feed.news().wait()
        assert [event.data["number"] for event in await feed.after(1)] == [2, 3]


async def test_a_stream_is_about_what_was_asked_for(data: Path, tmp_path: Path) -> None:
    def prepare(tx: Tx) -> int:
        one = libraries.add(tx, "Films", LibraryKind.MOVIES, str(tmp_path / "films")).id
        events.add(tx, NewEvent(EventType.SCAN_FAILED, data={"number": 1}))
        events.add(tx, NewEvent(EventType.SCAN_FAILED, library_id=one, data={"number": 2}))
        events.add(tx, NewEvent(EventType.SCAN_COMPLETED, library_id=one, data={"number": 3}))
        return one

    before = Store(sqlite_url(data / "metarr.db"))
    one = await before.write(prepare)
    before.close()
    async with running(data, is_working=False) as house, AsyncExitStack() as stack:
        url = f"{house.app.url}/api/v1/events?since=0"
        for query, expected in (
            ("", [1, 2, 3]),
            ("&type=scan_failed", [1, 2]),
            (f"&library={one}", [2, 3]),
            (f"&library={one}&type=scan_completed&type=scan_failed", [2, 3]),
        ):
            stream = await stack.enter_async_context(house.client.get(url + query))
            assert [(await _next(stream))["data"]["number"] for _ in expected] == expected
        status, problem = await house.ask("GET", "/events", headers={"Last-Event-ID": "x"})
        assert (status, problem["status"]) == (422, 422)


async def test_a_stream_ends_with_the_right_to_watch(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_events, "_HEARTBEAT", 0.2)
    async with people(data) as found, AsyncExitStack() as stack, asyncio.timeout(PATIENCE):
        house = found.house
        _, key = await house.ask("POST", "/api-keys", json={"name": "tv", "scopes": ["read"]}, headers=AS_OWNER)
        _, users = await house.ask("GET", "/users", headers=AS_OWNER)
        ids = {one["name"]: one["id"] for one in users}
        ways = {
            f"/users/{ids['viewer']}": found.headers["viewer"],
            f"/users/{ids['editor']}": {"Authorization": aiohttp.encode_basic_auth("editor", WORD)},
            f"/api-keys/{key['id']}": {"X-Api-Key": key["key"]},
        }
        url = f"{house.app.url}/api/v1/events"
        streams = {
            way: await stack.enter_async_context(house.client.get(url, headers=headers))
            for way, headers in ways.items()
        }
        for way, stream in streams.items():
            beginning = [await stream.content.readline() for _ in range(7)]
            assert beginning[3:] == [b":\n", b"\n"] * 2, "who may watch goes on"
            assert (await house.ask("DELETE", way, headers=AS_OWNER))[0] == 204
            assert (await stream.read()).strip(b":\n") == b""


async def test_also_one_on_which_something_happens_all_the_time(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_events, "_HEARTBEAT", 0.2)
    entrance = Entrance(sqlite_store, Doors(("the key",)))
    admission = _Admission(entrance, Shown("10.0.0.9", is_near=False, key="the key"), 0.0)
    stream = _stream(Feed(sqlite_store), asyncio.Event(), admission, Wanted(frozenset(), None, None), None)
    seen = 0
    async with asyncio.timeout(PATIENCE):
        async for message in stream:
            await asyncio.to_thread(_happen, sqlite_store, seen)
            seen += message.startswith("id: ")
            if seen == 3:
                entrance.doors = Doors()
    assert seen >= 3
