"""Schedules as a program and a person see them, and the workflow of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr.cli import main
from running import make_film, running

if TYPE_CHECKING:
    from pathlib import Path


async def test_next_runs_are_shown_and_times_can_be_changed(data: Path) -> None:
    async with running(data, is_working=False) as house:
        before = await house.get("/schedules")
        assert [one["chore"] for one in before] == ["verify", "scan", "clean", "refresh", "backup"]
        assert all(one["isEnabled"] and one["nextRun"] for one in before)
        status, changed = await house.ask("PATCH", "/schedules/2", json={"cron": "30 6 * * 0"})
        assert (status, changed["cron"], changed["isEnabled"]) == (200, "30 6 * * 0", True)
        status, changed = await house.ask("PATCH", "/schedules/2", json={"isEnabled": False})
        assert (status, changed["nextRun"], changed["cron"]) == (200, None, "30 6 * * 0")
        assert (await house.get("/schedules"))[1] == changed


async def test_a_schedule_of_one_library_is_added_run_and_removed(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Heat (1995)")
    async with running(data, is_working=False) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        new = {"chore": "scan", "cron": "0 */6 * * *", "libraryId": 1}
        status, added = await house.ask("POST", "/schedules", json=new)
        assert (status, added["libraryId"], added["nextRun"]) == (201, 1, added["upcoming"][0])
        assert (len(added["upcoming"]), added["upcoming"]) == (5, sorted(added["upcoming"]))
        assert await house.get("/schedules/6") == added
        assert (await house.ask("POST", "/schedules", json=new))[0] == 409
        status, started = await house.ask("POST", "/schedules/6/run")
        assert (status, started["jobs"]) == (202, 1)
        [job] = (await house.get("/jobs", since=started["scope"]["since"]))["jobs"]
        assert (job["kind"], job["libraryId"], job["priority"]) == ("scan", 1, 5)
        assert (await house.ask("DELETE", "/schedules/6"))[0] == 204
        assert (await house.ask("DELETE", "/schedules/6"))[0] == 404
        preview = await house.get("/schedules/preview", cron="0 4 * * *")
        assert {moment[14:16] for moment in preview["upcoming"]} == {"00"}
        for wrong in ({**new, "cron": "at night"}, {**new, "chore": "dance"}, {**new, "chore": "clean"}):
            assert (await house.ask("POST", "/schedules", json=wrong))[0] == 422
        assert (await house.ask("POST", "/schedules", json={**new, "libraryId": 9}))[0] == 404


async def test_schedules_that_were_all_removed_do_not_come_back(data: Path) -> None:
    async with running(data, is_working=False) as house:
        for one in await house.get("/schedules"):
            await house.ask("DELETE", f"/schedules/{one['id']}")
    async with running(data, is_working=False) as house:
        assert await house.get("/schedules") == []


@pytest.mark.parametrize(
    ("number", "patch", "status", "words"),
    [
        pytest.param(2, {"cron": "at night"}, 422, "Example", id="no cron expression"),
        pytest.param(99, {"isEnabled": False}, 404, "no schedule 99", id="no such schedule"),
        pytest.param(2, {"cron": 7}, 422, "cron", id="no text"),
    ],
)
async def test_what_cannot_be_is_refused(data: Path, number: int, patch: object, status: int, words: str) -> None:
    async with running(data, is_working=False) as house:
        found, body = await house.ask("PATCH", f"/schedules/{number}", json=patch)
        assert (found, words in body["detail"]) == (status, True), body


async def test_a_workflow_is_shown_from_any_of_its_jobs_with_every_attempt(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Sintel (2010) {tmdb-45745}")
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        await house.ask("POST", "/libraries/1/scan")
        await house.until_idle()
        last = (await house.get("/jobs", limit=1))["jobs"][0]["id"]
        found = await house.get(f"/jobs/{last}/workflow")
        assert (found["root"], found["more"]) == (1, 0)
        assert found["jobs"][0]["kind"] == "scan"
        assert {job["id"] for job in found["jobs"]} >= {1, last}
        assert [attempt["outcome"] for attempt in found["jobs"][0]["history"]] == ["completed"]
        assert (found["jobs"][0]["depth"], found["jobs"][1]["depth"], found["ended"]) == (0, 1, 100)
        assert found["jobs"][1]["id"] in found["jobs"][0]["children"]


async def test_jobs_are_cancelled_by_number_or_as_a_workflow_and_the_dead_are_listed(data: Path) -> None:
    async with running(data, is_working=False) as house:
        assert await house.get("/jobs/dead-letter") == {"jobs": [], "before": None}
        status, started = await house.ask("POST", "/jobs/clean")
        assert (status, started["jobs"]) == (202, 1)
        for params in ({}, {"job": 1, "root": 1}):
            assert (await house.ask("POST", "/jobs/cancel", params=params))[0] == 422
        assert await house.ask("POST", "/jobs/cancel", params={"root": 1}) == (202, {"jobs": 1})
        assert await house.ask("POST", "/jobs/cancel", params={"job": 1}) == (202, {"jobs": 0})
        assert (await house.ask("POST", "/jobs/cancel", params={"job": 9}))[0] == 404


async def test_jobs_are_retried_by_number_by_kind_or_all_but_not_by_two_of_these(data: Path) -> None:
    async with running(data, is_working=False) as house:
        status, body = await house.ask("POST", "/jobs/retry", params={"kind": "scan", "job": 1})
        assert (status, "not both" in body["detail"]) == (422, True)
        status, body = await house.ask("POST", "/jobs/retry", params={"job": 99})
        assert (status, "no job 99" in body["detail"]) == (404, True)
        assert await house.ask("POST", "/jobs/retry", params={"kind": "scan"}) == (202, {"jobs": 0})


def _metarr(data: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr("sys.argv", ["metarr", *words, "--data", str(data)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0


def test_schedules_on_the_command_line(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _metarr(data, monkeypatch, "schedules", "change", "2", "--cron", "15 5 * * *", "--off")
    _metarr(data, monkeypatch, "schedules")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == lines[2]
    assert lines[0].split() == ["2", "scan", "all", "15", "5", "*", "*", "*", "off"]
    assert "next 20" in lines[1]
    _metarr(data, monkeypatch, "schedules", "add", "verify", "0 12 * * *")
    assert capsys.readouterr().out.split()[:3] == ["6", "verify", "all"]
    _metarr(data, monkeypatch, "schedules", "run", "3")
    assert "Jobs started: 1" in capsys.readouterr().out
    _metarr(data, monkeypatch, "schedules", "remove", "6")
    _metarr(data, monkeypatch, "schedules", "preview", "0 12 * * *")
    assert len(capsys.readouterr().out.splitlines()) == 1 + 5


def test_a_job_is_shown_with_its_workflow(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_film(tmp_path / "films", "Sintel (2010) {tmdb-45745}")
    _metarr(data, monkeypatch, "run", str(tmp_path / "films"))
    capsys.readouterr()
    _metarr(data, monkeypatch, "jobs", "show", "2")
    _, _, tree = capsys.readouterr().out.partition("Workflow of job 1: 100 % ended\n")
    first, second = tree.splitlines()[:2]
    assert first.split()[:2] == ["1", "scan"]
    assert second.startswith(">     ")  # marked, and below the scan
