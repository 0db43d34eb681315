"""The numbers of episodes: seasons, ranges, absolute numbers, dates, and where in a name they stand.

Each rule is one that Sonarr, Kodi, Jellyfin, Plex or guessit documents or that their parsers accept; nothing here is
about a single name. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from metarr.phases.scan.naming.dates import find_day


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a name says about its episodes, and where: the title stands before `start`, what follows after `end`."""

    rule: str
    start: int
    end: int
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: str | None = None
    seasons: tuple[int, ...] = ()  # of a pack that holds several
    is_season_assumed: bool = False  # nothing names it: a folder may


_SEASON_WORD = r"(?:seasons?|saison|staffel|temporada|stagione|seizoen|series|s[äa]song|se[zs]on|сезон|temp(?=[. ]))"
_EPISODE_WORD = (
    r"(?:episodes?|[ée]pisode|episodio|epis[oó]dio|folge|afl(?:evering)?|avsnitt|epi?|cap(?:itulo|[íi]tulo)?)"
)
# Sonarr's six styles of several episodes in one file (NzbDrone.Core/Organizer/FileNameBuilder.cs), Kodi's
# `^[-_ex]+([0-9]+)` tail: E01E02, E01-E02, E01-02, S01E01.S01E02, x01x02.
_MORE = (
    r"(?P<more>(?:[ ._]?(?:[-&+~]|and)[ ._]?(?:s\d{1,4}[ ._]?)?e[px]?\d{1,5}|[ ._]?s\d{1,4}[ ._]?e\d{1,4}"
    r"|[ ._]?e\d{1,4}"
    r"|[-&+~]\d{1,4}(?![^\W_]|[ ._](?:fps|bit)))*)"
)
_SXXEXX = re.compile(
    rf"(?<![^\W_])s(?P<season>\d{{1,4}})[ ._\-x]{{0,3}}(?:e|ep|xe?)[ ._(]?(?P<first>\d{{1,5}}){_MORE}(?:v\d)?(?!\d)",
    re.IGNORECASE,
)
_X = re.compile(
    r"(?<![^\W_])(?:(?P<season>\d{1,2})x(?=\d{1,3})|(?P<year>(?:19|20)\d\d)x(?=\d\d(?!\d)))(?P<first>\d{1,3})"
    r"(?P<more>(?:[ ._]?[-&+][ ._]?(?:\d{1,2}|(?:19|20)\d\d)x\d{2,3}|[ ._]?[-&+][ ._]?x\d{2,3}|[-&+]\d{2,3}(?![^\W_])"
    r"|[ ._]?x\d{2,3}|[ ._]\d{1,2}x\d{2,3})*)(?!\d|[pi](?![^\W_]))",
    re.IGNORECASE,
)
_WORDS = re.compile(
    rf"(?<![^\W_]){_SEASON_WORD}[ ._-]*(?P<season>\d{{1,4}})[ ._,\-\[\(/]*"
    rf"(?:{_EPISODE_WORD}|серии|e)[ ._-]*(?P<first>\d{{1,4}})"
    rf"(?P<more>(?:[ ._]?[-&+][ ._]?(?:e|ep)?\d{{1,3}})*)(?!\d)",
    re.IGNORECASE,
)
_SHORT_WORDS = re.compile(
    rf"(?<![^\W_])s[e]?[ .]?(?P<season>\d{{1,2}})[ ._,\-]*{_EPISODE_WORD}[ ._-]*(?P<first>\d{{1,4}})(?P<more>)(?!\d)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"(?<![^\W_])(?P<season>\d{1,2})(?:st|nd|rd|th)[ ._]season[ ._-]+(?:ep?)?(?P<first>\d{1,3})(?P<more>)(?![^\W_])",
    re.IGNORECASE,
)
# 第2期 01話, 第二季 第3集
_EAST = re.compile(
    r"第[ ]?(?P<season>\d{1,2}|[一二三四五六七八九十])[ ]?[期季][ ]*第?[ ]?(?P<first>\d{1,4})[話话集回](?P<more>)"
)
_BEFORE_YEAR = re.compile(
    r"(?<![^\W_])s(?P<season>\d\d)\.(?P<first>\d\d)(?P<more>)(?=\.(?:19|20)\d\d\.)", re.IGNORECASE
)
_EAST_DIGITS = "一二三四五六七八九十"
_NUMBERED = (
    ("S01E02", _SXXEXX),
    ("1x02", _X),
    ("Season 1 Episode 2", _WORDS),
    ("S1 Ep2", _SHORT_WORDS),
    ("2nd Season 3", _ORDINAL),
    ("第2期 01話", _EAST),
    ("S01.02.Year", _BEFORE_YEAR),
)
# Spanish releases: [Cap.1901] is the first of season 19 (Sonarr's "Spanish tracker" form)
_CAP = re.compile(
    r"(?<![^\W_])cap\.?[ ]?(?P<season>\d{1,2})(?P<first>\d\d)(?:_\d{1,2}(?P<last>\d\d))?(?!\d)", re.IGNORECASE
)
# Turkish releases: Show 69. Bölüm (Sonarr's "Turkish TV releases")
_TURKISH = re.compile(r"(?<=[ ._])(?P<first>\d{1,4})\.?[ ._]?(?:blm|b[oö]l[uü]m)(?![^\W_])", re.IGNORECASE)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SEASON_BEFORE = re.compile(
    rf"(?<![^\W_])(?:s(?P<short>\d{{1,2}})|{_SEASON_WORD}[ ._-]*(?P<long>\d{{1,2}})|(?P<ordinal>\d)(?:st"
    rf"|nd|rd|th)[ ._]season|(?P<word>{'|'.join(_ORDINALS)})[ ._]season(?:[ ._](?:OVA|ONA|OAD))?)"
    r"(?=[ ._\[\]()-]*(?:\((?:19|20)\d\d\)[ ._]*)?$)",
    re.IGNORECASE,
)
# A pack may hold several: S01-S10, S01+S02, S01.S02.S03, Seasons 1 to 5, Season 1.2.3-5, S01 - 06 Complete
_JOIN = r"[ ._]*(?:[-&+,~]|to|thru|through|and)[ ._]*"
_SEASON_ONLY = re.compile(
    r"(?<![^\W_'])(?:s(?P<short>\d{1,2}|[ ._]0\d)(?P<shorts>(?:(?:" + _JOIN + r"|\.)s\d{1,2}|"
    r"[ ._]?-[ ._]?\d{1,2}(?=[ ._]complete)|-\d\d(?=[ ._]\D))*)(?:d\d\d)?"
    rf"|{_SEASON_WORD}[ ._-]*(?P<long>\d{{1,4}})"
    r"(?P<longs>(?:(?:[._]\d{1,2})*(?:[-&+,~]|[ ._](?:to|and|&|\+)[ ._])\d{1,2})+|(?:[._][1-9]){2,}(?=[ ._-]|$)|)"
    r"(?:[ ._]?of[ ._]?\d{1,2})?)(?![^\W_])",
    re.IGNORECASE,
)
_SERIES = re.compile(r"series", re.IGNORECASE)
_EPISODE_ONLY = re.compile(
    rf"(?<![^\W_])(?:{_EPISODE_WORD}[ ._-]*|e)(?P<first>\d{{1,4}})(?P<more>(?:[ ._]?-[ ._]?(?:ep?)\d{{1,4}}"
    rf"|-\d{{1,4}})*)(?:v\d)?(?=(?:\[|[^\w]|_|$))",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?<=[ ._](?:19|20)\d\d[ ._])(?P<season>\d??\d)(?P<first>\d\d)(?=[ ._-])")
