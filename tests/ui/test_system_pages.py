"""The pages on how the program is doing: health, the doctor, logs, figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from plain_browser import opened, sent
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    async with running(data, {"tvmaze_enabled": "false"}) as found:
        yield found


async def _page(house: Running, path: str) -> str:
    return (await opened(house, path)).text


async def test_health_says_who_works_and_that_all_is_well(house: Running) -> None:
    said = await _page(house, "/system")
    assert "All is well" in said
    assert "at work" in said


async def test_the_doctor_comes_when_called(house: Running) -> None:
    assert "As it should be" not in await _page(house, "/system/doctor")
    said = (await sent(house, "/system/doctor")).text
    assert "lies on a local disk and is whole" in said
    assert "Neither Radarr nor Sonarr has ever told us anything" in said


async def test_the_log_is_filtered_and_escaped(house: Running, data: Path) -> None:
    (data / "logs").mkdir()
    lines = [
        {"timestamp": "2026-01-01T00:00:01Z", "level": "info", "event": "<b>one</b>", "folder": "a&b", "job": 7},
        {"timestamp": "2026-01-01T00:00:02Z", "level": "error", "event": "two", "exception": "Traceback: here"},
    ]
    (data / "logs" / "metarr.log").write_text("\n".join(map(json.dumps, lines)))
    said = await _page(house, "/system/logs")
    assert "<b>one</b> folder= a&b job 7" in said
    assert "Traceback: here" in said
    assert "<b>one" not in await _page(house, "/system/logs?level=error")
    assert "Nothing of the kind" in await _page(house, "/system/logs?text=three")


async def test_figures_show_jobs_and_room(house: Running, data: Path) -> None:
    said = await _page(house, "/system/figures")
    assert str(data / "metarr.db") in said
    assert "Free where the cache lies: unknown" not in said
    assert "Backup000000.0" in said.replace(" ", "")
