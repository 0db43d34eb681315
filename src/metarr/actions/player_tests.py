"""The connection test of a player: address, port, credentials and permission, and the proof of its path mappings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr import players as registry
from metarr.errors import MetarrError
from metarr.model.paths import PathMapping, suggested, to_remote
from metarr.phases.base import in_thread
from metarr.players.base import Checked, Sourced
from metarr.store import libraries, tellable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.players.base import Player, PlayerSettings
    from metarr.store.db import Store, Tx

_OF_FOLDERS = frozenset({"paths", "sources"})  # what is wrong with these is shown folder by folder


@dataclass(frozen=True, slots=True)
class SeenFolder:
    """A folder of ours, how the player names it, and who sees it. `is_seen` None: the player cannot tell."""

    library: str
    local: str
    remote: str
    exists: bool
    is_seen: bool | None


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test came to. `suggestions`: mappings that would help where the player does not see a folder."""

    is_well: bool
    checks: tuple[Checked, ...]
    folders: tuple[SeenFolder, ...] = ()
    suggestions: tuple[PathMapping, ...] = ()


async def test(store: Store, settings: PlayerSettings, library_ids: Sequence[int] | None) -> Tested:
    """Ask the player, now, and look for a real folder of each library there (None: of all). Stores nothing."""
    player = registry.build(settings)
    try:
        checks = tuple(await player.check())
        if not all(check.is_well for check in checks if check.what not in _OF_FOLDERS):
            return Tested(False, checks)
        folders = await _seen(player, settings, await store.read(lambda tx: _samples(tx, library_ids)))
        lost = [one.local for one in folders if one.is_seen is False]
        sources = await player.sources() if lost and isinstance(player, Sourced) else ()
    except MetarrError as error:
        return Tested(False, (Checked("connection", is_well=False, message=str(error)),))
    finally:
        await player.close()
    is_well = all(check.is_well for check in checks) and all(one.exists and one.is_seen is not False for one in folders)
    return Tested(is_well, checks, folders, tuple(suggested(lost, sources)))


def _samples(tx: Tx, library_ids: Sequence[int] | None) -> list[tuple[str, str]]:
    """Of each library its name with its root, and with the folder of some item that is there."""
    found = []
    for library in libraries.everything(tx):
        if library_ids is not None and library.id not in library_ids:
            continue
        found.append((library.name, library.root))
        folder = tellable.some_folder(tx, library.id)
        if folder is not None:
            found.append((library.name, os.path.join(library.root, folder)))  # noqa: PTH118  names may be no UTF-8
    return found


async def _seen(player: Player, settings: PlayerSettings, samples: Sequence[tuple[str, str]]) -> tuple[SeenFolder, ...]:
    here: Mapping[str, bool] = {path: await in_thread(os.path.isdir, path) for _, path in samples}
    there = await player.sees([path for _, path in samples])
    return tuple(
        SeenFolder(name, path, to_remote(path, settings.mappings), here[path], there.get(path))
        for name, path in samples
    )
