"""The REST API as a program sees it, over real connections."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from metarr.providers import PROVIDERS
from running import Running, enriching, make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FILMS = ("Sintel (2010)", "Spring (2019)", "The General (1926)")


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    """An installation in which no job runs."""
    async with running(data, is_working=False) as found:
        yield found


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Three films."""
    for name in FILMS:
        make_film(tmp_path / "films", name)
    return tmp_path / "films"


async def test_health_says_what_is_missing(house: Running) -> None:
    body = await house.get("/health")
    assert body["isWell"]
    providers = {one["name"]: (one["hasKey"], one["calls"], one["pausedFor"]) for one in body["providers"]}
    assert providers["tmdb"] == (False, 0, None)
    assert set(providers) == set(PROVIDERS)


async def test_every_route_is_described(house: Running) -> None:
    document = await house.get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    assert {
        "/api/v1/health",
        "/api/v1/libraries",
        "/api/v1/libraries/{library_id}/confirm",
        "/api/v1/items",
        "/api/v1/items/{item_id}/plan",
        "/api/v1/jobs",
        "/api/v1/jobs/summary",
        "/api/v1/events",
        "/api/v1/settings/phase-config",
    } <= document["paths"].keys()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        pytest.param("GET", "/nowhere", None, 404, "/nowhere", id="a route that does not exist"),
        pytest.param("DELETE", "/health", None, 405, "", id="a method that is not allowed"),
        pytest.param("GET", "/items/99", None, 404, "no item 99", id="an item that does not exist"),
        pytest.param("GET", "/items/x", None, 422, "item_id", id="an item's number that is none"),
        pytest.param("GET", "/items?after=x", None, 422, "after", id="a cursor that is none"),
        pytest.param("GET", "/jobs?limit=0", None, 422, "limit", id="a page of nothing"),
        pytest.param("GET", "/jobs/99", None, 404, "no job 99", id="a job that does not exist"),
        pytest.param("POST", "/jobs/99/cancel", None, 404, "no job 99", id="cancelling what is not there"),
        pytest.param("POST", "/libraries", {"path": "/nowhere/at/all"}, 404, "/nowhere/at/all", id="no such folder"),
        pytest.param("POST", "/libraries", {"path": "/etc/passwd"}, 422, "not a folder", id="a file as library"),
        pytest.param("POST", "/libraries", {"path": 7}, 422, "text", id="a path that is no text"),
        pytest.param("POST", "/libraries", {"path": "/etc", "kind": "music"}, 422, "movies", id="a kind not known yet"),
        pytest.param("POST", "/libraries", None, 415, "JSON", id="no body"),
        pytest.param("POST", "/items/99/release", None, 404, "no item 99", id="releasing what is not there"),
        pytest.param("POST", "/items/99/local", None, 404, "no item 99", id="marking what is not there"),
        pytest.param("POST", "/libraries/9/scan", None, 404, "no library 9", id="scanning what is not there"),
        pytest.param("POST", "/jobs/scan", {"target": "Films"}, 404, "'Films'", id="a target that names nothing"),
        pytest.param("POST", "/jobs/dance", {"target": "1"}, 422, "kind", id="a phase that does not exist"),
        pytest.param(
            "PATCH",
            "/settings/phase-config",
            {"scanning": {"enabled": False}},
            422,
            "scanning.enabled",
            id="scanning cannot be switched off",
        ),
        pytest.param(
            "PATCH", "/settings/phase-config", {"sync": {}}, 422, "sync", id="a key that the overview does not have"
        ),
    ],
)
async def test_errors_are_problem_details(
    house: Running, method: str, path: str, body: object, status: int, words: str
) -> None:
    async with house.client.request(method, f"{house.app.url}/api/v1{path}", json=body) as answer:
        found = await answer.json(content_type="application/problem+json")
    assert (answer.status, found["status"]) == (status, status), found
    assert words in found["detail"]
    assert found["title"]


