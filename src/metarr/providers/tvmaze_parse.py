"""TVmaze's answers as our words. Pure.

Lessons built in: plots are HTML, ratings and pictures may be null, a show has a network or a web channel, specials
have no number. Texts are English whatever the show's language.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from metarr.errors import Transient
from metarr.model.artwork import ArtworkKind, Candidate
from metarr.model.media import CastMember, ExternalIds, Metadata, Rating
from metarr.model.search import SearchHit
from metarr.providers.base import Answer, SeasonAnswer
from metarr.providers.json_fields import Json, date, decimal, dict_, dicts, number, text, texts, year

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "tvmaze"

# "poster", "banner", "background", "typography", or null for old ones: https://www.tvmaze.com/api#show-images
_KINDS = {
    "poster": ArtworkKind.POSTER,
    "banner": ArtworkKind.BANNER,
    "background": ArtworkKind.FANART,
    "typography": ArtworkKind.CLEARLOGO,
}
_LANGUAGE_NAMES = """
Afrikaans af|Albanian sq|Arabic ar|Armenian hy|Azerbaijani az|Basque eu|Belarusian be|Bengali bn|Bosnian bs
Bulgarian bg|Catalan ca|Chinese zh|Croatian hr|Czech cs|Danish da|Dutch nl|English en|Estonian et|Finnish fi
French fr|Galician gl|Georgian ka|German de|Greek el|Gujarati gu|Hebrew he|Hindi hi|Hungarian hu|Icelandic is
Indonesian id|Irish ga|Italian it|Japanese ja|Javanese jv|Kannada kn|Kazakh kk|Korean ko|Latin la|Latvian lv
Lithuanian lt|Luxembourgish lb|Malay ms|Malayalam ml|Marathi mr|Mongolian mn|Norwegian no|Panjabi pa|Pashto ps
Persian fa|Polish pl|Portuguese pt|Romanian ro|Russian ru|Scottish Gaelic gd|Serbian sr|Sinhalese si|Slovak sk
Slovenian sl|Spanish es|Swedish sv|Tagalog tl|Tamil ta|Telugu te|Thai th|Turkish tr|Ukrainian uk|Urdu ur|Uzbek uz
Vietnamese vi|Welsh cy
"""
_LANGUAGES = dict(entry.rsplit(" ", 1) for entry in re.split(r"[|\n]", _LANGUAGE_NAMES.strip()))
_BREAK = re.compile(r"</p>\s*<p[^>]*>|<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_PLAIN_PICTURES = "http://static.tvmaze.com/"  # what answers said before 2019; the server has long had https


def series(answer: object) -> Answer:
    """A show, with its cast and pictures where they are embedded. Raises Transient for an answer that is no show."""
    raw = _show(answer)
    embedded = dict_(raw.get("_embedded"))
    premiered = date(raw.get("premiered"))
    channel = dict_(raw.get("network")) or dict_(raw.get("webChannel"))
    metadata = Metadata(
        title=text(raw.get("name")),
        original_language=_LANGUAGES.get(text(raw.get("language")) or ""),
        year=year(premiered),
        premiered=premiered,
        plot=_plain(raw.get("summary")),
        runtime=number(raw.get("runtime")) or number(raw.get("averageRuntime")) or None,
        genres=tuple(dict.fromkeys(texts(raw.get("genres")))),
        studios=_one(channel.get("name")),
        countries=_one(dict_(channel.get("country")).get("name")),
        ratings=_ratings(raw),
        cast=_cast(embedded),
        status=text(raw.get("status")),
        ids=_ids(raw),
    )
    found = tuple(_pictures(embedded))
    return Answer(metadata, found or _picture(raw, ArtworkKind.POSTER))


def season(answer: object, episodes: object, season_number: int) -> SeasonAnswer | None:
    """A season out of the show's embedded ones, with its share of the show's episodes; None: there is no such season.

    Specials have no number of their own, so they are left out.
    """
    embedded = dict_(_show(answer).get("_embedded"))
    raws = (raw for raw in dicts(embedded.get("seasons")) if number(raw.get("number")) == season_number)
    raw = next(raws, None)
    if not isinstance(episodes, list):
        raise Transient(f"{NAME}: the answer is no list of episodes; it has another shape")
    found = {
        place: _episode(entry)
        for entry in dicts(episodes)
        if number(entry.get("season")) == season_number and (place := number(entry.get("number"))) is not None
    }
    if raw is None and not found:
        return None
    return SeasonAnswer(_season(raw or {}, season_number), found)


def search(answer: object) -> tuple[SearchHit, ...]:
    """The shows that a search found, best first."""
    if not isinstance(answer, list):
        raise Transient(f"{NAME}: the answer is no list of search results; it has another shape")
    hits = tuple(
        SearchHit(
            ids=_ids(show),
            title=text(show.get("name")) or "",
            year=year(show.get("premiered")),
            popularity=decimal(show.get("weight")) or 0.0,
            picture=text(dict_(show.get("image")).get("medium")),
        )
        for raw in dicts(answer)
        if number((show := dict_(raw.get("show"))).get("id")) is not None
    )
    if answer and not hits:
        raise Transient(f"{NAME}: the answer lists no search results; it has another shape")
    return hits


def ids(answer: object) -> ExternalIds:
    """The ids of a show that was looked up."""
    return _ids(_show(answer))


def _show(answer: object) -> Json:
    raw = dict_(answer)
    if number(raw.get("id")) is None or text(raw.get("name")) is None or "season" in raw:
        raise Transient(f"{NAME}: the answer is no show; it has another shape")
    return raw


def _season(raw: Json, season_number: int) -> Answer:
    premiered = date(raw.get("premiereDate"))
    metadata = Metadata(
        title=text(raw.get("name")),
        plot=_plain(raw.get("summary")),
        year=year(premiered),
        premiered=premiered,
        season=season_number,
        ids=ExternalIds.from_dict({"tvmaze": raw.get("id")}),
    )
    return Answer(metadata, _picture(raw, ArtworkKind.POSTER))


def _episode(raw: Json) -> Answer:
    premiered = date(raw.get("airdate"))
    metadata = Metadata(
        title=text(raw.get("name")),
        plot=_plain(raw.get("summary")),
        year=year(premiered),
        premiered=premiered,
        runtime=number(raw.get("runtime")) or None,
        season=number(raw.get("season")),
        episode=number(raw.get("number")),
        ratings=_ratings(raw),
        ids=ExternalIds.from_dict({"tvmaze": raw.get("id")}),
    )
    return Answer(metadata, _picture(raw, ArtworkKind.THUMB))


def _ids(raw: Json) -> ExternalIds:
    externals = dict_(raw.get("externals"))
    return ExternalIds.from_dict(
        {"tvmaze": raw.get("id"), "tvdb": externals.get("thetvdb"), "imdb": externals.get("imdb")}
    )


def _ratings(raw: Json) -> tuple[Rating, ...]:
    average = decimal(dict_(raw.get("rating")).get("average"))
    return () if average is None else (Rating(NAME, average),)


def _cast(embedded: Json) -> tuple[CastMember, ...]:
    """Actors in the order of importance, each once; one with several roles has them all."""
    found: dict[int, CastMember] = {}
    for raw in dicts(embedded.get("cast")):
        person, character = dict_(raw.get("person")), dict_(raw.get("character"))
        name, own_id = text(person.get("name")), number(person.get("id"))
        if name is None or own_id is None:
            continue
        role = (text(character.get("name")) or "") + (" (voice)" if raw.get("voice") else "")
        known = found.get(own_id)
        if known is None:
            portrait = _address(person) or _address(character)
            found[own_id] = CastMember(name, role, len(found), portrait_url=portrait)
        elif role not in known.role.split(" / "):
            found[own_id] = CastMember(name, f"{known.role} / {role}", known.order, portrait_url=known.portrait_url)
    return tuple(found.values())


def _pictures(embedded: Json) -> Iterator[Candidate]:
    """Every picture of a known type, the main ones first. TVmaze says of none in which language its text is."""
    for raw in sorted(dicts(embedded.get("images")), key=lambda entry: not entry.get("main")):
        kind = _KINDS.get(text(raw.get("type")) or "")
        original = dict_(dict_(raw.get("resolutions")).get("original"))
        url = _https(text(original.get("url")))
        if kind is not None and url is not None:
            width, height = number(original.get("width")) or None, number(original.get("height")) or None
            yield Candidate(kind, NAME, url, width, height)


def _picture(raw: Json, kind: ArtworkKind) -> tuple[Candidate, ...]:
    url = _address(raw)
    return () if url is None else (Candidate(kind, NAME, url),)


def _address(raw: Json) -> str | None:
    return _https(text(dict_(raw.get("image")).get("original")))


def _https(url: str | None) -> str | None:
    if url is not None and url.startswith(_PLAIN_PICTURES):
        return url.replace("http://", "https://", 1)
    return url


def _plain(value: object) -> str | None:
    """The words of a piece of HTML."""
    found = text(value)
    return None if found is None else unescape(_TAG.sub("", _BREAK.sub("\n", found))).strip() or None


def _one(value: object) -> tuple[str, ...]:
    found = text(value)
    return () if found is None else (found,)
