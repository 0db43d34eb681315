"""The settings of providers, as a browser without scripts uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import DEFAULT_KEY as KEY
from metarr.demo.tmdb_server import TmdbServer
from metarr.providers import PROVIDERS
from people import people
from plain_browser import opened, sent
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

in_one_house = pytest.mark.asyncio(loop_scope="module")
PAGE = "/settings/providers"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    folder = tmp_path_factory.mktemp("providers")
    (folder / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(made: Path) -> AsyncIterator[Running]:
    """A program without keys, whose configuration says where TMDB is and how often OMDb is asked."""
    async with TmdbServer(FILMS) as tmdb:
        fixed = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "omdb_requests_per_second": "2"}
        async with running(made, fixed, is_working=False) as found:
            yield found


async def _setting(house: Running, provider: str, key: str) -> dict[str, object]:
    found = (await house.get(f"/providers/{provider}/settings"))["settings"]
    return next(one for one in found if one["key"] == key)


@in_one_house
async def test_every_provider_is_there_with_what_it_does_and_the_words_that_it_wants(house: Running) -> None:
    page = await opened(house, PAGE)
    for name, provider in PROVIDERS.items():
        part = page.part(name)
        assert provider.title in part
        assert provider.knows in part
        assert provider.attribution.replace(" ", "") in part.replace(" ", "")
    assert "It has no key" not in page.part("tvmaze")
    assert "not asked, as it has no key" in page.part("tmdb")
    assert "1,000 calls a day" in page.part("omdb")
    assert "finds films by their title" in page.part("tmdb")
    assert "/settings/enrichment" in page.source


@in_one_house
async def test_what_the_configuration_says_is_shown_with_its_variable_and_cannot_be_changed(house: Running) -> None:
    page = await opened(house, PAGE)
    assert "METARR_OMDB_REQUESTS_PER_SECOND" in page.part("omdb")
    assert page.tree.get_element_by_id("omdb-requestsPerSecond").get("disabled") is not None
    assert page.tree.get_element_by_id("tmdb-requestsPerSecond").get("disabled") is None
    await sent(house, PAGE, PAGE, name="omdb", deed="save", requestsPerSecond="9")
    assert (await _setting(house, "omdb", "requestsPerSecond"))["value"] == 2


@in_one_house
async def test_a_key_is_tried_before_it_is_saved_and_never_shown(house: Running) -> None:
    refused = await sent(house, PAGE, PAGE, name="tmdb", deed="test", apiKey="wrong", requestsPerSecond="20")
    assert "The test failed" in refused.part("tmdb")
    assert "wrong" not in refused.source
    assert refused.tree.get_element_by_id("tmdb-requestsPerSecond").get("value") == "20"
    assert (await _setting(house, "tmdb", "apiKey"))["isSet"] is False
    kept = await sent(house, PAGE, PAGE, name="tmdb", deed="test", apiKey=KEY, requestsPerSecond="20")
    assert (kept.status, kept.where) == (303, PAGE)
    assert "accepts the key" in kept.said
    page = await opened(house, PAGE)
    assert KEY not in page.source
    assert "leave empty to keep it" in page.source
    assert (await _setting(house, "tmdb", "requestsPerSecond"))["value"] == 20
    await sent(house, PAGE, PAGE, name="tmdb", deed="save", requestsPerSecond="20")
    assert (await _setting(house, "tmdb", "apiKey"))["isSet"] is True
    assert "accepts the key" in (await sent(house, PAGE, PAGE, name="tmdb", deed="test", requestsPerSecond="20")).said


@in_one_house
async def test_what_nobody_touched_stays_a_default(house: Running) -> None:
    await sent(house, PAGE, PAGE, name="tvdb", deed="save", requestsPerSecond="10", certificationCountries="DE, AT")
    assert (await _setting(house, "tvdb", "requestsPerSecond"))["source"] == "default"
    assert (await _setting(house, "tvdb", "certificationCountries"))["value"] == ["DE", "AT"]
    await sent(house, PAGE, PAGE, name="tvdb", deed="save", requestsPerSecond="10", certificationCountries="")
    assert (await _setting(house, "tvdb", "certificationCountries"))["value"] == ["US"]
    await sent(house, PAGE, PAGE, name="omdb", deed="save", eachEpisode="true")
    assert (await _setting(house, "omdb", "eachEpisode"))["value"] is True
    await sent(house, PAGE, PAGE, name="omdb", deed="save")
    assert (await _setting(house, "omdb", "eachEpisode"))["value"] is False


@in_one_house
async def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(house: Running) -> None:
    wrong = await sent(house, PAGE, PAGE, name="tvdb", deed="save", requestsPerSecond="often", pin="a b")
    assert wrong.status == 422
    [field] = wrong.tree.xpath('//input[@aria-invalid="true"]')
    assert field.get("id") in {"tvdb-requestsPerSecond", "tvdb-pin"}
    assert wrong.tree.get_element_by_id("tvdb-requestsPerSecond").get("value") == "often"
    assert (await _setting(house, "tvdb", "pin"))["isSet"] is False
    assert (await sent(house, PAGE, name="nobody", deed="on")).status == 404


@in_one_house
async def test_a_stored_key_can_be_removed(house: Running) -> None:
    await sent(house, PAGE, PAGE, name="fanarttv", deed="save", clientKey="0123456789abcdef")
    assert (await _setting(house, "fanarttv", "clientKey"))["isSet"] is True
    await sent(house, PAGE, PAGE, name="fanarttv", deed="save", **{"clientKey-remove": "true"})
    assert (await _setting(house, "fanarttv", "clientKey"))["isSet"] is False


@in_one_house
async def test_one_is_switched_off_and_on(house: Running) -> None:
    assert "is not asked any more" in (await sent(house, PAGE, PAGE, name="tvmaze", deed="off")).said
    assert "It is switched off" in (await opened(house, PAGE)).part("tvmaze")
    assert "is asked from now on" in (await sent(house, PAGE, PAGE, name="tvmaze", deed="on")).said
    assert (await _setting(house, "tvmaze", "enabled"))["value"] is True


async def test_the_connections_are_the_administrators(data: Path) -> None:
    async with people(data) as house:
        for path in (PAGE, "/settings/players", "/settings/channels", "/settings/webhooks"):
            for who, status in (("editor", 403), ("viewer", 403), ("administrator", 200)):
                assert (await house.ask(who, "GET", path, headers={"Accept": "text/html"}))[0] == status
