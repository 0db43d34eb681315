"""The jobs: workflows with all that followed from their triggers, what waits and why, and the dead letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from happenings import CAUSE, FAILED, IMPORT, LATER, PUBLISHED, RUNNING, SCAN, WAITING
from metarr.model.access import Role

if TYPE_CHECKING:
    from happenings import Happened
    from plain_browser import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _flows(page: Page) -> list[str]:
    return [str(one) for one in page.tree.xpath("//article/@aria-labelledby")]


async def test_a_workflow_tells_how_it_began_and_how_far_it_has_come(eventful: Happened) -> None:
    page = await eventful.opened("/jobs")
    assert _flows(page) == [f"flow-{number}" for number in (10, 9, 8, IMPORT, SCAN)]
    [scan] = page.tree.xpath(f"//article[@aria-labelledby='flow-{SCAN}']")
    words = " ".join(scan.text_content().split())
    assert "Scan: Films running failed" in words
    assert "Begun by the schedule" in words
    assert "3 of 6 jobs over, 1 failed, 1 waiting" in words
    assert "Sintel 3 of 6 files" in words
    assert [(bar.get("value"), bar.get("max")) for bar in scan.iter("progress")] == [("50.0", "100"), ("3", "6")]
    assert "Begun by Radarr" in page.text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        pytest.param("state=open", [SCAN], id="those that go on"),
        pytest.param("state=running", [SCAN], id="those that run"),
        pytest.param("state=waiting", [SCAN], id="those that wait"),
        pytest.param("state=faulty", [SCAN], id="those with failed jobs"),
        pytest.param("state=cancelled", [10], id="those with cancelled jobs"),
        pytest.param("state=ended", [10, 9, 8, IMPORT], id="those that are over and well"),
        pytest.param("kind=verify", [9, 8], id="of a phase"),
        pytest.param("trigger=webhook", [IMPORT], id="of a download manager"),
        pytest.param("library=2", [], id="of another library"),
        pytest.param(
            "state=nonsense&kind=nonsense&trigger=nonsense", [10, 9, 8, IMPORT, SCAN], id="words that mean nothing"
        ),
        pytest.param("before=8", [IMPORT, SCAN], id="the next page"),
    ],
)
async def test_workflows_are_filtered(eventful: Happened, query: str, numbers: list[int]) -> None:
    assert _flows(await eventful.opened(f"/jobs?{query}")) == [f"flow-{number}" for number in numbers]


async def test_the_tree_leads_from_the_trigger_to_the_end(eventful: Happened) -> None:
    page = await eventful.opened(f"/jobs/{FAILED}")
    lines = [" ".join(line.text_content().split()) for line in page.tree.xpath("//ul[@class='tree']/li")]
    assert lines[0] == "completed Scan: Films 2 movies: 2 new"
    assert lines[2] == "completed Publish: <b>Spring & Co 6 files written"
    assert {one.get("class") for one in page.tree.xpath("//ul[@class='tree']/li")} == {"depth-0", "depth-1"}
    assert page.tree.xpath("//ul[@class='tree']//a[@aria-current]/@href") == [f"/jobs/{FAILED}"]
    assert "1. retried timed out <i>twice</i>" in page.part("attempts")
    assert "3. failed TMDB says no" in page.part("attempts")
    only = await eventful.opened(f"/jobs/{FAILED}?state=failed")
    assert len(only.tree.xpath("//ul[@class='tree']/li")) == 1


async def test_the_dead_letter_has_every_attempts_error(eventful: Happened) -> None:
    page = await eventful.opened("/jobs?state=failed&kind=enrich&library=1")
    assert _flows(page) == [f"job-{FAILED}"]
    assert "timed out <i>twice</i>" in page.part("dead")
    assert "timed out again" in page.part("dead")
    assert "No job failed" in (await eventful.opened("/jobs?state=failed&kind=publish")).text


async def test_what_waits_says_for_what_and_until_when(eventful: Happened) -> None:
    page = await eventful.opened("/jobs/waiting")
    assert "1 job attic is off" in page.part("causes")
    assert "tried again in 2 hours" in page.part("causes")
    assert "after 1 attempt" in page.part("later")
    assert "timed out" in page.part("later")


async def test_who_may_only_look_sees_no_button(eventful: Happened) -> None:
    for path in ("/jobs", "/jobs/waiting", "/jobs?state=failed", f"/jobs/{FAILED}", f"/jobs/{PUBLISHED}"):
        seen = await eventful.opened(path, who=Role.VIEWER)
        assert seen.status == 200
        assert not [form for form in seen.forms() if form.startswith(("/jobs", "/recycle-bin"))]
        assert not seen.tree.xpath("//input[@type='checkbox']")
    assert await eventful.sent_by_viewer(f"/jobs/{FAILED}/retry") == 403


async def test_jobs_are_tried_now_retried_and_cancelled(eventful: Happened) -> None:
    assert f"/jobs/{LATER}/now" in (await eventful.opened("/jobs/waiting")).forms()
    assert (await eventful.sent(f"/jobs/{LATER}/now", "/jobs/waiting")).where == "/jobs/waiting"
    assert "No job was put off" in (await eventful.opened("/jobs/waiting")).part("later")
    assert (await eventful.sent(f"/jobs/{LATER}/now")).status == 409
    await eventful.sent("/jobs/wake", "/jobs/waiting", cause=CAUSE)
    assert "Nothing waits for a provider" in (await eventful.opened("/jobs/waiting")).part("causes")
    assert "pending" in (await eventful.opened(f"/jobs/{WAITING}")).part("job")

    assert (await eventful.sent("/jobs/retry-ticked", "/jobs?state=failed")).said == "Tick what is to start over."
    await eventful.sent("/jobs/retry-ticked", "/jobs?state=failed", job=str(FAILED))
    assert "pending" in (await eventful.opened(f"/jobs/{FAILED}")).part("job")
    assert (await eventful.sent(f"/jobs/{FAILED}/retry")).status == 409
    assert (await eventful.sent(f"/jobs/{SCAN}/retry-all", "/jobs")).work == f"root-{SCAN}"
    assert (await eventful.sent("/jobs/retry", "/jobs", kind="enrich")).status == 303

    ended = await eventful.sent(f"/jobs/{LATER}/cancel", "/jobs")
    assert (ended.said, ended.work) == (f"Job {LATER} is cancelled.", f"root-{SCAN}")
    assert (await eventful.sent(f"/jobs/{LATER}/cancel", "/jobs")).status == 409
    assert "cancelled" in (await eventful.opened(f"/jobs/{LATER}")).part("job")
    await eventful.sent(f"/jobs/{RUNNING}/cancel-all", "/jobs")
    assert "cancelled" in (await eventful.opened(f"/jobs/{WAITING}")).part("job")


async def test_a_librarys_name_is_text_and_nothing_else(eventful: Happened) -> None:
    house = eventful.people.house
    assert (await house.ask("PATCH", "/libraries/1", json={"name": "<i>Films</i>"}))[0] == 200
    for path in ("/jobs", f"/jobs/{SCAN}", "/jobs?state=failed"):
        page = await eventful.opened(path)
        assert "<i>Films</i>" in page.text
        assert not page.tree.xpath("//i")
    assert (await house.ask("PATCH", "/libraries/1", json={"name": "Films"}))[0] == 200
