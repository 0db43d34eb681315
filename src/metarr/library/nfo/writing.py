"""Rendering NFO files: complete, in one order, and byte for byte the same while nothing changed.

What an NFO cannot carry, so that `read(render(m))` differs there: the original language; tmdb ids and portraits of
people (players would fetch the pictures); list entries with " / " or "|" in them; the order between directors and
writers; ratings whose scale is not ten when there is no ten-point one; addresses of provider pages in texts (with
one, Kodi would scrape that page: `xbmc/NfoFile.cpp`, Create), and characters that XML forbids. The first ten-point
rating becomes the first of all, and a missing year is that of the date.

Never written: watched state (Kodi and Jellyfin would import it over the user's), lockdata, dateadded, picture URLs.
"""

from __future__ import annotations

import copy
import json
import math
from typing import TYPE_CHECKING, Any

from lxml import etree

from metarr.errors import InvalidInput
from metarr.library.nfo import markup
from metarr.library.nfo.tags import ID_SOURCES, RATING_NAMES, ROOTS, YOUTUBE, Tags, attribute
from metarr.model.media import ItemKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.model.media import Metadata, Rating

_HEAD = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<!-- {markup.OUR_MARK} -->\n'.encode()
_TEN = 10.0
# What is not carried over from a replaced file: what we write ourselves (also when we know nothing to write), the
# same told in other tags, picture URLs, and what must never be in an NFO of ours.
_OURS = frozenset(
    {
        *("title", "originaltitle", "sorttitle", "showtitle", "ratings", "userrating", "outline", "plot", "tagline"),
        *("runtime", "mpaa", "premiered", "aired", "year", "uniqueid", "genre", "country", "set", "credits"),
        *("director", "studio", "status", "trailer", "tag", "actor", "season", "episode", "seasonnumber"),
        *("displayseason", "displayepisode", "episodeguide", "namedseason"),
    }
)
_OLD_NAMES = frozenset(
    {
        *("rating", "votes", "communityrating", "criticrating", "certification", "id", "ids", "tmdbid", "tmdb_id"),
        *("imdbid", "imdb", "imdb_id", "tvdbid", "tvdb_id", "tvmazeid", "writer", "releasedate", "sets", "localtitle"),
        *("thumb", "fanart", "art", "poster"),
    }
)
_FORBIDDEN = frozenset({"watched", "playcount", "lastplayed", "resume", "lockdata", "dateadded", "generator"})
_KNOWN_IDS = frozenset({"", "unknown", "tmdb", "imdb", "tvdb", "tvmaze", *ID_SOURCES})
_DROPPED = _OURS | _OLD_NAMES | _FORBIDDEN


def render(
    kind: ItemKind,
    metadata: Metadata,
    *,
    streams: Mapping[str, Any] | None = None,
    keep: bytes | None = None,
    seasons: Mapping[int, str] | None = None,
) -> bytes:
    """The bytes of the NFO. Unknown tags of `keep`, the file that it replaces, are carried over.

    `streams` has the keys video, audio and subtitle, each a list of mappings: {codec, aspect, width, height,
    duration_s, stereomode, hdr}, {codec, language, channels}, {language}; and perhaps duration_s, of the whole file.
    `seasons`: a show's seasons that have a name of their own, by number (Kodi has no NFO of seasons).
    """
    root = _element(kind, metadata, streams)
    for number, name in sorted((seasons or {}).items()):
        _add(root, "namedseason", name, number=str(number))
    for element in _unknown(_roots(keep, root.tag)[:1], has_streams=bool(streams)):
        root.append(element)
    return _written([root])


def render_episodes(
    episodes: Sequence[Metadata], *, streams: Mapping[str, Any] | None = None, keep: bytes | None = None
) -> bytes:
    """The bytes of the NFO of a file that holds these episodes, in their order: one element for each.

    Kodi takes the one with the wanted number, Jellyfin the first and joins the others' titles and plots to it.
    """
    before = _roots(keep, "episodedetails")
    roots = []
    for place, episode in enumerate(episodes):
        root = _element(ItemKind.EPISODE, episode, streams)
        same = [one for one in before if Tags(one).number("episode") == episode.episode]
        for element in _unknown((same or (before if place == 0 else []))[:1], has_streams=bool(streams)):
            root.append(element)
        roots.append(root)
    return _written(roots)


