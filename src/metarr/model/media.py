"""Items (movie, series, season, episode, collection), their files, their ids and their metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ItemId = NewType("ItemId", int)
LibraryId = NewType("LibraryId", int)
FileId = NewType("FileId", int)
USER = "user"  # the provenance of what a person said


class LibraryKind(StrEnum):
    """What a library holds."""

    MOVIES = "movies"
    TV = "tv"


class ItemKind(StrEnum):
    """The kinds of the one item table."""

    MOVIE = "movie"
    SERIES = "series"
    SEASON = "season"
    EPISODE = "episode"
    COLLECTION = "collection"


class Identity(StrEnum):
    """How sure we are what an item is."""

    IDENTIFIED = "identified"  # a provider's id is known
    GUESSED = "guessed"  # title and year only; enrichment searches for it
    REVIEW = "review"  # conflicting or doubtful evidence: a person decides
    LOCAL = "local"  # no provider knows it, and the owner said so (home video)


class ItemState(StrEnum):
    """How far an item is, in the words of lists and pages: the first that applies."""

    MISSING = "missing"  # its files are gone
    NEEDS_IDENTIFICATION = "needs identification"
    HELD = "held"  # publishing waits for a person, after an undo
    FOUND = "found"  # nothing published, not sure what it is
    IDENTIFIED = "identified"  # nothing published yet
    TO_BE_PUBLISHED = "to be published again"
    PUBLISHED = "published"


class FileRole(StrEnum):
    """What a file in a library is. Anything but VIDEO belongs to one."""

    VIDEO = "video"
    TRAILER = "trailer"
    EXTRA = "extra"
    SAMPLE = "sample"
    SUBTITLE = "subtitle"
    AUDIO = "audio"
    ARTWORK = "artwork"
    ACTOR = "actor"  # a head shot in .actors
    NFO = "nfo"
    THEME = "theme"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ExternalIds:
    """Ids by which the world knows an item. None: not known."""

    tmdb: int | None = None
    imdb: str | None = None  # "tt" and at least seven digits
    tvdb: int | None = None
    tvmaze: int | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in self.as_dict().values())

    def as_dict(self) -> dict[str, int | str]:
        """The known ids only, by the name of their source."""
        pairs = {"tmdb": self.tmdb, "imdb": self.imdb, "tvdb": self.tvdb, "tvmaze": self.tvmaze}
        return {name: value for name, value in pairs.items() if value is not None}

    @classmethod
    def from_dict(cls, ids: Mapping[str, Any]) -> ExternalIds:
        """Reverse of `as_dict`; unknown sources and malformed values are left out."""

        def number(name: str) -> int | None:
            text = str(ids.get(name) or "")
            return int(text) if text.isascii() and text.isdigit() else None

        imdb = str(ids.get("imdb") or "")
        return cls(
            tmdb=number("tmdb"),
            imdb=imdb if imdb.startswith("tt") and imdb[2:].isdigit() else None,
            tvdb=number("tvdb"),
            tvmaze=number("tvmaze"),
        )

    def agrees_with(self, other: ExternalIds) -> bool | None:
        """True or False by the sources that both know; None when they share none."""
        mine, theirs = self.as_dict(), other.as_dict()
        shared = mine.keys() & theirs.keys()
        return all(mine[name] == theirs[name] for name in shared) if shared else None

    def merged_with(self, other: ExternalIds) -> ExternalIds:
        """Own values first, gaps filled from `other`."""
        return ExternalIds.from_dict({**other.as_dict(), **self.as_dict()})


@dataclass(frozen=True, slots=True)
class Rating:
    """One source's rating on its own scale (imdb 7.9/10, metacritic 83/100)."""

    source: str
    value: float
    scale: float = 10.0
    votes: int | None = None


@dataclass(frozen=True, slots=True)
class CastMember:
    """An actor in an item, in billing order. `portrait_url` is where the provider keeps the head shot."""

    name: str
    role: str = ""
    order: int = 0
    tmdb: int | None = None
    portrait_url: str | None = None