# "Show - 101 (01) - 2002-11-07": season and episode in three digits, which a date beside them makes clear
_COMPACT_BEFORE_DATE = re.compile(r"[ ._]-[ ._](?P<season>\d{1,2})(?P<first>\d\d)(?:[ ._]\(\d{1,3}\))?[ ._]-[ ._]*$")
# E191.190121, 20201013 Ep7432; further from the date it is the name of an episode
_EPISODE_BEFORE = re.compile(r"[ ._](?:ep?)(?P<first>\d{1,4})(?P<more>(?:-e?p?\d{1,4})*)[ ._]$", re.IGNORECASE)
_EPISODE_AFTER = re.compile(r"[ ._](?:ep?)(?P<first>\d{1,4})(?P<more>)(?=[ ._])", re.IGNORECASE)
_COMPACT_IN_DOTS = re.compile(r"(?<=[a-zA-Z])\.(?P<season>[1-9])(?P<first>\d\d)\.(?=[a-zA-Z][^ ]*$)")
HEIGHTS = frozenset({"480", "540", "576", "720", "1080", "1440", "2160"})
# As in: [Group] Title - 12v2 [1080p], or: Title - 012 - Name
_ABSOLUTE = re.compile(
    r"(?:[ ._][-\u2012-\u2014\uff0d]+[ ._]*|(?<=\])[ ._]*|[ ._](?=\#))[\[(#]?(?:episode|ep?|sp|第)?"
    r"[ .]?(?P<first>\d{2,4})(?:\.\d){0,2}(?:v\d)?"
    r"(?P<more>(?:[ ]?[-~&+][ ]?(?:\d{2,4})(?:v\d)?)*)(?:[ ._]?(?:end|final|fin|完))?(?:[ab]|话|話|集)?[\])]?"
    r"(?=[ ._~]*(?:[\[(【]|$|-[ ._]|\.[ ._])|(?<=\#\d\d)[ v]|[ ._]+(?:vostfr|web|bd|dvd|\d{3,4}p|\d{3,4}x\d|raw))",
    re.IGNORECASE,
)
# The looser forms that only a release with its group in front has: "[Group]_Title_12_[ABCD1234]"
_ABSOLUTE_IN_GROUP = re.compile(
    r"(?:(?<=[^\W\d])[!?.]?|(?<=[)\]~]))(?:[ ._:]+|-(?=\d\d\[))(?:(?:episode|ep?)\.?[ ._]?)?(?P<first>\d{2,4})(?:v\d)?"
    r"(?P<more>(?:[-~&]\d{2,4}(?:v\d)?)*)[ab]?"
    r"(?=[ ._]*(?:[\[(【]|$)|[ ._]+(?:vostfr|web|bd|dvd|1080|720|\d{3,4}p|raw))",
    re.IGNORECASE,
)
# Forms with nothing but a number, in any place: 5of9 (mini-series), 12v2 (a fansub's second version), 第01話
_BARE = (
    ("5 of 9", re.compile(r"(?<![^\W_])(?P<first>\d{1,3})[ ._]?of[ ._]?\d{1,3}(?![^\W_])", re.IGNORECASE)),
    ("12v2", re.compile(r"(?<![Vv]ol.)(?<![Vv]ol\. )(?<=[ ._])(?P<first>\d{1,3})v\d(?=[ ._\[(]|$)", re.IGNORECASE)),
    ("第01話", re.compile(r"第(?P<first>\d{1,4})[話话集回]")),
)
_WORD_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
# Part.Two.720p.HDTV: what was broadcast in parts is a mini-series (Sonarr's and Kodi's "Part 1")
_PART = re.compile(
    rf"(?<=[ ._])part[ ._]?(?P<first>\d{{1,2}}|{'|'.join(_WORD_NUMBERS)})"
    r"(?=[ ._](?!(?:19|20)\d\d).*?(?:hdtv|pdtv|dsr|dvb))",
    re.IGNORECASE | re.ASCII,
)
# 103.104: two episodes of one season in Kodi's and Sonarr's three digits
_PAIR = re.compile(r"(?<=[ ._])(?P<season>[1-9])(?P<first>\d\d)[ ._](?P=season)(?P<last>\d\d)(?=[ ._])")
_GLUED = re.compile(r"(?<=[a-z])s(?P<season>\d\d)e(?P<first>\d\d)(?!\d)")  # grp-titles01e02-720p
# "[Group] Title 01 Name of the episode": behind a group a number of two digits between words counts
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d])[ _](?P<first>\d\d)[ _](?=[A-Z][a-z])")
_FIRST_OF_ALL = re.compile(r"^(?P<first>\d{2,3})(?:v\d)?(?:[ ._]-[ ._]|(?<=0\d)[ ._])(?=[^\W\d])")
# "[Group] Title (01-25) [1080p]", "[Group] Title 1-13 (…)", "[Group] Title (9)": batches and bare brackets
_BATCH = re.compile(
    r"(?<=[ _])[(#]?(?P<first>\d{1,3})(?:v\d)?(?P<more>[ ]?[-~][ ]?\d{2,4})(?:v\d)?\)?"
    r"(?=[ ._]*(?:[\[(]|$)|[ ](?:[Dd]ual|\d{3,4}p))"
    r"|(?<=[ _])(?:\((?P<only>\d{1,3})\)|\[(?P<boxed>\d{2,4})(?:v\d)?\])(?=[ ._]*(?:[\[(]|$))"
)
_ABSOLUTE_AFTER = re.compile(r"^[ ._]*-[ ._]*(?P<first>\d{3,4})(?:-(?P<last>\d{3,4}))?(?=[ ._]*(?:-|\[|$))")
_MOST = 60  # a range longer than a season is no range


