"""The first half of a scan: read every directory once, and say what changed, what is new and what is gone."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from metarr.errors import Permanent, Wait
from metarr.library.folders import Problem, read_folder, walk
from metarr.library.listing import is_ignored_file, is_ignored_folder
from metarr.model.media import FileRole, ItemKind
from metarr.store import files, items

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from metarr.library.listing import Listing
    from metarr.model.media import ItemId, Library, MediaFile
    from metarr.model.published import Owned
    from metarr.phases.scan.group import FoundMovie
    from metarr.store.db import Tx
    from metarr.store.hints import Hint

_FEW = 5  # so many items may be gone at once in any library
_SHARE = 10  # of more than a tenth, a person is asked
_ROOT_DELAY = timedelta(minutes=5)


class OnDisk(Protocol):
    """What a film and a show on disk have in common."""

    @property
    def folder(self) -> str: ...
    @property
    def is_own_folder(self) -> bool: ...
    @property
    def files(self) -> tuple[MediaFile, ...]: ...
    @property
    def keys(self) -> frozenset[str]: ...


F = TypeVar("F", bound=OnDisk)


@dataclass(frozen=True, slots=True)
class Layout(Generic[F]):
    """How the directories of one kind of library become what it holds."""

    group: Callable[[Collection[Listing]], tuple[F, ...]]
    strays: Callable[[Collection[Listing], Sequence[F]], Sequence[str]]  # videos in none of them, with the reason
    is_shared: Callable[[str], bool]  # by its name: a folder that is understood only together with its neighbours


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a library, or of its part from `start` down, before the scan."""

    library: Library
    start: str
    fingerprints: Mapping[str, str]
    places: Mapping[str, ItemId]
    owned: Mapping[str, Owned] = field(default_factory=dict)  # files of ours among those that are looked at
    ignored: Sequence[str] = ()  # patterns of what is left alone
    hints: Mapping[str, Hint] = field(default_factory=dict)  # what download managers say that folders hold


@dataclass(frozen=True, slots=True)
class Survey(Generic[F]):
    """What lies there now, compared with what was known."""

    films: tuple[F, ...]  # films or shows: those that must be looked at
    changed: Mapping[str, str]  # folders with another fingerprint than before
    vanished: tuple[str, ...]  # folders that were known and are no more
    gone: tuple[ItemId, ...]  # items whose place is empty
    moved: Mapping[str, ItemId] = field(default_factory=dict)  # new places of items that were elsewhere


def look(known: Known, layout: Layout[F], concurrency: int, problems: list[str], *, is_accepted: bool) -> Survey[F]:
    """Read every directory once; group only the branches of the tree in which something changed.

    Raises Wait when the root cannot be read, or is empty though it held films; `is_accepted`: empty is right.
    """
    seen = _look_around(known, concurrency)
    problems += [f"{problem.path}: {problem.reason}" for problem in seen.unread]
    root, start = known.library.root, known.start
    top = seen.listings.get("")
    if known.places and top is not None and not _has_anything(top) and not is_accepted:
        raise Wait(f"{root} is empty; check that it is mounted", cause=f"root:{root}", delay=_ROOT_DELAY)
    troubled = [problem.path for problem in seen.unread]
    vanished = tuple(
        sorted(folder for folder in known.fingerprints.keys() - seen.there if not _is_hidden(folder, troubled))
    )
    branches = {_branch(folder, start) for folder in (*_changed(known, seen), *vanished)}
    # A part of a library is looked at whole: what it belongs to may be spread over all of its branches.
    branches |= {name for name in {_branch(folder, start) for folder in seen.there} if start or layout.is_shared(name)}
    _look_closer(known, seen, branches, concurrency)
    grouped = {
        folder: listing
        for folder, listing in seen.listings.items()
        if folder == start or _branch(folder, start) in branches
    }
    films = layout.group(grouped.values())
    problems += layout.strays(grouped.values(), films)
    gone = _gone(known, films, seen.there, grouped.keys(), troubled)
    changed = _changed(known, seen)
    return Survey(tuple(film for film in films if _is_changed(film, changed, vanished)), changed, vanished, gone)


@dataclass(slots=True)
class _Seen:
    """What walking came to. `same`: folders that are as they were known, and have no listing."""

    listings: dict[str, Listing] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    unread: list[Problem] = field(default_factory=list)

    @property
    def there(self) -> set[str]:
        """Every folder that could be read."""
        return self.same | self.listings.keys()


def _look_around(known: Known, concurrency: int) -> _Seen:
    seen = _Seen()
    root, start = known.library.root, known.start
    walked = walk(
        root,
        seen.unread.append,
        start=start,
        concurrency=concurrency,
        ignored=known.ignored,
        known={} if start else known.fingerprints,
        on_same=seen.same.add,
    )
    seen.listings = {found.folder: found for found in walked}
    if start and start not in seen.listings and not os.path.lexists(os.path.join(root, start)):  # noqa: PTH118  speed
        seen.unread = [problem for problem in seen.unread if problem.path != start]  # it is gone, which is an answer
    return seen


