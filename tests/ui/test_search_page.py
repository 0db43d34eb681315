"""Finding anything: titles, people, settings, pages and actions; nobody is offered what they may not do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from lxml import html

from metarr.actions.settings import described
from metarr.model.access import RIGHTS, Right, Role
from metarr.model.media import CastMember, ItemKind, Library, LibraryId, LibraryKind, Metadata
from metarr.store import items, searching
from metarr.store import people as stored
from metarr.store.db import Store, sqlite_url
from metarr.ui.account.area import ACCOUNT
from metarr.ui.search import deeds
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.sections import page_of
from metarr.ui.system.area import SYSTEM
from people import people
from stages import library, movie

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.store.db import Tx
    from people import People

in_one_house = pytest.mark.asyncio(loop_scope="module")
_TITLES = ("Tears of Steel", "Steel & <b>Sons", "Amélie", "The Man of Steel", "Unsteeled", "Steel")
_MOVIES = Library(LibraryId(7), "Movies", LibraryKind.MOVIES, "/movies", (), is_confirmed=True)
_ALL = (*deeds.deeds([_MOVIES]), *deeds.pages((SETTINGS, SYSTEM, ACCOUNT)), *deeds.settings(described(), page_of))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    data = tmp_path_factory.mktemp("search")
    (data / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    store = Store(sqlite_url(data / "metarr.db"))
    store.write_now(_fill)
    store.close()
    return data


def _fill(tx: Tx) -> None:
    movies = library(tx)
    ids = [movie(tx, movies, title) for title in _TITLES]
    cast = tuple(CastMember(name, order=place) for place, name in enumerate(("Ed Steelman", "Amy Steel")))
    stored.save_credits(tx, ids[0], Metadata(title=_TITLES[0], cast=cast))
    show = items.add(tx, movies, ItemKind.SERIES, "Steelworks", "Steelworks")
    items.save_metadata(tx, show, Metadata(title="Steel Works"), {}, show.identity)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[People]:
    async with people(folder) as found:
        yield found


async def _page(house: People, who: str, path: str, words: str) -> Any:
    status, text = await house.ask(who, "GET", path, params={"q": words})
    assert status == 200
    return html.document_fromstring(text or "<p></p>")


def _options(page: Any) -> list[str]:
    return [" ".join(one.text_content().split()) for one in page.xpath("//li[@role='option']/span[@class='name']")]


@in_one_house
async def test_the_best_titles_come_first(house: People) -> None:
    found = _options(await _page(house, "viewer", "/search/offers", "steel"))
    assert found[:4] == ["Steel", "Steel & <b>Sons", "Steel Works", "Tears of Steel"]
    assert found.index("Amy Steel") < found.index("Ed Steelman")
    assert found[-1] == "Everything with “steel”"


@in_one_house
async def test_case_and_accents_do_not_matter(house: People) -> None:
    assert "Amélie" in _options(await _page(house, "viewer", "/search/offers", "AMELIE"))
    assert _options(await _page(house, "viewer", "/search/offers", "  ")) == []
    assert _options(await _page(house, "viewer", "/search/offers", "100%_")) == ["Everything with “100%_”"]


@in_one_house
@pytest.mark.parametrize(
    ("who", "words", "offered"),
    [
        pytest.param("viewer", "scan movies", False, id="a viewer starts no scan"),
        pytest.param("editor", "scan movies", True, id="an editor does"),
        pytest.param("editor", "new api key", False, id="an editor makes no key"),
        pytest.param("administrator", "new api key", True, id="an administrator does"),
        pytest.param("viewer", "retry failed jobs", False, id="a viewer retries nothing"),
        pytest.param("viewer", "dark colours", True, id="everybody chooses colours"),
        pytest.param("editor", "attempts at most", False, id="settings are for administrators"),
        pytest.param("administrator", "attempts at most", True, id="who finds them by their labels"),
    ],
)
async def test_nobody_is_offered_what_they_may_not_do(house: People, who: str, words: str, offered: bool) -> None:  # noqa: FBT001  a table
    options = _options(await _page(house, who, "/search/offers", words))
    assert (words in [one.lower() for one in options]) == offered
    results = (await _page(house, who, "/search", words)).get_element_by_id("results")
    texts = [one.text_content().strip().lower() for one in results.xpath(".//li//a | .//li//button")]
    assert (words in texts) == offered


@in_one_house
async def test_the_page_has_the_same_with_buttons_that_work_without_scripts(house: People) -> None:
    page = await _page(house, "editor", "/search", "movies")
    [form] = page.xpath("//main//form[button='Scan Movies']")
    assert (await house.ask("editor", "POST", form.get("action")))[0] == 303
    titles = await _page(house, "editor", "/search", "steel")
    assert [one.text_content() for one in titles.xpath("//main//h2")][:3] == ["Movies", "Series", "People"]
    assert not list(titles.get_element_by_id("main").iter("b"))
    nothing = await _page(house, "editor", "/search", "qqqq")
    assert "Nothing found" in nothing.get_element_by_id("results").text_content()


@in_one_house
async def test_what_an_action_sends_arrives_whole(house: People) -> None:
    page = await _page(house, "viewer", "/search/offers", "dark colours")
    [sends] = page.xpath("//li[@data-address='/theme']/@data-sends")
    assert json.loads(str(sends)) == {"theme": "dark"}


@in_one_house
async def test_every_entry_leads_somewhere(house: People) -> None:
    """What is sent is only looked up: its address takes a POST."""
    wrong, seen = [], {}
    for entry in _ALL:
        address, _, anchor = entry.address.replace("/libraries/7/", "/libraries/1/").partition("#")
        method, status = ("GET", 200) if entry.sends is None else ("PUT", 405)
        if address not in seen:
            seen[address] = await house.ask("administrator", method, address)
        found, body = seen[address]
        if found != status or (anchor and f'id="{anchor}"' not in body):
            wrong.append(f"{entry.name}: {entry.address} ({found})")
    assert wrong == []


def test_what_is_allowed_follows_from_the_role() -> None:
    for role in Role:
        found = deeds.found(_ALL, "a", RIGHTS[role], len(_ALL))
        assert {entry.right for _, entry in found} <= RIGHTS[role]
    assert {entry.right for entry in _ALL} == {Right.READ, Right.OPERATE, Right.ADMIN}


def test_a_name_counts_more_than_what_is_said_of_it() -> None:
    entries = (
        deeds.Entry("Jobs", "/jobs", note="what libraries are worked on"),
        deeds.Entry("Add a library", "/add"),
        deeds.Entry("Libraries", "/libraries"),
    )
    found = [one.name for _, one in deeds.found(entries, "librar", frozenset(Right), 9)]
    assert found == ["Libraries", "Add a library", "Jobs"]


def test_no_more_than_asked_for(folder: Path) -> None:
    store = Store(sqlite_url(folder / "metarr.db"))
    ids = store.write_now(lambda tx: searching.titles(tx, "steel", (ItemKind.MOVIE,), 2))
    names = store.write_now(lambda tx: searching.names(tx, "steel", 1))
    store.close()
    assert (len(ids), [one["name"] for one in names]) == (2, ["Amy Steel"])
