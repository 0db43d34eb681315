"""The activity: everything that happened, each with the way to its workflow and its item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from happenings import FAILED, FILM, IMPORT, NOW, SCAN

if TYPE_CHECKING:
    from happenings import Happened
    from plain_browser import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
FAULT, IMPORTED, RECEIVED = "enrichment failed", "scan completed", "webhook received"


def _entries(page: Page) -> list[str]:
    return [str(one.text) for one in page.tree.xpath("//ul[@class='events']/li/span[1]")]


async def test_an_entry_leads_to_its_workflow_and_its_item(eventful: Happened) -> None:
    page = await eventful.opened("/activity?kind=enrichment_failed")
    assert _entries(page) == [FAULT]
    words = page.part("entries")
    assert f"{FILM} : TMDB <says> no" in words
    assert "begun by the schedule" in words
    assert page.tree.xpath("//ul[@class='events']//a/@href") == ["/items/1", f"/jobs/{FAILED}"]
    assert page.tree.xpath("//a[starts-with(normalize-space(), 'workflow')]")[0].text == f"workflow {SCAN}"
    import_page = await eventful.opened("/activity?kind=webhook_received")
    assert "radarr: Download, submitted (Sintel)" in import_page.text
    assert "begun by Radarr" in import_page.text
    assert import_page.tree.xpath(f"//a[@href='/jobs/{IMPORT}']")


@pytest.mark.parametrize(
    ("query", "there", "missing"),
    [
        pytest.param("severity=fault", {FAULT}, {IMPORTED, RECEIVED}, id="faults alone"),
        pytest.param("severity=fine", {IMPORTED, RECEIVED}, {FAULT}, id="all but faults"),
        pytest.param("severity=fault&kind=scan_completed", set(), {FAULT, IMPORTED}, id="what cannot be"),
        pytest.param("trigger=clock", {FAULT}, {IMPORTED, RECEIVED}, id="begun by the schedule"),
        pytest.param("trigger=webhook", {IMPORTED, RECEIVED}, {FAULT}, id="begun by a download manager"),
        pytest.param("library=1", {FAULT, IMPORTED, RECEIVED}, set(), id="of a library"),
        pytest.param("library=2", set(), {FAULT, IMPORTED, RECEIVED}, id="of another library"),
        pytest.param("item=1", {FAULT}, {IMPORTED}, id="of an item"),
        pytest.param("title=sinT", {FAULT}, {IMPORTED, RECEIVED}, id="of items of that title"),
        pytest.param("title=%25", set(), {FAULT, IMPORTED, RECEIVED}, id="signs of the database are letters"),
        pytest.param(f"since={NOW:%Y-%m-%d}", {FAULT, RECEIVED}, {IMPORTED}, id="from a day on"),
        pytest.param("until=2020-01-01", set(), {FAULT, IMPORTED, RECEIVED}, id="up to a day"),
        pytest.param("kind=x&trigger=x&since=x&until=9999-12-31", {FAULT, IMPORTED}, set(), id="what means nothing"),
    ],
)
async def test_it_is_filtered(eventful: Happened, query: str, there: set[str], missing: set[str]) -> None:
    found = set(_entries(await eventful.opened(f"/activity?{query}")))
    assert there <= found
    assert not missing & found


async def test_it_goes_on_where_a_page_ended(eventful: Happened) -> None:
    assert (await eventful.opened("/activity?before=nonsense")).status == 422
    assert (await eventful.opened("/activity?item=77")).status == 404
    only = await eventful.opened("/activity?item=1")
    assert f"Only of {FILM}" in only.text


@pytest.mark.parametrize(
    ("query", "types"),
    [
        pytest.param({"severity": "fault"}, {"enrichment_failed"}, id="faults alone"),
        pytest.param({"severity": "fault", "type": "scan_completed"}, set(), id="what cannot be"),
        pytest.param({"trigger": "webhook"}, {"scan_completed", "webhook_received"}, id="begun by a download manager"),
        pytest.param({"title": "sinT"}, {"enrichment_failed"}, id="of items of that title"),
        pytest.param({"until": "2020-01-01"}, set(), id="up to a day"),
        pytest.param({"since": f"{NOW:%Y-%m-%d}", "item": 1}, {"enrichment_failed"}, id="of an item, from a day on"),
    ],
)
async def test_programs_filter_by_the_same_words(
    eventful: Happened, query: dict[str, str | int], types: set[str]
) -> None:
    found = (await eventful.people.house.get("/activity", **query))["entries"]
    assert {one["type"] for one in found} == types
