"""What stands in front of a title: sites and release groups; and names that consist of brackets. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metarr.phases.scan.naming.numbers import Numbers, is_year
from metarr.phases.scan.naming.titles import is_latin, latin

# Brackets and digits of East Asian width
_PLAIN = str.maketrans(
    "\u3010\u3011\uff3b\uff3d\uff08\uff09" + "".join(chr(0xFF10 + digit) for digit in range(10)), "[][]()0123456789"
)
_SITE = re.compile(
    r"^(?:[\[({ ]*www\.[\w.-]+\.[a-z]{2,6}(?![\w.])[\])} ]*|[\[({]\s*(?:[\w-]+\.)+(?:com?|org|net|to|info"
    r"|pl|au|nz|za|uk|cc|me|ws|se|ru|biz|in|tv)\s*[\])}]|"
    r"[\w-]+\.(?:com|org|net|to|cc|biz|co)(?:\.[a-z]{2})?(?=\s+-+\s))[\s_.-]*",
    re.IGNORECASE,
)
# blow-how.to.be.single.2016.1080p: scene files carry their group in front, all in small letters
_SCENE_PREFIX = re.compile(r"^[a-z0-9]{2,10}-(?=[a-z0-9]+\.[a-z0-9]+\.[a-z0-9.]+(?:-[a-z0-9]+)?$)")
_GROUP = re.compile(r"^(?:\[[^\]]*\][ ._-]*)+(?=[^\s(\[²³])(?![ ._-]*(?:19|20)\d\d[ ._-])")
# ★04月新番: the season of the year in which a show began, as Chinese groups write it
_STARRED = re.compile(r"^[ ]*[★☆][^\[\]★☆]*[★☆]?[ ]*")
_PIECE = re.compile(r"\[(?P<inside>[^\[\]]*)\]|[★☆][^\[\]★☆]*[★☆]?|(?P<outside>[^\[\]★☆]+)")
_COUNT = re.compile(
    r"第?(?P<first>\d{1,4})(?:v\d)?(?:[-~](?P<last>\d{1,4}))?[话話集回]?[ _]?(?:完|end|fin|全集)?", re.IGNORECASE
)
# [10月新番], [国漫]: when it began and where it is from, beside the titles
_NO_TITLE = re.compile(r".*\d月.*|国漫|.*字幕.*")
_LATIN_FIRST = re.compile("^(?P<latin>[A-Za-z][^\u2e80-\ua4ff\uac00-\ud7ff]+?)[ ]+[\u2e80-\ua4ff\uac00-\ud7ff]")
_SEASON = re.compile(r"[ _.]+(?:s|season[ ])(?P<season>\d{1,2})$", re.IGNORECASE)
# HD 720p: Title
_QUALITY_FIRST = re.compile(r"^(?:\w+[ ])?\d{3,4}[pi]:[ ]+")
# 37 [Group] Title - 37: the files of a show put in order by hand
_COUNTED = re.compile(r"^(?P<count>\d{1,3})[ ]+(?=\[[^\]]*\].*(?<!\d)(?P=count)(?!\d))")
# [Group][Title][1080P]: a film, or a whole show, where everything is in brackets
_BOXES = re.compile(r"^\[[^\]]+\]\[(?P<title>[^\]]*[^\W\d][^\]]*)\](?P<rest>(?:\[[^\]]*\])+)$")
_MOST = 60  # a range longer than a season is no range


@dataclass(frozen=True, slots=True)
class Bracketed:
    """A name that is nothing but brackets: `[Group][Title][12][1080p]`."""

    title: str
    numbers: Numbers
    year: int | None


def plain_brackets(text: str) -> str:
    """The same with ASCII brackets and digits, where East Asian groups write wide ones."""
    return text.translate(_PLAIN)


def without_prefix(text: str) -> tuple[str, bool]:
    """Without a site's advertisement and a release group in brackets at the start; whether there was a group."""
    text = _COUNTED.sub("", _QUALITY_FIRST.sub("", _SITE.sub("", text) or text))
    boxes = _BOXES.match(text)
    if boxes:
        return f"{boxes['title']} {boxes['rest']}", True
    text = _SCENE_PREFIX.sub("", text) if text == text.lower() else text
    rest = _GROUP.sub("", text)
    return (_STARRED.sub("", rest), rest != text) if rest else (text, False)


def read_brackets(text: str) -> Bracketed | None:
    """The form of Chinese and Japanese groups: group, titles, perhaps a year, then the number, each in brackets."""
    if not text.startswith("["):
        return None
    inside: list[str] = []
    for piece in _PIECE.finditer(text):
        if (piece["outside"] or "").strip(" ._-"):
            return _bracketed_season(inside, piece, text)
        if piece["inside"] is None:
            continue
        count = _COUNT.fullmatch(piece["inside"].strip())
        if count and len(inside) > 1 and not is_year(int(count["first"])):
            return _bracketed(inside, count, piece)
        inside.append(piece["inside"].strip())
    return None


def _bracketed_season(inside: list[str], piece: re.Match[str], text: str) -> Bracketed | None:
    """`[Group] Title S02[07][1080p]`: only the number has brackets of its own."""
    title = piece["outside"].strip(" ._-")
    follows = _PIECE.match(text, piece.end())
    count = _COUNT.fullmatch(follows["inside"].strip()) if follows and follows["inside"] else None
    if len(inside) != 1 or count is None or follows is None or not _SEASON.search(title):
        return None
    return _bracketed([inside[0], title], count, follows)


def _bracketed(inside: list[str], count: re.Match[str], piece: re.Match[str]) -> Bracketed | None:
    titles = [
        text for text in inside[1:] if not (text.isdigit() and is_year(int(text))) and not _NO_TITLE.fullmatch(text)
    ]
    if not titles:
        return None
    year = next((int(text) for text in inside[1:] if text.isdigit() and is_year(int(text))), None)
    foreign = next((at for at, text in enumerate(titles) if not is_latin(text)), 0)
    # [组][Group][节目][Title]: what stands before the title in the other script is a second group
    title = next((text for text in (*titles[foreign:], *titles[:foreign]) if is_latin(text)), None)
    title = title or next((latin(text) for text in titles if is_latin(latin(text))), titles[0])
    latin_first = _LATIN_FIRST.match(title)
    title = latin_first["latin"] if latin_first else title
    season = _SEASON.search(title)
    first, last = int(count["first"]), int(count["last"] or count["first"])
    episodes = tuple(range(first, last + 1)) if first <= last <= first + _MOST else (first,)
    rule, absolute = ("season and number", ()) if season else ("absolute number", episodes)
    number = int(season["season"]) if season else None
    numbers = Numbers(rule, piece.start(), piece.end(), number, episodes, absolute)
    return Bracketed(title[: season.start()] if season else title, numbers, year)
