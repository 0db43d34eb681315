"""What the demo's Kodi makes of a folder: its own reading of names, NFO files and pictures.

Independent of the publishing code on purpose: it is the witness that a published folder works. The rules are those
observed on Kodi 20.1 and 21.2 with "movies in separate folders" and the local-information scraper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

VIDEOS: Final = frozenset({".mkv", ".mp4", ".avi", ".m4v", ".webm", ".mov", ".ts", ".iso"})
PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_ART_TYPE: Final = re.compile(r"[a-z0-9]+")  # so movie-poster.jpg and X.bak.jpg are nobody's


@dataclass(frozen=True, slots=True)
class Actor:
    """A cast entry and its head shot in `.actors`, if one is there."""

    name: str
    role: str
    picture: Path | None


@dataclass(frozen=True, slots=True)
class Film:
    """A movie as its NFO and its folder describe it."""

    video: Path
    title: str
    year: int  # 0 without <year>: nothing is taken from the folder's name
    plot: str
    play_count: int
    last_played: str
    user_rating: int
    unique_ids: Mapping[str, str]
    art: Mapping[str, Path]
    cast: tuple[Actor, ...]


def films_below(folder: Path) -> Iterator[Film]:
    """Every film in this folder and the ones inside it. A film without a readable NFO is not taken."""
    for directory in (folder, *sorted(path for path in folder.rglob("*") if path.is_dir())):
        if not any(part.startswith(".") for part in directory.relative_to(folder).parts):
            yield from _films_in(directory)


def film_of(video: Path) -> Film | None:
    """The film of this video; None when the video or a readable NFO is missing."""
    nfo = _nfo(video)
    return _film(video, nfo) if video.is_file() and nfo is not None else None


def _films_in(directory: Path) -> Iterator[Film]:
    for path in sorted(directory.iterdir()):
        if path.suffix.lower() in VIDEOS and not path.name.startswith(".") and (film := film_of(path)) is not None:
            yield film


def _nfo(video: Path) -> ET.Element | None:
    """`movie.nfo` wins over `<basename>.nfo`; what follows the closing tag (an address) is left out."""
    for path in (video.with_name("movie.nfo"), video.with_suffix(".nfo")):
        if path.is_file():
            text = path.read_text("utf-8-sig", errors="replace")
            start, end = text.find("<movie"), text.rfind("</movie>")
            try:
                return ET.fromstring(text[start : end + len("</movie>")]) if 0 <= start < end else None  # noqa: S314 - the demo's own files
            except ET.ParseError:
                return None
    return None


def _film(video: Path, nfo: ET.Element) -> Film:
    def text(tag: str) -> str:
        return (nfo.findtext(tag) or "").strip()

    def number(tag: str) -> int:
        return int(text(tag)) if text(tag).isdecimal() else 0

    return Film(
        video=video,
        title=text("title"),
        year=number("year"),
        plot=text("plot"),
        play_count=number("playcount"),
        last_played=text("lastplayed"),
        user_rating=number("userrating"),
        unique_ids={entry.get("type", "unknown"): (entry.text or "").strip() for entry in nfo.iter("uniqueid")},
        art=_art(video),
        cast=tuple(_actor(video, entry) for entry in nfo.iter("actor")),
    )


def _art(video: Path) -> dict[str, Path]:
    """Type -> picture: long names beat short ones, `folder.jpg` is the poster of last resort."""
    short: dict[str, Path] = {}
    long: dict[str, Path] = {}
    prefix = f"{video.stem}-".lower()
    for path in sorted(video.parent.iterdir()):
        stem = path.stem.lower()
        if path.suffix.lower() not in PICTURES or path.name.startswith("."):
            continue
        if stem.startswith(prefix) and _ART_TYPE.fullmatch(stem.removeprefix(prefix)):
            long[stem.removeprefix(prefix)] = path
        elif _ART_TYPE.fullmatch(stem):
            short[stem] = path
    folder = short.pop("folder", None)
    return ({"poster": folder} if folder is not None else {}) | short | long


def _actor(video: Path, entry: ET.Element) -> Actor:
    name = (entry.findtext("name") or "").strip()
    base = re.sub(r"[/\\?]", "_", name.replace(" ", "_"))
    candidates = (video.parent / ".actors" / f"{base}{suffix}" for suffix in (".jpg", ".png"))
    picture = next((path for path in candidates if path.is_file()), None)
    return Actor(name, (entry.findtext("role") or "").strip(), picture)
