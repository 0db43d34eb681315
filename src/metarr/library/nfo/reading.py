"""Lenient reading of NFO files: broken XML, several roots, URL-only files, and every dialect met in real libraries.

Sources: Kodi `xbmc/video/tags/VideoInfoTag.cpp` (ParseNative), Jellyfin `MediaBrowser.XbmcMetadata/Parsers`,
Radarr and Sonarr `Extras/Metadata/Consumers/Xbmc/XbmcMetadata.cs`, tinyMediaManager and MediaElch exports.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from metarr.errors import InvalidInput
from metarr.library.nfo import markup
from metarr.library.nfo.tags import (
    RATING_SOURCES,
    ROOTS,
    Tags,
    attribute,
    known_ids,
    looks_like_imdb,
    text_of,
)
from metarr.model.media import (
    CastMember,
    CollectionRef,
    CrewMember,
    ExternalIds,
    ItemKind,
    Metadata,
    Rating,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml import etree


class Hand(StrEnum):
    """Who wrote an NFO: a person's ranks before providers, another program's after them."""

    METARR = "metarr"
    RADARR = "radarr"
    SONARR = "sonarr"
    JELLYFIN = "jellyfin"
    TINYMEDIAMANAGER = "tinymediamanager"
    MEDIAELCH = "mediaelch"
    KODI = "kodi"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NfoDocument:
    """What an NFO says. `kind` None: only addresses, which do not tell. `episodes`: all of a multi-episode file.

    `metadata` is that of the first root, its ids filled up from the addresses (`url_ids`) around the XML.
    """

    kind: ItemKind | None
    metadata: Metadata
    episodes: tuple[Metadata, ...]
    url_ids: ExternalIds
    hand: Hand
    warnings: tuple[str, ...]


_PAGES = (
    ("tmdb", re.compile(r"(?:themoviedb|tmdb)\.org/(?P<kind>movie|tv)/(?P<id>[0-9]+)", re.IGNORECASE)),
    ("imdb", re.compile(r"imdb\.com/(?:[a-z-]+/)?title/(?P<id>tt[0-9]+)", re.IGNORECASE)),
    ("tvdb", re.compile(r"thetvdb\.com/\S{0,200}?(?:[?&]id=|/series/)(?P<id>[0-9]+)", re.IGNORECASE)),
    ("tvmaze", re.compile(r"tvmaze\.com/shows/(?P<id>[0-9]+)", re.IGNORECASE)),
)
_TRAILER = re.compile(r"(?:video_?id=|[?&]v=|youtu\.be/|/embed/)(?P<id>[A-Za-z0-9_-]{6,20})")
_TRAILER_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_ID_TAGS = {
    "tmdbid": "tmdb",
    "tmdb_id": "tmdb",
    "imdbid": "imdb",
    "imdb": "imdb",
    "imdb_id": "imdb",
    "tvdbid": "tvdb",
    "tvdb_id": "tvdb",
    "tvmazeid": "tvmaze",
}
_ACTING = frozenset({"", "actor", "gueststar"})  # Jellyfin writes the crew as <actor><type>Director
_SET_TYPES = frozenset({"tmdbcol", "tmdbset"})
_BEST_RATING = 10


def read(data: bytes) -> NfoDocument:
    """Raises InvalidInput, naming why, for what is no NFO of a movie, show, season or episode."""
    source = markup.parse(data)
    roots = list(_roots(source.elements))
    url_ids, url_kind = _addresses(source.outside if roots else source.text)
    if not roots:
        return _addresses_only(source, url_ids, url_kind)
    kind = ROOTS[markup.name_of(roots[0])]
    found = [_metadata(root, kind) for root in roots if ROOTS[markup.name_of(root)] is kind]
    first = replace(found[0], ids=found[0].ids.merged_with(url_ids))
    warnings = list(source.warnings)
    if len(found) > 1 and kind is not ItemKind.EPISODE:
        warnings.append(f"holds {len(found)} <{markup.name_of(roots[0])}>: the first is used")
    return NfoDocument(
        kind=kind,
        metadata=first,
        episodes=(first, *found[1:]) if kind is ItemKind.EPISODE else (),
        url_ids=url_ids,
        hand=_hand(source, roots[0]),
        warnings=tuple(warnings),
    )


def _roots(elements: Iterable[etree._Element]) -> Iterable[etree._Element]:
    for element in elements:
        inner = element if markup.name_of(element) == "episodes" else [element]
        yield from (node for node in inner if markup.name_of(node) in ROOTS)


def _addresses_only(source: markup.Markup, ids: ExternalIds, kind: ItemKind | None) -> NfoDocument:
    if not ids:
        names = ", ".join(f"<{markup.name_of(element)}>" for element in source.elements[:3])
        what = f"it describes {names}" if names else "no XML and no provider's address in it, as a release group's"
        raise InvalidInput(f"no NFO of a movie, show, season or episode: {what}")
    lines = source.text.split()
    # What Radarr and Sonarr write when told to write the address only.
    hand = Hand.UNKNOWN
    if len(lines) == 2 and ids.tmdb and ids.imdb and kind is ItemKind.MOVIE:  # noqa: PLR2004 - two addresses
        hand = Hand.RADARR
    elif len(lines) == 1 and "?tab=series&id=" in lines[0]:
        hand = Hand.SONARR
    return NfoDocument(kind, Metadata(ids=ids), (), ids, hand, source.warnings)


def _addresses(text: str) -> tuple[ExternalIds, ItemKind | None]:
    found = {name: match for name, pattern in _PAGES if (match := pattern.search(text))}
    kind = None
    if "tmdb" in found:
        kind = ItemKind.MOVIE if found["tmdb"]["kind"].lower() == "movie" else ItemKind.SERIES
    elif found.keys() & {"tvdb", "tvmaze"}:
        kind = ItemKind.SERIES
    return known_ids({name: match["id"].lower() for name, match in found.items()}), kind


def _hand(source: markup.Markup, root: etree._Element) -> Hand:
    comments = " ".join(source.comments).lower()
    names = {markup.name_of(element) for element in root.iter()}
    generator = (root.findtext("generator/appname") or "").lower()
    id_types = {attribute(element, "type").lower() for element in root.iter("uniqueid")}
    arr = Hand.RADARR if markup.name_of(root) == "movie" else Hand.SONARR
    signs = (
        (Hand.METARR, markup.OUR_MARK in comments),
        (Hand.TINYMEDIAMANAGER, "tinymediamanager" in comments + generator),
        (Hand.MEDIAELCH, "mediaelch" in generator or "mediaelch_fallback" in id_types),
        (Hand.JELLYFIN, "lockdata" in names),
        (Hand.SONARR, "sonarr" in id_types),
        (arr, {"watched", "scantype"} <= names),
        # Sonarr's show has no <watched>; it is on one line and without declaration (OmitXmlDeclaration).
        (Hand.SONARR, source.text.startswith("<tvshow>") and "episodeguide" in names and "playcount" not in names),
        # Kodi prints every float with six digits, among them the resume point of its export.
        (Hand.KODI, any(re.fullmatch(r"[0-9]+\.[0-9]{6}", node.text or "") for node in root.iter("position"))),
    )
    return next((hand for hand, is_sign in signs if is_sign), Hand.UNKNOWN)


def _metadata(root: etree._Element, kind: ItemKind) -> Metadata:
    tags = Tags(root)
    premiered = _date(tags.text("premiered", "aired", "releasedate", "firstaired"))
    year = tags.number("year")
    user_rating = _decimal(tags.text("userrating"))
    return Metadata(
        title=tags.text("title", "localtitle", "name"),
        original_title=tags.text("originaltitle"),
        sort_title=tags.text("sorttitle"),
        year=year or (int(premiered[:4]) if premiered else None),
        premiered=premiered,
        plot=tags.text("plot", "biography"),
        outline=tags.text("outline"),
        tagline=tags.text("tagline"),
        runtime=tags.number("runtime") or None,
        certification=tags.text("mpaa", "certification"),
        genres=tags.texts("genre"),
        studios=tags.texts("studio"),
        countries=tags.texts("country"),
        tags=tags.texts("tag"),
        ratings=_ratings(tags),
        user_rating=round(user_rating) if user_rating and 1 <= round(user_rating) <= _BEST_RATING else None,
        cast=_cast(tags),
        crew=_crew(tags),
        collection=_collection(tags),
        trailer=_trailer(tags.text("trailer")),
        status=tags.text("status") if kind is ItemKind.SERIES else None,
        show_title=tags.text("showtitle") if kind is ItemKind.EPISODE else None,
        season=tags.number("seasonnumber") if kind is ItemKind.SEASON else _numbering(tags, kind, "season"),
        episode=_numbering(tags, kind, "episode"),
        display_season=_numbering(tags, kind, "displayseason"),
        display_episode=_numbering(tags, kind, "displayepisode"),
        ids=_ids(tags),
    )


def _numbering(tags: Tags, kind: ItemKind, name: str) -> int | None:
    """Kodi's export of movies and shows carries <season>-1 and the like too: numbers count in episodes only."""
    return tags.number(name) if kind is ItemKind.EPISODE else None


