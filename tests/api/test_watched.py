"""What others watch the program by: probes, figures for Prometheus, the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    async with running(data) as found:
        yield found


async def _figures(house: Running) -> Figures:
    async with house.client.get(f"{house.app.url}/metrics") as answer:
        assert (answer.status, answer.content_type) == (200, "text/plain")
        text = await answer.text()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def _probe(house: Running, name: str) -> int:
    async with house.client.get(f"{house.app.url}/health/{name}") as answer:
        return answer.status


async def test_the_figures_count_what_there_is(house: Running, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Sintel (2010)")
    await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
    await house.ask("POST", "/libraries/1/scan")
    await house.until_idle()
    await house.get("/items")
    found = await _figures(house)
    assert found["metarr_jobs", frozenset({("kind", "scan"), ("state", "completed")})] == 1
    assert sum(value for (name, _), value in found.items() if name == "metarr_items") == 1
    assert found["metarr_database_bytes", frozenset()] > 100_000
    route = frozenset({("method", "GET"), ("route", "/api/v1/items"), ("status", "200")})
    assert found["metarr_http_request_seconds_count", route] == 1
    assert not any("event-stream" in str(key) for key in found)


async def test_what_is_not_there_is_counted_as_one_route(house: Running) -> None:
    for number in range(3):
        async with house.client.get(f"{house.app.url}/nothing/{number}"):
            pass
    labels = frozenset({("method", "GET"), ("route", "other"), ("status", "404")})
    assert (await _figures(house))["metarr_http_request_seconds_count", labels] == 3


async def test_probes_need_no_login_and_figures_do(data: Path) -> None:
    async with running(data, loopback_auth=True) as house:
        assert [await _probe(house, name) for name in ("live", "ready")] == [200, 200]
        async with house.client.get(f"{house.app.url}/metrics") as answer:
            assert answer.status == 401


async def test_the_log_is_paged_by_time(house: Running, data: Path) -> None:
    (data / "logs").mkdir()
    lines = [
        json.dumps(
            {"timestamp": f"2026-01-01T00:00:0{number}Z", "level": level, "event": f"line {number}", "job": number}
        )
        for number, level in enumerate(("info", "error", "warning"))
    ]
    (data / "logs" / "metarr.log").write_text("\n".join(lines))
    first = await house.get("/system/logs", level="info", limit=2)
    assert [(one["event"], one["level"], one["job"]) for one in first["lines"]] == [
        ("line 2", "warning", 2),
        ("line 1", "error", 1),
    ]
    second = await house.get("/system/logs", level="info", limit=2, before=first["before"])
    assert ([one["event"] for one in second["lines"]], second["before"]) == (["line 0"], None)
    assert [one["event"] for one in (await house.get("/system/logs", level="error"))["lines"]] == ["line 1"]


@pytest.mark.parametrize(
    "query", [{"level": "loud"}, {"before": "2026-01-01T00:00:00"}, {"before": "x"}, {"limit": "0"}]
)
async def test_what_is_no_question_is_refused(query: dict[str, str], house: Running) -> None:
    assert (await house.ask("GET", "/system/logs", params=query))[0] == 422