def _look_closer(known: Known, seen: _Seen, branches: Collection[str], concurrency: int) -> None:
    """List what is the same, too, where something changed beside it: a film is understood from all of its folders."""
    root, ignored = known.library.root, known.ignored
    for branch in {_branch(folder, known.start) for folder in seen.same if folder} & {*branches}:
        walked = walk(root, seen.unread.append, start=branch, concurrency=concurrency, ignored=ignored)
        seen.listings.update((found.folder, found) for found in walked)
    if branches and "" in seen.same:
        top, _ = read_folder(root, "", ignored)
        seen.listings.update({} if top is None else {"": top})
    seen.same -= seen.listings.keys()


def _changed(known: Known, seen: _Seen) -> dict[str, str]:
    return {
        folder: listing.fingerprint
        for folder, listing in seen.listings.items()
        if known.fingerprints.get(folder) != listing.fingerprint
    }


def follow_moves(tx: Tx, known: Known, survey: Survey[FoundMovie]) -> Survey[FoundMovie]:
    """An item whose video only lies elsewhere now, by its inode, size and time, is not gone: it moved."""
    new = {
        (video.size, video.mtime_ns, video.inode): film.key
        for film in survey.films
        if film.key not in known.places
        for video in film.videos
    }
    moved: dict[str, ItemId] = {}
    for item_id in survey.gone if new else ():
        videos = [file for file in files.of_item(tx, item_id) if file.role is FileRole.VIDEO]
        key = next((new[stat] for video in videos if (stat := (video.size, video.mtime_ns, video.inode)) in new), None)
        if key is not None and items.at_place(tx, known.library.id, ItemKind.MOVIE, key) is None:
            moved.setdefault(key, item_id)
    gone = tuple(item_id for item_id in survey.gone if item_id not in set(moved.values()))
    return replace(survey, gone=gone, moved=moved)


@dataclass(frozen=True, slots=True)
class Toll:
    """How much of a whole library is gone, counted in what a person would count: films, or videos of episodes."""

    gone: int
    known: int
    noun: str


def toll(tx: Tx, known: Known, survey: Survey[FoundMovie]) -> Toll:
    """Of a scan of one folder, too, it is the library's share that tells a deed from an accident."""
    return Toll(len(survey.gone), len(items.places(tx, known.library.id)), "movies")


def guard(known: Known, toll: Toll) -> None:
    """Much that is gone at once looks like a broken mount: nothing is marked missing until a person says so."""
    allowed = max(_FEW, toll.known // _SHARE)
    if toll.gone > allowed:
        raise Permanent(
            f"{toll.gone} of {toll.known} known {toll.noun} are gone from {known.library.root}. "
            "Nothing was changed. If they are really gone, scan again with --accept-missing."
        )


def folders_of(film: OnDisk) -> set[str]:
    """Every folder that holds a file of the film or show."""
    return {film.folder, *(file.path.rpartition("/")[0] for file in film.files)}


def is_below(path: str, folder: str) -> bool:
    """Whether a path is `folder` or inside of it; "" is the root."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def _gone(
    known: Known,
    films: Sequence[OnDisk],
    there: Collection[str],
    grouped: Collection[str],
    troubled: Sequence[str],
) -> tuple[ItemId, ...]:
    """Items that are not where they were, as far as their folder could be read and was looked at."""
    found = frozenset[str]().union(*(film.keys for film in films))
    return tuple(
        item_id
        for place, item_id in known.places.items()
        if place not in found
        for folder in (place.partition("//")[0],)
        if folder in grouped or folder not in there
        if not _is_hidden(folder, troubled)
        if not any(path.rpartition("/")[0] == folder or (folder and is_below(path, folder)) for path in troubled)
    )


def _has_anything(top: Listing) -> bool:
    """A mount point without its disk may hold what a file system or a NAS keeps there for itself."""
    return any(
        not (is_ignored_folder(entry.name) if entry.is_dir else is_ignored_file(entry.name)) for entry in top.entries
    )


def _is_hidden(folder: str, troubled: Sequence[str]) -> bool:
    """Whether it lies in a folder that could not be read."""
    return any(is_below(folder, path) for path in troubled)


def _branch(folder: str, start: str) -> str:
    """The branch of the tree that a folder lies on, counted from where the scan starts; "" is its start itself."""
    inner = folder.removeprefix(start).lstrip("/") if start else folder
    return inner.split("/", 1)[0]


def _is_changed(film: OnDisk, changed: Mapping[str, str], vanished: Sequence[str]) -> bool:
    if not changed.keys().isdisjoint(folders_of(film)):
        return True
    return film.is_own_folder and any(is_below(folder, film.folder) for folder in (*vanished, *changed))
