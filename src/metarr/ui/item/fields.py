"""How each field of an item is written in a form and read back: one line each for lists, plain text for the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from metarr.model.media import ItemKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from metarr.model.media import Metadata

_ALL: Final = frozenset(ItemKind)
_MOVIE = frozenset({ItemKind.MOVIE})
_EPISODE = frozenset({ItemKind.EPISODE})
_SHOW = frozenset({ItemKind.SERIES})
_WHOLE = frozenset({ItemKind.MOVIE, ItemKind.SERIES})
_PLAYED = frozenset({ItemKind.MOVIE, ItemKind.SERIES, ItemKind.EPISODE})
_NOT_SETS = _ALL - {ItemKind.COLLECTION}
_RATING = re.compile(r"([a-z][a-z0-9_]*)\s+([0-9.]+)(?:\s*/\s*([0-9.]+))?(?:\s*\(([0-9]+)(?: votes)?\))?")
_MAKER = re.compile(r"(director|writer)\s*:\s*(\S.*)", re.IGNORECASE)
_PER_LINE = "One per line"


@dataclass(frozen=True, slots=True)
class Entry:
    """A field in the form. `control`: text, number, date, area (long text) or lines (a list, one per line)."""

    name: str
    label: str
    kinds: Collection[ItemKind]
    control: str = "text"
    hint: str = ""


ENTRIES: Final = (
    Entry("title", "Title", _ALL),
    Entry("original_title", "Original title", _PLAYED),
    Entry("sort_title", "Sort title", _WHOLE | {ItemKind.COLLECTION}, hint="Lists sort by it"),
    Entry("year", "Year", _WHOLE, "number"),
    Entry("premiered", "Premiered", _NOT_SETS, "date"),
    Entry("tagline", "Tagline", _WHOLE),
    Entry("plot", "Plot", _ALL, "area"),
    Entry("outline", "Outline", _MOVIE, "area", "A short plot"),
    Entry("runtime", "Runtime", _PLAYED, "number", "Minutes"),
    Entry("certification", "Certification", _PLAYED),
    Entry("status", "Status", _SHOW),
    Entry("original_language", "Original language", _WHOLE, hint="Two letters, such as en"),
    Entry("genres", "Genres", _WHOLE, "lines", _PER_LINE),
    Entry("studios", "Studios", _PLAYED, "lines", _PER_LINE),
    Entry("countries", "Countries", _WHOLE, "lines", _PER_LINE),
    Entry("tags", "Tags", _WHOLE, "lines", _PER_LINE),
    Entry("ratings", "Ratings", _PLAYED, "lines", "One per line: imdb 7.9/10 (1234 votes)"),
    Entry("user_rating", "Your rating", _NOT_SETS, "number", "1 to 10"),
    Entry("collection", "Collection", _MOVIE, hint="The movie set that it belongs to"),
    Entry("trailer", "Trailer", _WHOLE, hint="The id of a YouTube video, 11 characters"),
    Entry("show_title", "Title of the show", _EPISODE),
    Entry("display_season", "Shown in season", _EPISODE, "number", "Where a special is shown"),
    Entry("display_episode", "Shown before episode", _EPISODE, "number"),
    Entry("cast", "Cast", _PLAYED, "lines", "One per line: Name | Role"),
    Entry("crew", "Crew", _PLAYED, "lines", "One per line: director: Name, or writer: Name"),
)
_CONTROLS = {entry.name: entry.control for entry in ENTRIES}
EDITABLE: Final = frozenset(entry.name for entry in ENTRIES)


def written(name: str, value: Any) -> str:  # noqa: ANN401  a document of the field's own type
    """A field's document as its form shows it; None: not known."""
    if value is None:
        return ""
    write = _WRITERS.get(name)
    if write is not None and isinstance(value, list | tuple):
        return "\n".join(write(one) for one in value)
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    if isinstance(value, dict):
        return str(value.get("name") or ", ".join(f"{key} {one}" for key, one in value.items()))
    return str(value)


def read(name: str, text: str, known: Metadata) -> Any:  # noqa: ANN401  what the field takes
    """What a form says of a field, as an edit takes it. Raises ValueError with what is wrong, for people.

    `known`: what is stored: people and the collection keep the ids that their names have there.
    """
    reader = _READERS.get(name)
    if reader is not None:
        return [reader(line, known) for line in _lines(text)]
    if _CONTROLS[name] == "lines":
        return _lines(text)
    trimmed = text.strip()
    if name == "collection" and trimmed:
        return _collection(trimmed, known)
    return trimmed if name == "title" else trimmed or None


def taken(name: str, said: Any) -> Any:  # noqa: ANN401  the same
    """A provider's word as an edit takes it."""
    if name == "cast":
        return [{key: value for key, value in one.items() if key != "order"} for one in said]
    return said


def plain(text: str) -> str:
    """What a browser sends, to compare: with our ends of lines, and without blank ends."""
    return text.replace("\r\n", "\n").strip()


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _rating_text(one: Mapping[str, Any]) -> str:
    votes = f" ({one['votes']} votes)" if one.get("votes") is not None else ""
    return f"{one['source']} {one['value']:g}/{one.get('scale', 10):g}{votes}"


def _actor_text(one: Mapping[str, Any]) -> str:
    return f"{one['name']} | {one['role']}" if one.get("role") else str(one["name"])


def _maker_text(one: Mapping[str, Any]) -> str:
    return f"{one['job']}: {one['name']}"


def _rating(line: str, _: Metadata) -> dict[str, Any]:
    found = _RATING.fullmatch(line)
    if found is None:
        raise ValueError(f"{line!r} is no rating; write it like imdb 7.9/10 (1234 votes)")
    source, value, scale, votes = found.groups()
    return {"source": source, "value": value, "scale": scale or 10, "votes": votes}


def _actor(line: str, known: Metadata) -> dict[str, Any]:
    name, _, role = (part.strip() for part in line.partition("|"))
    same = next((one for one in known.cast if one.name == name), None)
    ids = {} if same is None else {"tmdb": same.tmdb, "portrait_url": same.portrait_url}
    return {"name": name, "role": role, **ids}


def _maker(line: str, known: Metadata) -> dict[str, Any]:
    found = _MAKER.fullmatch(line)
    if found is None:
        raise ValueError(f"{line!r} is neither like director: Name nor like writer: Name")
    job, name = found[1].lower(), found[2].strip()
    same = next((one for one in known.crew if one.name == name), None)
    return {"name": name, "job": job, "tmdb": same and same.tmdb}


def _collection(name: str, known: Metadata) -> dict[str, Any]:
    same = known.collection
    if same is not None and same.name == name:
        return {"name": name, "tmdb": same.tmdb, "overview": same.overview}
    return {"name": name}


_WRITERS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "ratings": _rating_text,
    "cast": _actor_text,
    "crew": _maker_text,
}
_READERS: Mapping[str, Callable[[str, Metadata], dict[str, Any]]] = {
    "ratings": _rating,
    "cast": _actor,
    "crew": _maker,
}