def find_numbers(text: str) -> Numbers | None:
    """The strongest episode form in a name, if there is one that stands on its own."""
    day = find_day(text)
    for rule, pattern in _NUMBERED:
        match = pattern.search(text)
        if match and not (day and rule == "1x02" and day.start < match.start()):
            return replace(_numbered(rule, text, match), air_date=day.iso if day else None)
    turkish = _TURKISH.search(text)
    if turkish:
        counted = (int(turkish["first"]),)
        return Numbers("Bölüm", turkish.start(), turkish.end(), None, counted, counted, day.iso if day else None)
    spanish = find_cap(text)
    if spanish or day is None:
        return spanish
    return _dated(text, day.iso, day.start, day.end)


def find_cap(text: str) -> Numbers | None:
    """`[Cap.101]`, with what the release calls its season before it."""
    match = _CAP.search(text)
    if match is None:
        return None
    first, last = int(match["first"]), int(match["last"] or match["first"])
    season = _SEASON_ONLY.search(text, 0, match.start())
    start = season.start() if season else match.start()
    return Numbers("Cap.101", start, match.end(), int(match["season"]), tuple(range(first, max(first, last) + 1)))


def _dated(text: str, iso: str, start: int, end: int) -> Numbers:
    """A date, and the number of an episode that may stand before or after it."""
    compact = _COMPACT_BEFORE_DATE.search(text[:start]) or _COMPACT_IN_DOTS.search(text[:start])
    if compact:
        season, episode_number = int(compact["season"]), int(compact["first"])
        return Numbers("101 and date", compact.start(), end, season, (episode_number,), air_date=iso)
    episode = _EPISODE_BEFORE.search(text[:start]) or _EPISODE_AFTER.match(text, end)
    if episode is None:
        return Numbers("air date", start, end, air_date=iso)
    episodes = _spread(episode["first"], episode["more"])
    return Numbers("air date", min(start, episode.start()), end, _first_season(episodes), episodes, episodes, iso)


