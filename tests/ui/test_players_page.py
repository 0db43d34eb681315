"""The settings of players and their groups, as a browser without scripts uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from metarr.actions import player_tests
from metarr.demo.kodi_server import KodiServer
from metarr.errors import InvalidInput
from metarr.model.paths import PathMapping
from metarr.ui.settings import players_form
from metarr.ui.settings.entered import Refused
from plain_browser import opened, sent
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from plain_browser import Page
    from running import Running

in_one_house = pytest.mark.asyncio(loop_scope="module")
PAGE = "/settings/players"
PASSWORD = "s3cret-of-the-owner"


@pytest.mark.parametrize(
    ("form", "patch"),
    [
        pytest.param(
            {"name": "den", "url": "http://a:1", "password": "", "token": ""},
            {"name": "den", "url": "http://a:1", "mappings": []},
            id="secrets that are left empty stay",
        ),
        pytest.param(
            {"name": "den", "url": "http://a:1", "password-remove": "true"},
            {"name": "den", "url": "http://a:1", "password": "", "mappings": []},
            id="a secret is removed",
        ),
        pytest.param(
            {"name": "den", "url": "http://a:1", "user": "", "tcpPort": "0", "local3": "/a", "remote3": "/b"},
            {
                "name": "den",
                "url": "http://a:1",
                "user": None,
                "tcp_port": 0,
                "mappings": [{"local": "/a", "remote": "/b"}],
            },
            id="an emptied user is none, and a row of mappings may stand anywhere",
        ),
    ],
)
def test_a_form_says_what_changes(form: dict[str, str], patch: dict[str, Any]) -> None:
    assert players_form.patch_of(form) == patch


@pytest.mark.parametrize(
    ("form", "field"),
    [
        pytest.param({"name": " ", "url": "http://a"}, "name", id="no name"),
        pytest.param({"name": "den", "url": ""}, "url", id="no address"),
        pytest.param({"name": "den", "url": "http://a", "tcpPort": "many"}, "tcpPort", id="a port that is no number"),
        pytest.param({"name": "den", "url": "http://a", "local0": "/a"}, "mappings", id="half a mapping"),
        pytest.param({"name": "den", "url": "http://a", "kind": "vlc"}, "kind", id="a kind that there is not"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(form: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as caught:
        players_form.new_player(form)
    assert set(caught.value.faults) == {field}
    assert isinstance(caught.value, InvalidInput)


def test_what_a_test_suggests_stands_in_rows_of_its_own_once() -> None:
    kept, new = PathMapping("/films", "/a"), PathMapping("/shows", "/b")
    entered = players_form.typed("kodi", {"local4": "/films", "remote4": "/a"})
    found = players_form.with_test(entered, player_tests.Tested(is_well=False, checks=(), suggestions=(kept, new)))
    assert [row for row in found.rows if row[0].local] == [(kept, False), (new, True)]
    assert len(found.rows) > len(found.mappings) + 1


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    folder = tmp_path_factory.mktemp("players")
    (folder / "data").mkdir()
    (folder / "data" / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    make_film(folder / "films", "Sintel (2010)")
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kodi(base: Path) -> AsyncIterator[KodiServer]:
    """It sees our films as /nas/films, and wants a password."""
    async with KodiServer(base / "films", password=PASSWORD, remote_prefix="/nas/films") as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(base: Path) -> AsyncIterator[Running]:
    """A program that begins nothing any more, with a film in its library."""
    async with running(base / "data") as working:
        await working.ask("PATCH", "/settings/phase-config", json={"enrichment": {"enabled": False}})
        await working.ask("POST", "/libraries", json={"path": str(base / "films"), "name": "Films"})
        await working.ask("POST", "/libraries/1/scan")
        await working.until_idle()
    async with running(base / "data", is_working=False) as found:
        yield found


def _form(kodi: KodiServer) -> dict[str, str]:
    return {"kind": "kodi", "name": "attic", "url": kodi.url, "user": "kodi", "tcpPort": str(kodi.tcp_port)}


@in_one_house
async def test_a_player_is_tested_step_by_step_and_added(house: Running, kodi: KodiServer, base: Path) -> None:
    assert "No players yet" in (await opened(house, PAGE)).text
    assert "API key" in (await opened(house, f"{PAGE}/new?kind=jellyfin")).text
    refused = await sent(house, f"{PAGE}/new", **_form(kodi), password="wrong", deed="test")
    assert (refused.status, "The test found something" in refused.text) == (200, True)
    tried = await sent(house, f"{PAGE}/new", **_form(kodi), password=PASSWORD, deed="test")
    assert "not seen" in tried.text
    assert PASSWORD not in tried.source
    local, remote = (tried.tree.get_element_by_id(name).get("value") for name in ("local0", "remote0"))
    assert (local, remote.rstrip("/")) == (str(base / "films"), "/nas/films")
    mapped = _form(kodi) | {"password": PASSWORD, "local0": local, "remote0": remote}
    assert "The test is green" in (await sent(house, f"{PAGE}/new", **mapped, deed="test")).text
    assert await house.get("/players") == []
    added = await sent(house, f"{PAGE}/new", **mapped, deed="save")
    assert (added.status, added.where) == (303, f"{PAGE}/1/settings")
    page = await opened(house, f"{PAGE}/1/settings")
    assert PASSWORD not in page.source
    assert page.tree.get_element_by_id("url").get("value") == kodi.url


@in_one_house
async def test_a_player_is_changed_and_keeps_what_is_not_sent(house: Running, kodi: KodiServer) -> None:
    wrong = await sent(house, f"{PAGE}/1/settings", name="", url=kodi.url)
    assert wrong.status == 422
    [field] = wrong.tree.xpath('//input[@aria-invalid="true"]')
    assert field.get("id") == "name"
    kept = _form(kodi) | {"name": "loft", "local0": "/a", "remote0": "/b"}
    assert (await sent(house, f"{PAGE}/1/settings", f"{PAGE}/1/settings", **kept)).said == "loft is changed."
    [known] = await house.get("/players")
    assert (known["hasPassword"], known["mappings"]) == (True, [{"local": "/a", "remote": "/b"}])
    proved = await sent(house, f"{PAGE}/1/settings", **_form(kodi), deed="test")
    assert "not seen" in proved.text


@in_one_house
async def test_a_player_is_told_again_and_says_what_it_does(house: Running, kodi: KodiServer, base: Path) -> None:
    here = f"{PAGE}/1"
    assert "told of nothing yet" in (await opened(house, here)).text
    mapped = _form(kodi) | {"local0": str(base / "films"), "remote0": "/nas/films"}
    await sent(house, f"{here}/settings", **mapped)
    assert (await sent(house, here, here, deed="retry")).said == "All is as it should be."
    assert (await sent(house, here, here, deed="sync")).said == "Told now of 1 item."
    page = await opened(house, here)
    assert "Sintel (2010)" in page.text
    assert "pending 1" in page.text
    assert "1 item to tell" in (await opened(house, PAGE)).text
    assert "None in this state" in (await opened(house, f"{here}?state=not_seen")).text
    assert "plays nothing now" in (await sent(house, here, deed="activity")).text
    assert "1 player, of 1 item" in (await sent(house, PAGE, PAGE)).said
    assert (await sent(house, here, deed="dance")).status == 422


@in_one_house
async def test_a_player_is_switched_off_and_on(house: Running) -> None:
    assert "told nothing any more" in (await sent(house, f"{PAGE}/1", deed="off")).said
    assert "off" in (await opened(house, PAGE)).text
    assert (await house.get("/players"))[0]["isEnabled"] is False
    await sent(house, f"{PAGE}/1", deed="on")
    assert (await house.get("/players"))[0]["isEnabled"] is True


def _version(page: Page) -> str:
    [field] = page.tree.xpath('//input[@name="version"]')
    return str(field.get("value"))


@in_one_house
async def test_a_form_of_a_player_that_was_changed_meanwhile_stores_nothing_at_first(
    house: Running, kodi: KodiServer
) -> None:
    here = f"{PAGE}/1/settings"
    mine = _form(kodi) | {"name": "mine", "version": _version(await opened(house, here))}
    assert (await sent(house, here, here, **_form(kodi) | {"name": "theirs"})).said == "theirs is changed."
    late = await sent(house, here, **mine)
    assert (late.status, "Somebody has changed it" in late.text) == (412, True)
    assert late.tree.get_element_by_id("name").get("value") == "mine"
    assert (await house.get("/players"))[0]["name"] == "theirs"
    again = await sent(house, here, here, **mine | {"name": "attic", "version": _version(late)})
    assert again.said == "attic is changed."


@in_one_house
async def test_a_form_of_a_group_that_was_changed_meanwhile_stores_nothing_at_first(house: Running) -> None:
    assert (await sent(house, f"{PAGE}/groups/new", name="all")).status == 303
    [group] = await house.get("/player-groups")
    here = f"{PAGE}/groups/{group['id']}"
    mine = {"name": "mine", "version": _version(await opened(house, here))}
    assert (await sent(house, here, name="theirs")).status == 303
    late = await sent(house, here, **mine)
    assert (late.status, late.tree.get_element_by_id("name").get("value")) == (412, "mine")
    assert [one["name"] for one in await house.get("/player-groups")] == ["theirs"]
    assert (await sent(house, here, **mine | {"version": _version(late)})).status == 303
    assert (await sent(house, here, deed="remove")).status == 303
    assert await house.get("/player-groups") == []


@in_one_house
async def test_a_group_says_who_is_told_of_what(house: Running) -> None:
    fields: dict[str, Any] = {
        "name": "upstairs",
        "mode": "sequential",
        "skipsPlaying": "true",
        "libraries": "some",
        "library": ["1"],
    }
    made = await sent(house, f"{PAGE}/groups/new", **fields, **{"place-1": "1"})
    assert (made.status, made.where) == (303, PAGE)
    [group] = await house.get("/player-groups")
    assert {name: group[name] for name in ("mode", "continuesOnError", "skipsPlaying", "libraries", "members")} == {
        "mode": "sequential",
        "continuesOnError": False,
        "skipsPlaying": True,
        "libraries": [1],
        "members": [1],
    }
    assert "one after another, stops where one fails, passes by who plays" in (await opened(house, PAGE)).text
    assert "told of Films" in (await opened(house, f"{PAGE}/1/settings")).text
    here = f"{PAGE}/groups/{group['id']}"
    unknown = await sent(house, here, **fields | {"library": ["99"]})
    assert unknown.status == 404
    assert unknown.tree.get_element_by_id("place-1").value == ""
    nameless = await sent(house, here, name="", **{"place-1": "1"})
    assert nameless.status == 422
    assert nameless.tree.get_element_by_id("place-1").value == "1"
    assert (await sent(house, here, deed="remove")).said == "upstairs is no group any more."
    assert await house.get("/player-groups") == []


@in_one_house
async def test_a_player_is_removed(house: Running) -> None:
    removed = await sent(house, f"{PAGE}/1/settings", deed="remove")
    assert (removed.where, await house.get("/players")) == (PAGE, [])
    assert (await opened(house, f"{PAGE}/1")).status == 404


async def test_a_player_of_the_environment_is_only_tested(data: Path) -> None:
    async with running(data, {"kodi_url": "http://127.0.0.1:9"}, is_working=False) as house:
        [known] = await house.get("/players")
        here = f"{PAGE}/{known['id']}/settings"
        page = await opened(house, here)
        assert "METARR_KODI_" in page.text
        assert page.tree.xpath('//input[@name="url"]') == []
        assert "The test found something" in (await sent(house, here, deed="test")).text
        for path, deed in ((here, "save"), (here, "remove"), (f"{PAGE}/{known['id']}", "off")):
            assert (await sent(house, path, name="x", url="http://127.0.0.1:9", deed=deed)).status == 409
