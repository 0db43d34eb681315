"""The timetable: in words, with its next and last runs; changed only after one has seen when it would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr.errors import InvalidInput
from metarr.model.access import Role
from metarr.ui import crons
from metarr.ui.crons import Every, Times

if TYPE_CHECKING:
    from happenings import Happened

in_one_house = pytest.mark.asyncio(loop_scope="session")
PLACE = "/settings/schedules"


@in_one_house
async def test_each_schedule_is_told_in_words(eventful: Happened) -> None:
    page = await eventful.opened(PLACE)
    titles = [" ".join(one.text_content().split()) for one in page.tree.xpath("//article//h2")]
    assert titles[:5] == [
        "Verify every day at 3:00",
        "Scan every day at 4:00",
        "Clean up every day at 5:00",
        "Refresh every Monday at 2:00",
        "Back up every Sunday at 1:30",
    ]
    nexts = page.tree.xpath("//article//dd[1]/text()")
    assert [str(one).count("·") for one in nexts[:5]] == [2] * 5
    assert "not yet" in page.part("schedules")


@in_one_house
async def test_it_is_for_administrators(eventful: Happened) -> None:
    assert (await eventful.opened(PLACE, who=Role.VIEWER)).status == 403
    assert await eventful.sent_by_viewer(f"{PLACE}/1/run") == 403


@in_one_house
async def test_one_is_tried_out_added_changed_and_removed(eventful: Happened) -> None:
    form = {"chore": "scan", "library": "2", "every": "week", "at": "06:30", "day": "5"}
    query = "&".join(f"{name}={value}" for name, value in form.items())
    tried = await eventful.opened(f"{PLACE}/preview?{query}")
    assert "Every Friday at 6:30 Next: Fri" in tried.text
    assert tried.tree.xpath("//input[@name='every'][@checked]/@value") == ["week"]
    added = await eventful.sent(PLACE, f"{PLACE}/new", **form)
    assert (added.where, added.said) == (PLACE, "Scan: every Friday at 6:30.")
    again = await eventful.sent(PLACE, f"{PLACE}/new", **form)
    assert (again.status, "says the same" in again.text) == (409, True)
    assert again.tree.xpath("//input[@name='at']/@value") == ["06:30"]

    number = max(one["id"] for one in await eventful.people.house.get("/schedules"))
    mine = f"{PLACE}/{number}"
    assert (await eventful.opened(mine)).tree.xpath("//select[@name='day']/option[@selected]")[0].text == "Friday"
    wrong = await eventful.sent(mine, mine, every="written", cron="every now and then")
    assert (wrong.status, wrong.tree.xpath("//input[@name='cron'][@aria-invalid]/@value")) == (
        422,
        ["every now and then"],
    )
    assert (await eventful.sent(mine, mine, every="hour", at="00:15")).where == PLACE
    assert "Scan every hour, 15 minutes past" in (await eventful.opened(PLACE)).text
    assert (await eventful.sent(f"{mine}/switch", PLACE, to="off")).said == "Switched off."
    assert "off" in (await eventful.opened(PLACE)).text
    assert (await eventful.sent(f"{mine}/remove", mine)).where == PLACE
    assert (await eventful.opened(mine)).status == 404


@in_one_house
async def test_a_run_is_remembered_with_how_it_ended(eventful: Happened) -> None:
    assert (await eventful.sent(f"{PLACE}/3/run", PLACE)).said == "Begun."
    page = await eventful.opened(PLACE)
    assert "just now : goes on (1 job)" in page.part("schedules")
    [job] = page.tree.xpath("//article//a[starts-with(@href, '/jobs/')]/@href")
    assert "Clean" in (await eventful.opened(str(job))).text


@pytest.mark.parametrize(
    ("cron", "words", "every"),
    [
        pytest.param("0 4 * * *", "every day at 4:00", Every.DAY, id="daily"),
        pytest.param("30 23 * * 0", "every Sunday at 23:30", Every.WEEK, id="weekly, the week's other end"),
        pytest.param("0 3 * * 7", "every Sunday at 3:00", Every.WEEK, id="Sunday by its other number"),
        pytest.param("0 * * * *", "every hour, on the hour", Every.HOUR, id="hourly"),
        pytest.param("5 */6 * * *", "every 6 hours, 5 minutes past", Every.HOUR, id="every few hours"),
        pytest.param("0 2 1 * *", "on day 1 of every month at 2:00", Every.MONTH, id="monthly"),
        pytest.param("0 2 31 * *", "at 0 2 31 * *", Every.WRITTEN, id="a day that not every month has"),
        pytest.param("0 4 * * 1-5", "at 0 4 * * 1-5", Every.WRITTEN, id="anything else is as it is written"),
        pytest.param("0 2 1 * 1", "at 0 2 1 * 1", Every.WRITTEN, id="a day of the month and of the week"),
    ],
)
def test_times_are_read_as_a_form_has_them(cron: str, words: str, every: Every) -> None:
    assert crons.in_words(cron) == words
    times = crons.read(cron)
    assert times.every is every
    assert crons.read(times.written) == crons.read(crons.read(times.written).written)
    assert crons.in_words(times.written) == words


@pytest.mark.parametrize(
    "at", [pytest.param("24:00", id="no hour"), pytest.param("4", id="no minutes"), pytest.param("", id="nothing")]
)
def test_what_is_no_time_of_day_is_refused(at: str) -> None:
    with pytest.raises(InvalidInput, match="no time of day"):
        _ = Times(Every.DAY, at).written