def _date(text: str | None) -> str | None:
    try:
        return date.fromisoformat((text or "")[:10]).isoformat()
    except ValueError:
        return None


def _decimal(text: str | None) -> float | None:
    """A number above 0, also with a decimal comma."""
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def _count(text: str | None) -> int | None:
    digits = re.sub(r"[^0-9]", "", text or "")[:15]
    return int(digits) if digits else None


def _ratings(tags: Tags) -> tuple[Rating, ...]:
    """The default one first. The single <rating> of older files counts where there are no others."""
    found: dict[str, Rating] = {}
    entries = [entry for group in tags.all("ratings") for entry in Tags(group).all("rating")]
    for entry in sorted(entries, key=lambda entry: attribute(entry, "default").lower() != "true"):
        inner = Tags(entry)
        name = attribute(entry, "name").lower() or "default"
        scale = _decimal(attribute(entry, "max")) or 10.0
        value = _decimal(inner.text("value"))
        if value and value <= scale:
            source = RATING_SOURCES.get(name, name)
            found.setdefault(source, Rating(source, value, scale, _count(inner.text("votes")) or None))
    if found:
        return tuple(found.values())
    value = _decimal(tags.text("rating", "communityrating"))
    is_rating = value is not None and value <= _BEST_RATING
    return (Rating("default", value, votes=_count(tags.text("votes")) or None),) if value and is_rating else ()


