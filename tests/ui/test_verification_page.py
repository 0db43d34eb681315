"""Verification: reports beside the one before, findings with who wrote last, and the buttons that begin one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from happenings import FINDINGS, VERIFIED, VERIFIED_FIRST
from metarr.model.access import Role

if TYPE_CHECKING:
    from happenings import Happened
    from plain_browser import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _files(page: Page) -> list[str]:
    return [str(one.text) for one in page.tree.xpath("//section[@id='findings']//tbody//span[@class='path']")]


async def test_reports_are_compared_with_the_one_before(eventful: Happened) -> None:
    page = await eventful.opened("/verification")
    assert "Films" in page.part("runs")
    assert f"{FINDINGS} {FINDINGS - 2} more than the time before {FINDINGS - 1}" in page.part("runs")
    assert "repairs by itself" in page.text
    assert page.tree.xpath("//a[@href='/settings/verification']")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("writer=radarr", 2, id="who wrote last"),
        pytest.param("kind=changed_by_other&library=1", 2, id="what it is, and where"),
        pytest.param("repaired=no", 2, id="what was not repaired"),
        pytest.param("library=2", 0, id="of another library"),
        pytest.param("kind=nonsense&writer=nonsense&repaired=nonsense", 50, id="what means nothing"),
    ],
)
async def test_findings_are_filtered(eventful: Happened, query: str, count: int) -> None:
    page = await eventful.opened(f"/verification?{query}")
    assert len(_files(page)) == count
    assert ("Nothing was found" in page.text) is (count == 0)


async def test_one_report_has_its_findings_page_by_page(eventful: Happened) -> None:
    place = f"/verification/{VERIFIED}"
    page = await eventful.opened(place)
    assert _files(page)[0] == "Sintel/Sintel.nfo"
    assert "Radarr" in page.part("findings")
    assert page.tree.xpath(f"//a[@href='/jobs/{VERIFIED}']")
    [after] = page.tree.xpath("//a[@rel='next']/@href")
    rest = await eventful.opened(str(after))
    assert len(_files(page)) + len(_files(rest)) == FINDINGS
    assert not set(_files(page)) & set(_files(rest))
    assert not rest.tree.xpath("//a[@rel='next']")
    assert (await eventful.opened("/verification/77")).status == 404


@pytest.mark.parametrize(
    ("against", "files"),
    [
        pytest.param("same", ["Sintel/Sintel.nfo"], id="what both found"),
        pytest.param("gone", ["Sintel/old.jpg"], id="what only the one before found"),
    ],
)
async def test_a_report_stands_beside_the_one_before(eventful: Happened, against: str, files: list[str]) -> None:
    page = await eventful.opened(f"/verification/{VERIFIED}?against={against}")
    assert _files(page) == files
    assert f"New {FINDINGS - 1} Still there 1 Gone since 1" in page.part("findings")
    first = await eventful.opened(f"/verification/{VERIFIED_FIRST}")
    assert "There is no report before it" in first.text


async def test_a_library_is_verified_by_a_button(eventful: Happened) -> None:
    assert "/verification" in (await eventful.opened("/verification")).forms()
    done = await eventful.sent("/verification", "/verification", library="2", how="deep")
    assert (done.where, done.said) == ("/verification", "Every byte is compared.")
    assert "Verify: Shows" in (await eventful.opened("/jobs?kind=verify&library=2")).text
    assert (await eventful.sent("/verification", library="77")).status == 404
    seen = await eventful.opened("/verification", who=Role.VIEWER)
    assert "/verification" not in seen.forms()
    assert not seen.tree.xpath("//a[@href='/settings/verification']")
    assert "/verification" not in (await eventful.opened(f"/verification/{VERIFIED}", who=Role.VIEWER)).forms()
    assert await eventful.sent_by_viewer("/verification", library="1") == 403
