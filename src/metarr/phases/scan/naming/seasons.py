"""The season of a number that tells none: the folder's, else what its digits or the year before it may mean. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from metarr.phases.scan.naming import titles
from metarr.phases.scan.naming.numbers import HEIGHTS, Numbers, season_of_folder

if TYPE_CHECKING:
    from metarr.phases.scan.naming.segment import Reading

_DOUBTFUL = 70  # a person is asked
# Season and episode in three digits, as Kodi reads them (AdvancedSettings.cpp)
_THREE_DIGITS = re.compile(r"(?<![^\W_])(?P<season>[1-9])(?P<first>\d\d)(?![^\W_])")
_LAST_OF_ALL = re.compile(r"^[^\[]* - (?P<season>[1-9])(?P<first>\d\d)$")
_AFTER_YEAR = frozenset({"Episode 2", "5 of 9"})


def with_season(own: Reading, folders: list[Reading]) -> Reading:
    """A file's reading, with the season that its folders name, where it names none itself."""
    numbers = own.numbers
    if numbers and not (numbers.is_season_assumed and numbers.air_date is None):
        return own
    known = next((season for folder in folders if (season := season_of_folder(folder.text)) is not None), None)
    if numbers is None:
        return own if known is None else _in_three_digits(own, known)
    if known is not None:
        return replace(own, numbers=replace(numbers, season=known))
    match = _LAST_OF_ALL.match(own.text)
    if match and match["first"] != "00":  # "Show - 102" may be either
        numbers = replace(numbers, season=int(match["season"]), episodes=(int(match["first"]),))
        return replace(own, numbers=numbers, confidence=_DOUBTFUL)
    if own.year and numbers.rule in _AFTER_YEAR and f"({own.year})" not in own.text:
        return replace(own, numbers=replace(numbers, season=own.year, absolute=()))  # guessit's "year as season"
    return own


def _in_three_digits(own: Reading, season: int) -> Reading:
    """`Season 1/Show.106.hdtv`: the folder makes clear what the number is."""
    for match in _THREE_DIGITS.finditer(own.text):
        if int(match["season"]) == season and match[0] not in HEIGHTS:
            numbers = Numbers("106 in its season", match.start(), match.end(), season, (int(match["first"]),))
            title = titles.clean(own.text[: match.start()])
            return replace(own, title=title, whole=title, year=None, numbers=numbers, rule=numbers.rule, confidence=85)
    return own