def _cast(tags: Tags) -> tuple[CastMember, ...]:
    found = []
    for position, actor in enumerate(tags.all("actor")):
        inner = Tags(actor)
        name = inner.text("name")
        if not name or (inner.text("type") or "").lower() not in _ACTING:
            continue
        order = inner.number("order", "sortorder")
        thumb = inner.text("thumb") or ""
        found.append(
            CastMember(
                name=name,
                role=inner.text("role") or "",
                order=position if order is None else order,
                tmdb=known_ids({"tmdb": inner.text("tmdbid") or ""}).tmdb,
                portrait_url=thumb if thumb.startswith(("http://", "https://")) else None,
            )
        )
    return tuple(found)


def _crew(tags: Tags) -> tuple[CrewMember, ...]:
    directors = [CrewMember(name, "director") for name in tags.texts("director")]
    writers = [CrewMember(name, "writer") for name in tags.texts("credits") or tags.texts("writer")]
    return (*directors, *writers)


def _collection(tags: Tags) -> CollectionRef | None:
    nested = [entry for group in tags.all("sets") for entry in Tags(group).all("set")]
    for entry in [*tags.all("set"), *nested]:
        inner = Tags(entry)
        # The text may stand before a comment or a nested name, which says it better.
        name = inner.text("name") or markup.legal(str(entry.text or ""))
        if name:
            numbers = [attribute(entry, "tmdbcolid"), *_set_ids(tags)]
            tmdb = next((known for number in numbers if (known := known_ids({"tmdb": number}).tmdb)), None)
            return CollectionRef(name, tmdb, inner.text("overview"))
    return None


def _set_ids(tags: Tags) -> list[str]:
    entries = [entry for entry in tags.all("uniqueid") if attribute(entry, "type").lower() in _SET_TYPES]
    return [text_of(entry) or "" for entry in entries]


def _trailer(text: str | None) -> str | None:
    found = _TRAILER.search(text or "")
    if found:
        return found["id"]
    return text if text and _TRAILER_ID.fullmatch(text) else None


def _ids(tags: Tags) -> ExternalIds:
    """By what is told most exactly: uniqueid, then tags of their own, then <id> by attribute or where it is IMDb's."""
    pairs: list[tuple[str, str]] = []
    for entry in tags.all("uniqueid"):
        text = text_of(entry) or ""
        kind = attribute(entry, "type").lower()
        pairs.append(("imdb" if looks_like_imdb(text) else kind, text))
    pairs += [(source, tags.text(name) or "") for name, source in _ID_TAGS.items()]
    for entry in tags.all("id"):
        pairs += [(str(key).lower(), str(value).strip()) for key, value in entry.items()]
        pairs += [("imdb", text_of(entry) or "")]
    for group in tags.all("ids"):  # older tinyMediaManager
        entries = [Tags(entry) for entry in Tags(group).all("entry")]
        pairs += [((entry.text("key") or "").lower(), entry.text("value") or "") for entry in entries]
    ids = ExternalIds()
    for name, value in pairs:
        ids = ids.merged_with(known_ids({name: value}))
    return ids
