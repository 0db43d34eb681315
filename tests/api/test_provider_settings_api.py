"""Keys and limits of providers over HTTP: sealed, never shown, with effect at once, and second to the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import TmdbServer
from metarr.store import settings
from metarr.store.db import Store, sqlite_url
from running import Running, make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def tmdb() -> AsyncIterator[TmdbServer]:
    """A provider that works."""
    async with TmdbServer(FILMS) as server:
        yield server


def _addresses(tmdb: TmdbServer) -> dict[str, str]:
    return {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "tvmaze_enabled": "false"}


async def _settings(house: Running, name: str) -> dict[str, Any]:
    return {one["key"]: one for one in (await house.get(f"/providers/{name}/settings"))["settings"]}


async def _patch(house: Running, name: str, patch: Any, status: int = 200, tag: str = "*") -> Any:
    found, body = await house.ask("PATCH", f"/providers/{name}/settings", json=patch, headers={"If-Match": tag})
    assert found == status, body
    return body


async def test_what_is_set_and_where_it_comes_from(data: Path, tmdb: TmdbServer) -> None:
    async with running(data, {**_addresses(tmdb), "tmdb_api_key": tmdb.key}, is_working=False) as house:
        found = await _settings(house, "tmdb")
        key, url, rate = found["apiKey"], found["url"], found["requestsPerSecond"]
        assert (key["isSecret"], key["isSet"], key["value"]) == (True, True, None)
        assert (key["source"], key["fixedBy"], key["canChange"]) == ("configuration", "METARR_TMDB_API_KEY", False)
        assert (url["value"], url["canChange"]) == (tmdb.url, False)
        assert (rate["value"], rate["default"], rate["source"], rate["canChange"]) == (40.0, 40.0, "default", True)
        await _patch(house, "tmdb", {"requestsPerSecond": 3})
        rate = (await _settings(house, "tmdb"))["requestsPerSecond"]
        assert (rate["value"], rate["source"]) == (3.0, "database")
        assert (await house.get("/providers"))[0]["perSecond"] == 3.0
        assert "apiKey" not in await _settings(house, "tvmaze")


async def test_a_key_that_is_set_is_used_at_once_and_cleared_again(data: Path, tmdb: TmdbServer) -> None:
    async with running(data, _addresses(tmdb), is_working=False) as house:
        assert (await house.get("/providers"))[0]["state"] == "no key"
        await _patch(house, "tmdb", {"apiKey": f" {tmdb.key} "})
        key = (await _settings(house, "tmdb"))["apiKey"]
        assert (key["isSet"], key["value"], key["source"]) == (True, None, "database")
        assert (await house.get("/providers"))[0]["state"] == "ok"
        assert (await house.ask("POST", "/providers/tmdb/test"))[1]["isWell"]
        await _patch(house, "tmdb", {"enabled": False})
        assert (await house.get("/providers"))[0]["state"] == "off"
        assert "switched off" in (await house.ask("POST", "/providers/tmdb/test"))[1]["message"]
        await _patch(house, "tmdb", {"enabled": None, "apiKey": None})
        assert (await house.get("/providers"))[0]["state"] == "no key"
    store = Store(sqlite_url(data / "metarr.db"))
    assert settings.provider_rows(store.write_now(settings.rows)) == {"tmdb": {}}
    store.close()


async def test_settings_are_tried_out_before_they_are_saved(data: Path, tmdb: TmdbServer) -> None:
    async with running(data, _addresses(tmdb), is_working=False) as house:
        tries: list[tuple[Any, bool, str]] = [
            ({"apiKey": tmdb.key}, True, "accepts the key"),
            ({"apiKey": "wrong"}, False, "refuses the API key"),
            ({}, False, "it has no key"),
            ({"apiKey": tmdb.key, "enabled": False}, False, "switched off"),
        ]
        for draft, is_well, words in tries:
            _, body = await house.ask("POST", "/providers/tmdb/test", json=draft)
            assert (body["isWell"], words in body["message"]) == (is_well, True), body
        assert not (await _settings(house, "tmdb"))["apiKey"]["isSet"]


async def test_what_cannot_be_set_is_refused_by_name(data: Path, tmdb: TmdbServer) -> None:
    async with running(data, {**_addresses(tmdb), "tmdb_api_key": tmdb.key}, is_working=False) as house:
        wrong: list[tuple[str, Any, int, str]] = [
            ("tmdb", {"apiKey": "another"}, 409, "fixed by METARR_TMDB_API_KEY"),
            ("tmdb", {"apiKey": None}, 409, "fixed by METARR_TMDB_API_KEY"),
            ("omdb", {"url": "http://evil.example"}, 422, "only be set by METARR_OMDB_URL"),
            ("omdb", {"apiKey": "two words"}, 422, "omdb.apiKey"),
            ("omdb", {"apiKey": "NUL\0here"}, 422, "omdb.apiKey"),
            ("omdb", {"apiKey": ["a"]}, 422, "omdb.apiKey"),
            ("omdb", {"requestsPerSecond": 0}, 422, "omdb.requestsPerSecond"),
            ("omdb", {"colour": 1}, 422, "omdb.colour is no setting"),
            ("tvmaze", {"apiKey": "x"}, 422, "tvmaze.apiKey is no setting"),
            ("nobody", {}, 404, "There is no provider 'nobody'"),
        ]
        for name, patch, status, words in wrong:
            assert words in (await _patch(house, name, patch, status))["detail"]
        tag = '"of somebody else"'
        assert "changed" in (await _patch(house, "omdb", {"eachEpisode": True}, 412, tag=tag))["detail"]


async def test_items_that_waited_for_a_key_are_enriched_when_it_comes(
    data: Path, tmp_path: Path, tmdb: TmdbServer
) -> None:
    """The worker, too, sees the key with the very job that it made possible."""
    make_film(tmp_path / "library", f"{FILMS[0].title} ({FILMS[0].year})")
    async with running(data, _addresses(tmdb)) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "library")})
        await house.ask("POST", "/jobs/scan", json={"target": str(tmp_path / "library")})
        await house.until_idle()
        assert (await house.get("/libraries"))[0]["counts"]["enriched"] == 0
        await _patch(house, "tmdb", {"apiKey": tmdb.key})
        await house.until_idle()
        assert (await house.get("/libraries"))[0]["counts"]["enriched"] == 1
