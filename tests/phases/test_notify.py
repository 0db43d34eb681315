from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from chain import FILM, name_of
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.model.event import Event, EventType
from metarr.notifiers.base import Severity
from metarr.phases.notify import compose
from metarr.store import channels, schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from chain import Chain

    Install = Callable[..., Chain]

# Apprise itself imports imghdr, which Python 3.11 and 3.12 warn about
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Inbox:
    """A channel's other end: what it was sent, and the status that it answers with."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.status = 200
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        if self.status == web.HTTPOk.status_code:
            self.messages.append(await request.json())
        return web.Response(status=self.status)


@asynccontextmanager
async def inbox() -> AsyncIterator[Inbox]:
    found = Inbox()
    app = web.Application()
    app.router.add_post("/{any:.*}", found.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"json://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield found
    finally:
        await runner.cleanup()


async def _subscribe(chain: Chain, url: str, *events: EventType) -> None:
    await chain.store.write(lambda tx: channels.save(tx, "phone", url, events))


async def test_a_channel_hears_of_what_it_asked_for_and_of_a_bulk_run_only_the_summary(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.SCAN_COMPLETED, EventType.PUBLISHING_COMPLETED)
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film))
        await chain.scan()
        assert [message["message"] for message in box.messages] == [
            "Scan completed: 2 movies: 2 new, 0 changed, 0 missing"
        ]


async def test_one_items_chain_is_told_with_its_title(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.PUBLISHING_COMPLETED)
        write_movie(chain.root, name_of(FILM))
        await chain.scan(name_of(FILM))
        (message,) = box.messages
        assert message["message"].startswith(f"Publishing completed: {FILM.title}: ")


async def test_a_failure_is_told_with_its_reason(install: Install) -> None:
    async with inbox() as box, install(phase_config={"enrichment": {"enabled": False}}) as chain:
        await _subscribe(chain, box.url, EventType.SCAN_FAILED)
        for number in range(14):
            write_movie(chain.root, f"Film {number} (2001)")
        await chain.scan()
        for folder in list(chain.root.iterdir())[:7]:
            folder.rename(chain.root.parent / folder.name)
        await chain.scan()
        (message,) = box.messages
        assert message["type"] == "failure"
        assert "7 of 14 known movies are gone" in message["message"]


async def test_a_channel_that_fails_is_in_nobodys_way_and_hears_everything_later(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.SCAN_COMPLETED)
        box.status = 500
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        assert {row["state"] for row in await chain.jobs() if row["kind"] != "notify"} == {"completed"}
        assert [row["state"] for row in await chain.jobs() if row["kind"] == "notify"] == ["pending"]
        box.status = 200
        await chain.later()
        assert len(box.messages) == 1
        await chain.later()
        assert len(box.messages) == 1, "nothing is told twice"


async def test_a_channel_that_refuses_us_is_switched_off_and_its_owner_told(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.SCAN_COMPLETED)
        box.status = 401
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        assert list(await chain.causes()) == ["channel:phone"]
        assert box.url not in (await chain.causes())["channel:phone"]
        box.status = 200
        jobs = len([row for row in await chain.jobs() if row["kind"] == "notify"])
        await chain.scan()
        assert len([row for row in await chain.jobs() if row["kind"] == "notify"]) == jobs
        assert [row["is_enabled"] for row in await chain.rows(schema.channel)] == [False]


async def test_notification_switched_off_tells_nobody(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.SCAN_COMPLETED)
        await chain.change("notification", {"enabled": False})
        await chain.scan()
        assert box.messages == []
        assert {row["kind"] for row in await chain.jobs()} == {"scan"}


def test_a_message_begins_with_the_failures_and_stays_readable() -> None:
    good = [(Event(EventType.SCAN_COMPLETED, id=number, data={"summary": f"{number}"}), "") for number in range(30)]
    bad = (Event(EventType.SCAN_FAILED, id=99, data={"error": "gone"}), "Heat")
    message = compose([*good, bad])
    lines = message.body.splitlines()
    assert message.severity is Severity.ERROR
    assert message.title == "Metarr: 31 events"
    assert lines[0] == "Scan failed: Heat: gone"
    assert lines[-1] == "… and 11 more"
    assert len(lines) == 21
