"""The installation in numbers: for the page that shows them, and for programs that collect them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.actions import backups, logs, providers, system
from metarr.jobs import summary
from metarr.phases.base import in_thread
from metarr.store import sizes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from metarr.actions.installation import Installation
    from metarr.actions.providers import ProviderState
    from metarr.actions.system import System
    from metarr.store.db import Tx


@dataclass(frozen=True, slots=True)
class Counted:
    """What the database counts. `jobs`: kind -> state -> jobs; `pace`: kind -> jobs a minute over the last ten;
    `items`: kind -> identity -> items; `bin_files`, `bin_bytes`: what the recycle bin keeps.
    """

    jobs: Mapping[str, Mapping[str, int]]
    pace: Mapping[str, float]
    items: Mapping[str, Mapping[str, int]]
    bin_files: int
    bin_bytes: int
    providers: tuple[ProviderState, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """Something that takes room. `path` None: it lies on the database's server; `size`: bytes."""

    name: str
    path: Path | None
    size: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. `space`: the largest first."""

    system: System
    counted: Counted
    space: tuple[Space, ...]


async def count(house: Installation) -> Counted:
    """Cheap enough to be asked every few seconds."""

    def look(tx: Tx) -> Counted:
        files, held = sizes.of_bin(tx)
        work = summary.summary(tx, summary.Scope(), limit=0)
        return Counted(work.counts, summary.pace(tx), sizes.items(tx), files, held, providers.listed(tx, house))

    return await house.store.read(look)


async def report(house: Installation) -> Figures:
    """With a look at every folder of ours."""
    found, counted = await system.report(house), await count(house)
    own = {
        "Small pictures for pages": house.data / "thumbs",
        "Backups": await backups.folder(house),
        "Log": logs.folder(house),
    }
    space = [
        Space("Database", house.data / "metarr.db" if house.store.is_sqlite else None, found.sizes.database),
        Space("Cache of pictures", house.blobs.root, found.sizes.cache),
        *[Space(name, path, await in_thread(_size, path)) for name, path in own.items()],
    ]
    return Figures(found, counted, tuple(sorted(space, key=lambda one: one.size, reverse=True)))


def _size(folder: Path) -> int:
    """Bytes of all files below; what vanishes meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(f"{place}/{name}").st_size
            except OSError:
                continue
    return total
