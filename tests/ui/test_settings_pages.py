"""The pages of the settings registry, the libraries and the artwork rules, as a browser without scripts uses them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from metarr.actions.settings import described
from metarr.model.artwork import ArtworkKind, Candidate
from metarr.model.media import Identity, ItemKind, LibraryKind, Metadata
from metarr.phases.enrich.score import Wanted, score
from metarr.settings import LibraryOverrides
from metarr.store import artwork, items, libraries
from metarr.store.db import Store, sqlite_url
from metarr.store.items import NewItem
from metarr.ui.settings.artwork import KEYS
from metarr.ui.settings.library import EVERYWHERE
from metarr.ui.settings.sections import FORMS
from people import people
from plain_browser import HTML, Page, opened
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from metarr.store.db import Tx
    from running import Running

in_one_house = pytest.mark.asyncio(loop_scope="module")
_SIZES = ((2000, 3000, "en"), (500, 750, "de"), (1000, 1500, None))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    folder = tmp_path_factory.mktemp("settings")
    (folder / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    store = Store(sqlite_url(folder / "metarr.db"))
    films = folder / "films"
    make_film(films, "Sintel (2010)")
    store.write_now(lambda tx: _furnish(tx, films))
    store.close()
    return folder


def _furnish(tx: Tx, films: Path) -> None:
    library = libraries.add(tx, "Films", LibraryKind.MOVIES, str(films))
    place = "Sintel (2010)"
    known = Metadata(title="Sintel <b>", year=2010)
    new = NewItem(library.id, ItemKind.MOVIE, place, place, known, {}, Identity.IDENTIFIED, (), None)
    item_id = items.create(tx, new)
    offered = [
        Candidate(ArtworkKind.POSTER, "tmdb", f"https://pictures.example/{width}.jpg", width, height, language)
        for width, height, language in _SIZES
    ]
    artwork.save_candidates(tx, item_id, [(one, score(one, Wanted())) for one in offered])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(made: Path) -> AsyncIterator[Running]:
    """A program that begins nothing, with a library and a film that has posters to choose from."""
    async with running(made, {"tmdb_api_key": "x"}, is_working=False) as found:
        yield found


def fields_of(page: Page, form: str = "settings") -> dict[str, list[str]]:
    """What a browser sends of a form as it stands, but for its buttons."""
    found: dict[str, list[str]] = {}
    for name, value in _sent(page.tree.get_element_by_id(form)):
        found.setdefault(name, []).append(value)
    return found


def _sent(form: Any) -> Iterator[tuple[str, str]]:
    for one in form.iter("input", "select", "textarea"):
        if one.get("disabled") is not None or not one.get("name"):
            continue
        if one.tag == "input" and one.get("type") in {"checkbox", "radio"} and one.get("checked") is None:
            continue
        if one.tag == "select":
            options = list(one.iter("option"))
            chosen = next((each for each in options if each.get("selected") is not None), options[0])
            yield one.get("name"), chosen.get("value", chosen.text or "")
        elif one.tag == "textarea":
            yield one.get("name"), (one.text or "").removeprefix("\n").replace("\n", "\r\n")
        else:
            yield one.get("name"), one.get("value", "on")


async def send(house: Running, path: str, fields: Mapping[str, Any], deed: str = "save") -> Page:
    body = [(name, one) for name, values in fields.items() for one in ([values] if isinstance(values, str) else values)]
    url = house.app.url + path
    async with house.client.post(
        url, data=[*body, ("deed", deed)], headers=HTML | {"Referer": url}, allow_redirects=False
    ) as answer:
        return Page(answer.status, answer.headers.get("Location", ""), await answer.text())


def names_of(page: Page) -> set[str]:
    return {one.get("name") or "" for one in page.tree.iter("input", "select", "textarea", "fieldset")}


@in_one_house
async def test_every_setting_of_the_registry_is_a_field_of_its_page(house: Running) -> None:
    found: set[str] = set()
    for path, form in {**FORMS, "artwork": None}.items():
        page = await opened(house, f"/settings/{path}")
        section = form.section if form else "enrichment"
        found |= {f"{section}.{name}" for name in names_of(page)}
    wanted = {f"{group.name}.{one.key}" for group in described() for one in group.settings}
    assert wanted - found == set()


@in_one_house
async def test_what_each_page_shows_sent_unchanged_changes_nothing(house: Running) -> None:
    before = await house.get("/settings")
    for path in (*FORMS, "artwork"):
        page = await opened(house, f"/settings/{path}")
        done = await send(house, f"/settings/{path}", fields_of(page))
        assert (done.status, done.where) == (303, f"/settings/{path}")
    assert await house.get("/settings") == before


@in_one_house
async def test_phases_are_the_overviews(house: Running) -> None:
    page = await opened(house, "/settings/phases")
    headings = [one.text_content() for one in page.tree.iter("h2") if (one.get("id") or "").startswith("part-")]
    assert headings == ["Scanning", "Enrichment", "Publishing", "Player Sync"]
    [fixed] = [one for one in page.tree.iter("input") if one.get("name") == "scanning.enabled"]
    assert (fixed.get("disabled"), fixed.get("checked")) != (None, None)
    fields = fields_of(page)
    fields["enrichment.autoSelectAssets"] = ["false", "true"]
    fields["enrichment.preferredLanguage"] = ["de"]
    assert (await send(house, "/settings/phases", fields)).status == 303
    now = (await house.get("/settings/phase-config"))["enrichment"]
    assert now == {"enabled": True, "autoSelectAssets": True, "preferredLanguage": "de"}
    reset = await send(
        house,
        "/settings/phases",
        fields_of(await opened(house, "/settings/phases")),
        "reset:enrichment.preferredLanguage",
    )
    assert (await house.get("/settings/phase-config"))["enrichment"]["preferredLanguage"] == "de", "only in the form"
    assert (await send(house, "/settings/phases", fields_of(reset))).status == 303
    assert (await house.get("/settings/phase-config"))["enrichment"]["preferredLanguage"] == "en"


@in_one_house
async def test_faults_stand_at_their_fields_all_at_once_with_what_was_typed(house: Running) -> None:
    fields = fields_of(await opened(house, "/settings/jobs"))
    wrong = await send(house, "/settings/jobs", fields | {"maxAttempts": ["99"], "keepFailedDays": ["0"]})
    assert wrong.status == 422
    assert "less than or equal to 20" in wrong.part("set-maxAttempts-fault")
    assert "greater than or equal to 1" in wrong.part("set-keepFailedDays-fault")
    field = wrong.tree.get_element_by_id("set-maxAttempts")
    assert (field.get("value"), field.get("aria-invalid")) == ("99", "true")
    unread = await send(house, "/settings/jobs", fields | {"maxAttempts": ["<b>many"]})
    assert (unread.status, "This must be a whole number" in unread.part("set-maxAttempts-fault")) == (422, True)
    assert "<b>many" not in unread.source
    assert (await house.get("/settings/jobs"))["maxAttempts"] == 3
    for odd in ({}, {"was": ["no json"]}, {"was": ["{}"], "maxAttempts": ["\x00"]}, {"was": ['{"x": 1}']}):
        assert (await send(house, "/settings/jobs", odd)).status == 422


@in_one_house
async def test_who_is_overtaken_is_told_and_keeps_their_words(house: Running) -> None:
    fields = fields_of(await opened(house, "/settings/player-sync"))
    await house.ask("PATCH", "/settings/playerSync", json={"settleSeconds": 7, "expireHours": 5})
    late = await send(house, "/settings/player-sync", fields | {"settleSeconds": ["3"]})
    assert (late.status, "Nothing of yours was stored" in late.text) == (412, True)
    assert late.tree.get_element_by_id("set-settleSeconds").get("value") == "3"
    assert "Stored meanwhile by somebody else: 7 seconds" in late.text
    assert late.tree.get_element_by_id("set-expireHours").get("value") == "5"
    assert (await send(house, "/settings/player-sync", fields_of(late))).status == 303
    now = await house.get("/settings/playerSync")
    assert (now["settleSeconds"], now["expireHours"]) == (3, 5)


@in_one_house
async def test_lists_and_tables_grow_and_are_put_in_order_without_scripts(house: Running) -> None:
    fields = fields_of(await opened(house, "/settings/enrichment"))
    up = await send(house, "/settings/enrichment", fields | {"languages": ["de\r\noriginal"]}, "up:providerOrder:1")
    fields = fields_of(up)
    assert fields["providerOrder"][:3] == ["", "tvdb", "tmdb"]
    assert fields["languages"] == ["de\r\noriginal"]
    fields |= {"fieldOrder.0.key": ["plot"], "fieldOrder.0.value": ["omdb, tvdb"]}
    grown = fields_of(await send(house, "/settings/enrichment", fields, "add:fieldOrder"))
    assert grown["fieldOrder"] == ["2"]
    assert (await send(house, "/settings/enrichment", grown)).status == 303
    now = await house.get("/settings/enrichment")
    assert (now["languages"], now["fieldOrder"]) == (["de", "original"], {"plot": ["omdb", "tvdb"]})
    assert now["providerOrder"][:2] == ["tvdb", "tmdb"]
    fewer = await send(
        house, "/settings/enrichment", fields_of(await opened(house, "/settings/enrichment")), "remove:fieldOrder:0"
    )
    assert (await send(house, "/settings/enrichment", fields_of(fewer))).status == 303
    assert (await house.get("/settings/enrichment"))["fieldOrder"] == {}


@in_one_house
async def test_rules_for_pictures_are_tried_before_they_are_stored(house: Running) -> None:
    page = await opened(house, "/settings/artwork")
    assert "Sintel <b> (2010)" in page.part("preview")
    assert "<b> (2010)" not in page.source
    first = page.tree.get_element_by_id("preview").xpath(".//li[1]")[0].text_content()
    assert "en" in first
    fields = fields_of(page) | {
        "artworkLanguages": ["1"],
        "artworkLanguages.0.key": ["poster"],
        "artworkLanguages.0.value": ["de"],
        "artworkLimits.0.value": ["1"],
    }
    tried = await send(house, "/settings/artwork", fields, "preview")
    assert tried.status == 200
    first, second, _ = (
        " ".join(one.text_content().split()) for one in tried.tree.get_element_by_id("preview").xpath(".//li")
    )
    assert ("was 2." in first or "was 3." in first, "chosen" in first, "de" in first) == (True, True, True)
    assert "chosen" not in second
    assert (await house.get("/settings/enrichment"))["artworkLanguages"] == {}
    wrong = fields | {"artworkWeights": ["1"], "artworkWeights.0.key": ["poster"]}
    wrong |= {f"artworkWeights.0.{name}": ["9"] for name in ("resolution", "aspect", "language", "votes", "provider")}
    refused = await send(house, "/settings/artwork", wrong, "preview")
    assert (refused.status, "must add up to 100, not 45" in refused.part("preview")) == (200, True)
    assert (await send(house, "/settings/artwork", wrong)).status == 422
    assert (await send(house, "/settings/artwork", fields)).status == 303
    now = await house.get("/settings/enrichment")
    assert (now["artworkLanguages"], now["artworkLimits"]) == ({"poster": ["de"]}, {"poster": 1, "fanart": 4})


@in_one_house
async def test_another_item_is_found_for_the_preview(house: Running) -> None:
    fields = fields_of(await opened(house, "/settings/artwork"))
    found = await send(house, "/settings/artwork", fields | {"search": ["sint"]}, "find")
    [button] = [one for one in found.tree.iter("button") if (one.get("value") or "").startswith("item:")]
    assert button.text_content() == "Sintel <b> (2010)"
    assert (await send(house, "/settings/artwork", fields, button.get("value", ""))).status == 200
    none = await send(house, "/settings/artwork", fields | {"search": ["qqq"]}, "find")
    assert "Nothing has that title." in none.text
    gone = await send(house, "/settings/artwork", fields, "item:999")
    assert (gone.status, "not there any more" in gone.text) == (200, True)
    assert (await opened(house, "/settings/artwork?item=x")).status == 200


@in_one_house
async def test_the_api_tries_rules_too(house: Running) -> None:
    order = {"item": 1, "settings": {"artworkLimits": {"poster": 0}}}
    status, found = await house.ask("POST", "/settings/enrichment/preview", json=order)
    assert (status, found["title"], found["kinds"][0]["limit"]) == (200, "Sintel <b>", 0)
    pictures = found["kinds"][0]["pictures"]
    assert [one["place"] for one in pictures] == [1, 2, 3]
    assert not any(one["isChosen"] for one in pictures)
    assert set(pictures[0]["picture"]["scoreParts"]) == {"resolution", "aspect", "language", "votes", "provider"}
    for wrong, answer in (({"item": 9}, 404), ({"item": 1, "settings": {"colour": 1}}, 422), ({"item": 0}, 422)):
        assert (await house.ask("POST", "/settings/enrichment/preview", json=wrong))[0] == answer


def test_each_setting_of_a_library_knows_what_it_is_everywhere() -> None:
    assert EVERYWHERE.keys() == LibraryOverrides().model_dump(by_alias=True).keys()


def test_the_rules_for_pictures_have_one_page() -> None:
    enrichment = next(group for group in described() if group.name == "enrichment")
    elsewhere = set(FORMS["enrichment"].keys or ())
    assert (elsewhere | set(KEYS), elsewhere & set(KEYS)) == ({one.key for one in enrichment.settings}, set())


@in_one_house
async def test_a_library_has_a_name_languages_profiles_and_settings_of_its_own(house: Running) -> None:
    page = await opened(house, "/settings/libraries/1")
    assert "Sintel (2010)-poster.jpg" in page.text
    unchanged = await send(house, "/settings/libraries/1", fields_of(page))
    assert unchanged.status == 303
    assert (await house.get("/libraries/1"))["overrides"] == LibraryOverrides().model_dump(by_alias=True)
    fields = fields_of(page) | {
        "name": ["Kino"],
        "languages": ["de\r\noriginal"],
        "profiles": ["", "plex"],
        "overrides.autoSync": ["true"],
        "overrides.actorPictures.own": ["yes"],
        "overrides.actorPictures": ["0"],
    }
    assert (await send(house, "/settings/libraries/1", fields)).status == 303
    now = await house.get("/libraries/1")
    assert (now["name"], now["languages"], now["profiles"]) == ("Kino", ["de", "original"], ["plex"])
    assert (now["overrides"]["autoSync"], now["overrides"]["actorPictures"]) == (True, 0)
    late = await send(house, "/settings/libraries/1", fields | {"name": ["Films"]})
    assert (late.status, "changed this library" in late.text) == (412, True)
    back = fields_of(await opened(house, "/settings/libraries/1"))
    back |= {"overrides.autoSync": [""], "overrides.actorPictures.own": ["no"], "name": ["Films"]}
    assert (await send(house, "/settings/libraries/1", back)).status == 303
    now = await house.get("/libraries/1")
    assert (now["overrides"]["autoSync"], now["overrides"]["actorPictures"], now["name"]) == (None, None, "Films")


@in_one_house
async def test_what_a_library_cannot_have_stands_at_its_field(house: Running) -> None:
    fields = fields_of(await opened(house, "/settings/libraries/1"))
    wrong = fields | {
        "name": [""],
        "languages": ["german"],
        "profiles": [""],
        "overrides.actorPictures.own": ["yes"],
        "overrides.actorPictures": ["101"],
    }
    refused = await send(house, "/settings/libraries/1", wrong)
    assert refused.status == 422
    for name in ("name", "languages", "profiles", "overrides-actorPictures"):
        assert refused.part(f"set-{name}-fault"), name
    assert (await send(house, "/settings/libraries/1", {})).status == 422
    assert (await send(house, "/settings/libraries/1", {"was": ["{}"]})).status == 422
    assert (await send(house, "/settings/libraries/77", fields)).status == 404


@in_one_house
async def test_work_on_a_library(house: Running) -> None:
    await send(house, "/settings/libraries/1/pause", {})
    assert "enrichment paused" in (await opened(house, "/settings/libraries")).text
    await send(house, "/settings/libraries/1/resume", {})
    assert (await house.get("/libraries/1"))["isPaused"] is False
    run = await send(house, "/settings/libraries/1/run", {"kind": "verify", "deep": "true", "accept": "true"})
    assert run.status == 303
    jobs = (await house.get("/jobs", state="pending"))["jobs"]
    assert "verify" in {job["kind"] for job in jobs}
    assert (await send(house, "/settings/libraries/1/run", {"kind": "clean"})).status == 422


@in_one_house
async def test_a_library_is_added_moved_and_removed_by_its_name(house: Running, tmp_path: Path) -> None:
    films, moved = tmp_path / "more", tmp_path / "moved"
    make_film(films, "Spring (2019)")
    look = await opened(house, f"/settings/libraries/add?path={films}")
    assert "Can be written yes" in look.text
    refused = await send(house, "/settings/libraries/add", {"path": f"{films}/x", "name": "More"})
    assert refused.status == 404
    added = await send(house, "/settings/libraries/add", {"path": str(films), "kind": "movies", "name": "More"})
    assert (added.status, added.where) == (303, "/settings/libraries/2")
    assert (await send(house, "/settings/libraries/add", {"path": str(films)})).status == 409
    assert "folder reachable" in (await opened(house, "/settings/libraries")).text
    films.rename(moved)
    assert "folder not reachable" in (await opened(house, "/settings/libraries")).text
    tried = await opened(house, f"/settings/libraries/2/relocate?path={moved}")
    assert "It lies here now" in tried.text
    meeting = await opened(house, f"/settings/libraries/2/relocate?path={tmp_path.parent}/nowhere")
    assert "does not exist" in meeting.text
    assert (await send(house, "/settings/libraries/2/relocate", {"path": str(moved)})).status == 303
    assert (await house.get("/libraries/2"))["root"] == str(moved)
    wrong = await send(house, "/settings/libraries/2/remove", {"confirm": "more"})
    assert (wrong.status, "not the library's name" in wrong.text) == (422, True)
    gone = await send(house, "/settings/libraries/2/remove", {"confirm": "More"})
    assert (gone.status, gone.where) == (303, "/settings/libraries")
    assert (moved / "Spring (2019)").is_dir()
    assert (await opened(house, "/settings/libraries/2")).status == 404


async def test_only_administrators_change_settings(data: Path) -> None:
    async with people(data) as found:
        for who in ("viewer", "editor"):
            for path in ("jobs", "artwork", "libraries", "libraries/1"):
                assert (await found.ask(who, "GET", f"/settings/{path}"))[0] == 403
                assert (await found.ask(who, "POST", f"/settings/{path}"))[0] in {403, 405}
        page = await found.ask("administrator", "GET", "/settings/jobs")
        assert page[0] == 200
        assert json.dumps("maxAttempts") in page[1]
