"""Paths as Kodi writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.model.paths import is_under, normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def as_folder(path: str) -> str:
    """With the separator at the end that Kodi writes there."""
    separator = _separator(path)
    return path if path.endswith(separator) else path + separator


def parent(path: str) -> str:
    """The folder that holds it."""
    separator = _separator(path)
    return path.rstrip(separator).rpartition(separator)[0] or separator


def first_part(file: str) -> str:
    """The file itself; of several parts the first: xbmc/filesystem/StackDirectory.cpp."""
    return normalised(file.removeprefix("stack://").split(" , ")[0])


def ancestry(file: str) -> Iterator[str]:
    """The file (of several parts: the first) and each folder above it: a disc's video is its folder."""
    path = first_part(file)
    while path:
        yield path
        path = path.rpartition("/")[0]


def source_of(folder: str, sources: Sequence[str]) -> str | None:
    """The source that contains the folder; of several the nearest."""
    return max((source for source in sources if is_under(folder, source)), key=len, default=None)


def _separator(path: str) -> str:
    return "\\" if "\\" in path and "/" not in path else "/"
