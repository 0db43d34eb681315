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
from operator import attrgetter
from queue import SimpleQueue
from typing import TYPE_CHECKING

from xxhash import xxh3_128

from metarr.errors import Wait
from metarr.library import ignoring
from metarr.library.ignoring import Patterns
from metarr.library.listing import Entry, Listing, is_ignored_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_CONCURRENCY = 5  # directories at a time: the design's scanning.concurrentDirectories
_ROOT_DELAY = timedelta(minutes=5)
_LONGEST_RULES = 1 << 20  # bytes of a `.plexignore`; a longer one is none
_SLOW = 0.005  # seconds; a directory of a local disk is read in a fraction of that
_Identity = tuple[int, int]  # device and inode
_BY_NAME = attrgetter("name")
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
    folders: tuple[tuple[str, _Identity, bool], ...] = ()  # sub-folder, its identity, whether by a symbolic link
    rules: _Rules = ()  # what is left out below it


def walk(
    root: str,
    on_problem: Callable[[Problem], None],
    *,
    start: str = "",
    concurrency: int = _CONCURRENCY,
    ignored: Sequence[str] = (),
) -> Iterator[Listing]:
    """Yield every directory from `start` (relative to the root) down, in no particular order.

    What `ignored` patterns and `.plexignore` files leave out is as if it were not there.
    Raises Wait when the root itself cannot be read: a mount may be missing.
    """
    return _Walk(root, start, on_problem, ignored).found(concurrency)


class _Walk:
    """Folders still to be read, and those that threads have read.

    It begins with one thread, and takes another for each read that the disk or the network made wait: threads that need
    not wait for anything only get into each other's way.
    """

    def __init__(self, root: str, start: str, on_problem: Callable[[Problem], None], ignored: Sequence[str]) -> None:
        self._root = root
        self._on_problem = on_problem
        self._to_read: SimpleQueue[tuple[str, _Rules] | None] = SimpleQueue()
        self._was_read: SimpleQueue[tuple[_Read | BaseException, float]] = SimpleQueue()
        self._above: dict[str, frozenset[_Identity]] = {start: frozenset({_root_identity(root)})}
        rules: _Rules = (ignoring.parse(tuple(ignored)),) if ignored else ()
        above = start.split("/") if start else []
        for length in range(len(above)):
            rules += _rules_in(root, "/".join(above[:length]))
        self._to_read.put((start, rules))

    def _work(self) -> None:
        """Read until told to stop: one thread of several."""
        read: _Read | BaseException
        while (task := self._to_read.get()) is not None:
            begun = time.monotonic()
            try:
                read = _read(self._root, *task)
            except BaseException as error:  # noqa: BLE001  it is raised again where the walk is awaited
                read = error
            self._was_read.put((read, time.monotonic() - begun))
        self._to_read.put(None)  # for the next one

    def found(self, concurrency: int) -> Iterator[Listing]:
        """Every listing as it comes."""
        threads = 0
        seconds = _SLOW
        try:
            while self._above:
                if seconds >= _SLOW and threads < concurrency:
                    threading.Thread(target=self._work, name="walk", daemon=True).start()
                    threads += 1
                read, seconds = self._was_read.get()
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
                    self._to_read.put((folder, read.rules))
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
    lines = [
        b"%b\0%d %d %d\n" % (os.fsencode(entry.name), 0, 0, entry.inode)
        if entry.is_dir
        else b"%b\0%d %d %d\n" % (os.fsencode(entry.name), entry.size, entry.mtime_ns, entry.inode)
        for entry in entries
    ]
    lines.sort()
    return xxh3_128(b"".join(lines)).hexdigest()


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


def _read(root: str, folder: str, rules: _Rules = ()) -> _Read:
    path = os.path.join(root, folder) if folder else root  # noqa: PTH118 - as above
    start = f"{folder}/" if folder else ""
    entries: list[Entry] = []
    problems: list[Problem] = []
    folders: list[tuple[str, _Identity, bool]] = []
    try:
        with os.scandir(path) as scan:
            for item in scan:
                try:
                    status = item.stat()
                except OSError as error:
                    problems.append(Problem(start + item.name, error.strerror or type(error).__name__))
                    continue
                entries.append(_entry(item.name, status))
                if stat.S_ISDIR(status.st_mode) and not is_ignored_folder(item.name):
                    folders.append((start + item.name, (status.st_dev, status.st_ino), item.is_symlink()))
    except OSError as error:
        return _Read(folder, None, (*problems, Problem(folder, error.strerror or type(error).__name__)))
    if any(entry.name == ignoring.PLEX_FILE for entry in entries):
        rules += _rules_in(root, folder)
    if rules:
        entries = [entry for entry in entries if not ignoring.hides(rules, start + entry.name)]
        folders = [found for found in folders if not ignoring.hides(rules, found[0])]
    entries.sort(key=_BY_NAME)
    is_hidden = any(entry.name == ".nomedia" for entry in entries)
    listing = Listing(folder, tuple(entries), fingerprint(entries))
    return _Read(folder, listing, tuple(problems), () if is_hidden else tuple(folders), rules)


def _entry(name: str, status: os.stat_result) -> Entry:
    is_dir, is_regular = stat.S_ISDIR(status.st_mode), stat.S_ISREG(status.st_mode)
    return Entry(name, status.st_size if is_regular else 0, status.st_mtime_ns, status.st_ino, is_dir, is_regular)
