"""Folders: can they be read and written, on what do they lie, is there room, can changes in them be watched."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from metarr.actions.doctor.finding import Finding, Level, well
from metarr.actions.roots import check_root, patiently
from metarr.errors import MetarrError
from metarr.library import files
from metarr.model.words import counted
from metarr.store import libraries, settings, sizes
from metarr.store.mounts import network_file_system

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.actions.installation import Installation
    from metarr.model.media import Library

_LITTLE: Final = 1_000_000_000  # bytes
_GIGA = 1_000_000_000
_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")


async def roots(house: Installation) -> list[Finding]:
    """Every library's root: read, and really written into."""
    found = []
    for library in await house.store.read(libraries.everything):
        try:
            found += await patiently(_root, library)
        except MetarrError as error:
            fix = "Mount it, or give Metarr's user access; if it has moved: metarr library relocate."
            found.append(Finding(Level.FAULT, library.name, str(error), fix))
    return found


def _root(library: Library) -> list[Finding]:
    checked = check_root(library.root)
    if checked.is_empty:
        fix = "Mount its disk or share. Metarr takes nothing for deleted until you confirm it."
        return [Finding(Level.FAULT, library.name, f"{library.root} is empty.", fix)]
    try:
        files.prove_writable(Path(library.root))
    except MetarrError as error:
        return [Finding(Level.FAULT, library.name, str(error), "Scanning works; publishing waits until it can write.")]
    return [well(library.name, f"{library.root} can be read and written.")]


async def room(house: Installation) -> list[Finding]:
    """On every disk that we write to."""
    places = {str(house.data): "The data folder"}
    places |= {one.root: one.name for one in await house.store.read(libraries.everything)}
    found = []
    for place, name in places.items():
        try:
            free = (await patiently(shutil.disk_usage, place)).free
        except (OSError, MetarrError):
            continue  # what cannot be reached is told of above
        if free < _LITTLE:
            words = f"Only {free / _GIGA:.1f} GB are free where {place} lies."
            found.append(
                Finding(
                    Level.WARNING, name, words, "Make room; empty the recycle bin earlier (publishing.recycleDays)."
                )
            )
        else:
            found.append(well(name, f"{free / _GIGA:.0f} GB are free where {place} lies."))
    return found


async def database(house: Installation) -> list[Finding]:
    """SQLite on a disk of this machine; and whole."""
    if not house.store.is_sqlite:
        return [well("Database", "PostgreSQL answers.")]
    file = house.data / "metarr.db"
    kind = await patiently(network_file_system, file)
    if kind is not None:
        words = f"{file} lies on a network file system ({kind}), where SQLite loses data."
        fix = "Move the data folder to a local disk, or move to PostgreSQL: metarr migrate-database."
        return [Finding(Level.FAULT, "Database", words, fix)]
    fault = await house.store.read(sizes.fault)
    if fault is not None:
        fix = "Stop Metarr, keep a copy of the data folder, and restore the newest backup: metarr restore."
        return [Finding(Level.FAULT, "Database", f"The database is damaged: {fault}", fix)]
    return [well("Database", f"{file} lies on a local disk and is whole.")]


async def watching(house: Installation) -> list[Finding]:
    """Whether the system lets us watch as many folders as there are, where that is wanted."""
    chosen = await house.store.read(settings.load)
    if not chosen.scanning.watch:
        return []
    limit = await patiently(_limit)
    if limit is None:
        return []
    folders = await house.store.read(sizes.folders)
    if folders > limit:
        words = f"{counted(folders, 'folder is', 'folders are')} to be watched, and the system allows {limit}."
        fix = (
            f"sysctl fs.inotify.max_user_watches={2 * folders}, or switch scanning.watch off: scans by the clock go on."
        )
        return [Finding(Level.WARNING, "Watching", words, fix)]
    return [well("Watching", f"{counted(folders, 'folder is', 'folders are')} watched; the system allows {limit}.")]


def _limit() -> int | None:
    try:
        return int(_WATCHES.read_text())
    except (OSError, ValueError):
        return None


async def cache(house: Installation) -> list[Finding]:
    """Pictures that the tables know and the cache lost, and files in it that no table knows."""
    known = await house.store.read(sizes.cached)
    there = await patiently(lambda: dict(_files(house.blobs.root)))
    lost = [name for name, size in known.items() if there.get(name) != size]
    stray = [name for name in there if name not in known]
    found = []
    if lost:
        fix = "metarr verify LIBRARY --deep puts back what lies in a library; metarr enrich LIBRARY fetches the rest."
        found.append(
            Finding(Level.FAULT, "Cache", f"Gone from the cache: {counted(len(lost), 'picture')} of {len(known)}.", fix)
        )
    if stray:
        size = sum(there[name] for name in stray) / _GIGA
        words = f"In the cache {counted(len(stray), 'file')} without an owner: {size:.1f} GB."
        found.append(Finding(Level.NOTICE, "Cache", words, "They do no harm; a restored backup leaves some."))
    return found or [well("Cache", f"All {len(known)} pictures are there.")]


def _files(root: Path) -> Iterator[tuple[str, int]]:
    for path in root.glob("??/??/*"):
        yield path.name, path.stat().st_size
