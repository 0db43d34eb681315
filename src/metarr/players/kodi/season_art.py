"""Pictures of seasons. Kodi takes them when it first hears of a season, and never again: a refreshed show leaves its
seasons' art as it was (observed on 20.1). So it is set, from the names of the files in the show's folder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from metarr.model.paths import is_under, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Kodi finds them by this: xbmc/video/VideoInfoScannerArt.cpp, GetSeasonThumbs
_NAME: Final = re.compile(r"season(?P<number>\d{2,}|-specials)-(?P<type>[a-z0-9]+)\.(?:jpe?g|png|webp)", re.IGNORECASE)


def season_details(
    number: int, shown: Mapping[str, str], changed: Iterable[str], listed: Iterable[str], folder: str
) -> dict[str, str | None]:
    """What to set: changed pictures of this season, and nothing (None) where a shown picture of the folder is gone."""
    there = _of_season(number, listed)
    wanted: dict[str, str | None] = {
        kind: path for kind, path in _of_season(number, changed).items() if kind in there and shown.get(kind) != path
    }
    files = {normalised(path) for path in there.values()}
    gone = (kind for kind, path in own_art(shown, folder).items() if normalised(path) not in files)
    return {kind: there.get(kind) for kind in gone} | wanted


def own_art(art: Mapping[str, str], folder: str) -> dict[str, str]:
    """The pictures from this folder, without those that Kodi takes over from a show or a set (`tvshow.poster`)."""
    return {kind: path for kind, path in art.items() if "." not in kind and is_under(path, folder)}


def _of_season(number: int, pictures: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in pictures:
        matched = _NAME.fullmatch(normalised(path).rpartition("/")[2])
        if matched is not None and number == (int(matched["number"]) if matched["number"].isdecimal() else 0):
            found[matched["type"].lower()] = path
    return found
