from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from chain import FILM, name_of
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.errors import InvalidInput
from metarr.jobs import triggers
from metarr.model.download import Imported
from metarr.model.event import Event, EventType
from metarr.notifiers.base import Severity
from metarr.phases.notify.words import Told, compose, preview
from metarr.settings import MessageTemplate
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
    await chain.store.write(lambda tx: channels.fix(tx, "phone", url, events))


async def test_a_channel_hears_of_what_it_asked_for_and_of_a_bulk_run_only_the_summary(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.SCAN_COMPLETED, EventType.PUBLISHING_COMPLETED)
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film))
        await chain.scan()
        await _all_told(chain)
        assert [message["message"] for message in box.messages] == ["Movies: 2 movies: 2 new, 0 changed, 0 missing"]


async def test_one_items_chain_is_told_with_its_title(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.PUBLISHING_COMPLETED)
        write_movie(chain.root, name_of(FILM))
        await chain.scan(name_of(FILM))
        await _all_told(chain)
        (message,) = box.messages
        assert message["title"] == "Publishing completed"
        assert message["message"].startswith(f"{FILM.title} ({FILM.year}): ")


async def test_a_failure_is_told_with_its_reason(install: Install) -> None:
    async with inbox() as box, install(phase_config={"enrichment": {"enabled": False}}) as chain:
        await _subscribe(chain, box.url, EventType.SCAN_FAILED)
        for number in range(14):
            write_movie(chain.root, f"Film {number} (2001)")
        await chain.scan()
        for folder in list(chain.root.iterdir())[:7]:
            folder.rename(chain.root.parent / folder.name)
        await chain.scan()
        await _all_told(chain)
        (message,) = box.messages
        assert message["type"] == "failure"
        assert "7 of 14 known movies are gone" in message["message"]


async def test_a_channel_that_fails_is_in_nobodys_way_and_hears_everything_later(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.SCAN_COMPLETED)
        box.status = 500
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        await chain.later(1)
        assert {row["state"] for row in await chain.jobs() if row["kind"] != "notify"} == {"completed"}
        told = [row for row in await chain.jobs() if row["kind"] == "notify" and "channel" in row["payload"]]
        assert [row["state"] for row in told] == ["pending"]
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
        await _all_told(chain)
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


def told(kind: EventType, number: int = 0, title: str = "", **data: object) -> Told:
    return Told(Event(kind, id=number, data=data), title)


def test_a_message_begins_with_the_failures_and_stays_readable() -> None:
    good = [told(EventType.SCAN_COMPLETED, number, summary=f"{number}") for number in range(30)]
    bad = told(EventType.SCAN_FAILED, 99, "Heat", error="gone")
    message = compose([*good, bad], {})
    lines = message.body.splitlines()
    assert message.severity is Severity.ERROR
    assert message.title == "Metarr: 31 events"
    assert lines[:3] == ["Scan failed", "Heat: gone", ""]
    assert lines[3] == "Scan completed (30)"
    assert lines[-1] == "… and 20 more"
    assert len(lines) == 15


@pytest.mark.parametrize(
    ("kind", "data", "severity"),
    [
        (EventType.PUBLISHING_COMPLETED, {}, Severity.INFO),
        (EventType.WORKFLOW_COMPLETED, {}, Severity.SUCCESS),
        (EventType.WORKFLOW_COMPLETED, {"has_problems": True}, Severity.WARNING),
        (EventType.VERIFICATION_COMPLETED, {}, Severity.WARNING),
        (EventType.ERROR_OCCURRED, {}, Severity.ERROR),
    ],
)
def test_a_message_is_as_grave_as_its_gravest_event(kind: EventType, data: dict[str, Any], severity: Severity) -> None:
    calm = told(EventType.PUBLISHING_COMPLETED)
    assert compose([calm, told(kind, **data)], {}).severity is severity


def test_the_owners_words_are_used_and_a_broken_template_is_in_nobodys_way() -> None:
    kind = EventType.PUBLISHING_COMPLETED
    mine = MessageTemplate(title="{{ first.title }} is new", body="{{ items | map(attribute='title') | join(', ') }}")
    news = [told(kind, 1, "Heat"), told(kind, 2, "Ronin")]
    message = compose(news, {kind: mine})
    assert (message.title, message.body) == ("Heat is new", "Heat, Ronin")
    broken = MessageTemplate(title="{{ first.data.nothing.here }}")
    assert compose(news, {kind: broken}).title == "Publishing completed (2)"


@pytest.mark.parametrize(
    "text",
    [
        "{{",
        "{{ unknown }}",
        "{{ ''.__class__.__mro__ }}",
        "{% for x in range(10**9) %}x{% endfor %}",
        "{{ items.clear() }}",
    ],
    ids=["no template", "a name that there is not", "a way out of the sandbox", "more than anybody reads", "a change"],
)
def test_what_is_no_template_is_refused_with_the_names_that_there_are(text: str) -> None:
    with pytest.raises(InvalidInput, match="items"):
        preview(EventType.PUBLISHING_COMPLETED, MessageTemplate(body=text))


async def test_a_library_wide_workflow_is_summed_up_once_when_its_last_job_has_ended(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.WORKFLOW_COMPLETED)
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film))
        await chain.scan()
        await _all_told(chain)
        (message,) = box.messages
        assert message["title"] == "Workflow completed"
        assert message["message"].startswith("Movies: 2 new, ")
        assert "2 published" in message["message"]
        assert message["type"] == "success"
        await chain.scan()
        await _all_told(chain)
        assert len(box.messages) == 1, "nothing had changed, which is no news"


async def test_the_last_job_of_a_workflow_has_it_summed_up_without_waiting(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.SCAN_FAILED)
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        ended = [row["data"] for row in await chain.rows(schema.event) if row["type"] == EventType.WORKFLOW_COMPLETED]
        assert [data["counts"]["publish"] for data in ended] == [1]


async def test_an_import_is_told_of_with_its_poster_when_its_chain_has_ended(install: Install) -> None:
    async with inbox() as box, install() as chain:
        await _subscribe(chain, box.url, EventType.DOWNLOAD_COMPLETED, EventType.UPGRADE_COMPLETED)
        write_movie(chain.root, name_of(FILM))
        imported = Imported(chain.library.id, name_of(FILM), "Radarr")
        await chain.store.write(lambda tx: triggers.imported(tx, imported))
        await _all_told(chain)
        (message,) = box.messages
        assert message["title"] == "Download completed"
        assert message["message"].startswith(f"{FILM.title} ({FILM.year}): imported by Radarr, 1 new, ")
        assert [file["filename"].endswith(".jpg") for file in message["attachments"]] == [True]


async def _all_told(chain: Chain) -> None:
    """Everything that waits for its time gets it."""
    for _ in range(3):
        await chain.later()
