"""What Radarr and Sonarr need and what they sent, as a browser without scripts sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from plain_browser import opened, sent
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

in_one_house = pytest.mark.asyncio(loop_scope="module")
PAGE = "/settings/webhooks"
DELIVERIES, PATHS = f"{PAGE}/deliveries", f"{PAGE}/paths"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    folder = tmp_path_factory.mktemp("webhooks")
    (folder / "data").mkdir()
    (folder / "data" / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    make_film(folder / "films", "Sintel (2010)")
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(base: Path) -> AsyncIterator[Running]:
    """A program that begins nothing, with a library of films."""
    async with running(base / "data", is_working=False) as found:
        await found.ask("POST", "/libraries", json={"path": str(base / "films"), "name": "Films"})
        yield found


async def _send(house: Running, path: str, **document: Any) -> dict[str, Any]:
    status, answer = await house.ask("POST", f"/webhooks/{path}", json=document)
    assert status == 202, answer
    return dict(answer)


@in_one_house
async def test_the_address_is_exact_and_names_one_of_several(house: Running) -> None:
    page = await opened(house, PAGE)
    base = f"{house.app.url}/api/v1/webhooks"
    assert page.tree.get_element_by_id("radarr-url").text == f"{base}/radarr"
    assert "Nobody yet" in page.text
    assert "Recycling Bin" in page.part("dangers")
    other = (await opened(house, f"{PAGE}?instance=4k / HDR")).tree.get_element_by_id("sonarr-url").text
    assert other == f"{base}/sonarr/4k%20%2F%20HDR"


@in_one_house
async def test_a_key_is_shown_once_and_delivers(house: Running) -> None:
    made = await sent(house, PAGE, source="radarr", name="Radarr")
    key = made.tree.get_element_by_id("secret").get("value")
    page = await opened(house, PAGE)
    assert key not in page.source
    assert key[-4:] in page.text
    headers = {"X-Api-Key": key, "X-Forwarded-For": "192.0.2.9"}
    address = made.tree.get_element_by_id("radarr-url").text
    async with house.client.post(address, json={"eventType": "Test"}, headers=headers) as answer:
        assert answer.status == 202
    again = await sent(house, PAGE, source="radarr", name="Radarr")
    assert (again.status, "called 'Radarr' already" in again.text) == (409, True)


@in_one_house
async def test_deliveries_are_filtered_and_looked_at(house: Running) -> None:
    await _send(house, "sonarr/4K", eventType="Test", series={"title": "<b>Heat</b>"})
    refused = await _send(house, "radarr", eventType="MovieAdded", movie={"folderPath": "/data/films/Sintel (2010)"})
    page = await opened(house, DELIVERIES)
    assert "Sonarr 4K" in page.text
    assert "Sonarr 4K" not in (await opened(house, f"{DELIVERIES}?source=radarr")).part("deliveries")
    only = (await opened(house, f"{DELIVERIES}?outcome=refused")).part("deliveries")
    assert ("MovieAdded" in only, "Test" in only) == (True, False)
    assert "Nothing of the kind" in (await opened(house, f"{DELIVERIES}?source=lidarr")).text
    assert "Sonarr 4K" in (await opened(house, PAGE)).text
    one = await opened(house, f"{DELIVERIES}/{refused['id']}")
    assert json.loads(one.tree.xpath("//pre")[0].text_content())["eventType"] == "MovieAdded"
    assert "add a path mapping" in one.text
    assert "<b>Heat" not in (await opened(house, f"{DELIVERIES}/{refused['id'] - 1}")).source
    assert (await opened(house, f"{DELIVERIES}/99")).status == 404


@in_one_house
async def test_deliveries_come_in_pages(house: Running) -> None:
    for _ in range(60):
        await _send(house, "lidarr", eventType="Test")
    first = await opened(house, f"{DELIVERIES}?source=lidarr")
    [following] = first.tree.xpath('//a[@rel="next"]/@href')
    second = await opened(house, following)
    seen = [len(page.tree.xpath('//*[@id="deliveries"]//tbody/tr')) for page in (first, second)]
    assert seen == [50, 10]
    assert second.tree.xpath('//a[@rel="next"]') == []


@in_one_house
async def test_a_mapping_is_suggested_by_what_came_and_makes_a_replay_worth_it(house: Running, base: Path) -> None:
    page = await opened(house, PATHS)
    assert "in no library" in page.text
    [form] = [one for one in page.tree.xpath('//form[.//button[@value="add"]]') if "Sintel" in one.text_content()]
    offered = {one.get("name"): one.get("value") for one in form.xpath(".//input")}
    assert offered == {"source": "radarr", "instance": "", "remote": "/data/films", "local": str(base / "films")}
    assert "from now on" in (await sent(house, PATHS, PATHS, **offered, deed="add")).said
    assert "there in Films" in (await opened(house, PATHS)).text
    refused = (await house.get("/webhooks/deliveries", outcome="refused"))["deliveries"][0]["id"]
    replayed = await sent(house, f"{DELIVERIES}/{refused}")
    assert replayed.status == 303
    again = await opened(house, replayed.where)
    assert f"delivery {refused}" in again.text
    assert "refused" not in again.part("what-title")


@in_one_house
async def test_a_mapping_that_cannot_be_is_refused_and_one_is_removed(house: Running) -> None:
    wrong = await sent(house, PATHS, source="radarr", remote="films", local="/films")
    assert wrong.status == 422
    assert wrong.tree.get_element_by_id("remote").get("value") == "films"
    [mapping] = await house.get("/path-mappings")
    twice = await sent(house, PATHS, source="radarr", remote=mapping["remote"], local="/films")
    assert twice.status == 409
    assert (await sent(house, PATHS, PATHS, mapping="one", deed="remove")).status == 422
    await sent(house, PATHS, PATHS, mapping=str(mapping["id"]), deed="remove")
    assert await house.get("/path-mappings") == []
