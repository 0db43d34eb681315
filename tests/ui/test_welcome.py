"""The first setup, as a browser without scripts goes through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import DEFAULT_KEY as KEY
from metarr.demo.tmdb_server import TmdbServer
from people import people
from plain_browser import opened, sent
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

in_one_house = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    folder = tmp_path_factory.mktemp("welcome")
    (folder / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(made: Path) -> AsyncIterator[Running]:
    """A program that begins nothing, with a provider to which it has no key."""
    async with TmdbServer(FILMS) as tmdb:
        addresses = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url}
        async with running(made, addresses, is_working=False) as found:
            yield found


NFO = '<movie><title>Sintel, my own</title><uniqueid type="tmdb">45745</uniqueid></movie>'


@in_one_house
async def test_a_folder_is_found_looked_at_and_added(house: Running, tmp_path: Path) -> None:
    films = tmp_path / "my films"
    make_film(films, "Sintel (2010)")
    assert (await opened(house, "/welcome")).where == "/welcome/library"
    above = await opened(house, f"/welcome/library?path={tmp_path}")
    [link] = [one for one in above.tree.iter("a") if one.text_content() == "my films"]
    chosen = await opened(house, link.get("href", ""))
    assert "Can be written yes" in chosen.text
    assert "Expected 1 title, about" in chosen.text
    wrong = await sent(house, "/welcome/library", path=f"{films}/nowhere", kind="movies")
    assert (wrong.status, "does not exist" in wrong.text) == (422, True)
    added = await sent(house, "/welcome/library", "/welcome/library", path=str(films), kind="movies", name="Mine")
    assert (added.where, added.said) == ("/welcome/library", "Mine is a library now.")
    twice = await sent(house, "/welcome/library", path=str(films), kind="movies", name="Again")
    assert (twice.status, "are the same files" in twice.text) == (422, True)
    assert "The library Mine has these files already." in (await opened(house, link.get("href", ""))).text
    assert (await opened(house, "/welcome")).where == "/welcome/providers"


@in_one_house
async def test_a_key_is_kept_when_the_provider_accepts_it(house: Running) -> None:
    refused = await sent(house, "/welcome/providers/tmdb", apiKey="wrong")
    assert refused.status == 422
    assert "key" in refused.part("tmdb-fault")
    assert "wrong" not in refused.source
    assert (await house.get("/providers"))[0]["state"] == "no key"
    kept = await sent(house, "/welcome/providers/tmdb", "/welcome/providers", apiKey=KEY)
    assert (kept.status, "accepts the key" in kept.said) == (303, True)
    page = await opened(house, "/welcome/providers")
    assert KEY not in page.source
    assert (await house.get("/providers"))[0]["state"] == "ok"


@in_one_house
async def test_every_step_can_be_skipped_and_the_place_is_remembered(house: Running) -> None:
    assert (await sent(house, "/welcome/library/skip")).where == "/welcome/providers"
    assert (await sent(house, "/welcome/providers/skip")).where == "/welcome/artwork"
    assert (await opened(house, "/welcome")).where == "/welcome/artwork"
    assert (await sent(house, "/welcome/artwork", automatic="true")).where == "/welcome/player"
    assert (await house.get("/settings/phase-config"))["enrichment"]["autoSelectAssets"] is True
    assert "Still open: player, Radarr and Sonarr" in (await opened(house, "/")).text
    assert (await sent(house, "/welcome/nonsense/skip")).status == 404
    await sent(house, "/welcome/dismiss")
    assert "/welcome/dismiss" not in (await opened(house, "/")).forms()


@in_one_house
async def test_a_player_is_tried_before_it_is_added(house: Running) -> None:
    player = {"kind": "kodi", "name": "living room", "url": "http://127.0.0.1:9", "local0": "/a", "remote0": "/b"}
    tried = await sent(house, "/welcome/player", **player, deed="test")
    assert (tried.status, "The test found something" in tried.text) == (200, True)
    assert tried.tree.get_element_by_id("name").get("value") == "living room"
    assert await house.get("/players") == []
    wrong = await sent(house, "/welcome/player", **player | {"local0": "a"}, deed="add")
    assert (wrong.status, "must be our folder" in wrong.text) == (422, True)
    assert (await sent(house, "/welcome/player", **player, deed="add", automatic="true")).status == 303
    [known] = await house.get("/players")
    assert (known["name"], known["mappings"]) == ("living room", [{"local": "/a", "remote": "/b"}])
    assert (await house.get("/settings/phase-config"))["playerSync"]["autoSync"] is True


@in_one_house
async def test_the_key_for_radarr_is_shown_once_and_opens_the_webhook(house: Running) -> None:
    page = await opened(house, "/welcome/webhooks")
    address = f"{house.app.url}/api/v1/webhooks/radarr"
    assert address in page.text
    made = await sent(house, "/welcome/webhooks/radarr")
    key = made.part("key")
    assert key not in (await opened(house, "/welcome/webhooks")).source
    headers = {"X-Api-Key": key, "X-Forwarded-For": "192.0.2.9"}
    async with house.client.post(address, json={"eventType": "Test"}, headers=headers) as answer:
        assert answer.status == 202
    async with house.client.get(f"{house.app.url}/api/v1/items", headers=headers) as answer:
        assert answer.status == 403


async def test_the_first_scan_and_the_plan_that_is_confirmed(data: Path, tmp_path: Path) -> None:
    video = make_film(tmp_path / "films", "Sintel (2010) {tmdb-45745}")
    video.with_name("movie.nfo").write_text(NFO)
    async with running(data) as house:
        assert "No library yet" in (await opened(house, "/welcome/scan")).text
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        begun = await sent(house, "/welcome/scan", "/welcome/scan")
        assert (begun.where, begun.said, bool(begun.work)) == ("/welcome/scan", "The scan begins.", True)
        await house.until_idle()
        page = await opened(house, "/welcome/scan")
        assert "1 found" in page.part("progress")
        plan = await opened(house, "/welcome/publishing/1")
        assert "1 hold" in plan.text
        assert "Sintel (2010) {tmdb-45745}/movie.nfo" in plan.text
        assert "/confirm/1" in plan.forms()
        await sent(house, "/confirm/1", "/welcome/publishing/1")
        await house.until_idle()
        confirmed = await opened(house, "/welcome/publishing/1")
        assert "/confirm/1" not in confirmed.forms()
        assert "nothing changes" in confirmed.text


async def test_the_setup_is_the_administrators(data: Path) -> None:
    async with people(data) as house:
        headers = {"Accept": "text/html"}
        for who, status in (("editor", 403), ("viewer", 403), ("administrator", 200)):
            assert (await house.ask(who, "GET", "/welcome/library", headers=headers))[0] == status
        _, text = await house.ask("editor", "GET", "/", headers=headers)
        assert "/welcome" not in text