def find_absolute(text: str, *, has_group: bool) -> Numbers | None:
    """The number of an anime episode, which usually no season goes with. `has_group`: a release group stood before."""
    match = next((match for match in _ABSOLUTE.finditer(text) if _is_count(match)), None)
    if match is None and has_group:
        loose = [match for match in _ABSOLUTE_IN_GROUP.finditer(text) if _is_count(match)]
        match = next((match for match in loose if "ep" in match[0].lower()), None) or next(iter(loose), None)
    if match is None:
        return _find_batch(text, has_group=has_group)
    numbers = _spread(match["first"], match["more"])
    season = _SEASON_BEFORE.search(text, 0, match.start() + 1)
    if season:
        digits = season["short"] or season["long"] or season["ordinal"]
        number = int(digits) if digits else _ORDINALS.index(season["word"].lower()) + 1
        return Numbers("season and number", season.start(), match.end(), number, numbers)
    return Numbers("absolute number", match.start(), match.end(), None, numbers, numbers, is_season_assumed=True)


def _find_batch(text: str, *, has_group: bool) -> Numbers | None:
    """A range or a number before brackets. Without a group only a batch that begins at the first is one."""
    match = _BATCH.search(text)
    if match is None or match.start() == 0 or not (has_group or match["first"] in {"1", "01", "001"}):
        return None
    numbers = _spread(match["first"] or match["only"] or match["boxed"], match["more"] or "")
    if is_year(numbers[0]):
        return None
    return Numbers("absolute number", match.start(), match.end(), None, numbers, numbers, is_season_assumed=True)


