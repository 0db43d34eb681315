"""From what is wanted to the files that must lie there: their paths, their bytes, and where each comes from.

Reads the folder only for names that are taken, and for the NFO that is to be replaced.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from metarr.errors import InvalidInput, shown
from metarr.library import edits, naming, nfo
from metarr.library.naming import Place, Profile
from metarr.library.reconcile import Desired
from metarr.library.wanted import parent_of, videos
from metarr.model.media import FileRole, ItemKind, Metadata
from metarr.model.published import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from metarr.library.wanted import Member, Wanted
    from metarr.model.artwork import Selection
    from metarr.model.media import Item, MediaFile
    from metarr.store.blobs import Blobs

_NFO_LIMIT = 10 << 20  # bytes; larger ones are no NFO (the reader refuses them too)


def desired_files(
    wanted: Wanted, root: Path, blobs: Blobs, damaged: Collection[str] = ()
) -> tuple[list[Desired], dict[str, bytes]]:
    """What must lie in the folders, and the texts among it that are in no cache yet, by sha256.

    Nothing is kept of what is `damaged`, but of what was published there.
    """
    profiles = [Profile(name) for name in wanted.library.profiles]
    found: dict[str, Desired] = {}
    places = [_places(wanted, member.item, root) for member in wanted.members]
    for member, theirs in zip(wanted.members, places, strict=True):
        for place in theirs:
            for one in _pictures(wanted, member, place, profiles):
                found.setdefault(one.path, one)
    texts: dict[str, bytes] = {}
    rows = {row.path: row for row in wanted.owned}
    for path in chain.from_iterable(naming.nfo_names(place, wanted.item.kind, profiles) for place in places[0]):
        there = _there(root / path)
        text = _nfo(wanted, path, None if path in damaged else there, blobs)
        if there is not None and edits.is_edited_now(rows.get(path), there) and edits.says_the_same(there, text):
            text = there
        sha256 = hashlib.sha256(text).hexdigest()
        texts[sha256] = text
        found[path] = Desired(path, sha256, len(text), Purpose.NFO, source="metadata")
    return list(found.values()), texts


def _places(wanted: Wanted, item: Item, root: Path) -> list[Place]:
    """The folders of an item: one, but a movie set has one for each name that its movies give it, or none."""
    match item.kind:
        case ItemKind.COLLECTION:
            return [
                Place(folder, (), is_own_folder=True, existing=frozenset(_names(root / folder)))
                for folder in wanted.set_folders
            ]
        case ItemKind.SERIES:
            return [Place(item.folder, (), is_own_folder=item.place == item.folder)]
        case ItemKind.SEASON:
            show = wanted.show or item
            stems = (naming.season_stem(item.metadata.season or 0),)
            is_own = show.place == show.folder
            return [Place(show.folder, stems, is_own_folder=is_own, season_folder=wanted.season_folder)]
        case ItemKind.EPISODE:
            return [_episode_place(wanted, item)]
        case ItemKind.MOVIE:
            return [_movie_place(wanted, item, root)]


def _episode_place(wanted: Wanted, item: Item) -> Place:
    inside = videos(wanted)
    folder = parent_of(str(inside[0])) if inside else item.folder
    numbers = item.metadata
    several = len(wanted.members) > 1 and numbers.season is not None and numbers.episode is not None
    return Place(
        folder,
        tuple(path.stem for path in inside if parent_of(str(path)) == folder),
        is_own_folder=False,
        actors=wanted.actors,
        code=naming.episode_code(numbers.season or 0, numbers.episode or 0) if several else None,
        is_first=item.id == wanted.item.id,
    )


def _movie_place(wanted: Wanted, item: Item, root: Path) -> Place:
    inside = videos(wanted)
    existing = frozenset(_names(root / item.folder))
    if any(file.details.get("disc") for file in wanted.files):  # its files have names that say nothing
        return Place(item.folder, (), is_own_folder=True, existing=existing, actors=wanted.actors)
    beside = [path.stem for path in inside if parent_of(str(path)) == item.folder]
    stems = tuple(beside or dict.fromkeys(path.stem for path in inside))  # or its parts lie in CD1, CD2
    return Place(item.folder, stems, item.place == item.folder, existing)


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []  # observing the files says what is wrong with the folder


def _pictures(wanted: Wanted, member: Member, place: Place, profiles: Sequence[Profile]) -> Iterator[Desired]:
    is_set = member.item.kind is ItemKind.COLLECTION
    for one in member.selections:
        paths = naming.artwork_paths(one.kind, one.rank, one.extension, place, member.item.kind, profiles)
        if is_set and _has_other(wanted, place, one, paths):
            continue
        for path in paths:
            size = wanted.sizes[one.blob]
            new = 2 if is_set else 0  # the set's folder, and the one of all sets
            source = one.provider or one.chosen_by.value
            yield Desired(path, one.blob, size, Purpose.ARTWORK, rank=one.rank, source=source, new_folders=new)
    for name, blob in member.portraits:
        for path in naming.actor_paths(name, place, blob.extension):
            yield Desired(path, blob.sha256, blob.size, Purpose.ACTOR, source=name)


def _has_other(wanted: Wanted, place: Place, choice: Selection, paths: Sequence[str]) -> bool:
    """Whether the owner put a picture of that kind into a set's folder: no scan has seen it, and it is left to be."""
    ours = {*paths, *(row.path for row in wanted.owned)}
    names = (name for name in place.existing if f"{place.folder}/{name}" not in ours)
    slot = choice.kind, choice.rank
    return any(naming.parse_artwork(name, (), is_own_folder=True) == slot for name in names)


