"""The pages of an item, as a browser without scripts uses them."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from lxml import html
from PIL import Image

from metarr.model.artwork import ArtworkKind
from metarr.model.media import Identity, ItemKind, Metadata
from metarr.store import items
from metarr.store.db import Store, sqlite_url
from people import AS_OWNER, OURS, WORD, session
from running import enriching, make_film, running
from stages import library, movie

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.model.media import ItemId
    from metarr.store.db import Tx
    from running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")
_TABS = ("", "/edit", "/artwork", "/files", "/plan", "/history", "/identify")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("items") / "films"
    make_film(folder, "Sintel (2010)")
    return folder


@pytest.fixture(scope="module")
def home(films: Path, migrated_sqlite: Path) -> Path:
    folder = films.parent / "data"
    folder.mkdir()
    (folder / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(films: Path, home: Path) -> AsyncIterator[Running]:
    """One film, enriched and published: item 1."""
    async with enriching(home) as found:
        await found.ask("PATCH", "/settings/phase-config", json={"enrichment": {"autoSelectAssets": True}})
        status, library = await found.ask("POST", "/libraries", json={"path": str(films)})
        assert status == 201, library
        await found.ask("POST", f"/libraries/{library['library']['id']}/confirm")
        await found.ask("POST", "/jobs/scan", json={"target": library["library"]["name"]})
        await found.until_idle()
        yield found


async def _page(house: Running, path: str) -> html.HtmlElement:
    async with house.client.get(f"{house.app.url}/items/{path}") as answer:
        text = await answer.text()
        assert answer.status == 200, text
        return html.document_fromstring(text)


async def _press(house: Running, path: str, **fields: str) -> tuple[int, html.HtmlElement]:
    """The page that a form leads to, and its status; what it leads to is waited for."""
    headers = {"Referer": f"{house.app.url}/items/1"}
    async with house.client.post(f"{house.app.url}/items/{path}", data=fields, headers=headers) as answer:
        page = html.document_fromstring(await answer.text())
    await house.until_idle()
    return answer.status, page


def _fields(page: html.HtmlElement) -> dict[str, str]:
    [form] = page.xpath("//form[@id='edit']")
    return {name: value for name, value in form.form_values() if value is not None}


def _alert(page: html.HtmlElement) -> str:
    return " ".join(one.text_content() for one in page.xpath("//*[@role='alert']"))


@pytest.mark.parametrize("tab", _TABS)
async def test_every_page_says_what_it_is_about_and_needs_neither_scripts_nor_styles(house: Running, tab: str) -> None:
    page = await _page(house, f"1{tab}")
    [heading] = page.iter("h1")
    assert "Sintel (2010)" in heading.text_content()
    levels = [int(one.tag[1]) for one in page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert not page.xpath("//@style | //@onclick | //script[text()]")
    ids = page.xpath("//@id")
    assert sorted(set(ids)) == sorted(ids)
    labelled = set(page.xpath("//label/@for"))
    for control in page.xpath("//main//input[not(@type='hidden')] | //main//select | //main//textarea[not(@hidden)]"):
        assert control.get("id") in labelled or control.xpath("ancestor::label"), html.tostring(control)


async def test_the_overview_has_the_buttons_of_every_phase(house: Running) -> None:
    page = await _page(house, "1")
    named = {form.get("action"): form.text_content().strip() for form in page.xpath("//main//form")}
    assert {kind: named[f"/items/1/{kind}"] for kind in ("scan", "enrich", "publish", "sync")} == {
        "scan": "Scan Directory",
        "enrich": "Enrich",
        "publish": "Publish",
        "sync": "Sync Players",
    }
    assert page.xpath("//ul[@class='cast']//a[starts-with(@href, '/people/')]")
    status, page = await _press(house, "1/verify")
    assert (status, _alert(page)) == (200, "")
    assert "Verify" in page.xpath("string(//*[@id='item-jobs'])")


async def test_a_field_is_edited_beside_what_the_providers_say(house: Running) -> None:
    page = await _page(house, "1/edit")
    sent = _fields(page)
    assert sent["value.title"] == "Sintel"
    sent |= {"value.title": "Sintel, mine", "value.genres": "Fantasy\nDragons", "lock.year": "yes"}
    status, _ = await _press(house, "1/edit", **sent)
    assert status == 200
    item = (await house.get("/items/1"))["item"]
    assert (item["metadata"]["title"], item["metadata"]["genres"]) == ("Sintel, mine", ["Fantasy", "Dragons"])
    assert sorted(item["locks"]) == ["genres", "title", "year"]
    page = await _page(house, "1/edit")
    [choice] = page.xpath("//input[@name='pick.title'][@value='tmdb']")
    assert "Sintel" in choice.getparent().text_content()
    sent = _fields(page) | {"pick.title": "tmdb", "pick.genres": "tmdb"}
    for name in ("lock.title", "lock.genres", "lock.year"):
        sent.pop(name)
    status, _ = await _press(house, "1/edit", **sent)
    item = (await house.get("/items/1"))["item"]
    assert (item["metadata"]["title"], item["locks"], item["provenance"]["title"]) == ("Sintel", [], "tmdb")


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_stored(house: Running) -> None:
    sent = _fields(await _page(house, "1/edit")) | {"value.year": "soon", "value.tagline": "Kept in the form"}
    status, page = await _press(house, "1/edit", **sent)
    assert status == 422
    [year] = page.xpath("//input[@name='value.year']")
    assert year.get("aria-invalid") == "true"
    assert "integer" in page.get_element_by_id(year.get("aria-errormessage")).text_content()
    assert page.xpath("//input[@name='value.tagline']/@value") == ["Kept in the form"]
    sent |= {"value.year": "2010", "value.ratings": "very good"}
    status, page = await _press(house, "1/edit", **sent)
    assert (status, "very good" in page.xpath("string(//*[@id='value-ratings-fault'])")) == (422, True)
    assert (await house.get("/items/1"))["item"]["metadata"].get("tagline") != "Kept in the form"


async def test_two_people_do_not_overwrite_each_other(house: Running) -> None:
    mine = _fields(await _page(house, "1/edit"))
    theirs = {"plot": "Theirs.", "outline": "Theirs too."}
    await house.ask("PATCH", "/items/1/metadata", json=theirs)
    await house.until_idle()
    status, page = await _press(house, "1/edit", **mine | {"value.plot": "Mine."})
    assert (status, "changed since you read it" in _alert(page)) == (412, True)
    again = _fields(page)
    assert (again["value.plot"].strip(), again["value.outline"].strip()) == ("Mine.", "Theirs too.")
    assert "Theirs." in page.xpath("string(//*[@name='value.plot']/ancestor::div[@class='field'])")
    assert (await house.get("/items/1"))["item"]["metadata"]["plot"] == "Theirs."
    status, page = await _press(house, "1/edit", **again)
    assert status == 200, _alert(page) + " ".join(page.xpath("//*[@class='fault']/text()"))
    stored = (await house.get("/items/1"))["item"]["metadata"]
    assert (status, stored["plot"], stored["outline"]) == (200, "Mine.", "Theirs too.")


async def test_pictures_are_chosen_ordered_blocked_and_brought(house: Running) -> None:
    page = await _page(house, "1/artwork?kind=poster")
    assert len(page.xpath("//*[@id='chosen-poster']/li")) == 3
    blobs = page.xpath("//*[@id='chosen-poster']/li/@data-blob")
    assert "points" in page.xpath("string(//*[@id='chosen-poster']/li[1])")
    version = page.xpath("string(//*[@id='pictures-version']/input/@value)")
    status, page = await _press(house, f"1/artwork/poster/order?behind={blobs[0]}", version=version)
    page = await _page(house, "1/artwork?kind=poster")
    assert page.xpath("//*[@id='chosen-poster']/li/@data-blob") == [blobs[1], blobs[0], blobs[2]]
    assert "locked" in page.xpath("string(//*[@id='lock-poster'])")
    status, page = await _press(house, f"1/artwork/poster/order?behind={blobs[0]}", version=version)
    assert (status, "changed since" in _alert(page)) == (412, True)
    [candidate] = page.xpath("(//button[contains(@formaction, '/block') and contains(., 'poster')])[1]/@formaction")
    status, page = await _press(house, candidate.removeprefix("/items/"))
    page = await _page(house, "1/artwork?kind=poster")
    assert page.xpath(f"//button[@formaction='{candidate.replace('/block', '/unblock')}']")
    picture = io.BytesIO()
    Image.new("RGB", (60, 90), "red").save(picture, "PNG")
    picture.seek(0)
    async with house.client.post(f"{house.app.url}/items/1/artwork/poster/upload", data={"picture": picture}) as answer:
        assert answer.status == 200
    await house.until_idle()
    page = await _page(house, "1/artwork?kind=poster")
    assert "by a person" in page.xpath("string(//*[@id='chosen-poster']/li[1])")
    status, page = await _press(house, "1/artwork/poster/fetch", url="file:///etc/passwd")
    assert (status, "no web address" in _alert(page)) == (422, True)


async def test_what_is_on_offer_is_shown_from_here_in_small(house: Running) -> None:
    page = await _page(house, "1/artwork")
    unseen = page.xpath("//img[contains(@src, '/preview.webp')]/@src")
    assert unseen
    assert all(one.get("loading") == "lazy" for one in page.xpath("//li[starts-with(@class, 'candidate')]//img"))
    for _ in range(2):
        async with house.client.get(house.app.url + unseen[0]) as answer:
            assert (answer.status, answer.content_type) == (200, "image/webp")
            with Image.open(io.BytesIO(await answer.read())) as image:
                assert image.width <= 240
    assert set(page.xpath("//h2[starts-with(@id, 'kind-')]/text()")) == {one.value.capitalize() for one in ArtworkKind}


async def test_the_plan_shows_how_the_nfo_changes_and_history_undoes_it(house: Running, films: Path) -> None:
    await house.ask("PATCH", "/settings/phase-config", json={"publishing": {"enabled": False}})
    await house.ask("PATCH", "/items/1/metadata", json={"tagline": "New <b>words</b>"})
    await house.until_idle()
    page = await _page(house, "1/plan")
    assert any("New &lt;b&gt;words" in one.text_content() for one in page.xpath("//pre[@class='diff']/ins"))
    assert not page.xpath("//pre//b")
    await house.ask("PATCH", "/settings/phase-config", json={"publishing": {"enabled": True}})
    await _press(house, "1/publish")
    nfo = films / "Sintel (2010)" / "Sintel (2010).nfo"
    assert "New &lt;b&gt;words" in nfo.read_text()
    assert "Nothing to do" in (await _page(house, "1/plan")).text_content()
    page = await _page(house, "1/history")
    job = page.xpath("string((//form[@action='/items/1/undo'])[1]/input/@value)")
    status, page = await _press(house, "1/undo", job=job)
    assert (status, _alert(page)) == (200, "")
    assert "words" not in nfo.read_text()
    page = await _page(house, "1")
    assert "on hold" in page.text_content()
    await _press(house, "1/release")
    assert "on hold" not in (await _page(house, "1")).text_content()
    status, page = await _press(house, "1/undo", job="999999")
    assert (status, "nothing to undo" in _alert(page)) == (422, True)


async def test_an_item_is_looked_for_and_named(house: Running) -> None:
    page = await _page(house, "1/identify?query=Sintel&year=2010")
    found = page.xpath("//form[@action='/items/1/identity'][input[@name='tmdb'][@type='hidden']]")
    assert found
    status, page = await _press(house, "1/identity", tmdb="none")
    assert (status, "is no id" in _alert(page)) == (422, True)
    sent = {one.get("name"): one.get("value") for one in found[0].iter("input")}
    status, page = await _press(house, "1/identity", **sent)
    assert (status, _alert(page)) == (200, "")
    async with house.client.get(f"{house.app.url}/items/1/identify?year=1200") as answer:
        assert answer.status == 422


async def test_files_show_their_streams(house: Running) -> None:
    page = await _page(house, "1/files")
    [video] = page.xpath("//article")
    assert "640 x 360" in video.text_content()
    assert "Sintel (2010).mp4" in video.text_content()


@pytest.mark.parametrize(
    "path", ["0", "999999", "999999/edit", "999999/artwork", "1/artwork/candidates/999999/preview.webp"]
)
async def test_what_is_not_there_is_said_to_be_missing(house: Running, path: str) -> None:
    async with house.client.get(f"{house.app.url}/items/{path}") as answer:
        assert answer.status in {404, 422}


async def test_who_may_only_look_sees_no_buttons_and_presses_none(films: Path, data: Path) -> None:
    store = Store(sqlite_url(data / "metarr.db"))
    assert store.write_now(lambda tx: movie(tx, library(tx, root=str(films)))) == 1
    season, episode = store.write_now(_show)
    store.close()
    async with running(data, is_working=False, loopback_auth=True) as house:
        for role in ("administrator", "viewer"):
            account = {"name": role, "password": WORD, "role": role}
            assert (await house.ask("POST", "/users", json=account, headers=AS_OWNER))[0] == 201
        headers = OURS | {"Cookie": await session(house, "viewer")}
        for tab in _TABS:
            async with house.client.get(f"{house.app.url}/items/1{tab}", headers=headers) as answer:
                page = html.document_fromstring(await answer.text())
            assert answer.status == 200, tab
            assert not page.xpath("//main//form[@method='post'][not(@id='edit')] | //main//button[@form]")
            assert not page.xpath("//main//form[@method='post']//button")
        for path in ("1/publish", "1/edit", "1/lock?target=title", "1/artwork/poster/lock?locked=true", "1/release"):
            async with house.client.post(f"{house.app.url}/items/{path}", headers=headers) as answer:
                assert answer.status == 403
        show = await _read(house, "2", headers)
        assert f"/items/{season}" in show.xpath("//ul[@class='posters']//a/@href")
        assert show.xpath(f"//details//a[@href='/items/{episode}']/text()") == ["<i>Pilot</i>"]
        above = (await _read(house, str(episode), headers)).xpath("//nav[@class='crumbs']/a/@href")
        assert above == ["/series", "/items/2", f"/items/{season}"]


async def _read(house: Running, path: str, headers: dict[str, str]) -> html.HtmlElement:
    async with house.client.get(f"{house.app.url}/items/{path}", headers=headers) as answer:
        assert answer.status == 200
        return html.document_fromstring(await answer.text())


def _show(tx: Tx) -> tuple[ItemId, ItemId]:
    """A show with one season of one episode: item 2. Returns the other two."""
    place = library(tx, "TV", "/media/tv")
    show = items.add(tx, place, ItemKind.SERIES, "Lost", "Lost")
    season = items.add(tx, place, ItemKind.SEASON, "Lost//1", "Lost")
    episode = items.add(tx, place, ItemKind.EPISODE, "Lost//1x1", "Lost")
    items.update(tx, season.id, parent_id=show.id)
    items.update(tx, episode.id, parent_id=season.id)
    known = {show.id: Metadata(title="Lost"), season.id: Metadata(title="Season 1", season=1)}
    known[episode.id] = Metadata(title="<i>Pilot</i>", season=1, episode=1)
    for one in (show, season, episode):
        items.save_metadata(tx, items.get(tx, one.id), known[one.id], {}, Identity.IDENTIFIED)
    return season.id, episode.id
