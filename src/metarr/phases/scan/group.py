"""Which files are one movie: its own folder with everything in it, or its share of a folder that many films lie in.

Versions (` - 2160p`), parts (cd1, part2), editions, disc folders and extras come together with their film. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from metarr.library.listing import is_ignored_file, is_ignored_folder
from metarr.model.media import FileRole, MediaFile
from metarr.phases.scan.classify import (
    SET,
    SET_NFO,
    Place,
    classify,
    extra_kind,
    folder_sort,
    is_set_folder,
    is_video,
)
from metarr.phases.scan.filename import readable, stem
from metarr.phases.scan.names import NameKind, ParsedName, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from metarr.library.listing import Entry, Listing

_PART_FOLDER = re.compile(r"^(?:cd|dvd|dis[ck]|part|pt)[ ._-]?(?P<number>\d{1,2})$", re.IGNORECASE)
_NUMBER_AFTER_YEAR = re.compile(r"\(\d{4}\) (\d+)$")
_DISC_STREAMS = re.compile(r"\.(?:m2ts|vob|evo)$", re.IGNORECASE)
_DISC_FILE = re.compile(r"\.(?:m2ts|vob|evo|ifo|bup|bdmv|mpls|clpi)$", re.IGNORECASE)
_DISC_INDEX = frozenset({"index.bdmv", "video_ts.ifo", "hvdvd_ts.ifo"})
_BORDERS = " -_.[({"


@dataclass(frozen=True, slots=True)
class FoundMovie:
    """A film on disk. `key` is the stable identity of its place: the folder, or `folder//stem` in a shared one."""

    folder: str  # relative to the root
    is_own_folder: bool
    videos: tuple[MediaFile, ...]  # the film itself: versions and parts, in order
    files: tuple[MediaFile, ...]  # everything that belongs to it, the videos included
    key: str

    @property
    def keys(self) -> frozenset[str]:
        """The places of its items: a film is one."""
        return frozenset({self.key})


@dataclass(frozen=True, slots=True)
class _Main:
    """A main video before it is decided which film it is of."""

    folder: str
    entry: Entry
    name: ParsedName
    part: int | None = None
    is_disc: bool = False

    @property
    def stem(self) -> str:
        return stem(self.entry.name)

    @property
    def identity(self) -> str:
        """The same for versions of one film. A bare number after the year is a second film of that title."""
        number = _NUMBER_AFTER_YEAR.search(self.stem)
        return _letters(self.name.title or self.stem) + (f" {number[1]}" if number else "")


@dataclass(slots=True)
class _Film:
    """A film while its files are being gathered."""

    folder: str
    is_own_folder: bool
    mains: list[_Main]
    year: int | None = None
    files: list[MediaFile] = field(default_factory=list)

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(main.stem for main in self.mains))

    @property
    def largest(self) -> int:
        return max((main.entry.size for main in self.mains), default=0)


def group(listings: Iterable[Listing]) -> tuple[FoundMovie, ...]:
    """All films of a library, or of a part of it, in the order of their folders."""
    tree = {listing.folder: listing for listing in listings}
    films: list[_Film] = []
    owners: dict[str, tuple[_Film, str]] = {}  # folder -> the film that owns it, and what the folder is for
    shared: set[str] = set()
    hidden: set[str] = set()
    for folder in sorted(tree):
        if (folder and _parent(folder) in hidden) or _is_hidden(tree[folder]):
            hidden.add(folder)
        elif owner := _owner(tree, folder, owners, shared):
            owners[folder] = owner
            _attach(tree[folder], *owner)
        elif not _is_supplement(tree[folder], shared):
            found = _films_of(tree, folder)
            films.extend(found)
            if found and found[0].is_own_folder:
                owners[folder] = (found[0], "")
            elif found:
                shared.add(folder)
    _add_files_of_sets(tree, films)
    return tuple(_finished(film) for film in films)


def _is_hidden(listing: Listing) -> bool:
    name = listing.folder.rpartition("/")[2]
    return (bool(name) and is_ignored_folder(name)) or any(entry.name == ".nomedia" for entry in listing.entries)


def _owner(
    tree: dict[str, Listing], folder: str, owners: dict[str, tuple[_Film, str]], shared: set[str]
) -> tuple[_Film, str] | None:
    """The film that a sub-folder belongs to, and what for; None if it stands for itself."""
    above = owners.get(_parent(folder)) if folder else None
    if above is None or _parent(folder) in shared:
        return None
    film, sort = above
    name = folder.rpartition("/")[2]
    if own_sort := folder_sort(name) or sort:
        return film, own_sort
    part = _PART_FOLDER.match(name) is not None
    if part or not _mains(tree[folder]):
        return film, "part" if part else ""
    is_stray = film.year is not None and parse(name, expected=NameKind.MOVIE, is_quick=True).year is None
    return (film, "unnamed") if is_stray else None


def _is_supplement(listing: Listing, shared: set[str]) -> bool:
    """A folder for extras beside films that share their folder: it cannot be told whose they are."""
    is_beside = bool(listing.folder) and _parent(listing.folder) in shared
    return (
        is_beside
        and bool(folder_sort(listing.folder.rpartition("/")[2]))
        and not any(main.name.year for main in _mains(listing))
    )


def _films_of(tree: dict[str, Listing], folder: str) -> list[_Film]:
    """The films whose main videos lie in this folder."""
    listing = tree[folder]
    disc = _disc(tree, folder) if folder else None
    if disc:
        film = _Film(folder, bool(folder), [disc], parse(folder, expected=NameKind.MOVIE, is_quick=True).year)
        _attach(listing, film, "")
        return [film]
    mains = _mains(listing) or list(_parts_below(tree, folder))
    clusters = _clusters(folder, mains)
    name = parse(folder, expected=NameKind.MOVIE, is_quick=True)
    strays: list[_Main] = []
    if len(clusters) > 1 and folder and name.year is not None:
        clusters, strays = _told_by_folder(clusters, name)
    is_own = bool(folder) and len(clusters) == 1
    films = [_Film(folder, is_own, cluster, name.year or cluster[0].name.year) for cluster in clusters]
    if is_own:
        _attach(listing, films[0], "", strays)
    else:
        _share(listing, films)
    return films


def _mains(listing: Listing) -> list[_Main]:
    """The videos that their names do not say to be anything else; empty files only where there is nothing better."""
    found = [
        _Main(listing.folder, entry, name, name.part)
        for entry in listing.entries
        if entry.is_regular and is_video(entry.name) and not is_ignored_file(entry.name)
        if extra_kind(stem(entry.name)) is None
        for name in (parse(entry.name, expected=NameKind.MOVIE, is_quick=True),)
    ]
    return [main for main in found if main.entry.size > 0] or found


def _disc(tree: dict[str, Listing], folder: str) -> _Main | None:
    """The main stream of a DVD or Blu-ray that was copied as folders: the biggest one."""
    roots = [inside for inside in (folder, _join(folder, "BDMV"), _join(folder, "VIDEO_TS")) if inside in tree]
    if not any(entry.name.lower() in _DISC_INDEX for inside in roots for entry in tree[inside].entries):
        return None
    places = [*roots, _join(folder, "BDMV/STREAM")]
    streams = [
        (entry.size, inside, entry)
        for inside in places
        if inside in tree
        for entry in tree[inside].entries
        if entry.is_regular and _DISC_STREAMS.search(entry.name)
    ]
    if not streams:
        return None
    _, inside, entry = max(streams, key=lambda stream: (stream[0], stream[1], stream[2].name))
    return _Main(inside, entry, parse(folder, expected=NameKind.MOVIE, is_quick=True), is_disc=True)


def _parts_below(tree: dict[str, Listing], folder: str) -> Iterator[_Main]:
    """The parts of a film whose folder holds nothing but CD1, CD2 ..."""
    if not folder:
        return
    for entry in tree[folder].entries:
        match = _PART_FOLDER.match(entry.name) if entry.is_dir else None
        inside = tree.get(_join(folder, entry.name))
        if match and inside:
            name = parse(folder, expected=NameKind.MOVIE, is_quick=True)
            yield from (replace(main, name=name, part=int(match["number"])) for main in _mains(inside))


def _clusters(folder: str, mains: Sequence[_Main]) -> list[list[_Main]]:
    """Main videos by film: the same title and no two years, or all named after their folder (Jellyfin's rule)."""
    years = {main.name.year for main in mains if main.name.year is not None}
    own = _plain(folder.rpartition("/")[2])
    if own and len(years) <= 1 and all(_continues(_plain(main.stem), own) for main in mains):
        return [list(mains)] if mains else []
    by_identity: dict[tuple[str, int | None], list[_Main]] = defaultdict(list)
    for main in mains:
        by_identity[main.identity, main.name.year].append(main)
    for (identity, year), without_year in list(by_identity.items()):
        dated = [key for key in by_identity if key[0] == identity and key[1] is not None]
        if year is None and len(dated) == 1:
            by_identity[dated[0]].extend(without_year)
            del by_identity[identity, None]
    return list(by_identity.values())


def _told_by_folder(clusters: list[list[_Main]], folder: ParsedName) -> tuple[list[list[_Main]], list[_Main]]:
    """If the folder is one film's, that film; the videos beside it whose names say nothing are its extras."""
    title = _letters(folder.title or "")
    named = [
        cluster for cluster in clusters if cluster[0].identity == title and cluster[0].name.year in {None, folder.year}
    ]
    others = [main for cluster in clusters if cluster not in named for main in cluster]
    is_one = len(named) == 1 and all(main.name.year is None for main in others)
    return (named, others) if is_one else (clusters, [])


def _attach(listing: Listing, film: _Film, sort: str, strays: Sequence[_Main] = ()) -> None:
    """Give a film the files of a folder that is wholly its own."""
    if sort == "disc":
        return  # the disc's inner files are the disc's; its main stream stands for them
    place = Place(listing.folder, sort, film.stems, film.is_own_folder, film.largest)
    taken = {(main.folder, main.entry.name) for main in film.mains}
    stray_names = {main.entry.name for main in strays}
    is_disc = film.mains[0].is_disc
    for entry in listing.entries:
        if entry.is_dir or is_ignored_file(entry.name) or (listing.folder, entry.name) in taken:
            continue
        if is_disc and _DISC_FILE.search(entry.name):
            continue
        file = classify(entry, place)
        if file.role is FileRole.VIDEO:
            is_stray = sort == "unnamed" or entry.name in stray_names
            file = _leftover(file, "a video not named after its film" if is_stray else "")
        film.files.append(file)


def _leftover(file: MediaFile, why: str) -> MediaFile:
    """A video in a film's folder that is not the film."""
    if file.size == 0:
        return replace(file, role=FileRole.UNKNOWN, confidence=90, rule="empty file")
    return replace(file, role=FileRole.EXTRA, confidence=60, rule=why or "a video beside the film")


def _share(listing: Listing, films: Sequence[_Film]) -> None:
    """Give each film of a shared folder the files that are named after it."""
    taken = {main.entry.name for film in films for main in film.mains}
    stems = sorted(((_plain(text), film) for film in films for text in film.stems), key=lambda pair: -len(pair[0]))
    for entry in listing.entries:
        if entry.is_dir or is_ignored_file(entry.name) or entry.name in taken:
            continue
        film = next((film for text, film in stems if _continues(_plain(entry.name), text)), None)
        if film:
            film.files.append(
                classify(entry, Place(listing.folder, "", film.stems, is_own_folder=False, largest=film.largest))
            )


def _add_files_of_sets(tree: dict[str, Listing], films: Sequence[_Film]) -> None:
    """What lies beside the films of a set is the set's: it is kept with its first film, and is no artwork of that."""
    firsts: dict[str, _Film] = {}
    for film in films:
        folder = _parent(film.folder) if film.is_own_folder else film.folder
        if is_set_folder(folder.rpartition("/")[2]):
            firsts.setdefault(folder, film)
    taken = {file.path for film in films for file in film.files} if firsts else set()
    for folder, film in firsts.items():
        entries = tree[folder].entries if folder in tree else ()
        found = [classify(entry, Place(folder, SET)) for entry in entries if not entry.is_dir]
        film.files += [file for file in found if file.path not in taken and _is_of_set(file)]


def _is_of_set(file: MediaFile) -> bool:
    return file.role is FileRole.ARTWORK or file.rule == SET_NFO


def _finished(film: _Film) -> FoundMovie:
    ordered = sorted(film.mains, key=lambda main: (_version(main, film) or "", main.part or 0, main.entry.name))
    videos = tuple(_video(main, film) for main in ordered)
    files = tuple(sorted((*videos, *film.files), key=lambda file: file.path))
    # No path has two slashes in a row, so a film beside a folder of its name is another one.
    key = film.folder if film.is_own_folder else f"{film.folder}//{_base(film)}"
    return FoundMovie(film.folder, film.is_own_folder, videos, files, key)


def _video(main: _Main, film: _Film) -> MediaFile:
    """The record of a main video with its part, edition and version."""
    details = {
        "part": main.part,
        "edition": main.name.edition,
        "version": _version(main, film),
        "disc": main.is_disc or None,
    }
    rule = (
        "only video of its film" if len(film.mains) == 1 else "part of a stack" if main.part else "version of one film"
    )
    file = classify(main.entry, Place(main.folder, "", film.stems, film.is_own_folder))
    known = {name: value for name, value in details.items() if value is not None}
    return replace(file, role=FileRole.VIDEO, confidence=95, rule=rule, details=known)


def _version(main: _Main, film: _Film) -> str | None:
    """What tells a version from the others: the words that only its name has."""
    if len({other.part for other in film.mains}) == len(film.mains) and main.part is not None:
        return None
    label = main.stem[len(_base(film)) :].strip(" -_.[](){}")
    return label or None if len(film.mains) > 1 else None


def _base(film: _Film) -> str:
    """What the names of all main videos begin with, up to a border between words."""
    first, *others = film.stems
    length = len(first)
    for other in others:
        length = next((at for at in range(min(length, len(other))) if first[at] != other[at]), min(length, len(other)))
    if length == len(first) or all(len(text) == length for text in film.stems):
        return first[:length]
    border = max(first.rfind(character, 0, length) for character in _BORDERS)
    return first[: border if border > 0 else length].rstrip(" -_.[({") or first


def _continues(text: str, start: str) -> bool:
    """Whether a name is `start`, or goes on after it with a border between words."""
    return text.startswith(start) and (len(text) == len(start) or text[len(start)] in _BORDERS)


def _plain(text: str) -> str:
    return readable(text).casefold()


def _letters(text: str) -> str:
    return "".join(character for character in _plain(text) if character.isalnum()) or _plain(text)


def _parent(folder: str) -> str:
    return folder.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