def _is_count(match: re.Match[str]) -> bool:
    """A number that counts episodes is no year, and stands after a title."""
    return match.start() > 0 and not is_year(int(match["first"]))


def find_loose(text: str) -> Numbers | None:
    """`12 - Title [720p]`, `Title 06 Name`: behind a release group the number may stand anywhere."""
    between = _BETWEEN_WORDS.search(text)
    if between:
        numbers = (int(between["first"]),)
        return Numbers("number within", between.start(), between.end(), None, numbers, numbers, is_season_assumed=True)
    match = _FIRST_OF_ALL.match(text)
    if match is None:
        return None
    numbers = (int(match["first"]),)
    return Numbers("number first", match.start(), match.end(), None, numbers, numbers, is_season_assumed=True)


def find_bare(text: str) -> Numbers | None:
    """Numbers that no season goes with, in forms that mean an episode wherever they stand."""
    for rule, pattern in _BARE:
        match = pattern.search(text)
        if match and match.start() > 0:
            numbers = (int(match["first"]),)
            season = 1 if rule == "5 of 9" else None
            return Numbers(
                rule, match.start(), match.end(), season, numbers, () if season else numbers, is_season_assumed=True
            )
    match = _PAIR.search(text)
    if match and match["first"] < match["last"]:
        episodes = tuple(range(int(match["first"]), int(match["last"]) + 1))
        return Numbers("103.104", match.start(), match.end(), int(match["season"]), episodes)
    match = _GLUED.search(text)
    if match:
        return Numbers("titleS01E02", match.start(), match.end(), int(match["season"]), (int(match["first"]),))
    match = _PART.search(text)
    if match is None:
        return None
    word = match["first"].lower()
    number = int(word) if word.isdigit() else _WORD_NUMBERS.index(word) + 1
    return Numbers("Part 2", match.start(), match.end(), 1, (number,), is_season_assumed=True)


def find_episode_only(text: str) -> Numbers | None:
    """`Episode 3`, `E03`: no season is told, and Kodi's default is the first (AdvancedSettings.cpp, `ep01`)."""
    match = _EPISODE_ONLY.search(text)
    if not match:
        return None
    episodes = _spread(match["first"], match["more"])
    return Numbers(
        "Episode 2",
        match.start(),
        match.end(),
        _first_season(episodes),
        episodes,
        episodes,
        is_season_assumed=True,
    )


def _first_season(episodes: tuple[int, ...]) -> int | None:
    """Nobody counts a thousand episodes in one season: such a number is absolute."""
    return 1 if episodes and episodes[0] < 1000 else None  # noqa: PLR2004 - the docstring says it


