"""Everything the database knows that decides what the folder of an item should hold, in one read.

Episodes of one file are published together: they share its NFO. Pictures of actors may lie in a folder that several
items share (a show's, or one of many films); whichever item published one first has its row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from metarr.library import naming
from metarr.library.naming import Place
from metarr.model.media import FileRole, ItemKind
from metarr.store import artwork, collections, items, kinship, libraries, people, published
from metarr.store import files as stored_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.model.artwork import Blob, Selection
    from metarr.model.media import Item, ItemId, Library, MediaFile
    from metarr.model.published import Owned
    from metarr.settings import Settings
    from metarr.store.db import Tx


@dataclass(frozen=True, slots=True)
class Member:
    """One item with what was chosen for it. `portraits`: an actor's name and head shot."""

    item: Item
    selections: tuple[Selection, ...]
    portraits: tuple[tuple[str, Blob], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is published together: one item, or the episodes of one file in their order.

    `actors`: the folder that holds their `.actors`. `show`: of a season or an episode. `owned`: their rows, and others'
    rows of files that they want too.
    """

    library: Library
    members: tuple[Member, ...]
    files: tuple[MediaFile, ...]
    sizes: Mapping[str, int]  # of the chosen blobs, by sha256
    owned: tuple[Owned, ...]
    fingerprints: Mapping[str, str]  # of the folders, as the last scan recorded them
    actors: str
    show: Item | None = None
    season_folder: str | None = None
    season_names: Mapping[int, str] = field(default_factory=dict)
    set_folders: tuple[str, ...] = ()  # of a movie set: where its pictures lie, by each name that its movies give it
    ignored: tuple[str, ...] = ()  # patterns of what a scan does not see

    @property
    def item(self) -> Item:
        """The first of them, in whose name files are published."""
        return self.members[0].item


def gather(tx: Tx, item_id: ItemId, settings: Settings) -> Wanted:
    """Raises NotFound."""
    item = items.get(tx, item_id)
    members = tuple(_member(tx, one, settings) for one in _together(tx, item))
    item = members[0].item
    show = _show(tx, item)
    own_files = tuple(stored_files.of_item(tx, item.id))
    actors = _folder_of_actors(item, show, own_files)
    hashes = [selection.blob for member in members for selection in member.selections]
    portraits = {blob.sha256: blob for member in members for _, blob in member.portraits}
    season_folder = kinship.folder_of_season(tx, item) if item.kind is ItemKind.SEASON else None
    set_folders = _set_folders(tx, item, settings.publishing.movie_sets_folder)
    above = {item.folder, actors, season_folder or actors, *(parent_of(file.path) for file in own_files), *set_folders}
    return Wanted(
        library=libraries.get(tx, item.library_id),
        members=members,
        files=own_files,
        sizes={sha256: blob.size for sha256, blob in (artwork.blobs(tx, hashes) | portraits).items()},
        owned=_owned(tx, members, actors, settings),
        fingerprints=stored_files.fingerprints_of(tx, item.library_id, above),
        actors=actors,
        show=show,
        season_folder=season_folder,
        season_names=kinship.named_seasons(tx, item.id) if item.kind is ItemKind.SERIES else {},
        set_folders=set_folders,
        ignored=settings.scanning.ignore_patterns,
    )


def parent_of(path: str) -> str:
    """The folder of a path relative to the root; "" is the root itself."""
    above = str(PurePosixPath(path).parent)
    return "" if above == "." else above


def _together(tx: Tx, item: Item) -> Sequence[Item]:
    return kinship.of_same_file(tx, item) if item.kind is ItemKind.EPISODE else [item]


def _member(tx: Tx, item: Item, settings: Settings) -> Member:
    actors = [] if item.kind is ItemKind.SEASON else people.portraits(tx, item.id, settings.publishing.actor_pictures)
    blobs = artwork.blobs(tx, {actor.blob for actor in actors if actor.blob})
    return Member(
        item,
        tuple(artwork.selections(tx, item.id)),
        tuple((actor.name, blobs[actor.blob]) for actor in actors if actor.blob in blobs),
    )


def _show(tx: Tx, item: Item) -> Item | None:
    if item.kind not in {ItemKind.SEASON, ItemKind.EPISODE}:
        return None
    above = item
    while above.parent_id is not None:
        above = items.get(tx, above.parent_id)
    return above if above.kind is ItemKind.SERIES else None


def _set_folders(tx: Tx, item: Item, above: str) -> tuple[str, ...]:
    """Kodi looks for a set's pictures by the name that it read in NFO files; a person may change it in one."""
    if item.kind is not ItemKind.COLLECTION or not above:
        return ()
    named = [movie.metadata.collection for movie in collections.movies(tx, item)]
    folders = {naming.collection_folder(one.name) for one in named if one is not None}
    return tuple(f"{above}/{folder}" for folder in sorted(folders) if folder)


def _folder_of_actors(item: Item, show: Item | None, own_files: Sequence[MediaFile]) -> str:
    """Kodi looks for an episode's guests beside its show, and for a disc's actors in VIDEO_TS or BDMV."""
    disc = next((file.path for file in own_files if file.details.get("disc")), None)
    if show is not None or disc is None:
        return show.folder if show is not None else item.folder
    inner, _, deeper = disc.removeprefix(f"{item.folder}/").partition("/")
    return f"{item.folder}/{inner}" if deeper else item.folder


def _owned(tx: Tx, members: Sequence[Member], actors: str, settings: Settings) -> tuple[Owned, ...]:
    """Rows of the members, and others' rows of head shots that they want too, less those that others still want."""
    item = members[0].item
    rows = {row.path: row for member in members for row in published.owned(tx, member.item.id)}
    wanted = {path for member in members for path in _paths(member.portraits, actors)}
    shared = published.owned_at(tx, item.library_id, wanted - rows.keys())
    unwanted = {path for path in rows if f"/{naming.ACTORS}/" in f"/{path}"} - wanted
    if unwanted:
        limit = settings.publishing.actor_pictures
        others = kinship.beside(tx, item, [member.item.id for member in members])
        kept = set(_paths(people.portraits_of_many(tx, others, limit), actors))
        rows = {path: row for path, row in rows.items() if path not in unwanted & kept}
    return (*rows.values(), *shared)


def _paths(portraits: Iterable[tuple[str, Blob]], actors: str) -> list[str]:
    place = Place(actors, (), is_own_folder=True)
    return [path for name, blob in portraits for path in naming.actor_paths(name, place, blob.extension)]


def videos(wanted: Wanted) -> list[PurePosixPath]:
    """The main video files, by path."""
    return [PurePosixPath(file.path) for file in wanted.files if file.role is FileRole.VIDEO]