def _element(kind: ItemKind, metadata: Metadata, streams: Mapping[str, Any] | None) -> etree._Element:
    tag = next((tag for tag, root_kind in ROOTS.items() if root_kind is kind), None)
    if tag is None:
        raise InvalidInput(f"there is no NFO for a {kind}")
    root = etree.Element(tag)
    _titles(root, metadata)
    _ratings(root, metadata)
    _texts(root, kind, metadata)
    _ids(root, kind, metadata)
    _lists(root, metadata)
    _people(root, metadata)
    if streams:
        _streams(root, streams)
    return root


def _written(roots: Iterable[etree._Element]) -> bytes:
    texts = []
    for root in roots:
        etree.indent(root, space="  ")
        texts.append(etree.tostring(root, encoding="utf-8", xml_declaration=False) + b"\n")
    return _HEAD + b"".join(texts)


def _clean(text: str) -> str:
    return markup.legal(markup.PROVIDER_PAGE.sub("", text))


def _add(parent: etree._Element, tag: str, value: str | int | None, **attributes: str) -> None:
    """Nothing is written for what is not known."""
    text = _clean(str(value)) if value is not None else ""
    if text:
        etree.SubElement(parent, tag, {name: _clean(value) for name, value in attributes.items()}).text = text


def _titles(root: etree._Element, metadata: Metadata) -> None:
    _add(root, "title", metadata.title)
    _add(root, "originaltitle", metadata.original_title)
    _add(root, "sorttitle", metadata.sort_title)
    _add(root, "showtitle", metadata.show_title)


def _ratings(root: etree._Element, metadata: Metadata) -> None:
    """Jellyfin takes the last rating as the community's and ignores `max` (BaseNfoParser.cs): the default comes last.

    Its critics' rating is the one with "tomato" in its name, on a scale of 100, so that one is always welcome.
    """
    usable = [rating for rating in metadata.ratings if math.isfinite(rating.value) and 0 < rating.value <= rating.scale]
    community = next((rating for rating in usable if rating.scale == _TEN and not _is_critics(rating)), None)
    wanted = [rating for rating in usable if rating is not community and (community or _is_critics(rating))]
    ordered = [*wanted, community] if community else wanted
    if not ordered:
        _add(root, "userrating", metadata.user_rating)
        return
    parent = etree.SubElement(root, "ratings")
    for rating in ordered:
        name = _clean(RATING_NAMES.get(rating.source, rating.source))
        entry = etree.SubElement(parent, "rating", {"name": name, "max": f"{rating.scale:g}"})
        if rating is ordered[-1]:
            entry.set("default", "true")
        _add(entry, "value", str(rating.value))
        _add(entry, "votes", rating.votes)
    _add(root, "userrating", metadata.user_rating)


def _is_critics(rating: Rating) -> bool:
    return "tomato" in rating.source.lower() and "audience" not in rating.source.lower()


def _texts(root: etree._Element, kind: ItemKind, metadata: Metadata) -> None:
    _add(root, "year", metadata.year)
    _add(root, "aired" if kind is ItemKind.EPISODE else "premiered", metadata.premiered)
    if kind is ItemKind.EPISODE:
        _add(root, "season", metadata.season)
        _add(root, "episode", metadata.episode)
        _add(root, "displayseason", metadata.display_season)
        _add(root, "displayepisode", metadata.display_episode)
    elif kind is ItemKind.SEASON:
        _add(root, "seasonnumber", metadata.season)
    _add(root, "outline", metadata.outline)
    _add(root, "plot", metadata.plot)
    _add(root, "tagline", metadata.tagline)
    _add(root, "runtime", metadata.runtime)
    _add(root, "mpaa", metadata.certification)
    if kind is ItemKind.SERIES:
        _add(root, "status", metadata.status)


