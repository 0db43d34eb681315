"""The two directions of one vocabulary: what NFO files call ratings and ids, and how to look into an element."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metarr.library.nfo.markup import legal, name_of
from metarr.model.media import ExternalIds, ItemKind

if TYPE_CHECKING:
    from lxml import etree

ROOTS = {
    "movie": ItemKind.MOVIE,
    "tvshow": ItemKind.SERIES,
    "season": ItemKind.SEASON,
    "episodedetails": ItemKind.EPISODE,
}
# Our name of a rating's source and Kodi's (its scrapers write these).
RATING_NAMES = {"tmdb": "themoviedb", "tomatoes": "tomatometerallcritics"}
RATING_SOURCES = {"themoviedb": "tmdb", "thetvdb": "tvdb", "tomatometerallcritics": "tomatoes"}
ID_SOURCES = {"themoviedb": "tmdb", "thetvdb": "tvdb"}
YOUTUBE = "plugin://plugin.video.youtube/?action=play_video&videoid="

_IMDB = re.compile(r"tt[0-9]{7,10}")
_NUMBER = re.compile(r"[0-9]{1,10}")


class Tags:
    """The children of an element by lower-case name; an empty one counts as absent."""

    def __init__(self, element: etree._Element) -> None:
        self._children: dict[str, list[etree._Element]] = {}
        for child in element:
            self._children.setdefault(name_of(child), []).append(child)

    def all(self, name: str) -> list[etree._Element]:
        return self._children.get(name, [])

    def text(self, *names: str) -> str | None:
        """The first text that is not empty, in the order of the names."""
        return next((text for name in names for child in self.all(name) if (text := text_of(child))), None)

    def texts(self, name: str) -> tuple[str, ...]:
        """Each entry of a repeated tag once; an entry may be a list: Kodi joins with " / ", older programs with "|"."""
        joined = [(text_of(child) or "").replace(" / ", "|") for child in self.all(name)]
        entries = [entry.strip() for text in joined for entry in text.split("|")]
        return tuple(dict.fromkeys(entry for entry in entries if entry))

    def number(self, *names: str) -> int | None:
        """A whole number of 0 or more; -1 is how several programs say "none"."""
        found = re.match(r"[0-9]{1,9}(?![0-9])", self.text(*names) or "")
        return int(found[0]) if found else None


def text_of(element: etree._Element) -> str | None:
    return legal("".join(str(piece) for piece in element.itertext(with_tail=False))) or None


def attribute(element: etree._Element, name: str) -> str:
    """An attribute by name in any letter case, or ""."""
    return next((str(value).strip() for key, value in element.items() if key.lower() == name), "")


def known_ids(pairs: dict[str, str]) -> ExternalIds:
    """The ids that can be ones: `tt` and seven digits or more, other sources a number above 0."""
    good: dict[str, str] = {}
    for name, value in pairs.items():
        source = ID_SOURCES.get(name, name)
        is_good = _IMDB.fullmatch(value) if source == "imdb" else _NUMBER.fullmatch(value) and int(value) > 0
        if is_good:
            good.setdefault(source, value)
    return ExternalIds.from_dict(good)


def looks_like_imdb(value: str) -> bool:
    return _IMDB.fullmatch(value) is not None
