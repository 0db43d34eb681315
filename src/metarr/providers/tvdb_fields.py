"""What TVDB's records have in common: the envelope, translations, people, pictures, ids of others. Pure.

Lessons built in: names are null where nobody translated them, pictures may have relative or empty addresses and sizes
of 0, and one number may be the id of a show, a film and a person at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from metarr.errors import Transient
from metarr.model.artwork import ArtworkKind, Candidate
from metarr.model.media import CastMember, CrewMember, ExternalIds
from metarr.model.search import ORIGINAL_LANGUAGE
from metarr.providers import tvdb_codes
from metarr.providers.json_fields import Json, dict_, dicts, number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

NAME = "tvdb"

# https://api4.thetvdb.com/v4/artwork/types, quoted in https://github.com/thetvdb/v4-api/issues/106.
# Left out: icons, screen shots of episodes (the episode itself says its picture), moving ones, people, companies.
_KINDS = {
    # of shows
    1: ArtworkKind.BANNER,
    2: ArtworkKind.POSTER,
    3: ArtworkKind.FANART,
    22: ArtworkKind.CLEARART,
    23: ArtworkKind.CLEARLOGO,
    # of seasons
    6: ArtworkKind.BANNER,
    7: ArtworkKind.POSTER,
    8: ArtworkKind.FANART,
    # of films
    14: ArtworkKind.POSTER,
    15: ArtworkKind.FANART,
    16: ArtworkKind.BANNER,
    24: ArtworkKind.CLEARART,
    25: ArtworkKind.CLEARLOGO,
}
_PLACEHOLDER = "/images/missing/"  # what stands where there is no picture
# https://api4.thetvdb.com/v4/people/types
_DIRECTOR, _WRITER, _ACTOR, _GUEST = 1, 2, 3, 4
_JOBS = {_DIRECTOR: "director", _WRITER: "writer"}
# https://api4.thetvdb.com/v4/sources/types
SERIES_SOURCES: Mapping[int, str] = {2: "imdb", 12: "tmdb", 19: "tvmaze"}
MOVIE_SOURCES: Mapping[int, str] = {2: "imdb", 10: "tmdb"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers are to be understood: languages and countries first choice first, and where pictures are kept."""

    languages: tuple[str, ...]
    countries: tuple[str, ...]
    image_url: str

    def codes(self, original: str | None) -> tuple[str, ...]:
        """TVDB's codes of the wanted languages, for something made in the language `original` (a code of TVDB)."""
        found: list[str] = []
        for wanted in self.languages:
            if wanted != ORIGINAL_LANGUAGE:
                found.extend(tvdb_codes.codes_of(wanted))
            elif original:
                found.append(original)
        return tuple(dict.fromkeys(found))


def unwrapped(answer: object, what: str) -> object:
    """What is in the envelope. Raises Transient for an answer that is a failure, or no answer of TVDB's version 4."""
    envelope = dict_(answer)
    if envelope.get("status") == "success" and "data" in envelope:
        return envelope["data"]
    words = text(envelope.get("message")) or text(envelope.get("Error"))
    reason = f"it says: {words[:200]}" if words else "it has another shape"
    raise Transient(f"{NAME}: the answer is no {what}; {reason}")


def record(answer: object, what: str) -> Json:
    """The one thing in the envelope."""
    found = unwrapped(answer, what)
    if not isinstance(found, dict):
        raise Transient(f"{NAME}: the answer is no {what}; it has another shape")
    return found


class Texts:
    """Titles and plots: the first of the wanted languages that has the text, else what the record itself says."""

    def __init__(self, raw: Json, translated: Mapping[str, Json], codes: Sequence[str], original: str | None) -> None:
        self._raw = raw
        self._translated = translated
        self._codes = codes
        self._original = original

    def first(self, name: str) -> str | None:
        own = text(self._raw.get(name))
        for code in self._codes:
            found = text(self._translated.get(code, {}).get(name)) or (own if code == self._original else None)
            if found:
                return found
        return own


def translations(raw: Json) -> dict[str, Json]:
    """Name, overview and tagline by language. A name that is only an alias is no title."""
    found: dict[str, Json] = {}
    value = dict_(raw.get("translations"))
    for field, group in (("name", "nameTranslations"), ("overview", "overviewTranslations")):
        for entry in dicts(value.get(group)):
            code = text(entry.get("language"))
            if code is None or (field == "name" and entry.get("isAlias")):
                continue
            known = found.setdefault(code, {})
            known.setdefault(field, entry.get(field))
            if entry.get("tagline"):
                known.setdefault("tagline", entry["tagline"])
    return found


def certification(raw: Json, countries: Iterable[str]) -> str | None:
    """The age rating of the first wanted country that has one."""
    ratings = {tvdb_codes.country(text(entry.get("country"))): entry for entry in dicts(raw.get("contentRatings"))}
    found = (text(ratings[country].get("name")) for country in countries if country in ratings)
    return next(filter(None, found), None)


