"""A title as a person would write it: separators, years beside it, the same title in two scripts. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from metarr.phases.scan.naming.numbers import is_year
from metarr.phases.scan.naming.tokens import is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

YEAR_IN_BRACKETS = re.compile(r"[(\[{*]\s*(?P<year>(?:18|19|20)\d\d)\s*[)\]}*]")
# Russians put behind it the first letter of their word for year
YEAR = re.compile(r"(?<![^\W_])(?P<year>(?:18|19|20)\d\d)(?:\u0433(?=\W|$)|(?![^\W_]))")
YEAR_FIRST = re.compile(r"^[(\[](?P<year>(?:18|19|20)\d\d)[)\]][ ._-]+(?=[^\W_])(?!\(?(?:19|20)\d\d\b)")
_RANGE_BEFORE = re.compile(r"(?P<open>[*(\[]?)(?P<first>(?:18|19|20)\d\d)[ ]?-[ ]?$")
# Greek to Ethiopic, then the scripts of East Asia
_NO_LETTERS = re.compile(r"[\W_]+")
_FOREIGN = re.compile("[\u0370-\u1cff\u2e80-\ua4ff\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_BETWEEN = re.compile(
    r"[ ]*(?:(?<=[ ])[/|](?=[ ])|(?<=[^\x00-\x7f])[/_·](?=\S)|(?<=[^\x00-\x7f][ ])/|(?<=[ ])_(?=[ ]))[ ]*"
)
_FOREIGN_FIRST = re.compile(
    r"^(?P<foreign>[^A-Za-z]*?)[ ._\]]+(?P<latin>[A-Za-z\u00c0-\u024f\d][^\u0370-\u1cff\u2e80-\ua4ff\uac00-\ud7ff]*)$"
)
_LATIN_IN_BRACKETS = re.compile(r"^[^A-Za-z]+\((?P<latin>[A-Za-z][^()\u0370-\u1cff\u2e80-\ua4ff]{2,})\)[ ._]*$")
_ARTICLE_LAST = re.compile(
    r"^(?P<rest>[^,]+),[ ]?(?P<article>The|A|An|Le|La|Les|Der|Die|Das|El|Los|Las|Il)$", re.IGNORECASE
)
# "Title / Other Title (Director / Director) [2018, country, ...]": Russian trackers name the director after the titles
_FOREIGN_CREDITS = re.compile("[ ]\\((?=[\u0370-\u1cff\u2e80-\ua4ff]).*$")
# "奥本海默[IMAX满屏版].Oppenheimer": Chinese sites put the local title and notes in boxes before the release's own name
_FOREIGN_AND_BOXES = re.compile("^[^A-Za-z\\[]*[\u2e80-\ua4ff][^A-Za-z\\[]*(?:\\[[^\\]]*\\])+[. ]+(?=[A-Za-z])")
_COUNTRY = re.compile(r"(?<=\w)[ ._]+\((?P<country>US|UK|GB|AU|NZ|CA|IE|ZA)\)$")
# Title.US.S01E02: the country in capitals, after a title that can end there
_COUNTRY_BARE = re.compile(r"(?<=\w)[ ](?P<country>US|UK|AU|NZ|CA)$")
# "Title (US) - Name S02E09": what stands in brackets so ends the title
_NAME_AFTER = re.compile(r"(?:(?<=\((?:US|UK|GB|AU|NZ|CA|IE|ZA)\))|(?<=\((?:19|20)\d\d\)))[ ._]+-[ ._]+[^\W_].*$")
_BOXES_AT_END = re.compile(r"(?:[ ._]*\[[^\[\]]*\])+[ ._]*$")  # Title (1968) [Group] episode 06
_OTHER_TITLE = re.compile(r"(?<=[\w!?.])[ ._]+\((?P<other>[^()\d]{4,})\)[ ._-]*$")


def years(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Years that have a title before them."""
    for match in pattern.finditer(text):
        if is_year(int(match["year"])) and text[: match.start()].strip(" ._-(["):
            yield match


