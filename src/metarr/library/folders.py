"""Walking a library: one directory read with its stat data, nothing else. Problems are reported, never fatal.

Names that are no UTF-8 survive as Python's surrogate escapes.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING

from xxhash import xxh3_128

from metarr.errors import Wait
from metarr.library import ignoring
from metarr.library.ignoring import Patterns
from metarr.library.listing import Entry, Listing, is_ignored_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_CONCURRENCY = 5  # directories at a time: the design's scanning.concurrentDirectories
_ROOT_DELAY = timedelta(minutes=5)
_LONGEST_RULES = 1 << 20  # bytes of a `.plexignore`; a longer one is none
_SLOW = 0.005  # seconds; a directory of a local disk is read in a fraction of that
_TOGETHER = 64  # directories that a thread reads before it says so, while none makes it wait
_NOTHING: Mapping[str, str] = {}
_Rules = tuple[Patterns, ...]


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
    folders: tuple[tuple[str, bool], ...] = ()  # sub-folders, and whether by a symbolic link
    rules: _Rules = ()  # what is left out below it
    is_same: bool = False  # as it was known: there is no listing then


def walk(
    root: str,
    on_problem: Callable[[Problem], None],
    *,
    start: str = "",
    concurrency: int = _CONCURRENCY,
    ignored: Sequence[str] = (),
    known: Mapping[str, str] = _NOTHING,
    on_same: Callable[[str], None] | None = None,
) -> Iterator[Listing]:
    """Yield every directory from `start` (relative to the root) down, in no particular order.

    What `ignored` patterns and `.plexignore` files leave out is as if it were not there. A folder whose fingerprint is
    `known` is told to `on_same` only: most folders are what they were, and making listings of them takes its time.
    Raises Wait when the root itself cannot be read: a mount may be missing.
    """
    return _Walk(root, known, on_problem, on_same).found(start, _rules_above(root, start, ignored), concurrency)


class _Walk:
    """Folders still to be read, and those that threads have read.

    It begins with one thread, and takes another for each read that the disk or the network made wait: threads that need
    not wait for anything only get into each other's way.
    """

    def __init__(
        self,
        root: str,
        known: Mapping[str, str],
        on_problem: Callable[[Problem], None],
        on_same: Callable[[str], None] | None,
    ) -> None:
        _check_root(root)
        self._root = root
        self._known = known
        self._on_problem = on_problem
        self._on_same = on_same
        self._to_read: SimpleQueue[Sequence[tuple[str, _Rules]] | None] = SimpleQueue()
        self._was_read: SimpleQueue[tuple[Sequence[_Read] | BaseException, float]] = SimpleQueue()

    def _work(self) -> None:
        """Read until told to stop: one thread of several."""
        while (tasks := self._to_read.get()) is not None:
            self._was_read.put(self._read_some(tasks))
        self._to_read.put(None)  # for the next one

    def _read_some(self, tasks: Sequence[tuple[str, _Rules]]) -> tuple[Sequence[_Read] | BaseException, float]:
        """These folders, or those before the first that was slow: the others are for whoever is free."""
        reads: list[_Read] = []
        for at, (folder, rules) in enumerate(tasks, 1):
            begun = time.monotonic()
            try:
                reads.append(_read(self._root, folder, rules, self._known))
            except BaseException as error:  # noqa: BLE001  it is raised again where the walk is awaited
                return error, 0.0
            seconds = time.monotonic() - begun
            if seconds >= _SLOW:
                for task in tasks[at:]:
                    self._to_read.put([task])
                return reads, seconds
        return reads, 0.0

    def found(self, start: str, rules: _Rules, concurrency: int) -> Iterator[Listing]:
        """Every listing as it comes."""
        self._to_read.put([(start, rules)])
        threads = 0
        seconds = _SLOW
        left = 1
        try:
            while left:
                if seconds >= _SLOW and threads < concurrency:
                    threading.Thread(target=self._work, name="walk", daemon=True).start()
                    threads += 1
                reads, seconds = self._was_read.get()
                if isinstance(reads, BaseException):
                    raise reads
                below = [task for read in reads for task in self._below(read)]
                left += len(below) - len(reads)
                size = _TOGETHER if threads == 1 else 1
                for first in range(0, len(below), size):
                    self._to_read.put(below[first : first + size])
                yield from (read.listing for read in reads if read.listing is not None)
        finally:
            self._to_read.put(None)

    def _below(self, read: _Read) -> Iterator[tuple[str, _Rules]]:
        """The sub-folders still to be read; what else a read came to is told."""
        for problem in read.problems:
            self._on_problem(problem)
        if read.is_same and self._on_same is not None:
            self._on_same(read.folder)
        for folder, is_link in read.folders:
            if is_link and _leads_up(self._root, folder):
                self._on_problem(Problem(folder, "symbolic link into a folder above it: not followed"))
            else:
                yield folder, read.rules


def read_folder(root: str, folder: str, ignored: Sequence[str] = ()) -> tuple[Listing | None, tuple[Problem, ...]]:
    """Read one directory, relative to the root, as a walk does; None when it is not there or cannot be read."""
    found = _read(root, folder, _rules_above(root, folder, ignored))
    return found.listing, found.problems


def fingerprint(entries: Iterable[Entry]) -> str:
    """A hash that changes with any entry's name, size, mtime or inode, whatever the order they were read in.

    A sub-folder counts by name and inode only: its own listing tells what changed inside.
    """
    return _hash(
        f"{entry.name}\x000 0 {entry.inode}\n"
        if entry.is_dir
        else f"{entry.name}\x00{entry.size} {entry.mtime_ns} {entry.inode}\n"
        for entry in entries
    )


def _hash(lines: Iterable[str]) -> str:
    return xxh3_128("".join(sorted(lines)).encode("utf-8", "surrogateescape")).hexdigest()


def _check_root(root: str) -> None:
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        message = f"{root}: {error.strerror}; check that the share is mounted and readable by this user"
        raise Wait(message, cause=f"root:{root}", delay=_ROOT_DELAY) from error


def _leads_up(root: str, folder: str) -> bool:
    """Whether a linked folder is one on the way to it, or above the root: only links can make a circle."""
    target = os.path.realpath(os.path.join(root, folder))  # noqa: PTH118 - pathlib is half as fast on these paths
    parts = folder.split("/")
    on_the_way = {os.path.realpath(os.path.join(root, *parts[:length])) for length in range(len(parts))}  # noqa: PTH118
    return target in on_the_way or os.path.commonpath([target, os.path.realpath(root)]) == target


def _rules_above(root: str, folder: str, ignored: Sequence[str]) -> _Rules:
    """What the settings and the `.plexignore` files above a folder leave out."""
    rules: _Rules = (ignoring.parse(tuple(ignored)),) if ignored else ()
    parts = folder.split("/") if folder else []
    for length in range(len(parts)):
        rules += _rules_in(root, "/".join(parts[:length]))
    return rules


def _rules_in(root: str, folder: str) -> _Rules:
    """The patterns of the `.plexignore` in a folder, if there is one."""
    path = os.path.join(root, folder, ignoring.PLEX_FILE)  # noqa: PTH118 - as above
    try:
        status = os.stat(path)  # noqa: PTH116 - as above
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST_RULES:
            return ()
        with open(path, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 - as above
            return (ignoring.parse(tuple(file), folder),)
    except OSError:
        return ()


def _read(root: str, folder: str, rules: _Rules = (), known: Mapping[str, str] = _NOTHING) -> _Read:
    path = os.path.join(root, folder) if folder else root  # noqa: PTH118 - as above
    start = f"{folder}/" if folder else ""
    found: list[tuple[str, os.stat_result]] = []
    problems: list[Problem] = []
    folders: list[tuple[str, bool]] = []
    try:
        with os.scandir(path) as scan:
            for item in scan:
                try:
                    status = item.stat()
                except OSError as error:
                    problems.append(Problem(start + item.name, error.strerror or type(error).__name__))
                    continue
                found.append((item.name, status))
                if stat.S_ISDIR(status.st_mode) and not is_ignored_folder(item.name):
                    folders.append((start + item.name, item.is_symlink()))
    except OSError as error:
        return _Read(folder, None, (*problems, Problem(folder, error.strerror or type(error).__name__)))
    names = {name for name, _ in found}
    if ignoring.PLEX_FILE in names:
        rules += _rules_in(root, folder)
    if rules:
        found = [pair for pair in found if not ignoring.hides(rules, start + pair[0])]
        folders = [pair for pair in folders if not ignoring.hides(rules, pair[0])]
    below = () if ".nomedia" in names else tuple(folders)
    mark = _hash(_line(name, status) for name, status in found)
    if known.get(folder) == mark:
        return _Read(folder, None, tuple(problems), below, rules, is_same=True)
    listing = Listing(folder, tuple(_entry(name, status) for name, status in sorted(found)), mark)
    return _Read(folder, listing, tuple(problems), below, rules)


def _line(name: str, status: os.stat_result) -> str:
    """What the fingerprint has of an entry."""
    if stat.S_ISDIR(status.st_mode):
        return f"{name}\x000 0 {status.st_ino}\n"
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return f"{name}\x00{size} {status.st_mtime_ns} {status.st_ino}\n"


def _entry(name: str, status: os.stat_result) -> Entry:
    is_dir, is_regular = stat.S_ISDIR(status.st_mode), stat.S_ISREG(status.st_mode)
    return Entry(name, status.st_size if is_regular else 0, status.st_mtime_ns, status.st_ino, is_dir, is_regular)