def ids(raw: Json, sources: Mapping[int, str]) -> ExternalIds:
    """Its own id and those of others."""
    key = "remote_ids" if "remote_ids" in raw else "remoteIds"
    found: dict[str, object] = {"tvdb": raw.get("tvdb_id") or raw.get("id")}
    for entry in dicts(raw.get(key)):
        source = sources.get(number(entry.get("type")) or 0)
        if source is not None:
            found.setdefault(source, entry.get("id"))
    return ExternalIds.from_dict(found)


def cast(raw: Json, image_url: str) -> tuple[CastMember, ...]:
    """Actors in billing order, each once; one with several roles has them all."""
    found: dict[str, CastMember] = {}
    actors = [entry for entry in dicts(raw.get("characters")) if entry.get("type") in {_ACTOR, _GUEST}]
    actors.sort(key=lambda entry: (entry.get("type") == _GUEST, number(entry.get("sort")) or 0))
    for entry in actors:
        name, role = text(entry.get("personName")), text(entry.get("name")) or ""
        if name is None:
            continue
        known = found.get(name)
        portrait = address(entry.get("personImgURL"), image_url) or address(entry.get("image"), image_url)
        if known is None:
            found[name] = CastMember(name, role, len(found), portrait_url=portrait)
        elif role and role not in known.role.split(" / "):
            roles = f"{known.role} / {role}" if known.role else role
            found[name] = CastMember(name, roles, known.order, portrait_url=known.portrait_url or portrait)
    return tuple(found.values())


def crew(raw: Json) -> tuple[CrewMember, ...]:
    """Directors and writers, each once per job."""
    found = (
        CrewMember(name, job)
        for entry in dicts(raw.get("characters"))
        if (job := _JOBS.get(number(entry.get("type")) or 0)) and (name := text(entry.get("personName")))
    )
    return tuple(dict.fromkeys(found))


def trailer(raw: Json, codes: Sequence[str]) -> str | None:
    """The YouTube id of a trailer, in a wanted language before others."""
    found = [(entry, key) for entry in dicts(raw.get("trailers")) if (key := _youtube(text(entry.get("url")) or ""))]
    ranks = {code: rank for rank, code in enumerate(codes)}
    found.sort(key=lambda pair: ranks.get(str(pair[0].get("language")), len(ranks)))
    return found[0][1] if found else None


def _youtube(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = (parts.netloc or "").removeprefix("www.")
    if host == "youtu.be":
        return parts.path.strip("/") or None
    return next(iter(parse_qs(parts.query).get("v", ())), None) if host == "youtube.com" else None


def pictures(raw: Json, key: str, reading: Reading, original: str | None) -> tuple[Candidate, ...]:
    """Every picture in a wanted language or without text, those that people like best first.

    The figure by which they are ordered is no average of votes ("no assumptions should be made about the meaning of
    this value"), so none is stated.
    """
    wanted = {tvdb_codes.language(code) for code in reading.codes(original)} | {None}
    artworks = sorted(dicts(raw.get(key)), key=lambda entry: -(number(entry.get("score")) or 0))
    offered = [candidate for entry in artworks for candidate in _candidates(entry, reading.image_url)]
    return tuple(candidate for candidate in offered if candidate.language in wanted)


def _candidates(raw: Json, image_url: str) -> Iterator[Candidate]:
    """A picture under the kinds it can serve: a poster without text is also key art, a background with text also a
    landscape, as with TMDB.
    """
    kind, url = _KINDS.get(number(raw.get("type")) or 0), address(raw.get("image"), image_url)
    if kind is None or url is None:
        return
    is_textless = raw.get("includesText") is False
    language = None if is_textless else tvdb_codes.language(text(raw.get("language")))
    kinds = [kind]
    if kind is ArtworkKind.POSTER and is_textless:
        kinds.append(ArtworkKind.KEYART)
    if kind is ArtworkKind.FANART and language is not None:
        kinds.append(ArtworkKind.LANDSCAPE)
    width, height = number(raw.get("width")) or None, number(raw.get("height")) or None
    for each in kinds:
        yield Candidate(each, NAME, url, width, height, language)


def picture(value: object, kind: ArtworkKind, image_url: str) -> tuple[Candidate, ...]:
    """The one picture of a record that lists none."""
    url = address(value, image_url)
    return () if url is None else (Candidate(kind, NAME, url),)


def address(value: object, image_url: str) -> str | None:
    """A picture's whole address; records from before 2024 have only the path."""
    found = text(value)
    if found is None or _PLACEHOLDER in found:
        return None
    if found.startswith(("http://", "https://")):
        return found
    return f"{image_url}/{found.lstrip('/')}" if "/" in found else None