async def test_a_library_is_added_once(house: Running, library: Path) -> None:
    status, added = await house.ask("POST", "/libraries", json={"path": str(library)})
    assert (status, added["library"]["name"], added["library"]["root"]) == (201, "films", str(library))
    link = library.with_name("link")
    link.symlink_to(library)
    for path in (library, library / FILMS[0], library.parent, link):
        status, body = await house.ask("POST", "/libraries", json={"path": str(path)})
        assert status == 409, body
    assert len(await house.get("/libraries")) == 1
    status, _ = await house.ask("POST", "/libraries/1/confirm")
    assert status == 204
    assert (await house.get("/libraries"))[0]["isConfirmed"]


async def test_an_empty_root_is_warned_of(house: Running, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _, added = await house.ask("POST", "/libraries", json={"path": str(tmp_path / "empty")})
    assert "is empty" in added["warnings"][0]


async def test_the_phase_config_has_the_overviews_keys(house: Running) -> None:
    defaults: dict[str, dict[str, Any]] = {
        "scanning": {"enabled": True},
        "enrichment": {"enabled": True, "autoSelectAssets": False, "preferredLanguage": "en"},
        "publishing": {"enabled": True, "cleanupUnselected": True},
        "playerSync": {"enabled": True, "autoSync": False},
    }
    assert await house.get("/settings/phase-config") == defaults
    patch = {"enrichment": {"preferredLanguage": "de"}, "playerSync": {"autoSync": True}}
    status, changed = await house.ask("PATCH", "/settings/phase-config", json=patch)
    assert status == 200
    defaults["enrichment"]["preferredLanguage"] = "de"
    defaults["playerSync"]["autoSync"] = True
    assert changed == await house.get("/settings/phase-config") == defaults


async def test_jobs_can_be_cancelled_once(house: Running, library: Path) -> None:
    await house.ask("POST", "/libraries", json={"path": str(library)})
    status, submitted = await house.ask("POST", "/libraries/1/scan")
    assert (status, submitted["jobs"], submitted["scope"]["libraryId"]) == (202, 1, 1)
    summary = await house.get("/jobs/summary", library=1)
    assert (summary["open"], summary["counts"]) == (1, {"scan": {"pending": 1}})
    status, _ = await house.ask("POST", "/jobs/1/cancel")
    assert status == 204
    status, body = await house.ask("POST", "/jobs/1/cancel")
    assert (status, body["detail"]) == (409, "Job 1 is cancelled already.")
    status, body = await house.ask("POST", "/jobs/1/retry")
    assert status == 409
    assert (await house.ask("POST", "/jobs/retry", params={"kind": "scan"})) == (202, {"jobs": 0})
    assert [job["state"] for job in (await house.get("/jobs", state="cancelled"))["jobs"]] == ["cancelled"]


async def test_the_whole_chain(data: Path, library: Path) -> None:
    async with enriching(data) as house:
        await house.ask("PATCH", "/settings/phase-config", json={"enrichment": {"autoSelectAssets": True}})
        await house.ask("POST", "/libraries", json={"path": str(library)})
        await house.ask("POST", "/jobs/scan", json={"target": str(library)})
        summary = await house.until_idle()
        completed = {kind: states["completed"] for kind, states in summary["counts"].items()}
        assert [completed[kind] for kind in ("scan", "enrich")] == [1, 4], "three films and their set"
        assert completed["publish"] >= 3, "more where a set's words came after a film was published"
        assert not summary["failed"]

        first = await house.get("/items", limit=2)
        second = await house.get("/items", limit=2, after=first["after"])
        titles = [item["title"] for item in first["items"] + second["items"]]
        assert (titles, second["after"]) == (["Sintel", "Spring", "The General"], None)
        assert {item["state"] for item in first["items"]} == {"published"}
        assert [item["title"] for item in (await house.get("/items", search="GEN"))["items"]] == ["The General"]

        item = await house.get(f"/items/{first['items'][0]['id']}")
        assert item["item"]["metadata"]["ids"]["tmdb"] == 45745
        assert item["item"]["provenance"]["title"] == "tmdb"
        assert {choice["kind"] for choice in item["choices"]} >= {"poster", "fanart"}
        assert item["candidates"][0]["scoreParts"]
        assert {"create"} <= {change["action"] for change in item["history"]} <= {"create", "replace"}
        assert _files(library, f"{FILMS[0]}.nfo")

        plan = await house.get(f"/items/{item['item']['id']}/plan")
        assert (plan["title"], plan["operations"]) == ("Sintel", [])
        counts = (await house.get("/libraries"))[0]["counts"]
        assert (counts["items"], counts["enriched"], counts["published"]) == (3, 3, 3)


async def test_switching_a_phase_on_submits_what_was_missing(data: Path, library: Path) -> None:
    async with enriching(data) as house:
        off = {"publishing": {"enabled": False}}
        await house.ask("PATCH", "/settings/phase-config", json=off)
        await house.ask("POST", "/libraries", json={"path": str(library)})
        await house.ask("POST", "/libraries/1/scan")
        await house.until_idle()
        assert not _files(library, "*.nfo")
        last = (await house.get("/jobs/summary"))["last"]

        await house.ask("PATCH", "/settings/phase-config", json={"publishing": {"enabled": True}})
        await house.until_idle()
        assert len(_files(library, "*.nfo")) == 3
        assert not _files(library, "*-poster.jpg")

        await house.ask("PATCH", "/settings/phase-config", json={"enrichment": {"autoSelectAssets": True}})
        await house.until_idle()
        assert len(_files(library, "*-poster.jpg")) == 3

        await house.ask("PATCH", "/settings/phase-config", json={"enrichment": {"autoSelectAssets": True}})
        jobs = (await house.get("/jobs", since=last + 1))["jobs"]
        assert sorted(job["kind"] for job in jobs if job["kind"] in {"enrich", "publish"}) == [
            *["enrich"] * 4,
            *["publish"] * 6,
        ]


async def test_names_that_are_no_utf8_are_shown_in_escapes(data: Path, tmp_path: Path) -> None:
    library = tmp_path / "films"
    name = os.fsdecode(b"Caf\xe9 (2001)")
    make_film(library, name)
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(library)})
        await house.ask("POST", "/jobs/scan", json={"target": str(library / name)})
        await house.until_idle()
        async with house.client.get(f"{house.app.url}/api/v1/items/1") as answer:
            text = await answer.text()
        item = json.loads(text)
        assert item["item"]["folder"] == "Caf\\xe9 (2001)"
        assert item["files"][0]["path"] == "Caf\\xe9 (2001)/Caf\\xe9 (2001).mp4"
        for path in ("/items", "/jobs", "/jobs/summary", "/items/1/plan"):
            json.dumps(await house.get(path), ensure_ascii=False).encode()
        async with house.client.get(f"{house.app.url}/items/1/files") as answer:
            assert "Caf\\xe9 (2001)" in await answer.text()


