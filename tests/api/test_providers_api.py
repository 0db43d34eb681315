"""The metadata providers as a program and a person see them: states, limits, words, and a test of address and key."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from metarr.cli import main
from metarr.demo.catalogue import FILMS
from metarr.demo.shows import SHOWS
from metarr.demo.tmdb_server import Fault, TmdbServer
from metarr.model.media import ExternalIds, ItemKind, LibraryKind, Metadata
from metarr.providers import PROVIDERS
from metarr.store import health, items, libraries
from metarr.store.db import Store, sqlite_url
from metarr.store.items import NewItem
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.model.media import ItemId
    from metarr.store.db import Tx


@pytest.fixture
async def tmdb() -> AsyncIterator[TmdbServer]:
    """A provider that works."""
    async with TmdbServer(FILMS) as server:
        yield server


def _keys(tmdb: TmdbServer, key: str | None = None) -> dict[str, str]:
    return {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "tmdb_api_key": key or tmdb.key}


async def test_every_provider_is_listed_with_its_state_its_limit_and_its_words(data: Path, tmdb: TmdbServer) -> None:
    async with running(data, {**_keys(tmdb), "tvmaze_enabled": "false"}, is_working=False) as house:
        found = {one["name"]: one for one in await house.get("/providers")}
        assert list(found) == list(PROVIDERS)
        assert all(found[name]["attribution"] == PROVIDERS[name].attribution for name in PROVIDERS)
        states = {name: (one["state"], one["perSecond"], one["callsToday"]) for name, one in found.items()}
        assert states["tmdb"] == ("ok", 40.0, 0)
        assert (states["tvdb"], states["tvmaze"]) == (("no key", 0.0, 0), ("off", 0.0, 0))
        assert "movie" in found["fanarttv"]["kinds"]
        assert "movie" not in found["tvmaze"]["kinds"]


async def test_a_test_proves_address_and_key_and_a_refused_key_counts_again(data: Path, tmdb: TmdbServer) -> None:
    async with running(data, _keys(tmdb), is_working=False) as house:
        worker = Store(sqlite_url(data / "metarr.db"))
        await worker.write(lambda tx: health.report(tx, "tmdb:key", "refused"))
        worker.close()
        assert (await house.get("/providers"))[0]["state"] == "key refused"
        status, body = await house.ask("POST", "/providers/tmdb/test")
        assert (status, body) == (200, {"name": "tmdb", "isWell": True, "message": "tmdb answers and accepts the key."})
        one = (await house.get("/providers"))[0]
        assert (one["state"], one["callsToday"]) == ("ok", 1)


@pytest.mark.parametrize(
    ("name", "key", "fault", "status", "words"),
    [
        pytest.param("tmdb", "wrong", None, 200, "refuses the API key", id="a key that it refuses"),
        pytest.param("tmdb", None, Fault(status=500), 200, "does not work", id="a provider that breaks down"),
        pytest.param("tmdb", None, Fault(status=429, retry_after="7"), 200, "asked again in 7 s", id="a spent quota"),
        pytest.param("tvdb", None, None, 200, "set METARR_TVDB_API_KEY", id="no key"),
        pytest.param("nobody", None, None, 404, "There is no provider 'nobody'", id="a name that nobody has"),
    ],
)
async def test_what_is_wrong_with_a_provider_is_said(
    data: Path, tmdb: TmdbServer, name: str, key: str | None, fault: Fault | None, status: int, words: str
) -> None:
    tmdb.fault = lambda _path: fault
    async with running(data, _keys(tmdb, key), is_working=False) as house:
        found, body = await house.ask("POST", f"/providers/{name}/test")
        assert (found, body.get("isWell", False)) == (status, False)
        assert words in body.get("message", body.get("detail"))


@pytest.mark.parametrize(
    ("kind", "integrations", "word"),
    [
        pytest.param("movies", {}, "about movies: set METARR_TMDB_API_KEY or", id="movies without any key"),
        pytest.param("tv", {}, None, id="shows, which TVmaze knows without a key"),
        pytest.param("tv", {"tvmaze_enabled": "false"}, "about shows: set", id="shows without TVmaze"),
        pytest.param("movies", {"omdb_api_key": "abcdefgh"}, None, id="movies with one key of four"),
    ],
)
async def test_a_key_is_asked_for_where_nobody_can_be_asked_and_only_there(
    data: Path, tmp_path: Path, kind: str, integrations: dict[str, str], word: str | None
) -> None:
    make_film(tmp_path / "library", "Sintel (2010)")
    async with running(data, integrations, is_working=False) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "library"), "kind": kind})
        notices = (await house.get("/health"))["notices"]
        assert len(notices) == (word is not None)
        assert word is None or word in notices[0]


def _metarr(data: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["metarr", "providers", *words, "--data", str(data)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_providers_on_the_command_line(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METARR_TMDB_API_KEY", "x" * 32)
    monkeypatch.setenv("METARR_TMDB_URL", "http://127.0.0.1:1/3")
    assert _metarr(data, monkeypatch) == 0
    listed = capsys.readouterr().out
    assert "tmdb      ok, 0 calls today, at most 40 a second (collection, episode, movie, season, series)" in listed
    assert "omdb      no key: set METARR_OMDB_API_KEY" in listed
    assert all(provider.attribution in listed for provider in PROVIDERS.values())
    assert _metarr(data, monkeypatch, "test", "tmdb") == 1
    assert "tmdb cannot be reached" in capsys.readouterr().out


async def test_the_about_page_carries_the_words_of_every_provider(data: Path, tmdb: TmdbServer) -> None:
    async with running(data, _keys(tmdb), is_working=False) as house:
        async with house.client.get(f"{house.app.url}/about") as answer:
            page = html.unescape(await answer.text())
        assert answer.status == 200
        assert [name for name, one in PROVIDERS.items() if one.attribution not in page] == []


async def test_the_orders_of_a_show_are_those_that_its_providers_know(data: Path) -> None:
    async with TmdbServer(FILMS, SHOWS) as tmdb, running(data, _keys(tmdb), is_working=False) as house:
        store = Store(sqlite_url(data / "metarr.db"))

        def record(tx: Tx) -> list[ItemId]:
            library = libraries.add(tx, "TV", LibraryKind.TV, str(data))
            ids = Metadata(title="Caminandes", ids=ExternalIds(tmdb=SHOWS[0].tmdb))
            kinds = (ItemKind.SERIES, ItemKind.EPISODE)
            return [items.create(tx, NewItem(library.id, kind, kind.value, "Caminandes", ids)) for kind in kinds]

        show, episode = await store.write(record)
        store.close()
        found = (await house.get(f"/items/{show}/episode-orders"))["orders"]
        assert found[0] == {"key": "aired", "name": "as first aired"}
        names = [one["name"].partition(" (")[0] for one in found[1:]]
        assert names == [group.name for group in SHOWS[0].groups]
        status, body = await house.ask("GET", f"/items/{episode}/episode-orders")
        assert (status, "only shows" in body["detail"]) == (422, True)
