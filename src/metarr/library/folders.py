"""Walking a library: one directory read with its stat data, nothing else. Problems are reported, never fatal.

Names that are no UTF-8 survive as Python's surrogate escapes.
"""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import dataclass
from datetime import timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING

from xxhash import xxh3_128

from metarr.errors import Wait
from metarr.library.listing import Entry, Listing, is_ignored_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_CONCURRENCY = 5  # directories at a time: the design's scanning.concurrentDirectories
_ROOT_DELAY = timedelta(minutes=5)
_Identity = tuple[int, int]  # device and inode


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read. `path` is relative to the root."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Read:
    """One directory as a thread read it."""

    folder: str
    listing: Listing | None
    problems: tuple[Problem, ...]
    folders: tuple[tuple[str, _Identity, bool], ...] = ()  # sub-folder, its identity, whether by a symbolic link


def walk(
    root: str,
    on_problem: Callable[[Problem], None],
    *,
    start: str = "",
    concurrency: int = _CONCURRENCY,
) -> Iterator[Listing]:
    """Yield every directory from `start` (relative to the root) down, in no particular order.

    Raises Wait when the root itself cannot be read: a mount may be missing.
    """
    walking = _Walk(root, start, on_problem)
    threads = [threading.Thread(target=walking.work, name="walk", daemon=True) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    return walking.found()


class _Walk:
    """Folders still to be read, and those that threads have read."""

    def __init__(self, root: str, start: str, on_problem: Callable[[Problem], None]) -> None:
        self._root = root
        self._on_problem = on_problem
        self._to_read: SimpleQueue[str | None] = SimpleQueue()
        self._was_read: SimpleQueue[_Read | BaseException] = SimpleQueue()
        self._above: dict[str, frozenset[_Identity]] = {start: frozenset({_root_identity(root)})}
        self._to_read.put(start)

    def work(self) -> None:
        """Read until told to stop: one thread of several."""
        while (folder := self._to_read.get()) is not None:
            try:
                self._was_read.put(_read(self._root, folder))
            except BaseException as error:  # noqa: BLE001  it is raised again where the walk is awaited
                self._was_read.put(error)
        self._to_read.put(None)  # for the next one

    def found(self) -> Iterator[Listing]:
        """Every listing as it comes."""
        try:
            while self._above:
                read = self._was_read.get()
                if isinstance(read, BaseException):
                    raise read
                for problem in read.problems:
                    self._on_problem(problem)
                above = self._above.pop(read.folder)
                for folder, own, is_link in read.folders:
                    if own in above or (is_link and _leads_up(self._root, folder)):
                        self._on_problem(Problem(folder, "symbolic link into a folder above it: not followed"))
                        continue
                    self._above[folder] = above | {own}
                    self._to_read.put(folder)
                if read.listing is not None:
                    yield read.listing
        finally:
            self._to_read.put(None)


def read_folder(root: str, folder: str) -> tuple[Listing | None, tuple[Problem, ...]]:
    """Read one directory, relative to the root; None when it is not there or cannot be read."""
    found = _read(root, folder)
    return found.listing, found.problems


def fingerprint(entries: Iterable[Entry]) -> str:
    """A hash that changes with any entry's name, size, mtime or inode, whatever the order they were read in.

    A sub-folder counts by name and inode only: its own listing tells what changed inside.
    """
    digest = xxh3_128()
    for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name)):
        figures = (0, 0, entry.inode) if entry.is_dir else (entry.size, entry.mtime_ns, entry.inode)
        digest.update(os.fsencode(entry.name) + b"\0" + repr(figures).encode())
    return digest.hexdigest()


def _root_identity(root: str) -> _Identity:
    try:
        status = os.stat(root)  # noqa: PTH116 - pathlib is half as fast on these paths
        with os.scandir(root):
            pass
    except OSError as error:
        message = f"{root}: {error.strerror}; check that the share is mounted and readable by this user"
        raise Wait(message, cause=f"root:{root}", delay=_ROOT_DELAY) from error
    return status.st_dev, status.st_ino


def _leads_up(root: str, folder: str) -> bool:
    """Whether a linked folder is the root or one above it, which the walk itself never saw."""
    target, top = os.path.realpath(os.path.join(root, folder)), os.path.realpath(root)  # noqa: PTH118 - as above
    return os.path.commonpath([target, top]) == target


def _read(root: str, folder: str) -> _Read:
    path = os.path.join(root, folder) if folder else root  # noqa: PTH118 - as above
    entries: list[Entry] = []
    problems: list[Problem] = []
    folders: list[tuple[str, _Identity, bool]] = []
    try:
        with os.scandir(path) as scan:
            for item in scan:
                relative = f"{folder}/{item.name}" if folder else item.name
                try:
                    status = item.stat()
                except OSError as error:
                    problems.append(Problem(relative, error.strerror or type(error).__name__))
                    continue
                entries.append(_entry(item.name, status))
                if stat.S_ISDIR(status.st_mode) and not is_ignored_folder(item.name):
                    folders.append((relative, (status.st_dev, status.st_ino), item.is_symlink()))
    except OSError as error:
        return _Read(folder, None, (*problems, Problem(folder, error.strerror or type(error).__name__)))
    entries.sort(key=lambda entry: os.fsencode(entry.name))
    is_hidden = any(entry.name == ".nomedia" for entry in entries)
    listing = Listing(folder, tuple(entries), fingerprint(entries))
    return _Read(folder, listing, tuple(problems), () if is_hidden else tuple(folders))


def _entry(name: str, status: os.stat_result) -> Entry:
    is_dir, is_regular = stat.S_ISDIR(status.st_mode), stat.S_ISREG(status.st_mode)
    return Entry(name, status.st_size if is_regular else 0, status.st_mtime_ns, status.st_ino, is_dir, is_regular)
