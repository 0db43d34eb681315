"""Players that the environment names: what is read, and what is said of a mistake."""

from __future__ import annotations

import pytest

from metarr.app import players
from metarr.errors import InvalidInput
from metarr.model.paths import PathMapping


async def test_each_kind_has_its_variables() -> None:
    keys = {
        "kodi_url": "http://den:8080",
        "kodi_user": "kodi",
        "kodi_password": "p",
        "kodi_tcp_port": "0",
        "kodi_paths": "/m/films=smb://nas/films; /m/tv=smb://nas/tv",
        "jellyfin_url": "http://house:8096",
        "jellyfin_api_key": "k",
    }
    kodi, jellyfin = players.read(keys)
    assert (kodi.name, kodi.url, kodi.user, kodi.tcp_port) == ("kodi", "http://den:8080", "kodi", 0)
    assert kodi.mappings == (PathMapping("/m/films", "smb://nas/films"), PathMapping("/m/tv", "smb://nas/tv"))
    assert jellyfin.token is not None
    assert (jellyfin.kind, jellyfin.token.get_secret_value()) == ("jellyfin", "k")
    assert keys.keys() <= players.KEYS


def test_nothing_set_is_no_player() -> None:
    assert players.read({}) == ()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"kodi_user": "x"}, "METARR_KODI_USER is set, but METARR_KODI_URL is not"),
        ({"plex_token": "secret"}, "METARR_PLEX_TOKEN is set, but METARR_PLEX_URL is not"),
        ({"kodi_url": "http://x", "kodi_tcp_port": "many"}, "METARR_KODI_TCP_PORT"),
        ({"jellyfin_url": "http://x", "jellyfin_paths": "films=/x"}, "METARR_JELLYFIN_PATHS must be like"),
    ],
    ids=["no address", "no address of a Plex", "no number", "a relative folder"],
)
def test_a_mistake_names_its_variable_and_no_value(keys: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as raised:
        players.read(keys)
    assert "secret" not in str(raised.value)
