"""TMDB's ways of saying things: languages, translations, and answers that are not what was asked for. Pure.

Lessons built in: "" and null both mean unknown, a runtime of 0 is unknown, older answers carry votes as text, and a
translation without a title means that it has the original one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from metarr.errors import Transient
from metarr.model.search import ORIGINAL_LANGUAGE
from metarr.providers.json_fields import dict_, dicts, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metarr.providers.json_fields import Json

_NO_LANGUAGE = "xx"


class BadAnswer(Transient):
    """TMDB answered something else than what was asked for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers are to be understood: languages and countries first choice first, and where pictures are kept."""

    languages: tuple[str, ...]
    countries: tuple[str, ...]
    image_url: str


def refused(what: str, answer: object) -> BadAnswer:
    """The error for an answer that is no `what`, with TMDB's own words if it has any."""
    words = text(dict_(answer).get("status_message"))
    reason = f"TMDB says: {words[:200]}" if words else "it has another shape"
    return BadAnswer(f"tmdb: the answer is no {what}; {reason}")


def object_(answer: object, what: str, *names: str) -> Json:
    """The answer, which must be an object with an id and these fields (empty ones count)."""
    if not isinstance(answer, dict) or number(answer.get("id")) is None or not all(name in answer for name in names):
        raise refused(what, answer)
    return answer


def listed(answer: object, what: str, key: str) -> list[Json]:
    """The entries under this key, which must be there."""
    if not isinstance(answer, dict) or not isinstance(answer.get(key), list):
        raise refused(what, answer)
    return dicts(answer[key])


def path(value: object) -> str | None:
    """A picture's path, which begins with a slash."""
    found = text(value)
    return found if found is not None and found.startswith("/") else None


def figure(value: object) -> float:
    """0 for anything that is no number; older answers carry votes as text."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return 0.0
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return found if isfinite(found) else 0.0


def language(value: object) -> str | None:
    """An ISO 639-1 code; None for null, "" and TMDB's "xx" (no language)."""
    code = text(value)
    return None if code is None or code.lower() == _NO_LANGUAGE else code.lower()


def base(code: str) -> str:
    """`pt-BR` -> `pt`: pictures know no regions (https://developer.themoviedb.org/docs/image-languages)."""
    return code.partition("-")[0].lower()


class Texts:
    """Titles and plots by language: the first of the wanted ones that has the text, else what TMDB fell back to.

    `title` is what this kind of item calls its title ("title" of movies, "name" of shows).
    """

    def __init__(self, details: Json, languages: Sequence[str], title: str = "title") -> None:
        self._details = details
        self._title = title
        self._original = language(details.get("original_language"))
        codes = [self._original if code == ORIGINAL_LANGUAGE else code for code in languages]
        self._languages = [code for code in codes if code is not None]
        self._translations = dicts(dict_(details.get("translations")).get("translations"))

    @property
    def title(self) -> str | None:
        return self.first(self._title)

    def first(self, name: str) -> str | None:
        translated = (found for code in self._languages for found in self._in(code, name))
        return next(translated, None) or text(self._details.get(name))

    def _in(self, code: str, name: str) -> Iterator[str]:
        """The text in one language; a region (`pt-BR`) prefers its own translation."""
        wanted, _, region = code.partition("-")
        matching = [raw for raw in self._translations if raw.get("iso_639_1") == wanted.lower()]
        matching.sort(key=lambda raw: raw.get("iso_3166_1") != region.upper())
        yield from filter(None, (self._of(raw, name) for raw in matching))
        # An empty translated title in the language of the item means: it is the original one.
        original = text(self._details.get(f"original_{self._title}"))
        if name == self._title and wanted.lower() == self._original and original:
            yield original

    def _of(self, translation: Json, name: str) -> str | None:
        """Collections have a "name", but their translations a "title"."""
        data = dict_(translation.get("data"))
        return text(data.get(name)) or (text(data.get("title")) if name == self._title else None)
