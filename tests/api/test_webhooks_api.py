"""Webhooks and path mappings as Radarr, Sonarr and people meet them, over real connections."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import encode_basic_auth

from running import Running, make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KEY = "the-owners-key"
NAME = "Sintel (2010)"


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    """An installation in which no job runs."""
    async with running(data, is_working=False) as found:
        yield found


@pytest.fixture
async def films(house: Running, tmp_path: Path) -> Path:
    """A library with one film."""
    make_film(tmp_path / "films", NAME)
    status, _ = await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films"), "name": "Films"})
    assert status == 201
    return tmp_path / "films"


def download(folder: object, **more: Any) -> dict[str, Any]:
    return {"eventType": "Download", "movie": {"title": "Sintel", "folderPath": str(folder)}, **more}


@pytest.mark.parametrize(
    ("method", "path", "instance"),
    [
        ("POST", "/webhooks/radarr", "Radarr"),
        ("PUT", "/webhooks/radarr", "Radarr"),
        ("POST", "/webhooks/radarr/Radarr%204K", "Radarr 4K"),
        ("PUT", "/webhooks/radarr/%F0%9F%8E%AC", "\U0001f3ac"),
        ("POST", "/webhooks/radarr/%00", "Radarr"),
    ],
    ids=["posted", "put", "from one of several", "by any name", "a name that is none"],
)
async def test_a_delivery_is_accepted_kept_and_scanned(
    house: Running, films: Path, method: str, path: str, instance: str
) -> None:
    body = download(films / NAME, instanceName="Radarr")
    status, answer = await house.ask(method, path, json=body)
    assert (status, answer["outcome"], answer["detail"]) == (202, "submitted", f"Scan of Films: {NAME}")
    kept = await house.get(f"/webhooks/deliveries/{answer['id']}")
    assert (kept["payload"], kept["instance"], kept["eventType"]) == (body, instance, "Download")
    job = await house.get(f"/jobs/{answer['jobId']}")
    assert (job["kind"], job["priority"], job["payload"]["path"]) == ("scan", 8, NAME)


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        pytest.param("/webhooks/radarr", b"This is not JSON", 400, "no JSON object", id="no JSON"),
        pytest.param("/webhooks/radarr", b"", 400, "no JSON object", id="nothing"),
        pytest.param("/webhooks/sonarr", b"{}", 422, "no eventType", id="no event"),
        pytest.param("/webhooks/lidarr", b'{"eventType": "Dance"}', 422, "'Dance'", id="an unknown event"),
        pytest.param("/webhooks/radarr", b'{"eventType": "Rename"}', 422, "movie.folderPath", id="no folder"),
    ],
)
async def test_nonsense_is_refused_with_the_reason_and_kept(
    house: Running, path: str, body: bytes, status: int, words: str
) -> None:
    found, problem = await house.ask("POST", path, data=body)
    assert (found, problem["status"]) == (status, status)
    assert words in problem["detail"]
    [kept] = (await house.get("/webhooks/deliveries", outcome="refused"))["deliveries"]
    assert words in kept["detail"]
    assert f"delivery {kept['id']}" in problem["detail"]
    assert "payload" in await house.get(f"/webhooks/deliveries/{kept['id']}")


async def test_a_body_beyond_all_measure_is_not_read(house: Running) -> None:
    status, problem = await house.ask("POST", "/webhooks/radarr", data=io.BytesIO(b" " * (9 << 20)))
    assert (status, "longer than" in problem["detail"]) == (413, True)


async def test_only_those_who_send_webhooks_are_sources(house: Running) -> None:
    status, _ = await house.ask("POST", "/webhooks/readarr", json={"eventType": "Test"})
    assert status == 422


async def test_deliveries_are_listed_page_by_page_and_replayed(house: Running, films: Path) -> None:
    for source in ("radarr", "sonarr", "radarr"):
        await house.ask("POST", f"/webhooks/{source}", json={"eventType": "Test"})
    first = await house.get("/webhooks/deliveries", limit=2)
    assert [one["id"] for one in first["deliveries"]] == [3, 2]
    rest = await house.get("/webhooks/deliveries", before=first["before"], limit=2)
    assert ([one["id"] for one in rest["deliveries"]], rest["before"]) == ([1], None)
    assert [one["id"] for one in (await house.get("/webhooks/deliveries", source="sonarr"))["deliveries"]] == [2]
    status, again = await house.ask("POST", "/webhooks/deliveries/1/replay")
    assert (status, again["outcome"]) == (202, "noted")
    assert (await house.get(f"/webhooks/deliveries/{again['id']}"))["replayOf"] == 1
    for method, path in (("GET", "/webhooks/deliveries/99"), ("POST", "/webhooks/deliveries/99/replay")):
        assert (await house.ask(method, path))[0] == 404


async def test_path_mappings_are_kept_proved_and_removed(house: Running, films: Path) -> None:
    await house.ask("POST", "/webhooks/radarr", json=download(f"/movies/{NAME}"))
    await house.ask("POST", "/webhooks/radarr", json=download("/movies/Nowhere (1999)"))
    [line] = (await house.get("/health"))["lines"]
    assert line["message"] == "radarr: /movies is not known here: add a path mapping, or the library."
    nowhere, there = await house.get("/path-mappings/check")
    assert (there["exists"], there["library"]) == (False, None)
    assert there["suggestion"] == {"remote": "/movies", "local": str(films)}
    assert nowhere["suggestion"] is None

    status, mapping = await house.ask("POST", "/path-mappings", json={"source": "radarr", **there["suggestion"]})
    assert (status, mapping["instance"]) == (201, "")
    assert await house.get("/path-mappings") == [mapping]
    nowhere, there = await house.get("/path-mappings/check")
    assert (there["exists"], there["library"], there["local"]) == (True, "Films", str(films / NAME))
    assert (nowhere["exists"], nowhere["library"]) == (False, "Films")
    assert (await house.get("/health"))["lines"] == []

    assert (await house.ask("POST", "/path-mappings", json={"source": "radarr", **there, "remote": "x"}))[0] == 422
    assert (await house.ask("DELETE", f"/path-mappings/{mapping['id']}"))[0] == 204
    assert (await house.ask("DELETE", f"/path-mappings/{mapping['id']}"))[0] == 404


# --- who may send -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        pytest.param("POST", "/webhooks/radarr", {}, 401, id="nobody"),
        pytest.param("POST", "/webhooks/radarr", {"X-Api-Key": KEY}, 202, id="the key in a header"),
        pytest.param("POST", f"/webhooks/radarr?apikey={KEY}", {}, 202, id="the key in the address"),
        pytest.param("PUT", f"/webhooks/sonarr/TV?apikey={KEY}", {}, 202, id="the same, put"),
        pytest.param("POST", "/webhooks/radarr?apikey=wrong", {}, 401, id="a wrong key in the address"),
        pytest.param(
            "POST", "/webhooks/radarr", {"Authorization": encode_basic_auth("radarr", KEY)}, 202, id="as a password"
        ),
        pytest.param(
            "POST", "/webhooks/radarr", {"Authorization": encode_basic_auth("radarr", "no")}, 401, id="a wrong password"
        ),
        pytest.param("GET", f"/webhooks/deliveries?apikey={KEY}", {}, 401, id="no other route takes it from there"),
        pytest.param("POST", f"/jobs/retry?apikey={KEY}", {}, 401, id="nor one that changes something"),
        pytest.param(
            "POST", f"/webhooks/deliveries/1/replay?apikey={KEY}", {}, 401, id="nor one that lies beside the webhooks"
        ),
        pytest.param(
            "POST",
            f"/webhooks/radarr?apikey={KEY}",
            {"Origin": "https://evil.example"},
            403,
            id="not from another site's page",
        ),
    ],
)
async def test_who_may_send(data: Path, method: str, path: str, headers: dict[str, str], status: int) -> None:
    async with running(data, api_key=KEY, loopback_auth=True, is_working=False) as house:
        body = {"json": {"eventType": "Test"}} if method != "GET" else {}
        found, _ = await house.ask(method, path, headers=headers, **body)
    assert found == status


async def test_the_key_in_an_address_is_logged_nowhere(
    data: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with running(data, api_key=KEY, is_working=False) as house:
            for body in (b"nonsense", json.dumps({"eventType": "Test"}).encode()):
                await house.ask("POST", f"/webhooks/radarr?apikey={KEY}", data=body)
            await house.ask("POST", "/webhooks/radarr?apikey=secret-but-wrong", data=b"{}")
            kept = await house.ask("GET", "/webhooks/deliveries", headers={"X-Api-Key": KEY})
    said = caplog.text + "".join(capfd.readouterr()) + json.dumps(kept)
    assert KEY not in said
    assert "secret-but-wrong" not in said
