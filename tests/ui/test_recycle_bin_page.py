"""The recycle bin: what lies there, for how long, and how it gets back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from happenings import FAILED, NOW, OTHER, PUBLISHED
from metarr.model.access import Role

if TYPE_CHECKING:
    from happenings import Happened
    from plain_browser import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _paths(page: Page) -> list[str]:
    return [str(one) for one in page.tree.xpath("//ul[@class='kept']/li/@aria-label")]


async def test_each_file_says_why_it_went_and_how_long_it_stays(eventful: Happened) -> None:
    page = await eventful.opened("/recycle-bin")
    assert _paths(page) == ["Lost/poster.jpg", "Spring/fanart.jpg", "Spring/poster.jpg"]
    words = page.part("bin")
    assert "ours, and no longer wanted" in words
    assert f"by job {PUBLISHED}" in words
    assert f"kept until {NOW + timedelta(days=30):%Y-%m-%d}" in words
    assert OTHER in words
    assert page.tree.xpath("//ul[@class='kept']//img[contains(@src, '/pictures/')]")
    assert "files 3" in page.text  # the same bytes three times
    assert "/cache" in page.text


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        pytest.param("path=FANART", ["Spring/fanart.jpg"], id="a part of its path"),
        pytest.param("path=%25", [], id="signs of the database are letters"),
        pytest.param("item=2", ["Spring/fanart.jpg", "Spring/poster.jpg"], id="of an item"),
        pytest.param(f"job={FAILED}", [], id="of a job that removed nothing"),
        pytest.param("library=2", [], id="of another library"),
        pytest.param("before=2", ["Spring/poster.jpg"], id="the next page"),
    ],
)
async def test_it_is_searched(eventful: Happened, query: str, paths: list[str]) -> None:
    assert _paths(await eventful.opened(f"/recycle-bin?{query}")) == paths
    _, found = await eventful.people.house.ask("GET", f"/recycle-bin?{query}")
    assert [one["path"] for one in found["files"]] == paths


async def test_who_may_only_look_sees_no_button(eventful: Happened) -> None:
    seen = await eventful.opened("/recycle-bin", who=Role.VIEWER)
    assert len(_paths(seen)) == 3
    assert not [form for form in seen.forms() if form.startswith("/recycle-bin")]
    assert not seen.tree.xpath("//input[@type='checkbox']")
    assert await eventful.sent_by_viewer("/recycle-bin/restore", file="1") == 403
    assert await eventful.sent_by_viewer("/recycle-bin/undo", job=str(PUBLISHED)) == 403


async def test_files_are_put_back_one_many_or_all_of_a_job(eventful: Happened) -> None:
    assert {"/recycle-bin/restore", "/recycle-bin/undo"} <= (await eventful.opened("/recycle-bin")).forms()
    assert (await eventful.sent("/recycle-bin/restore", "/recycle-bin")).said == "Tick what is to be put back."
    one = await eventful.sent("/recycle-bin/restore", "/recycle-bin?item=2", file="1")
    assert (one.where, one.said.startswith("1 file is being put back")) == ("/recycle-bin?item=2", True)
    lost = await eventful.sent("/recycle-bin/restore", "/recycle-bin", file="3")
    assert (lost.status, "is no longer known" in lost.text) == (409, True)
    done = await eventful.sent("/recycle-bin/undo", "/recycle-bin", job=str(PUBLISHED))
    assert done.said.startswith(f"What job {PUBLISHED} did is being undone")
    assert (await eventful.sent("/recycle-bin/undo", job=str(FAILED))).status == 422
    _, log = await eventful.people.house.ask("GET", "/audit", params={"limit": 2})
    assert [(line["deed"], line["who"], line["what"], line["more"]) for line in log["entries"]] == [
        ("job_undone", "administrator", f"job {PUBLISHED}", {"items": 1, "workflow": False}),
        ("bin_restored", "administrator", "", {"files": ["Spring/poster.jpg"]}),
    ]