def find_compact(text: str) -> Numbers | None:
    """`Show.2014.208.hdtv`: season and episode in three digits after the year, as Kodi reads them."""
    match = _COMPACT.search(text)
    if match is None or match[0] in HEIGHTS or is_year(int(match[0])) or int(match["season"]) == 0:
        return None
    return Numbers("208", match.start(), match.end(), int(match["season"]), (int(match["first"]),))


def find_season_only(text: str) -> Numbers | None:
    """`S02`, `Season 2`, `S01-S10`: the name of a pack or a folder. An `ep13` further on belongs to it."""
    match = _season_match(text)
    if match is None:
        return None
    seasons = _seasons(match)
    episode = _BARE[0][1].search(text, match.end()) or _EPISODE_ONLY.search(text, match.end())
    if episode and len(seasons) == 1:
        episodes = _spread(episode["first"], episode.groupdict().get("more") or "")
        return Numbers("season and number", match.start(), episode.end(), seasons[0], episodes)
    several = seasons if len(seasons) > 1 else ()
    return Numbers("season only", match.start(), match.end(), seasons[0], seasons=several)


def _season_match(text: str) -> re.Match[str] | None:
    """The first; but "Series 7 S01" is a title that has the word in it."""
    first = _SEASON_ONLY.search(text)
    if first is None or not _SERIES.match(first[0]):
        return first
    if len(first["long"]) > 2:  # noqa: PLR2004 - Series.101 is an episode's number behind a word
        return _SEASON_ONLY.search(text, first.end())
    second = _SEASON_ONLY.search(text, first.end())
    return second if second and second["short"] and second.start() - first.end() < 4 else first  # noqa: PLR2004


def _seasons(match: re.Match[str]) -> tuple[int, ...]:
    first = (match["short"] or match["long"]).strip(" ._")
    more = re.sub(r"to|thru|through", "-", match["shorts"] or match["longs"] or "")
    found = _spread(first, more)
    is_sound = not more.strip("._0123456789") and found[0] != int(first)  # Season.7.5.1: nobody counts down
    return (int(first),) if is_sound else found


def season_of_folder(name: str) -> int | None:
    """The season that a folder stands for: `Season 1`, `S01`, `Specials`, `Staffel 2`."""
    bare = name.strip().lower()
    if bare in {"specials", "special", "season specials", "extras season"}:
        return 0
    match = _SEASON_ONLY.match(bare)
    if match and match.end() == len(bare):
        return _seasons(match)[0]
    return None


def is_year(number: int) -> bool:
    """Whether a number can be the year of a film: the first was made in 1888, plans reach a few years ahead."""
    return 1888 <= number <= 2035  # noqa: PLR2004 - the docstring is their name


def _numbered(rule: str, text: str, match: re.Match[str]) -> Numbers:
    episodes = _spread(
        match["first"], re.sub(r"s\d+(?=[ ._]?e)|(?<![\dx])\d+(?=x\d)", "", match["more"], flags=re.IGNORECASE)
    )
    after = _ABSOLUTE_AFTER.match(text[match.end() :])
    absolute = _spread(after["first"], f"-{after['last']}" if after["last"] else "") if after else ()
    end = match.end() + (after.end() if after else 0)
    season = match["season"] or match.groupdict().get("year") or ""
    number = int(season) if season.isdigit() else _EAST_DIGITS.index(season) + 1
    return Numbers(rule, match.start(), end, number, episodes, absolute)


def _spread(first: str, more: str) -> tuple[int, ...]:
    """All numbers: a dash between two means everything from the one to the other."""
    found = [int(first)]
    for separator, digits in re.findall(r"(\D*)(\d+)", re.sub(r"v\d", "", more)):
        number = int(digits)
        is_range = bool(set("-~_") & set(separator)) and found[-1] < number <= found[-1] + _MOST
        found.extend(range(found[-1] + 1, number + 1) if is_range else [number])
    return tuple(sorted(set(found)))
