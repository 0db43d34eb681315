"""The review queue: the evidence is seen, and every way to answer works without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from plain_browser import opened, sent
from running import enriching, make_film

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")
OTHER = '<movie><title>Elephants Dream</title><uniqueid type="tmdb">9761</uniqueid></movie>'
DOUBTFUL = ("Sintel (2010) {tmdb-45745}", "Mine (2001) {tmdb-1}", "Theirs (2002) {tmdb-2}", "Nobody's (2003) {tmdb-3}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """Films whose NFO contradicts their name, and one with a strange file beside it."""
    folder = tmp_path_factory.mktemp("review")
    (folder / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    for name in DOUBTFUL:
        make_film(folder / "films", name).with_name("movie.nfo").write_text(OTHER)
    clear = make_film(folder / "films", "Spring (2019)")
    clear.with_name("strange clip.mkv").write_bytes(clear.read_bytes() + b"1")
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(made: Path) -> AsyncIterator[Running]:
    """It has scanned them."""
    async with enriching(made) as found:
        assert "Nothing to review" in (await opened(found, "/review")).text
        await found.ask("POST", "/libraries", json={"path": str(made / "films")})
        await found.ask("POST", "/libraries/1/scan")
        await found.until_idle()
        yield found


async def _question(house: Running, folder: str) -> dict[str, Any]:
    [found] = [one for one in (await house.get("/review"))["questions"] if one["folder"] == folder]
    return dict(found)


async def _item(house: Running, item_id: int) -> dict[str, Any]:
    await house.until_idle()
    return dict((await house.get(f"/items/{item_id}"))["item"])


async def test_an_offer_is_accepted_by_one_key(house: Running) -> None:
    question = await _question(house, DOUBTFUL[0])
    item_id = question["itemId"]
    page = await opened(house, "/review")
    assert "contradicts" in page.part(f"question-{question['id']}")
    assert len(page.tree.xpath("//button[@data-key='a']")) == 1
    assert page.tree.xpath("//a[@href='https://www.themoviedb.org/movie/45745']")
    [first, _] = page.tree.xpath(f"//form[@action='/review/{item_id}/accept']")
    assert first.xpath("input/@value") == ["1"]
    done = await sent(house, f"/review/{item_id}/accept", "/review", number="1")
    assert (done.status, done.where, bool(done.said)) == (303, "/review", True)
    assert done.work
    assert (await _item(house, item_id))["metadata"]["ids"]["tmdb"] == 45745
    assert (await sent(house, f"/review/{item_id}/accept", number="1")).status == 422


async def test_the_id_is_entered(house: Running) -> None:
    item_id = (await _question(house, DOUBTFUL[1]))["itemId"]
    wrong = await sent(house, f"/review/{item_id}/ids", "/review", source="imdb", value="nonsense")
    assert (wrong.status, "is no id" in wrong.text) == (422, True)
    assert (await sent(house, f"/review/{item_id}/ids", source="tmdb", value=" ")).status == 422
    assert f"/review/{item_id}/ids" in (await opened(house, "/review")).forms()
    named = await sent(house, f"/review/{item_id}/ids", "/review", source="tmdb", value="9761")
    assert (named.status, bool(named.work)) == (303, True)
    assert (await _item(house, item_id))["metadata"]["title"] == "Elephants Dream"


async def test_no_provider_knows_it(house: Running) -> None:
    item_id = (await _question(house, DOUBTFUL[2]))["itemId"]
    assert f"/review/{item_id}/local" in (await opened(house, "/review")).forms()
    assert (await sent(house, f"/review/{item_id}/local", "/review")).said.startswith("Marked")
    assert (await _item(house, item_id))["identity"] == "local"


async def test_an_item_is_ignored(house: Running) -> None:
    question = await _question(house, DOUBTFUL[3])
    path = f"/review/questions/{question['id']}/ignore"
    assert path in (await opened(house, "/review?library=1")).forms()
    await sent(house, path, "/review")
    item = await _item(house, question["itemId"])
    assert (item["identity"], item["isMonitored"]) == ("review", False)
    assert (await sent(house, path)).status == 404


async def test_a_doubtful_file_is_left_as_it_is(house: Running) -> None:
    question = await _question(house, "Spring (2019)")
    page = await opened(house, "/review")
    assert "strange clip.mkv" in page.part(f"question-{question['id']}")
    assert f"/review/{question['itemId']}/local" not in page.forms()
    await sent(house, f"/review/questions/{question['id']}/ignore", "/review")
    assert (await _item(house, question["itemId"]))["isMonitored"] is True
    assert "strange clip.mkv" not in (await opened(house, "/review")).text


async def test_providers_are_searched_and_their_posters_are_seen(house: Running) -> None:
    found = await opened(house, "/review/1?title=Charge&year=2022")
    assert "Charge" in found.text
    picture = found.tree.xpath("//li[@class='offer'][1]//img/@src")[0]
    async with house.client.get(house.app.url + picture) as answer:
        assert (answer.status, answer.content_type) == (200, "image/webp")
    assert (await opened(house, f"/review/pictures/{'0' * 64}.webp")).status == 404
    form = found.tree.xpath("//form[@action='/review/1/ids']")[0]
    fields = {one.get("name"): one.get("value") for one in form.iter("input")}
    done = await sent(house, "/review/1/ids", "/review/1?title=Charge", **fields)
    assert (done.status, done.where) == (303, "/review")
    assert (await _item(house, 1))["metadata"]["ids"]["tmdb"] == int(fields["value"])
    assert "Nothing found" in (await opened(house, "/review/1?title=qqqq")).text
    assert (await opened(house, "/review/77")).status == 404
