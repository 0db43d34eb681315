"""Kodi's connection test: what it says is wrong, and the setting that it names as the way out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metarr.clients.kodi import KodiClient
from metarr.demo.kodi_server import KodiServer
from metarr.model.paths import PathMapping
from metarr.players.kodi import KodiPlayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.players.base import Checked


async def checked(
    server: KodiServer, *mappings: PathMapping, password: str | None = None, port: int = 0
) -> list[Checked]:
    player = KodiPlayer(KodiClient("den", server.url, "kodi", password or "pw", tcp_port=port), mappings)
    try:
        return list(await player.check())
    finally:
        await player.close()


async def test_a_kodi_that_is_well_is_well_in_everything(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="pw") as server:
        found = await checked(server, PathMapping("/films", str(tmp_path)), port=server.tcp_port)
    assert [one.what for one in found] == [
        *("address", "credentials", "version", "permission", "sources", "notifications"),
    ]
    assert all(one.is_well for one in found)
    assert "Kodi 20.1" in found[2].message
    assert str(tmp_path) in found[4].message


def _off(server: KodiServer) -> None:
    server.is_offline = True


def _failing(server: KodiServer) -> None:
    server.http_status = 500


def _old(server: KodiServer) -> None:
    server.methods.version = (17, 6)


def _forbidding(server: KodiServer) -> None:
    server.methods.denied |= {"UpdateData", "RemoveData"}


def _broken(server: KodiServer) -> None:
    server.faults["Files.GetSources"] = -32100


@pytest.mark.parametrize(
    ("spoil", "what", "words"),
    [
        pytest.param(_off, "address", "'Allow remote control via HTTP'", id="it is off"),
        pytest.param(_failing, "address", "HTTP 500", id="its web server fails"),
        pytest.param(_old, "version", "Kodi 17.6", id="it is too old"),
        pytest.param(_forbidding, "permission", "refresh it or remove from it", id="it forbids"),
        pytest.param(_broken, "answers", "Files.GetSources", id="it answers with an error"),
    ],
)
async def test_the_test_stops_at_what_is_wrong_and_says_so(
    tmp_path: Path, spoil: Callable[[KodiServer], None], what: str, words: str
) -> None:
    async with KodiServer(tmp_path, password="pw") as server:
        spoil(server)
        *well, wrong = await checked(server)
    assert all(one.is_well for one in well)
    assert (wrong.what, wrong.is_well) == (what, False)
    assert words in wrong.message
    assert "den" in wrong.message


async def test_a_wrong_password_leads_to_kodis_own_settings(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="right") as server:
        well, wrong = await checked(server, password="wrong-one")
    assert (well.what, well.is_well, wrong.what, wrong.is_well) == ("address", True, "credentials", False)
    assert "'Username' and 'Password'" in wrong.message
    assert "wrong-one" not in wrong.message


async def test_a_mapping_that_no_source_knows_is_named(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="pw", remote_prefix="smb://nas/films") as server:
        found = await checked(server, PathMapping("/films", "smb://nas"), PathMapping("/tv", "smb://nas/tv"))
    assert not found[-1].is_well
    assert "smb://nas/tv: correct that path mapping" in found[-1].message
    assert "smb://nas/films/" in found[-1].message


async def test_a_second_port_out_of_reach_is_told_with_its_settings_and_does_no_harm(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="pw") as server:
        found = await checked(server, port=9)
        without = await checked(server)
    assert found[-1].is_well
    assert "'Allow remote control from applications on this system' and '... on other systems'" in found[-1].message
    assert "not used" in without[-1].message


async def test_an_unknown_machine_is_told_as_such() -> None:
    player = KodiPlayer(KodiClient("den", "http://127.0.0.1:9"))
    (wrong,) = await player.check()
    await player.close()
    assert "nothing listens there" in wrong.message
