"""Pictures: their kinds, what providers offer, what was chosen, and the bytes in the cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from metarr.model.media import ItemKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class ArtworkKind(StrEnum):
    """Every kind of picture an item can have."""

    POSTER = "poster"
    FANART = "fanart"
    CLEARLOGO = "clearlogo"
    CLEARART = "clearart"
    DISCART = "discart"
    BANNER = "banner"
    LANDSCAPE = "landscape"
    KEYART = "keyart"
    CHARACTERART = "characterart"
    THUMB = "thumb"


# Pixels (width, height) beyond which a bigger picture is no better; Kodi wiki, "Artwork types". Also gives the ratio.
IDEAL_SIZE: Mapping[ArtworkKind, tuple[int, int]] = {
    ArtworkKind.POSTER: (1000, 1500),
    ArtworkKind.FANART: (1920, 1080),
    ArtworkKind.CLEARLOGO: (800, 310),
    ArtworkKind.CLEARART: (1000, 562),
    ArtworkKind.DISCART: (1000, 1000),
    ArtworkKind.BANNER: (1000, 185),
    ArtworkKind.LANDSCAPE: (1000, 562),
    ArtworkKind.KEYART: (1000, 1500),
    ArtworkKind.CHARACTERART: (512, 512),
    ArtworkKind.THUMB: (1000, 562),
}


# Kinds of pictures that items of a level can have. https://kodi.wiki/view/Artwork_types
KINDS: Mapping[ItemKind, Collection[ArtworkKind]] = {
    ItemKind.MOVIE: frozenset(ArtworkKind),
    ItemKind.SERIES: frozenset(ArtworkKind) - {ArtworkKind.DISCART, ArtworkKind.THUMB},
    ItemKind.SEASON: frozenset({ArtworkKind.POSTER, ArtworkKind.BANNER, ArtworkKind.LANDSCAPE, ArtworkKind.FANART}),
    ItemKind.EPISODE: frozenset({ArtworkKind.THUMB}),
    ItemKind.COLLECTION: frozenset(ArtworkKind) - {ArtworkKind.CHARACTERART, ArtworkKind.THUMB},
}


class ChosenBy(StrEnum):
    """Whose will a choice is. USER and FOUND are never replaced by AUTO."""

    USER = "user"
    FOUND = "found"  # lay in the library before us
    AUTO = "auto"


class BlobOrigin(StrEnum):
    """Where the bytes came from. Only PROVIDER blobs may ever be collected by themselves."""

    LIBRARY = "library"
    UPLOAD = "upload"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that a provider offers (or that lay in the library). Figures are the ones the provider states.

    `url` is where the bytes are; a local candidate has `blob` instead. `language` None: text-less or unknown.
    """

    kind: ArtworkKind
    provider: str
    url: str | None = None
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    language: str | None = None  # ISO 639-1
    vote_average: float = 0.0  # 0-10
    votes: int = 0
    blob: str | None = None  # sha256
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """0-100 and the named parts that add up to it, for "why this poster?"."""

    total: float
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Selection:
    """The picture in one slot of an item: `rank` 0 is the first poster, 1 the second."""

    kind: ArtworkKind
    rank: int
    blob: str  # sha256
    extension: str  # "jpg", "png", "webp"
    chosen_by: ChosenBy
    candidate_id: int | None = None
    provider: str | None = field(default=None, compare=False)  # of the candidate, where that is known


@dataclass(frozen=True, slots=True)
class Blob:
    """Immutable bytes in the cache, by content."""

    sha256: str
    extension: str
    size: int  # bytes
    origin: BlobOrigin
    width: int | None = None
    height: int | None = None