def _files(root: Path, pattern: str) -> list[Path]:
    return sorted(root.rglob(pattern))


def _messages(text: str) -> list[Any]:
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


async def test_events_are_replayed_from_the_last_one_seen_and_end_with_the_program(data: Path, library: Path) -> None:
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(library)})
        url = f"{house.app.url}/api/v1/events?type=scan_completed"
        async with house.client.get(url) as live:
            assert (live.status, live.content_type) == (200, "text/event-stream")
            assert await live.content.readline() == b": from 0\n"
            await house.ask("POST", "/libraries/1/scan")
            while not (line := await live.content.readline()).startswith(b"data: "):
                pass
            first = json.loads(line.removeprefix(b"data: "))
            assert (first["type"], first["libraryId"]) == ("scan_completed", 1)

            async with house.client.get(url, headers={"Last-Event-ID": str(first["id"] - 1)}) as again:
                text = (await again.content.readuntil(b"}\n\n")).decode()
            assert _messages(text) == [first]
            assert f"id: {first['id']}\n" in text

            await house.app.__aexit__()
            rest = await live.content.read()
            assert b"data: " not in rest


async def test_a_key_that_comes_later_enriches_what_is_there(data: Path, library: Path) -> None:
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(library)})
        await house.ask("POST", "/libraries/1/scan")
        await house.until_idle()
        assert {item["state"] for item in (await house.get("/items"))["items"]} != {"published"}
    async with enriching(data, has_schedules=True) as house:
        await house.until_idle()
        assert {item["state"] for item in (await house.get("/items"))["items"]} == {"published"}
        assert len(_files(library, "*.nfo")) == 3
