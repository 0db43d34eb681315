"""Folders as libraries: what can be said of one before it is added, whether it holds what another held, and a browser.

Everything here reads only, and waits for a share that does not answer no longer than a person would.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from metarr.errors import InvalidInput, NotFound, Transient
from metarr.library.ground import key_of
from metarr.phases.base import in_thread
from metarr.store.mounts import network_file_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
P = ParamSpec("P")
_PATIENCE = 15.0  # seconds
_GLANCE = 2.0  # seconds
_LOOKED_AT = 200  # names that tell how a file system compares them
_MOST_FOLDERS = 2000  # in one answer
_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found at a root. `folds_case`, `folds_accents`: whether names that differ in this only are one file;
    None: no name there tells, and nothing is written to find out. `free`, `total`: bytes; None: unknown.
    """

    root: str
    is_empty: bool
    is_writable: bool
    network: str | None  # the kind of network file system that it lies on
    folds_case: bool | None
    folds_accents: bool | None
    free: int | None
    total: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in the browser; `path` is the real one, links followed."""

    name: str
    path: str
    is_readable: bool


@dataclass(frozen=True, slots=True)
class Folders:
    """What lies in a folder. `problem`: why it cannot be said. `more`: there are more folders than shown."""

    path: str
    parent: str | None
    folders: tuple[Folder, ...]
    problem: str | None
    more: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of what is known lies below another root. `missing`: examples."""

    checked: int
    found: int
    differing: int  # there, with another size
    missing: tuple[str, ...]


async def patiently(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """A look at the disk, beside the loop. Raises Transient when nothing comes back."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await in_thread(function, *args, **kwargs)
    except TimeoutError as error:
        raise Transient(f"The disk or share does not answer within {_PATIENCE:.0f} seconds.") from error


async def is_there(root: str) -> bool:
    """Whether a library's folder can be opened just now; a share that is slow to answer counts as gone."""
    try:
        async with asyncio.timeout(_GLANCE):
            return await in_thread(os.path.isdir, root)
    except TimeoutError:
        return False


def check_root(path: str) -> Checked:
    """A root as it is kept (absolute, links and letters as given), and what to know. Raises InvalidInput, NotFound."""
    if not path or "\0" in path:
        raise InvalidInput("A library needs the path of a folder.")
    root = os.path.normpath(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111  names may be no UTF-8
    names = _names(root)
    is_writable = os.access(root, os.W_OK)
    warnings = []
    if not names:
        warnings.append(f"{root} is empty. Check that its disk or share is mounted.")
    if not is_writable:
        warnings.append(f"{root} cannot be written: scanning works, publishing will have to wait until it can be.")
    free, total = _space(root)
    return Checked(
        root,
        not names,
        is_writable,
        network_file_system(Path(root)),
        _folds(root, (name for name in names if name.swapcase() != name), "a", "A"),
        _folds(root, (name for name in names if not name.isascii()), "\u00e9", "e\u0301"),
        free,
        total,
        tuple(warnings),
    )


def _names(root: str) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return [entry.name for entry in islice(entries, _LOOKED_AT)]
    except FileNotFoundError as error:
        raise NotFound(f"{root} does not exist. Check the spelling, and that its disk or share is mounted.") from error
    except NotADirectoryError as error:
        raise InvalidInput(f"{root} is not a folder. Name the folder that holds the movies.") from error
    except OSError as error:
        raise InvalidInput(
            f"{root} cannot be read ({error.strerror}). Give the user that runs Metarr read access to it."
        ) from error


def _space(root: str) -> tuple[int | None, int | None]:
    try:
        usage = shutil.disk_usage(root)
    except OSError:
        return None, None
    return usage.free, usage.total


def _folds(root: str, telling: Iterable[str], one: str, other: str) -> bool | None:
    """Whether two names are one file below this root, by the first name there that can tell."""
    name = next(iter(telling), None)
    if name is None:
        return None
    key = key_of(Path(root), name)
    return key(one) == key(other)


def folders(path: str) -> Folders:
    """The folders in a folder, by name, without hidden ones. Raises InvalidInput, NotFound; not where it is closed."""
    if not path.startswith(os.sep):
        raise InvalidInput("Name a folder by its whole path, beginning with /.")
    real = os.path.realpath(path)
    try:
        with os.scandir(real) as entries:
            names = sorted(
                (entry.name for entry in entries if not entry.name.startswith(".") and _is_folder(entry)),
                key=lambda name: (name.casefold(), name),
            )
    except FileNotFoundError as error:
        raise NotFound(f"{real} does not exist.") from error
    except OSError as error:
        return Folders(real, _parent(real), (), f"{real} cannot be read: {error.strerror}.", more=False)
    found = tuple(_folder(real, name) for name in names[:_MOST_FOLDERS])
    return Folders(real, _parent(real), found, None, len(names) > _MOST_FOLDERS)


def _folder(above: str, name: str) -> Folder:
    real = os.path.realpath(os.path.join(above, name))  # noqa: PTH118  names may be no UTF-8
    return Folder(name, real, os.access(real, os.R_OK | os.X_OK))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _parent(real: str) -> str | None:
    above = os.path.dirname(real)  # noqa: PTH120  names may be no UTF-8
    return None if above == real else above


def compare(root: str, videos: Iterable[tuple[str, int]]) -> Kept:
    """Which of these files (relative path and size) lie below this root."""
    checked = found = differing = 0
    missing: list[str] = []
    for path, size in videos:
        checked += 1
        try:
            is_same = os.stat(os.path.join(root, path)).st_size == size  # noqa: PTH116, PTH118  names may be no UTF-8
        except OSError:
            missing.append(path)
            continue
        found += is_same
        differing += not is_same
    return Kept(checked, found, differing, tuple(missing[:_EXAMPLES]))
