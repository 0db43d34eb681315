"""What a download manager says that it did to a library's files. Every path is relative to the library's root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metarr.model.media import LibraryId


@dataclass(frozen=True, slots=True)
class Imported:
    """Videos were put into the folder of a film or a show. `deleted`: those that made room for them.

    `by`: who says so, as people know it ("Radarr").
    """

    library_id: LibraryId
    folder: str
    by: str
    files: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    is_upgrade: bool = False


@dataclass(frozen=True, slots=True)
class Renamed:
    """Videos of a film or a show got other names: (previous path, new path) of each."""

    library_id: LibraryId
    by: str
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """Videos, or whole folders, of a film or a show were deleted from its folder."""

    library_id: LibraryId
    folder: str
    by: str
    paths: tuple[str, ...]
