"""Players that the environment names: read, checked, and kept as rows that only the environment changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from metarr import players as registry
from metarr.actions import players
from metarr.errors import InvalidInput
from metarr.model.paths import PathMapping
from metarr.players.base import PlayerSettings
from metarr.store import health
from metarr.store import players as stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.store.db import Tx
    from metarr.store.sealed import Vault

# What each kind is told by variables: METARR_KODI_URL and so on. The variable's end -> the setting.
_VARIABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "kodi": {"url": "url", "user": "user", "password": "password", "tcp_port": "tcp_port", "paths": "mappings"},
    "jellyfin": {"url": "url", "api_key": "token", "paths": "mappings"},
    "plex": {"url": "url", "token": "token", "paths": "mappings"},
}
KEYS: Final = frozenset(f"{kind}_{end}" for kind, ends in _VARIABLES.items() for end in ends)


def read(keys: Mapping[str, str]) -> tuple[PlayerSettings, ...]:
    """The players that are configured, each named like its kind. Raises InvalidInput naming the variable."""
    return tuple(one for kind in _VARIABLES if (one := _player(kind, keys)) is not None)


def _player(kind: str, keys: Mapping[str, str]) -> PlayerSettings | None:
    given = {end: keys[f"{kind}_{end}"] for end in _VARIABLES[kind] if f"{kind}_{end}" in keys}
    if not given:
        return None
    if "url" not in given:
        variable = _variable(kind, min(given))
        raise InvalidInput(f"{variable} is set, but {_variable(kind, 'url')} is not: where is that {kind.title()}?")
    names = _VARIABLES[kind]
    values: dict[str, object] = {names[end]: text for end, text in given.items()}
    values["mappings"] = _mappings(kind, given.get("paths", ""))
    try:
        settings = PlayerSettings.model_validate({"kind": kind, "name": kind, **values})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        setting = str(first["loc"][0]) if first["loc"] else "url"
        end = next((end for end, name in names.items() if name == setting), setting)
        raise InvalidInput(f"{_variable(kind, end)}: {first['msg']}") from error
    registry.build(settings)  # proves the address
    return settings


def _mappings(kind: str, text: str) -> tuple[PathMapping, ...]:
    pairs = [pair.strip().partition("=") for pair in text.split(";") if pair.strip()]
    for local, _, remote in pairs:
        if not local.startswith("/") or not remote:
            variable = _variable(kind, "paths")
            raise InvalidInput(f"{variable} must be like /our/folder=/its/folder, pairs separated by `;`.")
    return tuple(PathMapping(local, remote) for local, _, remote in pairs)


def _variable(kind: str, end: str) -> str:
    return f"METARR_{kind.upper()}_{end.upper()}"


def take_over(tx: Tx, named: Sequence[PlayerSettings], vault: Vault) -> None:
    """These are as the environment says now. One that it names no more is switched off, and the owner's to change."""
    for player in named:
        health.clear(tx, f"player:{player.name}:credentials")  # they may be others now
        stored.save(tx, player.name, player.kind, players.sealed(player, vault), is_fixed=True)
    names = {player.name for player in named}
    for row in stored.everything(tx):
        if row.is_fixed and row.name not in names:
            stored.change(tx, row.id, is_enabled=False, is_fixed=False)  # what it showed is still worth knowing
