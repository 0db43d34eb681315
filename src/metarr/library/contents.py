"""Whether a file holds what its name says: a picture that can be decoded, an NFO that can be read. Reads only."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from PIL import Image

from metarr.errors import InvalidInput
from metarr.library import nfo

if TYPE_CHECKING:
    from pathlib import Path

_PICTURE_FORMATS = ("JPEG", "PNG", "WEBP")
_DRAFT = (64, 64)  # pixels: JPEG decodes at an eighth of its size, which still finds a file cut short


def digest(place: Path) -> str:
    """Its sha256. Follows no link."""
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(handle, "rb") as file:  # noqa: PTH123 - the descriptor was opened without following a link
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_valid(place: Path) -> bool:
    """Whether players can read it."""
    if _is_nfo(place):
        try:
            nfo.read(place.read_bytes())
        except InvalidInput:
            return False
        return True
    try:
        with Image.open(place, formats=_PICTURE_FORMATS) as image:
            image.draft("RGB", _DRAFT)
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True


def is_on_purpose(place: Path) -> bool:
    """A text that is no NFO is somebody's, whatever it says; emptiness and zeros are what a power failure leaves."""
    if not _is_nfo(place):
        return False
    data = place.read_bytes()
    return bool(data.strip()) and b"\0" not in data


def _is_nfo(place: Path) -> bool:
    return place.suffix.lower() == ".nfo"