def _nfo(wanted: Wanted, path: str, there: bytes | None, blobs: Blobs) -> bytes:
    """The NFO's bytes. Unknown tags of what lies there, or of what we last published, are carried over."""
    try:
        return _render(wanted, there if there is not None else _published(wanted, path, blobs))
    except InvalidInput:  # what lies there is no NFO that could be read: nothing of it can be kept
        return _render(wanted, None)


def _render(wanted: Wanted, keep: bytes | None) -> bytes:
    item, streams = wanted.item, _streams(wanted.files)
    if item.kind is ItemKind.EPISODE:
        episodes = [_told(member.item, wanted.show) for member in wanted.members]
        return nfo.render_episodes(episodes, streams=streams, keep=keep)
    told = _told(item, wanted.show)
    return nfo.render(item.kind, told, streams=streams, keep=keep, seasons=wanted.season_names)


def _told(item: Item, show: Item | None) -> Metadata:
    """The metadata with what no NFO may lack: a title, and an episode's show."""
    metadata = item.metadata
    if metadata.title is None:
        metadata = replace(metadata, title=shown(PurePosixPath(item.folder).name))
    if item.kind is ItemKind.EPISODE and show is not None and metadata.show_title is None:
        metadata = replace(metadata, show_title=show.metadata.title)
    return metadata


def _published(wanted: Wanted, path: str, blobs: Blobs) -> bytes | None:
    rows = [row for row in wanted.owned if row.path.endswith(".nfo") and blobs.has(row.sha256, "nfo")]
    rows.sort(key=lambda row: row.path != path)  # else one under the video's former name
    return blobs.read(rows[0].sha256, "nfo") if rows else None


def _there(place: Path) -> bytes | None:
    try:
        is_nfo = place.is_file() and not place.is_symlink() and place.stat().st_size <= _NFO_LIMIT
        return place.read_bytes() if is_nfo else None
    except OSError:
        return None


def _streams(own_files: Sequence[MediaFile]) -> Mapping[str, Any] | None:
    """Of the first video that could be probed: players show one set of stream details per item."""
    for file in own_files:
        if file.role is FileRole.VIDEO and file.details.get("video"):
            return file.details
    return None
