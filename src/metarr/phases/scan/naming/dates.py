"""Dates of daily shows, in every order in which files write them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<s>[-._ /])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)")
# Two digits each: "Title 2 2 1994" is the second part of something
_YEAR_LAST = re.compile(r"(?<![\da-zA-Z])(?P<d>\d\d)(?P<s>[-._ ])(?P<m>\d\d)(?P=s)(?P<y>(?:19|20)\d\d)(?!\d)")
_YEAR_SOLID = re.compile(r"(?<![\da-zA-Z])(?P<y>20\d\d|19\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?!\d)")
# "5th Mar 2025", "22 October 2016": Sonarr's "daily episodes with a word for the month" (Parser.cs)
_IN_WORDS = re.compile(
    rf"(?<![^\W_])(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ ._]+(?P<m>{'|'.join(_MONTHS)})[a-z]*"
    r"[ ._]+(?P<y>(?:19|20)\d\d)(?!\d)",
    re.IGNORECASE | re.ASCII,
)
# 140722: Sonarr's "six digits" form (Parser.cs); never at the start, where a number may be the title
_SIX_DIGITS = re.compile(r"(?<=[ ._])(?P<y>[0-3]\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?=[ ._]|$)")
_LEADING = re.compile(r"^(?P<y>[0-3]\d)(?P<m>[01]\d)(?P<d>[0-3]\d)[ _](?=\S)")


@dataclass(frozen=True, slots=True)
class Day:
    """A date and where it stands."""

    iso: str
    start: int
    end: int


def find_day(text: str) -> Day | None:
    """The first complete date; two digits for the year only where nothing clearer is found."""
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _YEAR_SOLID, _IN_WORDS, _SIX_DIGITS):
        for match in pattern.finditer(text):
            iso = _iso(match)
            if iso:
                return Day(iso, match.start(), match.end())
    return None


def without_leading_day(text: str) -> str:
    """`221208 Title` is a Japanese recording of that day (Sonarr's pre-substitution of six digits and a blank)."""
    match = _LEADING.match(text)
    return text[match.end() :] if match and _iso(match) else text


def _iso(match: re.Match[str]) -> str | None:
    year = int(match["y"])
    year = year if year > 99 else year + 2000  # noqa: PLR2004 - two digits
    month = match["m"]
    first = _MONTHS.index(month[:3].lower()) + 1 if month.isalpha() else int(month)
    for m, d in ((first, int(match["d"])), (int(match["d"]), first)):  # American files swap the two
        try:
            return date(year, m, d).isoformat()
        except ValueError:
            continue
    return None
