"""What the demo's Kodi makes of a show's folder: `tvshow.nfo`, episodes beside their NFO files, art.

Like `kodi_disk`, a witness of its own; the rules are those observed on Kodi 20.1 with the local-information scraper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from metarr.demo.kodi_disk import PICTURES, VIDEOS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_NUMBERS: Final = re.compile(r"S(\d+)((?:[-_ ]?E\d+)+)", re.IGNORECASE)
_SEASON_ART: Final = re.compile(r"season(\d{2,}|-specials)-([a-z0-9]+)")
_BLOCK: Final = re.compile(r"<episodedetails.*?</episodedetails>", re.DOTALL)
_ART_TYPE: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Show:
    """A show as its folder describes it, without its episodes."""

    folder: Path
    title: str
    plot: str
    art: Mapping[str, Path]
    season_art: Mapping[int, Mapping[str, Path]]


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode; a file may hold several."""

    video: Path
    season: int
    number: int
    title: str
    art: Mapping[str, Path]


def show_of(folder: Path) -> Show | None:
    """The show of this folder; None without a readable `tvshow.nfo`."""
    try:
        nfo = ET.fromstring((folder / "tvshow.nfo").read_text("utf-8-sig", errors="replace"))  # noqa: S314 - the demo's own files
    except (OSError, ET.ParseError):
        return None
    art: dict[str, Path] = {}
    seasons: dict[int, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        stem = path.stem.lower()
        if path.suffix.lower() not in PICTURES:
            continue
        if season := _SEASON_ART.fullmatch(stem):
            number = 0 if season[1] == "-specials" else int(season[1])
            seasons.setdefault(number, {})[season[2]] = path
        elif _ART_TYPE.fullmatch(stem):
            art[stem] = path
    return Show(folder, nfo.findtext("title") or "", nfo.findtext("plot") or "", art, seasons)


def episodes_below(folder: Path) -> Iterator[Episode]:
    """Every episode in this folder and the ones inside it. One without an NFO of its own is not taken."""
    for video in sorted(folder.rglob("*")):
        if video.suffix.lower() in VIDEOS and video.is_file():
            yield from episodes_of(video)


def episodes_of(video: Path) -> Iterator[Episode]:
    """The episodes of a file: those that its name has and its NFO describes, where that can be read."""
    named = _NUMBERS.search(video.stem)
    if named is None or not video.is_file():
        return
    numbers = {int(number) for number in re.findall(r"\d+", named[2])}
    try:
        told = video.with_suffix(".nfo").read_text("utf-8-sig", errors="replace")
        blocks = [ET.fromstring(text) for text in _BLOCK.findall(told)]  # noqa: S314 - as above
    except (OSError, ET.ParseError):
        return
    thumb = next((path for path in (video.with_name(f"{video.stem}-thumb.jpg"),) if path.is_file()), None)
    for block in blocks:
        number = int(block.findtext("episode") or -1)
        if number in numbers or len(blocks) == 1:
            season = int(block.findtext("season") or named[1])
            yield Episode(video, season, number, block.findtext("title") or "", {"thumb": thumb} if thumb else {})
