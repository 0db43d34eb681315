"""What the API takes and gives about libraries and their folders."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from metarr.api.shapes import Name, PathText, Shape, Text
from metarr.library.naming import Profile
from metarr.settings import LanguageCode, LibraryOverrides


class ItemCounts(Shape):
    items: int
    missing: int
    needs_identification: int
    enriched: int
    published: int
    awaiting_choice: int
    confirmed: int


class Library(Shape):
    id: int
    name: Text
    kind: str
    root: Text
    profiles: list[str]
    is_confirmed: bool
    """Whether publishing may replace files that it did not write."""
    languages: list[str]
    """Wanted here, in order, `original` among them; empty: as everywhere."""


class ListedLibrary(Library):
    passing = frozenset({"counts", "is_paused"})

    counts: ItemCounts
    is_paused: bool
    """Whether its enrichment as a whole waits for a person."""
    overrides: LibraryOverrides
    """The settings that it has of its own; null in it: as everywhere."""


class LibraryPatch(Shape):
    """What a library has of its own; what is not named stays. `languages`: in order, `original` for the item's own;
    empty: as everywhere. `overrides`: null for a setting of its own that is to be as everywhere again.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Films", "profiles": ["kodi", "jellyfin"], "languages": ["de", "original"]},
                {"overrides": {"autoSelectAssets": True, "actorPictures": 0, "autoSync": None}},
            ]
        }
    )

    name: Name | None = None
    profiles: Annotated[list[Profile], Field(min_length=1, max_length=len(Profile))] | None = None
    languages: Annotated[list[LanguageCode], Field(max_length=20)] | None = None
    overrides: LibraryOverrides | None = None


class LibraryFolder(Shape):
    """A folder of the machine that Metarr runs on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "/media/movies"}]})

    path: PathText


class NewLibrary(LibraryFolder):
    """`kind`: movies or tv. `name` null: the folder's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "/media/movies", "kind": "movies"}]})

    kind: str = "movies"
    name: Name | None = None


class AddedLibrary(Shape):
    library: Library
    warnings: list[Text]


class CheckedFolder(Shape):
    """`foldsCase`, `foldsAccents`: whether names that differ in nothing else are one file there; null: nothing there
    tells. `network`: the kind of network file system that it lies on. `free`, `total`: bytes.
    """

    root: Text
    is_empty: bool
    is_writable: bool
    network: str | None
    folds_case: bool | None
    folds_accents: bool | None
    free: int | None
    total: int | None
    warnings: list[Text]
    meets: Text | None = None
    """The library that has these files already; null: none."""


class RelocationOrder(LibraryFolder):
    """`dryRun`: only say what would be found there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "/mnt/new/movies", "dryRun": True}]})

    dry_run: bool = False


class Kept(Shape):
    """Videos that were looked for: all, or some of a large library. `missing`: examples of those that are not there."""

    checked: int
    found: int
    differing: int
    missing: list[Text]


class Relocation(Shape):
    root: Text
    kept: Kept
    warnings: list[Text]
    is_done: bool
    """false: it was only tried."""
