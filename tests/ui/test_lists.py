"""Lists of items and people as a browser without scripts uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from lxml import html

from metarr.actions.bulk import Action
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, ChosenBy, Selection
from metarr.model.media import CastMember, CollectionRef, CrewMember, Identity, ItemId, ItemKind, LibraryKind, Metadata
from metarr.store import artwork, collections, items, libraries, people, traits
from metarr.store.db import Store, sqlite_url
from metarr.store.items import NewItem
from metarr.store.locks import EVERYTHING, TARGETS
from metarr.store.traits import Trait
from metarr.ui import flash
from metarr.ui.bulk import EDITABLE
from people import people as everyone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.store.db import Tx
    from people import People

pytestmark = pytest.mark.asyncio(loop_scope="module")
EVIL = '<script>alert("1")</script>'
ODD = "Caf\udce9"  # a folder whose name is no UTF-8
BLOB = "a" * 64
MANY = 100  # films more than a page has
ALIEN, EVIL_ONE, BRAZIL = 1, 2, 3


def _fill(tx: Tx) -> None:
    """Alien (published, in a set), an evil title, Brazil (unidentified), one without a title, a show, and many more."""
    films = libraries.add(tx, "Films", LibraryKind.MOVIES, "/media/films").id
    shows = libraries.add(tx, "Shows", LibraryKind.TV, "/media/shows").id

    def film(title: str, identity: Identity = Identity.IDENTIFIED, **more: Any) -> ItemId:
        metadata = Metadata(title=title or None, year=1979 if title else 1900, **more)
        place = title or ODD
        made = items.create(tx, NewItem(films, ItemKind.MOVIE, place, place, metadata, {}, identity))
        people.save_credits(tx, made, metadata)
        return made

    cast = (CastMember("Zoë Saldaña", "Ripley", tmdb=7), CastMember("Zoë Saldaña", "Mother", tmdb=7))
    set_ = CollectionRef("Heroes", 9)
    alien = film("Alien", cast=cast, crew=(CrewMember(EVIL, "director"),), collection=set_)
    film(EVIL)
    items.update(tx, film("Brazil", Identity.REVIEW), is_monitored=False)
    film("")
    artwork.add_blob(tx, Blob(BLOB, "png", 1, BlobOrigin.PROVIDER))
    artwork.choose(tx, alien, Selection(ArtworkKind.POSTER, 0, BLOB, "png", ChosenBy.AUTO))
    traits.add(tx, [(alien, frozenset({(Trait.RESOLUTION, "2160"), (Trait.GENRE, "Horror")}))])
    collections.link(tx, items.get(tx, alien), set_)
    items.mark_published(tx, alien, items.get(tx, alien).revision)
    show = items.create(tx, NewItem(shows, ItemKind.SERIES, "Firefly", "Firefly", Metadata(title="Firefly")))
    season = NewItem(shows, ItemKind.SEASON, "Firefly/1", "Firefly", Metadata(title="Season 1"))
    number = items.create(tx, season)
    pilot = Metadata(title="Serenity")
    last = items.create(tx, NewItem(shows, ItemKind.EPISODE, "Firefly/1/2", "Firefly", pilot))
    items.update(tx, number, parent_id=show, season_number=1)
    items.update(tx, last, parent_id=number, season_number=1, episode_number=2)
    for one in range(MANY):
        film(f"Zulu {one:03}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    made = tmp_path_factory.mktemp("lists")
    (made / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    store = Store(sqlite_url(made / "metarr.db"))
    store.write_now(_fill)
    store.close()
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[People]:
    async with everyone(folder) as found:
        yield found


async def _page(house: People, path: str, who: str = "editor", **headers: str) -> Any:
    status, text = await house.ask(who, "GET", path, headers=headers)
    assert status == 200, text
    assert "alert(" not in text.replace("alert(&#34;1&#34;)", "")
    return html.document_fromstring(text)


async def _send(house: People, path: str, who: str = "editor", **fields: Any) -> tuple[str, str]:
    """Where a form leads to, and what is said there."""
    url, back = house.house.app.url, fields.pop("back", "/movies")
    headers = house.headers[who] | {"Referer": url + back}
    async with house.house.client.post(url + path, data=fields, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        told = flash.read(answer.cookies[flash.COOKIE].value)
        assert told is not None
        return urlsplit(answer.headers["Location"]).path, told.said


async def _item(house: People, number: int) -> Any:
    return (await house.ask("editor", "GET", f"/api/v1/items/{number}"))[1]


def _names(page: Any) -> list[str]:
    return [one.text_content() for one in page.xpath('//li[contains(@class, "poster")]//span[@class="name"]')]


def _told(page: Any) -> str:
    return " ".join(page.xpath("//*[@data-told]")[0].text_content().split())


@pytest.mark.parametrize(
    ("path", "names"),
    [
        pytest.param("/movies?search=ALI", ["Alien"], id="movies by a part of the title"),
        pytest.param("/movies?state=needs+identification", ["Brazil"], id="unidentified ones"),
        pytest.param("/movies?isMonitored=false", ["Brazil"], id="unmonitored ones"),
        pytest.param("/movies?isPublished=true", ["Alien"], id="published ones"),
        pytest.param("/movies?resolution=2160&genre=Horror", ["Alien"], id="by what is in the file"),
        pytest.param("/movies?lacksArtwork=poster&search=alien", [], id="with a poster"),
        pytest.param("/movies?yearTo=1899", [], id="nothing so old"),
        pytest.param("/movies?search=script", [EVIL], id="an evil title is text"),
        pytest.param("/movies?yearTo=1900", ["Caf\\xe9"], id="a name that is no UTF-8"),
        pytest.param("/movies?kind=series&search=alien", ["Alien"], id="only movies are movies"),
        pytest.param("/series", ["Firefly"], id="series"),
        pytest.param("/series?kind=season", ["Season 1"], id="seasons"),
        pytest.param("/series?kind=episode", ["Serenity"], id="episodes"),
        pytest.param("/collections", ["Heroes"], id="sets"),
    ],
)
async def test_what_a_list_shows(house: People, path: str, names: list[str]) -> None:
    page = await _page(house, path)
    assert _names(page) == names
    assert bool(page.xpath('//div[@class="empty"]')) == (not names)


async def test_a_poster_says_what_is_special(house: People) -> None:
    page = await _page(house, "/movies?search=alien")
    [poster] = page.xpath('//li[@class="poster"]')
    assert poster.xpath(".//a/@href") == ["/items/1"]
    assert poster.xpath(".//img/@src") == [f"/pictures/{BLOB}/240.webp"]
    assert poster.xpath('.//*[@class="marks"]') == []
    [brazil] = (await _page(house, "/movies?search=brazil")).xpath('//span[@class="marks"]')
    assert [one.text_content() for one in brazil] == ["unidentified", "unmonitored"]
    [episode] = (await _page(house, "/series?kind=episode")).xpath('//li[@class="poster"]/span')
    assert episode.text_content() == "Firefly · S01E02"
    [heroes] = (await _page(house, "/collections")).xpath('//li[@class="poster"]/span')
    assert heroes.text_content() == "1 movie"


async def test_a_table_is_kept_as_the_look_and_its_headers_sort(house: People) -> None:
    async with house.house.client.get(
        f"{house.house.app.url}/movies?view=table&search=alien", headers=house.headers["viewer"]
    ) as answer:
        assert answer.cookies["metarr_view"].value == "table"
        assert answer.cookies["metarr_view"]["httponly"]
    cookie = f"{house.headers['editor']['Cookie']}; metarr_view=table"
    page = await _page(house, "/movies?search=alien", Cookie=cookie)
    [row] = page.xpath("//tbody/tr")
    assert [cell.text_content().strip() for cell in row][1:6] == ["Alien", "1979", "published", "2160p", ""]
    assert page.xpath('//th[@aria-sort="ascending"]/a/@href') == ["/movies?search=alien&sort=title&descending=true"]
    assert page.xpath('//th/a[.="Year"]/@href') == ["/movies?search=alien&sort=year"]
    again = await _page(house, "/movies?view=grid", Cookie=cookie)
    assert again.xpath("//table") == []


async def test_a_long_list_has_pages(house: People) -> None:
    first = await _page(house, "/movies?search=zulu&sort=title&descending=true")
    assert (_told(first), _names(first)[0]) == ("100 movies", "Zulu 099")
    [following] = first.xpath('//a[@rel="next"]/@href')
    second = await _page(house, following)
    assert _names(second) == ["Zulu 003", "Zulu 002", "Zulu 001", "Zulu 000"]
    assert second.xpath('//a[@rel="next"]') == []
    assert second.xpath('//a[.="First page"]/@href') == ["/movies?search=zulu&descending=true"]


async def test_a_form_keeps_what_is_chosen_and_says_what_it_does_not_understand(house: People) -> None:
    page = await _page(house, "/movies?search=alien&resolution=2160&hdr=8k&sort=year&yearFrom=1970")
    [form] = page.xpath('//main//form[@role="search"]')
    assert form.get("data-instant") == "results"
    assert page.xpath('//option[@value="2160"]/@selected')
    assert page.xpath('//input[@name="yearFrom"]/@value') == ["1970"]
    [fault] = page.xpath('//p[contains(@class, "notice")]')
    assert "hdr" in fault.text_content()
    assert page.xpath('//a[contains(@class, "chip")]/@href')[0] == "/movies?resolution=2160&yearFrom=1970&sort=year"
    labelled = set(page.xpath("//label/@for"))
    fields = page.xpath('//main//*[self::select or self::input[not(@type="hidden")]]')
    assert all(one.get("id") in labelled or one.getparent().tag == "label" for one in fields)


@pytest.mark.parametrize(
    ("who", "can_act"),
    [pytest.param("viewer", False, id="a viewer looks"), pytest.param("editor", True, id="an editor acts")],
)
async def test_who_may_not_act_is_offered_nothing(house: People, who: str, *, can_act: bool) -> None:
    page = await _page(house, "/movies?search=alien", who)
    found = page.xpath('//form[@id="bulk"] | //input[@name="item"] | //form[@action="/views"]')
    assert len(found) == (3 if can_act else 0)
    status, _ = await house.ask(who, "POST", "/bulk", data={"item": "1", "action": "verify"})
    assert status == (303 if can_act else 403)


# --- what is done to many ---------------------------------------------------------------------------------------------


async def test_every_choice_that_is_offered_is_known(house: People) -> None:
    [form] = (await _page(house, "/movies")).xpath('//form[@id="bulk"]')
    offered = {select.get("name"): set(select.xpath(".//option/@value")) for select in form.xpath(".//select")}
    offered["action"] |= set(form.xpath('.//button[@name="press"]/@value'))
    assert offered["action"] == set(Action)
    assert offered["field"] == set(EDITABLE)
    assert offered["target"] <= TARGETS | {EVERYTHING}


async def test_selected_ones_are_changed(house: People) -> None:
    said = await _send(house, "/bulk", item=["1", "3"], which="selected", action="unmonitor")
    assert said == ("/movies", "2 items: each is no longer monitored.")
    assert [(await _item(house, one))["item"]["isMonitored"] for one in (ALIEN, BRAZIL)] == [False, False]
    said = await _send(house, "/bulk", item="1 3", action="monitor")
    assert said[1] == "2 items: each is monitored."
    assert (await _item(house, BRAZIL))["item"]["isMonitored"]


async def test_all_that_match_are_locked_and_edited_whatever_else_is_selected(house: People) -> None:
    match = {"which": "all", "place": "movies", "query": "search=zulu+09&sort=year", "item": "1", "action": "enrich"}
    _, said = await _send(house, "/bulk", press="lock", target="artwork.poster", **match)
    assert said == "11 items: each was locked."
    _, said = await _send(house, "/bulk", press="edit", field="genres", value="Western,  War , ", **match)
    assert said == "11 items: each was changed."
    page = await _page(house, "/movies?genre=War&isLocked=true")
    assert _told(page).startswith("11 movies")
    assert (await _item(house, ALIEN))["item"]["metadata"].get("genres", []) == []


async def test_work_for_a_set_of_movies_is_begun(house: People) -> None:
    [number] = (await _page(house, "/collections")).xpath('//input[@name="item"]/@value')
    page = await _page(house, f"/collections/{number}")
    assert _names(page) == ["Alien"]
    values = dict(page.xpath('//form[@id="bulk"]')[0].form_values())
    assert values["query"] == f"collection={number}"
    path, said = await _send(house, "/bulk", **(values | {"which": "all", "action": "verify"}), back="/collections/1")
    assert (path, said) == ("/collections/1", "1 item: each is verified.")
    _, jobs = await house.ask("editor", "GET", "/api/v1/jobs?item=1")
    assert jobs["jobs"][0]["kind"] == "verify"


async def test_a_set_has_the_pages_of_an_item_but_those_of_files(house: People) -> None:
    [number] = (await _page(house, "/collections")).xpath('//input[@name="item"]/@value')
    page = await _page(house, f"/collections/{number}")
    tabs = {str(tab.text): tab.get("href") for tab in page.xpath('//nav[@aria-label="Pages of this item"]/a')}
    assert tabs == {
        "Overview": f"/collections/{number}",
        "Edit": f"/items/{number}/edit",
        "Artwork": f"/items/{number}/artwork",
        "Plan": f"/items/{number}/plan",
        "History": f"/items/{number}/history",
    }
    for name in ("Edit", "Artwork", "History"):
        assert "Heroes" in (await _page(house, tabs[name])).xpath("string(//h1)")
    own = {form.get("action") for form in page.iter("form") if (form.get("action") or "").startswith("/items/")}
    assert own == {f"/items/{number}/{deed}" for deed in ("enrich", "publish", "monitored")}
    assert (await house.ask("editor", "GET", f"/items/{number}"))[0] == 303


async def test_a_set_is_edited_like_any_item(house: People) -> None:
    [number] = (await _page(house, "/collections")).xpath('//input[@name="item"]/@value')
    form = (await _page(house, f"/items/{number}/edit")).get_element_by_id("edit")
    values = dict(form.form_values()) | {"value.plot": "All of them."}
    _, said = await _send(house, f"/items/{number}/edit", **values, back=f"/items/{number}/edit")
    assert said.startswith("1 field stored and locked")
    assert "All of them." in (await _page(house, f"/collections/{number}")).text_content()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"action": "publish"}, "Select at least one item.", id="nothing is selected"),
        pytest.param({"action": "explode", "item": "1"}, "Choose what is to be done.", id="an unknown action"),
        pytest.param({"item": "1"}, "Choose what is to be done.", id="no action"),
        pytest.param({"action": "edit", "item": "1", "field": "id"}, "Choose a field.", id="no field to edit"),
        pytest.param({"action": "edit", "item": "1", "field": "year", "value": "soon"}, "year: ", id="a wrong value"),
        pytest.param({"action": "edit", "item": "1", "field": "genres", "value": "a\0"}, "genres: ", id="no text"),
        pytest.param({"action": "sync", "which": "all", "place": "x"}, "There is no such list.", id="no list"),
        pytest.param(
            {"action": "sync", "which": "all", "place": "movies", "query": "hdr=8k"},
            "hdr: ",
            id="a filter that is not understood changes nothing at all",
        ),
        pytest.param({"action": "sync", "item": str(2**63)}, "These are no items", id="a number that none has"),
        pytest.param({"action": "lock", "item": "1", "target": "soul"}, "Not 1 of them: 'soul'", id="no such lock"),
        pytest.param({"action": "sync", "item": "99999"}, "There is no item 99999.", id="an item that is gone"),
    ],
)
async def test_what_cannot_be_done_is_said(house: People, fields: dict[str, str], words: str) -> None:
    assert words in (await _send(house, "/bulk", **fields))[1]


# --- what is kept as tabs ---------------------------------------------------------------------------------------------


async def test_a_filter_is_kept_as_a_tab_of_ones_own(house: People) -> None:
    listed = "/movies?resolution=2160&sort=year"
    page = await _page(house, listed)
    values = dict(page.xpath('//main//form[@action="/views"]')[0].form_values())
    assert await _send(house, "/views", **(values | {"name": EVIL})) == ("/movies", f"Saved as {EVIL}.")
    page = await _page(house, listed)
    tab = page.xpath('//nav[@class="tabs"]/a[@aria-current]')[0]
    assert (tab.text_content(), tab.get("href")) == (EVIL, "/movies?resolution=2160&sort=year")
    assert _names(await _page(house, tab.get("href"))) == ["Alien"]
    for who, place in (("administrator", "/movies"), ("editor", "/series")):
        others = await _page(house, place, who)
        assert [one.text_content() for one in others.xpath('//nav[@class="tabs"]/a')] == ["All"]
    [remove] = page.xpath('//form[contains(@action, "/remove")]/@action')
    assert (await _send(house, remove, "administrator"))[1].startswith("There is no saved list")
    assert (await _send(house, remove))[1] == "The saved list was removed."
    assert (await _send(house, remove))[1].startswith("There is no saved list")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"name": " ", "query": ""}, "A saved list needs a name.", id="no name"),
        pytest.param({"name": "a\0b", "query": ""}, "A saved list needs a name.", id="a name that is no text"),
        pytest.param({"name": "a", "query": "x=1"}, "x: no such name.", id="a query that is none"),
    ],
)
async def test_what_cannot_be_kept_is_said(house: People, fields: dict[str, str], words: str) -> None:
    assert (await _send(house, "/views", place="movies", **fields))[1] == words


# --- people, and the search -------------------------------------------------------------------------------------------


async def test_people_are_found_without_accents_and_show_what_they_did(house: People) -> None:
    page = await _page(house, "/people?search=zoe+saldana", "viewer")
    assert _names(page) == ["Zoë Saldaña"]
    [address] = page.xpath('//li[@class="poster"]/a/@href')
    person = await _page(house, address, "viewer")
    assert [one.text_content() for one in person.xpath("//main//h2")] == ["Acting"]
    [note] = person.xpath('//li[@class="poster"]/span')
    assert note.text_content() == "Ripley, Mother · 1979"
    assert _names(await _page(house, "/people?search=nobody")) == []


async def test_the_search_finds_items_of_every_kind_and_people(house: People) -> None:
    page = await _page(house, "/search?q=se", "viewer")
    assert next(one.text_content() for one in page.xpath("//main//h2")) == "Episodes"
    page = await _page(house, "/search?q=zulu")
    assert page.xpath('//a[starts-with(., "All movies")]/@href') == ["/movies?search=zulu"]
    page = await _page(house, "/search?q=script")
    assert [one.text_content() for one in page.xpath("//main//h2")][:2] == ["Movies", "People"]
    assert "Nothing found" in (await _page(house, "/search?q=%3Cnothing%3E")).text_content()
    assert "Search for movies" in (await _page(house, "/search")).text_content()


@pytest.mark.parametrize("path", ["/people/99999", "/collections/99999", "/collections/1"])
async def test_what_is_not_there_is_not_found(house: People, path: str) -> None:
    assert (await house.ask("viewer", "GET", path))[0] == 404
