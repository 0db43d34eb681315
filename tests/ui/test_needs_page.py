"""What needs a person: one list for the centre, the dashboard and the API, each with the way to deal with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from lxml import html

from metarr.actions import waiting
from metarr.actions.remedies import is_passing, remedy
from metarr.actions.waiting import NeedKind
from metarr.jobs import ledger
from metarr.model.access import Right
from metarr.model.job import JobKind, JobState, NewJob, Priority
from metarr.model.media import Identity
from metarr.model.published import Finding
from metarr.store import findings, health, reviews, schema
from metarr.store.db import NOW, Store, sqlite_url
from people import people
from stages import library, movie

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from metarr.store.db import Tx
    from people import People

in_one_house = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    data = tmp_path_factory.mktemp("needs")
    (data / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return data


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[Store]:
    """The program's database."""
    found = Store(sqlite_url(folder / "metarr.db"))
    yield found
    found.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path, store: Store) -> AsyncIterator[People]:
    """One of everything."""
    async with people(folder) as found:
        store.write_now(_trouble)
        yield found


def _trouble(tx: Tx) -> None:
    library_id = library(tx, "<b>Films")
    item_id = movie(tx, library_id, identity=Identity.REVIEW)
    reviews.ask_identity(tx, item_id, "two films of that name", [])
    job_id = ledger.submit(tx, NewJob(JobKind.VERIFY, Priority.USER, library_id=library_id))
    tx.execute(sa.update(schema.job).values(state=JobState.FAILED.value))
    run = {
        "library_id": library_id,
        "mode": "quick",
        "is_repairing": True,
        "started_at": NOW,
        "ended_at": NOW,
        "checked": 1,
    }
    tx.execute(sa.insert(schema.verification).values(id=job_id, **run))
    found = [Finding("changed", "a.nfo", "", is_repaired) for is_repaired in (True, False)]
    findings.add(tx, library_id, item_id, job_id, found)
    for cause, words in (
        ("player:den:credentials", "den refuses the password."),
        ("player:den:playing", "den is playing"),
        ("tmdb:key", "tmdb refuses the key."),
        ("root:/films", "/films is not there"),
    ):
        health.report(tx, cause, words)


@in_one_house
async def test_everything_is_listed_with_the_way_to_deal_with_it(house: People) -> None:
    _, text = await house.ask("administrator", "GET", "/needs")
    page: Any = html.document_fromstring(text)
    lines = page.xpath("//li[@class='need']")
    goals = {str(line.xpath(".//a/@href")[0]) for line in lines}
    assert goals == {
        "/review",
        "/jobs?state=failed",
        "/verification/1",
        "/welcome/publishing/1",
        "/settings/players",
        "/settings/providers",
        "/system",
    }
    words = " ".join(" ".join(page.get_element_by_id("needs").itertext()).split())
    assert "1 doubtful match or file" in words
    assert "1 difference in <b>Films was not put back" in words
    assert "Enter a key that it accepts." in words
    assert "den is playing" not in words
    assert not page.get_element_by_id("needs").xpath(".//b")


@in_one_house
@pytest.mark.parametrize(
    ("who", "number", "deeds"),
    [
        pytest.param("viewer", 0, 0, id="a viewer is told, and can do nothing"),
        pytest.param("editor", 3, 3, id="an editor works on items and jobs"),
        pytest.param("administrator", 7, 7, id="an administrator does everything"),
    ],
)
async def test_people_are_counted_what_is_theirs(house: People, who: str, number: int, deeds: int) -> None:
    _, text = await house.ask(who, "GET", "/needs")
    page: Any = html.document_fromstring(text)
    assert len(page.xpath("//li[@class='need']")) == 7
    assert len(page.xpath("//li[@class='need']/a")) == deeds
    badges = page.xpath("//a[contains(@class, 'bell')]/span[contains(@class, 'badge')]/text()")
    assert badges == ([str(number)] if number else [])


@in_one_house
async def test_the_dashboard_shows_the_same_but_for_what_its_health_says(house: People) -> None:
    _, text = await house.ask("editor", "GET", "/")
    page: Any = html.document_fromstring(text)
    goals = page.xpath("//section[@id='needs']//li/a/@href")
    assert sorted(goals) == ["/jobs?state=failed", "/review", "/verification/1"]


@in_one_house
async def test_the_health_of_the_system_says_what_to_do(house: People) -> None:
    _, text = await house.ask("viewer", "GET", "/system")
    assert "Check that the disk is mounted." in text


@in_one_house
async def test_programs_are_told_the_same(house: People) -> None:
    status, found = await house.ask("viewer", "GET", "/api/v1/activity/needs")
    assert (status, len(found)) == (200, 7)
    [player] = [one for one in found if one["kind"] == "player"]
    assert (player["subject"], player["right"], player["isHealth"]) == ("den", "admin", True)


@in_one_house
@pytest.mark.usefixtures("house")
async def test_what_is_solved_goes(store: Store) -> None:
    def solve(tx: Tx) -> None:
        tx.execute(sa.delete(schema.finding))
        tx.execute(sa.delete(schema.review))
        health.clear_others(tx, "", ())

    await store.write(solve)
    found = await store.read(waiting.needs)
    assert [one.kind for one in found] == [NeedKind.PUBLISHING, NeedKind.JOBS]


@pytest.mark.parametrize(
    ("cause", "kind", "right", "subject"),
    [
        pytest.param("player:living room", "player", Right.ADMIN, "living room", id="a player that is gone"),
        pytest.param("player:den:expired", "player", Right.OPERATE, "den", id="a player that was not told in time"),
        pytest.param("omdb:unreachable", "provider", Right.ADMIN, "omdb", id="a provider"),
        pytest.param("channel:mail", "channel", Right.ADMIN, "mail", id="a channel"),
        pytest.param("repairs:1:77", "item", Right.OPERATE, "77", id="a contest about an item's files"),
        pytest.param("database", "health", Right.ADMIN, "", id="anything else"),
    ],
)
def test_remedies(cause: str, kind: str, right: Right, subject: str) -> None:
    found = remedy(cause)
    assert (found.kind, found.right, found.subject) == (kind, right, subject)
    assert NeedKind(found.kind)


@pytest.mark.parametrize(
    ("cause", "is_so"),
    [
        pytest.param("player:den:playing", True, id="a player that plays"),
        pytest.param("tmdb:quota", True, id="a quota"),
        pytest.param("player:den:credentials", False, id="a password"),
        pytest.param("space:/cache", False, id="a full disk"),
    ],
)
def test_what_ends_by_itself(cause: str, is_so: bool) -> None:  # noqa: FBT001  a table
    assert is_passing(cause) is is_so
