"""What publishing leaves behind: files we own, lines of history, and what went into the recycle bin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metarr.model.artwork import BlobOrigin


class Purpose(StrEnum):
    """What a published file is for."""

    NFO = "nfo"
    ARTWORK = "artwork"
    ACTOR = "actor"
    EDITED = "edited"  # an NFO of ours that a person changed, and whose values were taken in


@dataclass(frozen=True, slots=True)
class Owned:
    """A row of ours: what we published at a path (relative to the root), and its file's stat right after.

    `is_edited`: a person changed it since, and we took that in.
    """

    path: str
    sha256: str
    size: int  # bytes
    mtime_ns: int
    inode: int
    is_edited: bool = False

    @property
    def extension(self) -> str:
        return self.path.rpartition(".")[2].lower()


@dataclass(frozen=True, slots=True)
class Recycled:
    """What was replaced or removed, all that is needed to put it back. Its bytes are in the cache."""

    path: str
    sha256: str
    extension: str
    size: int  # bytes
    origin: BlobOrigin
    uid: int
    gid: int
    mode: int
    mtime_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that was done to a file of an item, and why. `before` and `after` are sha256.

    `source`: where what was written comes from (a provider, "user", "metadata", the name of an actor).
    """

    action: str
    path: str
    reason: str
    before: str | None
    after: str | None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a verification report. `writer`: who wrote that file last, as far as that is known."""

    kind: str
    path: str
    detail: str
    is_repaired: bool
    writer: str | None = None