def _ids(root: etree._Element, kind: ItemKind, metadata: Metadata) -> None:
    """The default is the first known of tmdb, imdb, tvdb. A show's guide lets a scraper fetch episodes later."""
    ids = metadata.ids.as_dict()
    for position, (source, value) in enumerate(ids.items()):
        is_default = {"default": "true"} if position == 0 else {}
        _add(root, "uniqueid", value, type=source, **is_default)
    if kind is ItemKind.SERIES and ids:
        _add(root, "episodeguide", json.dumps({source: str(value) for source, value in ids.items()}))


def _lists(root: etree._Element, metadata: Metadata) -> None:
    for tag, values in (("genre", metadata.genres), ("country", metadata.countries)):
        for value in values:
            _add(root, tag, value)
    collection = metadata.collection
    if collection and _clean(collection.name):
        parent = etree.SubElement(root, "set", {"tmdbcolid": str(collection.tmdb)} if collection.tmdb else {})
        _add(parent, "name", collection.name)
        _add(parent, "overview", collection.overview)
    for member in metadata.crew:
        _add(root, "credits" if member.job == "writer" else "director", member.name)
    for studio in metadata.studios:
        _add(root, "studio", studio)
    if metadata.trailer:
        _add(root, "trailer", YOUTUBE + metadata.trailer)
    for tag in metadata.tags:
        _add(root, "tag", tag)


def _people(root: etree._Element, metadata: Metadata) -> None:
    for member in metadata.cast:
        if _clean(member.name):
            actor = etree.SubElement(root, "actor")
            _add(actor, "name", member.name)
            _add(actor, "role", member.role)
            _add(actor, "order", member.order)


def _streams(root: etree._Element, streams: Mapping[str, Any]) -> None:
    details = etree.SubElement(etree.SubElement(root, "fileinfo"), "streamdetails")
    for stream in streams.get("video", ()):
        video = etree.SubElement(details, "video")
        _add(video, "codec", stream.get("codec"))
        aspect, duration = stream.get("aspect"), stream.get("duration_s") or streams.get("duration_s")
        _add(video, "aspect", f"{float(aspect):.6f}" if aspect else None)
        _add(video, "width", stream.get("width"))
        _add(video, "height", stream.get("height"))
        _add(video, "durationinseconds", round(float(duration)) if duration else None)
        _add(video, "stereomode", stream.get("stereomode"))
        _add(video, "hdrtype", stream.get("hdr"))
    for name, tags in (("audio", ("codec", "language", "channels")), ("subtitle", ("language",))):
        for stream in streams.get(name, ()):
            entry = etree.SubElement(details, name)
            for tag in tags:
                _add(entry, tag, stream.get(tag))


def _roots(keep: bytes | None, tag: str) -> list[etree._Element]:
    """The elements of that kind in a replaced file; none where it is no NFO that can be read."""
    try:
        return [root for root in markup.parse(keep).elements if markup.name_of(root) == tag] if keep else []
    except InvalidInput:
        return []


def _unknown(roots: Iterable[etree._Element], *, has_streams: bool) -> Iterable[etree._Element]:
    """Copies of what the replaced file said beyond our vocabulary, without addresses of provider pages."""
    for element in (element for root in roots for element in root):
        if not _is_told(element, has_streams=has_streams) and not _names_a_page(element):
            kept = copy.deepcopy(element)
            kept.tail = None
            if "default" in kept.attrib:  # of an id: ours is the default
                del kept.attrib["default"]
            yield kept


def _is_told(element: etree._Element, *, has_streams: bool) -> bool:
    """Whether our own text says it, or it must not be said; ids of sources that we do not know are kept."""
    name = markup.name_of(element)
    if name == "uniqueid":
        return attribute(element, "type").lower() in _KNOWN_IDS
    return not name or name in _DROPPED or (name == "fileinfo" and has_streams)


def _names_a_page(element: etree._Element) -> bool:
    return markup.PROVIDER_PAGE.search(etree.tostring(element, encoding="unicode")) is not None
