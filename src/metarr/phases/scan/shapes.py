"""What a picture of a library is where its name leaves that open: by its shape, and by what is cut out of it. Pure.

`folder.jpg` is a poster to one program and a still to another, and what is called a poster may be none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr.model.artwork import ArtworkKind
from metarr.model.media import FileRole
from metarr.phases.scan.classify import NO_KNOWN_NAME

if TYPE_CHECKING:
    from metarr.model.media import MediaFile

# Width by height, and whether it is cut out: the sizes of Kodi's wiki, "Artwork types", with room around them.
_SHAPES: dict[ArtworkKind, tuple[float, float, bool]] = {
    ArtworkKind.POSTER: (0.55, 0.85, False),
    ArtworkKind.KEYART: (0.55, 0.85, False),
    ArtworkKind.LANDSCAPE: (1.3, 2.4, False),
    ArtworkKind.FANART: (1.3, 2.4, False),
    ArtworkKind.THUMB: (1.2, 2.4, False),
    ArtworkKind.BANNER: (3.5, 8.0, False),
    ArtworkKind.CLEARLOGO: (1.2, 8.0, True),
    ArtworkKind.CLEARART: (1.0, 2.4, True),
    ArtworkKind.DISCART: (0.9, 1.1, True),
    ArtworkKind.CHARACTERART: (0.2, 1.1, True),
}
# What a shape is first of all; the others only by their names.
_USUAL = (ArtworkKind.POSTER, ArtworkKind.LANDSCAPE, ArtworkKind.BANNER, ArtworkKind.DISCART)
_LOGO_FROM = 2.1  # what is cut out and wider than this is a logo, else clear art
_LEAST = 200  # pixels on the longer side: smaller ones are icons, and say nothing
_WORD = re.compile(r"([a-z]+)-?[0-9]*\.[a-z]+$")


@dataclass(frozen=True, slots=True)
class Look:
    """A picture's measures in pixels. `is_cut_out`: one can see through parts of it."""

    width: int
    height: int
    is_cut_out: bool = False

    def __str__(self) -> str:
        return f"{self.width} x {self.height}, {'cut out' if self.is_cut_out else 'opaque'}"


def is_open(file: MediaFile) -> bool:
    """Whether the name alone does not settle what a picture is."""
    if file.role is FileRole.UNKNOWN:
        return file.rule == NO_KNOWN_NAME
    kind = file.details.get("artwork")
    if file.role is not FileRole.ARTWORK or file.details.get("rank") is None:
        return False
    return kind == ArtworkKind.POSTER or (kind != ArtworkKind.THUMB and not _is_called(file, kind))


def by_shape(file: MediaFile, look: Look) -> MediaFile:
    """The file as name and picture together say."""
    kind = _usual(look)
    if max(look.width, look.height) < _LEAST:
        return file
    if file.role is FileRole.UNKNOWN:
        if kind is None:
            return file
        details = {**file.details, "artwork": kind.value, "rank": None}
        rule = f"{NO_KNOWN_NAME}, but {look}: like a {kind.value}"
        return replace(file, role=FileRole.ARTWORK, confidence=60, rule=rule, details=details)
    named = ArtworkKind(file.details["artwork"])
    if _fits(named, look):
        return replace(file, rule=f"{file.rule}, and looks like it")
    if kind is None or _is_called(file, named):
        return replace(file, confidence=60, rule=f"{file.rule}, but {look}")
    rule = f"{file.rule}, but {look}: like a {kind.value}"
    return replace(file, confidence=85, rule=rule, details={**file.details, "artwork": kind.value})


def _is_called(file: MediaFile, kind: str | None) -> bool:
    """Whether its name has the very word, and not one that programs use for several kinds."""
    word = _WORD.search(file.path.rpartition("/")[2].lower())
    return word is not None and word[1] == kind


def _fits(kind: ArtworkKind, look: Look) -> bool:
    low, high, is_cut_out = _SHAPES[kind]
    return look.height > 0 and low <= look.width / look.height <= high and look.is_cut_out is is_cut_out


def _usual(look: Look) -> ArtworkKind | None:
    kind = next((kind for kind in _USUAL if _fits(kind, look)), None)
    if kind is None and _fits(ArtworkKind.CLEARLOGO, look):
        return ArtworkKind.CLEARLOGO if look.width >= _LOGO_FROM * look.height else ArtworkKind.CLEARART
    return kind