@dataclass(frozen=True, slots=True)
class CrewMember:
    """A director or writer of an item."""

    name: str
    job: str  # "director" or "writer"
    tmdb: int | None = None


@dataclass(frozen=True, slots=True)
class CollectionRef:
    """The movie set that a movie belongs to."""

    name: str
    tmdb: int | None = None
    overview: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about an item, independent of any provider. None and () mean: not known.

    Dates are ISO (`yyyy-mm-dd`), `runtime` is minutes, `languages` and `countries` are names as shown.
    """

    title: str | None = None
    original_title: str | None = None
    sort_title: str | None = None
    original_language: str | None = None  # ISO 639-1
    year: int | None = None
    premiered: str | None = None
    plot: str | None = None
    outline: str | None = None
    tagline: str | None = None
    runtime: int | None = None
    certification: str | None = None
    genres: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ratings: tuple[Rating, ...] = ()
    user_rating: int | None = None  # whole number 1-10
    cast: tuple[CastMember, ...] = ()
    crew: tuple[CrewMember, ...] = ()
    collection: CollectionRef | None = None
    trailer: str | None = None  # a YouTube id
    status: str | None = None
    show_title: str | None = None
    season: int | None = None
    episode: int | None = None
    absolute: int | None = None  # counted through all seasons
    display_season: int | None = None
    display_episode: int | None = None
    ids: ExternalIds = field(default_factory=ExternalIds)


@dataclass(frozen=True, slots=True)
class Library:
    """A root folder that the owner asked us to look after."""

    id: LibraryId
    name: str
    kind: LibraryKind
    root: str
    profiles: tuple[str, ...]
    is_confirmed: bool  # the owner has seen and accepted the first publishing
    languages: tuple[str, ...] = ()  # asked for here, in order, "original" among them; (): as everywhere


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the item table with its document.

    `provenance` says per metadata field where its value came from ("nfo", "tmdb", "user", "name").
    `revision` grows with everything that publishing depends on; `published_revision` is what was last published,
    `disk_revision` grows with every change of the files themselves, `synced_revision` is what players last saw.
    """

    id: ItemId
    kind: ItemKind
    library_id: LibraryId
    parent_id: ItemId | None
    place: str | None  # what makes it the same item at the next scan: its folder, or folder//stem in a shared one
    folder: str  # relative to the root, "" = the root itself
    identity: Identity
    metadata: Metadata
    provenance: Mapping[str, str]
    locks: frozenset[str]  # metadata fields, and "artwork.<kind>"
    is_monitored: bool
    enriched_at: datetime | None
    missing_since: datetime | None
    is_held: bool  # publishing waits after an undo
    revision: int
    published_revision: int | None
    disk_revision: int
    synced_revision: int | None
    episode_order: str | None = None  # of a show: "dvd", "absolute", "tmdb:<group>", "tvdb:<order>"; None: as aired
    collection_id: ItemId | None = None  # of a movie: the set that it belongs to


@dataclass(frozen=True, slots=True)
class ItemNeeds:
    """What an item still lacks, as the store knows it."""

    item_id: ItemId
    kind: ItemKind
    identity: Identity
    is_monitored: bool
    is_held: bool
    is_missing: bool
    was_enriched: bool
    is_published: bool  # the desired state was published
    is_synced: bool  # players know the files as they are
    is_show_enriched: bool = True  # the show above a season or an episode; True for everything that has none


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file of a library: what it is, how sure we are, and which rule decided."""

    path: str  # relative to the root
    role: FileRole
    confidence: int  # 0-100; below 80 a person is asked
    rule: str
    size: int
    mtime_ns: int
    inode: int
    details: Mapping[str, Any] = field(default_factory=dict)  # probe result, language, part, edition, artwork kind
    id: FileId | None = None
