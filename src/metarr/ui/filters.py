"""The form above a list of items: what can be filtered by there, and what is filtered by now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlencode

from metarr.model.artwork import KINDS
from metarr.model.media import ItemKind, ItemState

Options: TypeAlias = tuple[tuple[str, str], ...]
Pairs: TypeAlias = Sequence[tuple[str, str]]
_WITH_FILES = frozenset({ItemKind.MOVIE, ItemKind.EPISODE})
_WITH_GENRES = frozenset({ItemKind.MOVIE, ItemKind.SERIES})
_STATES: Options = (
    (ItemState.NEEDS_IDENTIFICATION, "unidentified"),
    (ItemState.FOUND, "found, not yet sure what it is"),
    (ItemState.IDENTIFIED, "identified, never published"),
    (ItemState.TO_BE_PUBLISHED, "to be published again"),
    (ItemState.PUBLISHED, "published"),
    (ItemState.HELD, "on hold after an undo"),
    (ItemState.MISSING, "file missing"),
)
_RESOLUTIONS: Options = (("2160", "2160p (4K)"), ("1080", "1080p"), ("720", "720p"), ("sd", "less than 720p"))
_HDR: Options = (("dolbyvision", "Dolby Vision"), ("hdr10plus", "HDR10+"), ("hdr10", "HDR10"), ("hlg", "HLG"))
_SORTS: Options = (
    ("title", "Title"),
    ("year", "Year"),
    ("added", "Added"),
    ("rating", "Rating"),
    ("changed", "Changed"),
)
_NUMBERED: Options = (("number", "Number"),)
TRAITS: Mapping[str, str] = dict((*_RESOLUTIONS, *_HDR))


@dataclass(frozen=True, slots=True)
class Field:
    """A select of the form. `value`: what is chosen, "" nothing; `anything`: what it says then."""

    name: str
    label: str
    options: Options
    value: str = ""
    anything: str = "any"


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to choose from."""

    libraries: Options = ()
    genres: Sequence[str] = ()
    audio: Sequence[str] = ()
    subtitles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that is filtered by. `address`: the list without it."""

    label: str
    value: str
    address: str


def fields(kind: ItemKind, offered: Offered, given: Mapping[str, str]) -> list[Field]:
    """What items of this kind can be filtered by. What there is nothing to choose of is left out."""
    found = [*_of_all(kind, offered), *_of_content(kind, offered)]
    return [Field(one.name, one.label, one.options, given.get(one.name, ""), one.anything) for one in found]


def sorts(kind: ItemKind) -> Options:
    """What items of this kind can be sorted by."""
    return _SORTS + _NUMBERED if kind in {ItemKind.SEASON, ItemKind.EPISODE} else _SORTS


def chips(path: str, pairs: Pairs, known: Sequence[Field]) -> list[Chip]:
    """Everything that narrows the list down."""
    by_name = {field.name: field for field in known}
    found = []
    for pair in pairs:
        name, value = pair
        if name in {"sort", "descending", "kind"}:
            continue
        field = by_name.get(name)
        label = field.label if field is not None else _LABELS.get(name, name)
        words = dict(field.options).get(value, value) if field is not None else value
        found.append(Chip(label, words, address(path, [other for other in pairs if other != pair])))
    return found


def address(path: str, pairs: Pairs) -> str:
    """The page of a list."""
    return f"{path}?{urlencode(pairs)}" if pairs else path


_LABELS = {"search": "Search", "yearFrom": "From", "yearTo": "To", "collection": "Set", "person": "Person"}


def _of_all(kind: ItemKind, offered: Offered) -> list[Field]:
    art = tuple((one.value, one.value) for one in sorted(KINDS[kind]))
    some = [Field("library", "Library", offered.libraries)] if len(offered.libraries) > 1 else []
    return [
        *some,
        Field("state", "State", _STATES),
        Field("isPublished", "Published", (("false", "not as it is now"), ("true", "as it is now"))),
        Field("lacksArtwork", "Missing art", art, anything="none in particular"),
        Field("awaitsChoice", "Artwork", (("true", "waits for a choice"), ("false", "needs no choice"))),
        Field("isLocked", "Locks", (("true", "locked"), ("false", "not locked"))),
        Field("isMonitored", "Monitoring", (("false", "unmonitored"), ("true", "monitored"))),
        Field("isSynced", "Players", (("false", "not told yet"), ("true", "told"))),
    ]


def _of_content(kind: ItemKind, offered: Offered) -> list[Field]:
    genres = [Field("genre", "Genre", _same(offered.genres))] if kind in _WITH_GENRES and offered.genres else []
    if kind not in _WITH_FILES:
        return genres
    return [
        *genres,
        Field("resolution", "Resolution", _RESOLUTIONS),
        Field("hdr", "HDR", _HDR),
        *([Field("audio", "Audio language", _same(offered.audio))] if offered.audio else []),
        *([Field("subtitle", "Subtitles", _same(offered.subtitles))] if offered.subtitles else []),
    ]


def _same(values: Sequence[str]) -> Options:
    return tuple((value, value) for value in values)