def split_year(text: str, *, is_bracketed: bool = False) -> tuple[str | None, int | None]:
    """The title of a show and the year that may follow it. `is_bracketed`: any other year is a part of the title."""
    for pattern in (YEAR_IN_BRACKETS,) if is_bracketed else (YEAR_IN_BRACKETS, YEAR):
        for match in pattern.finditer(text):
            title = clean(text[: match.start()])
            is_last = not _BOXES_AT_END.sub("", text[match.end() :]).strip(" ._-[(")
            if title and is_last and is_year(int(match["year"])) and (pattern is not YEAR or is_whole(title)):
                return title, int(match["year"])
    return clean(text), None


def before_range(text: str, year: re.Match[str]) -> tuple[str, int]:
    """The title before a year, and the year: of `(1978-2022)`, the years of a collection, the first."""
    head = text[: year.start()]
    match = _RANGE_BEFORE.search(head)
    if match is None or not head[: match.start()].strip(" ._-(["):
        return head, int(year["year"])
    return head[: match.start()], int(match["first"])


def take_country(title: str) -> tuple[str, str | None]:
    """`The Office (US)`: TheTVDB tells shows of one name apart by their country; the name itself is without it."""
    match = _COUNTRY.search(title)
    return (title[: match.start()], match["country"]) if match else (title, None)


def without_country(title: str) -> str:
    """`Title US`, as releases write it, without its country, where a title can end before it."""
    shorter = _COUNTRY_BARE.sub("", title)
    return shorter if is_whole(shorter) else title


def without_name(head: str) -> str:
    """`Title (US) - Name S02E09`: brackets with the country or the year of a show end its title."""
    return _NAME_AFTER.sub("", head)


def without_other_title(head: str) -> str:
    """`Title (The Other Title)` before a bare year or a season is a title with its translation beside it."""
    match = _OTHER_TITLE.search(head)
    if match is None or (is_latin(match["other"]) and not is_latin(head[: match.start()])):
        return head
    return head[: match.start()]


def clean(text: str) -> str | None:
    """A title as it is written: separators become blanks, brackets that were left open go."""
    text = text.replace("_", " ")
    if " " not in text.strip():
        # dots are separators, but not in initials: S.H.I.E.L.D.
        text = re.sub(r"(?<!(?<![^\W_])[^\W\d_])\.|\.(?![^\W\d_](?![^\W_]))", " ", text)
        text = latin_run(text)
    text = latin(re.sub(r"\s+", " ", text))
    text = re.sub(r"[\[({][^\])}]*$", "", text).strip(" .-\u2013~,:;+*")
    text = re.sub(r"^[\])}]+|^[(\[](?![^)\]]*[)\]])", "", text).strip()
    return text or None


def upright(title: str) -> str:
    """`Simpsons, The`, as catalogues sort it, is The Simpsons."""
    match = _ARTICLE_LAST.match(title)
    return f"{match['article']} {match['rest']}" if match else title


def latin(text: str) -> str:
    """Of a title that stands in two scripts side by side, as fansub groups and trackers write it, the Latin one."""
    if not (_FOREIGN.search(text) and _LATIN.search(text)):
        return text
    text = _FOREIGN_CREDITS.sub("", text)
    text = _FOREIGN_AND_BOXES.sub("", text)
    parts = [part for part in _BETWEEN.split(text) if part.strip()]
    latins = [part for part in parts if _LATIN.search(part) and not _FOREIGN.search(part)]
    if latins and len(latins) < len(parts):
        return " / ".join(latins)
    match = _LATIN_IN_BRACKETS.match(text)
    return match["latin"] if match else text


def latin_run(text: str) -> str:
    """The Latin words of a scene or fansub name that begins with the title in another script."""
    match = _FOREIGN_FIRST.match(text)
    is_title = match is not None and len(_FOREIGN.findall(match["foreign"])) > 2  # noqa: PLR2004 - shorter ones are words
    return match["latin"] if match and is_title and len(_LATIN.findall(match["latin"])) > 2 else text  # noqa: PLR2004


def is_latin(text: str) -> bool:
    """Whether a text has Latin letters, and letters of no other script."""
    return bool(_LATIN.search(text)) and not _FOREIGN.search(text)


def presentable(title: str | None) -> str | None:
    """NFC, single blanks, and None for nothing."""
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", title)).strip() or None if title else None


def letters(text: str) -> str:
    """What two spellings of one title have in common."""
    return _NO_LETTERS.sub("", text.casefold())
