"""The dashboard: it shows everything without scripts, and its buttons do what they say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from metarr.ui import said
from plain_browser import opened, sent
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

in_one_house = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def idle(folder: Path) -> AsyncIterator[Running]:
    """A program that begins nothing."""
    async with running(folder, is_working=False) as house:
        yield house


@in_one_house
async def test_an_empty_house_says_what_to_do_first(idle: Running) -> None:
    page = await opened(idle, "/")
    assert page.tree.get("lang") == "en"
    assert [one.text_content() for one in page.tree.iter("h1")] == ["Dashboard"]
    assert [one.text_content() for one in page.tree.iter("h3")] == ["Scan", "Enrich", "Publish", "Sync"]
    assert "No metadata provider can be asked about movies." in page.part("health")
    assert "METARR_" not in page.text
    assert page.tree.xpath("//*[@id='health']//a[@href='/settings/providers']")
    assert "No library yet" in page.part("libraries")
    assert "Welcome to Metarr" in page.text
    assert page.tree.xpath("//a[@href='/welcome']")
    assert not [script for script in page.tree.iter("script") if script.text]
    assert not page.tree.xpath("//@style | //@onclick")
    for path in (*page.tree.xpath("//script/@src"), *page.tree.xpath("//link/@href")):
        async with idle.client.get(idle.app.url + path) as answer:
            assert answer.status == 200
    about = await opened(idle, "/about")
    assert "Ratings provided by OMDb" in about.text


@in_one_house
async def test_a_fault_is_a_page_for_people_and_a_document_for_programs(idle: Running) -> None:
    page = await opened(idle, "/jobs/77", Referer=f"{idle.app.url}/jobs?state=failed")
    assert (page.status, "There is no job 77." in page.text) == (404, True)
    assert page.tree.xpath("//a[text()='Back']/@href") == ["/jobs?state=failed"]
    assert (await opened(idle, "/nowhere")).tree.xpath("//nav")
    async with idle.client.get(f"{idle.app.url}/nowhere", headers={"Accept": "*/*"}) as answer:
        assert answer.content_type == "application/problem+json"
    async with idle.client.get(f"{idle.app.url}/api/v1/jobs/77", headers={"Accept": "text/html"}) as answer:
        assert answer.content_type == "application/problem+json"


@in_one_house
async def test_a_foreign_page_cannot_press_a_button(idle: Running) -> None:
    url = f"{idle.app.url}/confirm/1"
    async with idle.client.post(url, headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 403


async def test_buttons_work_without_scripts(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Sintel (2010)")
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films"), "name": "<b>Bold & Co"})
        page = await opened(house, "/")
        assert {f"/libraries/1/{kind}" for kind in ("scan", "enrich", "publish", "sync", "verify")} < page.forms()
        begun = await sent(house, "/libraries/1/scan", "/")
        assert (begun.status, begun.where, begun.said) == (303, "/", "Scan of <b>Bold & Co begins.")
        await house.until_idle()

        page = await opened(house, "/")
        assert "enriched 0 of 1" in page.part("libraries")
        assert "scan completed" in page.part("activity")
        assert "awaits a confirmation" in page.part("needs")
        assert (await sent(house, "/confirm/1", "/")).status == 303
        assert "awaits a confirmation" not in (await opened(house, "/")).part("needs")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        pytest.param(None, "unknown", id="nobody knows"),
        pytest.param(0, "0 B", id="nothing"),
        pytest.param(1023, "1023 B", id="bytes are whole"),
        pytest.param(1536, "1.5 kB", id="small figures have a decimal"),
        pytest.param(50 * 1024**3, "50 GB", id="large ones have none"),
        pytest.param(3 * 1024**6, "3072 PB", id="there is no larger unit"),
    ],
)
def test_bytes_as_people_say_them(number: int | None, words: str) -> None:
    assert said.size(number) == words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        pytest.param(timedelta(seconds=59), "less than a minute", id="seconds are not counted"),
        pytest.param(timedelta(seconds=70), "1 minute", id="one of them"),
        pytest.param(timedelta(minutes=110), "2 hours", id="rounded"),
        pytest.param(timedelta(days=9), "9 days", id="days"),
    ],
)
def test_durations_as_people_say_them(duration: timedelta, words: str) -> None:
    assert said.lasting(duration) == words
