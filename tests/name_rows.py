"""Names with the expectations of ten other parsers' own tests, where they are at hand, and how an answer is judged."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KINDS = {"movie", "episode", "daily", "anime", "title_year", "release"}


@dataclass(frozen=True, slots=True)
class Row:
    """One name and what its source expects."""

    source: str
    path: str
    expected: dict[str, Any]


def load(shared_data: Path) -> list[Row]:
    """All rows that expect a title."""
    file = shared_data / "4_filenames" / "_all.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [
        Row(row["source"], row["path"], row["expect"])
        for row in rows
        if row["kind"] in _KINDS and not row["expect"].get("unparseable") and row["expect"].get("title")
    ]


def plain(text: object) -> str:
    """Letters and digits only, as titles are compared: `&` is "and", accents do not count."""
    folded = unicodedata.normalize("NFKD", str(text)).casefold().replace("&", "and")
    return re.sub(r"[^\w]|_", "", "".join(c for c in folded if not unicodedata.combining(c)))


def wrong(row: Row, answer: dict[str, Any]) -> list[str]:
    """The fields in which an answer is not what the source expects."""
    return [field for field in _JUDGES if field in row.expected and not _JUDGES[field](row.expected[field], answer)]


def disagreement(row: Row, answer: dict[str, Any]) -> str | None:
    """The convention of the source that we do not follow, if the answer is wrong by it alone."""
    fields = wrong(row, answer)
    expected = plain(row.expected["title"])
    given = plain(answer.get("title") or "")
    if fields == ["season"] and row.expected["season"] == 0 and answer.get("absolute"):
        return "season 0 for an absolute number (for us season 0 are the specials)"
    if fields == ["title"] and answer.get("year") and expected == f"{given}{answer['year']}":
        return "the year inside the title of a show (for us a field of its own)"
    if (
        fields == ["title"]
        and answer.get("season")
        and re.fullmatch(rf"{re.escape(given)}s0?{answer['season']}", expected)
    ):
        return '"Title S2" as the title (for us title and season 2)'
    if fields == ["title"] and answer.get("episodes") and expected.startswith(given) and _NUMBERS.search(expected):
        return "numbers and name of the episode inside the title"
    if fields == ["year"] and str(answer.get("air_date"))[:4] == str(row.expected["year"]):
        return "the year of an air date as the year of the show"
    return None


_NUMBERS = re.compile(r"s\d+x?e\d+|\d+x\d+|season\d+episode\d+|series\d+episode\d+|e\d\d$")


def _sorted(value: object) -> list[Any]:
    if value is None:
        return []
    return sorted(value) if isinstance(value, list) else [value]


_JUDGES: dict[str, Callable[[Any, dict[str, Any]], bool]] = {
    "title": lambda wanted, answer: plain(answer.get("title") or "") == plain(wanted),
    "year": lambda wanted, answer: (answer.get("year") or 0) == (wanted or 0),
    "season": lambda wanted, answer: _sorted(wanted) == _sorted(answer.get("season")),
    "episodes": lambda wanted, answer: not _sorted(wanted) or _sorted(wanted) == _sorted(answer.get("episodes")),
    "air_date": lambda wanted, answer: str(answer.get("air_date") or "")[:10] == str(wanted),
}
