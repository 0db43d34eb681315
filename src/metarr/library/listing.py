"""What a directory holds, as it was read in one go, and which names nobody looks at. Pure; `folders` reads disks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_IGNORED_FOLDERS = frozenset(
    {"@eadir", "#recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found", "plex versions"}
)
_UNFINISHED = (".part", ".!qb", ".!ut", ".crdownload", ".partial~", ".aria2", ".unmanic", ".unmanic.part")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a directory with its stat data; `is_regular` is false for FIFOs, devices and sockets."""

    name: str
    size: int  # bytes
    mtime_ns: int
    inode: int
    is_dir: bool
    is_regular: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A directory. `folder` is relative to the library's root, "" is the root itself.

    `fingerprint` changes when any entry's name, size, mtime or inode does.
    """

    folder: str
    entries: tuple[Entry, ...]
    fingerprint: str = ""


def differs_only_in(folder: str, before: Listing | None, after: Listing, paths: Collection[str]) -> bool:
    """Whether all that changed in a folder since `before` (None: it was not there) is these paths of the library."""
    start = f"{folder}/" if folder else ""
    ours = {path[len(start) :].split("/", 1)[0] for path in paths if path.startswith(start)}

    def others(listing: Listing | None) -> frozenset[Entry]:
        return frozenset(entry for entry in listing.entries if entry.name not in ours) if listing else frozenset()

    return {_figures(entry) for entry in others(before)} == {_figures(entry) for entry in others(after)}


def _figures(entry: Entry) -> tuple[str, int, int, int]:
    """What counts of an entry: of a folder its name and inode, for what happens inside it is its own affair."""
    return (entry.name, 0, 0, entry.inode) if entry.is_dir else (entry.name, entry.size, entry.mtime_ns, entry.inode)


def is_ignored_folder(name: str) -> bool:
    """Folders that nobody's media lie in: hidden ones but `.actors`, recycle bins, a NAS's and Plex's own."""
    lower = name.lower()
    return (_is_hidden(name) and lower != ".actors") or lower in _IGNORED_FOLDERS or lower.endswith(".trickplay")


def is_ignored_file(name: str) -> bool:
    """Hidden files (our own temporary ones among them) and downloads that are not finished."""
    return _is_hidden(name) or name.lower().endswith(_UNFINISHED)


def _is_hidden(name: str) -> bool:
    """A leading dot hides; an ellipsis is the start of a title (...And Justice for All)."""
    return name.startswith(".") and not name.startswith("..")
