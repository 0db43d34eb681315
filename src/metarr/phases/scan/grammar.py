"""The grammar of file names: numbers of episodes, dates, ids, editions, parts, and the tokens that end a title.

Each rule is one that Radarr, Sonarr, Kodi, Jellyfin or Plex documents or that their parsers accept; nothing here is
about a single name. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from metarr.model.media import ExternalIds

# --- Tokens that can only be about a release, so that the title ends before them ------------------

_TOKENS = r"""
    \d{3,4}[pi](?:\d\d)?x?(?=[^\w]|_|$|hd) | (?:480|576|720|1080|2160|4320)[pi]\w* | \d{3,4}x\d{3,4} | 4k | 8k | uhd
  | (?:uhd[ ._-]?)?blu[ ._-]?ray(?:[ ._-]?(?:rip|remux|disc))? | b[dr][ ._-]?rip | bd(?:remux|mux|25|50|iso)?
  | web(?:[ ._-]?(?:dl|rip|mux|cap))? | (?:hd|pd|ds|sd|a?hd)tv(?:[ ._-]?(?:rip|mux))?
  | (?:tv|sat|dth|dsr|vhs|ld|hd|cam|dm)[ ._-]?rip
  | (?:hd|uhd)[ ._-]?(?:dvd|cam|ts|tc) | dvd(?:[ ._-]?(?:rip|scr(?:eener)?|mux|r|5|9|full|iso))? | r5
  | screener | scr
  | telesync | telecine | workprint | pdvd | vcd | svcd | remux | hdlight | microhd
  | [xh][ ._]?26[3456] | hevc | avc | av1 | xvid | divx\d? | mpeg-?[24] | vc-?1 | vp9
  | (?:dts|truehd|flac|e?ac-?3|aac|ddp?a?|opus|mp3|lpcm|pcm)(?:[ ._-]?(?:hd|es|x|ma))?(?:[ ._-]?[12567][ ._][01])?
  | atmos | dolby | (?:10|8|12)[ ._-]?bits? | hdr(?:10)?(?:\+|plus)? | dovi | hlg | sdr | imax[ ._]enhanced
  | proper\d? | repack\d? | rerip | real(?=[ ._]proper) | internal | readnfo | read[ ._]nfo
  | multi(?=[ ._-]|$) | dubbed | subbed
  | (?:vost|sub)fr(?:ench)? | vostfr | truefrench | hardsub(?:bed)? | hardcoded | custom(?=[ ._]) | hybrid
  | h?-?(?:half-?)?(?:sbs|ou|hsbs|hou)(?=[ ._\-\])]|$)
  | 3d(?=[ ._\-\])]*(?:h?-?sbs|h?-?ou|half|bluray|bd|1080p|\d{3,4}p))
  | (?:amzn|nf|dsnp|hmax|hulu|atvp|pcok|pmtp|itunes|stan|cr|max)(?=[ ._]web)
"""
RELEASE = re.compile(rf"(?<![^\W_])(?:{_TOKENS})(?![^\W_])", re.IGNORECASE | re.VERBOSE)

# Words that end a title only once a year or a release token has been seen nearby: they occur in titles too.
_LANGUAGE_AT_END = re.compile(
    r"(?:[ ._\-\[(]+(?:german|french|italian|ita|spanish|castellano|latino|english|eng|ger|rus|russian"
    r"|nordic|swedish|"
    r"norwegian|danish|dutch|flemish|polish|pl|hindi|tamil|telugu|korean|japanese|chinese|portuguese|hungarian|czech|"
    r"turkish|vff|vfq|vfi|vf2?|vo|multi|dual|dubbed|subbed|dl|ml|ws|fs|limited|internal|festival|stv|unrated|uncut|"
    r"extended|remastered|theatrical|complete|retail|dual[ ._]audio|nl|swesub|dksubs|ac3d|dc|3d|oar"
    r"|custom|read[ ._]?nfo)"
    r"[\])]*)+[ ._\-]*$",
    re.IGNORECASE,
)

# --- Ids ------------------------------------------------------------------------------------------

# Jellyfin writes [tmdbid-1] and [tmdbid=1], Plex {tmdb-1}, Radarr {imdb-tt1}: conventions of Jellyfin's
# Emby.Server.Implementations/Library/PathExtensions.cs and Plex's "Naming and organizing" pages.
_ID = re.compile(
    r"[\[{(](?P<source>tmdb|tvdb|imdb|tvmaze)(?:id)?\s*[-=:]\s*(?P<id>tt\d{5,10}|\d{1,10})\s*[\]})]", re.IGNORECASE
)
_IMDB = re.compile(r"(?<![^\W_])(?P<open>[\[{(])?(?P<id>tt\d{7,9})(?(open)[\]})])(?![^\W_])", re.IGNORECASE)
_EMPTY_ID = re.compile(r"[\[{(](?:tmdb|tvdb|imdb|tvmaze)(?:id)?\s*[-=:]?\s*[\]})]", re.IGNORECASE)


def take_ids(text: str) -> tuple[str, ExternalIds]:
    """The text without its ids, and the ids."""
    found: dict[str, str] = {}
    for match in _ID.finditer(text):
        found.setdefault(match["source"].lower(), match["id"].lower())
    rest = _EMPTY_ID.sub(" ", _ID.sub(" ", text))
    bare = _IMDB.search(rest)
    if bare:
        found.setdefault("imdb", bare["id"].lower())
        rest = _IMDB.sub(" ", rest)
    imdb = found.get("imdb", "")
    if imdb.isdigit():  # {imdb-0133093}: the prefix was left out
        found["imdb"] = f"tt{imdb.zfill(7)}"
    return rest, ExternalIds.from_dict(found)


# --- Editions and parts ---------------------------------------------------------------------------

_PLEX_EDITION = re.compile(r"\{edition-(?P<name>[^{}]*)\}", re.IGNORECASE)
_EDITION = re.compile(
    r"(?<![^\W_])(?:"
    r"(?:(?:the[ ._])?(?:extended|ultimate|final|theatrical|special|collector'?s?|assembly|alternate"
    r"|rogue|fan|despecialized|"
    r"imperial|anniversary|diamond|signature|limited|deluxe|definitive|\d{1,3}(?:th|st|nd|rd)[ ._]anniversary|"
    r"director'?s|unrated|uncut|uncensored|imax|original|international|producers|criterion|remastered"
    r"|restored|signature|"
    r"super[ ._]duper|workprint)[ ._]+){1,3}(?:cut|edition|version|collection|edit|extended)"
    r"|director'?s[ ._]cut|extended|unrated|uncut|uncensored|theatrical|imax|criterion|remastered"
    r"|\dk[ ._]remastered|restored|"
    r"open[ ._]matte|despecialized|redux|unrestricted|rekall|\d{1,3}(?:th|st|nd|rd)[ ._]anniversary|2in1"
    r"|final[ ._]cut)"
    r"(?![^\W_])",
    re.IGNORECASE,
)
_STATE_AT_END = re.compile(
    rf"[ ._\-\[(]+(?:{_EDITION.pattern}|(?:tv|dvd|bd)(?=\))"
    r"|(?:the[ ._])?complete(?:[ ._](?:series|seasons?|saga))?|3d|oar"
    rf"|limited|internal|stv|dc|om)[ ._\-\])]*$",
    re.IGNORECASE,
)
PART = re.compile(
    r"(?:^|[ ._-]+)[(\[]?(?:cd|dvd|dis[ck]|part|pt)[ ._-]*(?P<number>\d{1,2}|[a-f]|i{1,3}|iv|v)[)\]]?$", re.IGNORECASE
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}


def without_state(title: str, tail: str = "") -> str:
    """A scene title without the editions, states and languages that stand between it and the year or the tokens.

    A language that `tail`, what follows the year, names again is a part of the title: The.Good.German.2006.GERMAN.
    """
    while True:
        shorter = _STATE_AT_END.sub("", title)
        shorter = _without_language(shorter, tail)
        if shorter == title or not shorter.strip(" ._-"):
            return title
        title = shorter


def _without_language(title: str, tail: str) -> str:
    match = _LANGUAGE_AT_END.search(title)
    if match is None or match[0].strip(" ._-[]()").casefold() in tail.casefold():
        return title
    return title[: match.start()]


def take_plex_edition(text: str) -> tuple[str, str | None]:
    """The text without `{edition-X}`, and X."""
    match = _PLEX_EDITION.search(text)
    name = match["name"].strip() if match else ""
    return _PLEX_EDITION.sub(" ", text), name or None


def find_edition(text: str) -> str | None:
    """The name of an edition in the part of a name that follows the title."""
    match = _EDITION.search(text)
    return re.sub(r"[._]+", " ", match[0]).strip() if match else None


def part_number(match: re.Match[str]) -> int:
    """The number of `PART`: digits, a letter, or a Roman number."""
    text = match["number"].lower()
    if text.isdigit():
        return int(text)
    return _ROMAN.get(text) or ord(text) - ord("a") + 1


# --- Episodes -------------------------------------------------------------------------------------


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


_SEASON_WORD = r"(?:season|saison|staffel|temporada|stagione|seizoen|series|s[äa]song|se[zs]on)"
_EPISODE_WORD = r"(?:episode|[ée]pisode|episodio|epis[oó]dio|folge|afl(?:evering)?|avsnitt|ep|cap(?:itulo|[íi]tulo)?)"
# Sonarr's six styles of several episodes in one file (NzbDrone.Core/Organizer/FileNameBuilder.cs), Kodi's
# `^[-_ex]+([0-9]+)` tail: E01E02, E01-E02, E01-02, S01E01.S01E02, x01x02.
_MORE = (
    r"(?P<more>(?:[ ._]?[-&+~][ ._]?(?:s\d{1,4}[ ._]?)?e[px]?\d{1,4}|[ ._]?s\d{1,4}[ ._]?e\d{1,4}|[ ._]?e\d{1,4}"
    r"|[-&+~]\d{1,4}(?![^\W_]|[ ._](?:fps|bit)))*)"
)
_SXXEXX = re.compile(
    rf"(?<![^\W_])s(?P<season>\d{{1,4}})[ ._\-x]{{0,3}}(?:e|ep|xe?)[ ._]?(?P<first>\d{{1,5}}){_MORE}(?:v\d)?(?!\d)",
    re.IGNORECASE,
)
_X = re.compile(
    r"(?<![^\W_])(?P<season>\d{1,2}|(?:19|20)\d\d)x(?P<first>\d{1,3})"
    r"(?P<more>(?:[ ._]?[-&+][ ._]?(?:\d{1,2}|(?:19|20)\d\d)x\d{2,3}|[-&+]\d{2,3}(?![^\W_])"
    r"|[ ._]?x\d{2,3}|[ ._]\d{1,2}x\d{2,3})*)(?!\d|[pi](?![^\W_]))",
    re.IGNORECASE,
)
_WORDS = re.compile(
    rf"(?<![^\W_]){_SEASON_WORD}[ ._-]*(?P<season>\d{{1,4}})[ ._,\-]*(?:{_EPISODE_WORD}|e)[ ._-]*(?P<first>\d{{1,4}})"
    rf"(?P<more>(?:[ ._]?[-&+][ ._]?(?:e|ep)?\d{{1,3}})*)(?!\d)",
    re.IGNORECASE,
)
_SHORT_WORDS = re.compile(
    rf"(?<![^\W_])s[e]?[ .]?(?P<season>\d{{1,2}})[ ._,\-]*{_EPISODE_WORD}[ ._-]*(?P<first>\d{{1,4}})(?P<more>)(?!\d)",
    re.IGNORECASE,
)
_NUMBERED = (("S01E02", _SXXEXX), ("1x02", _X), ("Season 1 Episode 2", _WORDS), ("S1 Ep2", _SHORT_WORDS))
_SEASON_BEFORE = re.compile(
    rf"(?<![^\W_])(?:s(?P<short>\d{{1,2}})|{_SEASON_WORD}[ ._-]*(?P<long>\d{{1,2}})|(?P<ordinal>\d)(?:st"
    rf"|nd|rd|th)[ ._]season)"
    r"(?=[ ._\[\])-]*$)",
    re.IGNORECASE,
)
_SEASON_ONLY = re.compile(
    rf"(?<![^\W_])(?:s(?P<short>\d{{1,2}})|{_SEASON_WORD}[ ._-]*(?P<long>\d{{1,4}}))(?![^\W_])", re.IGNORECASE
)
_EPISODE_ONLY = re.compile(
    rf"(?<![^\W_])(?:{_EPISODE_WORD}[ ._-]*|e)(?P<first>\d{{1,4}})(?P<more>(?:-(?:e"
    rf"|ep)?\d{{1,4}})*)(?:v\d)?(?![^\W_])",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?<=[ ._](?:19|20)\d\d[ ._])(?P<season>[1-9])(?P<first>\d\d)(?=[ ._])")
_HEIGHTS = frozenset({"480", "540", "576", "720"})
_YEAR_FIRST = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<s>[-._ /])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(?P<d>\d{1,2})(?P<s>[-._ ])(?P<m>\d{1,2})(?P=s)(?P<y>(?:19|20)\d\d)(?!\d)")
_YEAR_SOLID = re.compile(r"(?<![\da-zA-Z])(?P<y>20\d\d|19\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?!\d)")
# As in: [Group] Title - 12v2 [1080p], or: Title - 012 - Name
_ABSOLUTE = re.compile(
    r"(?:[ ._]-+[ ._]*|(?<=\])[ ._]*|[ ._](?=\#))[\[(#]?(?:ep?|sp|第)?[ .]?(?P<first>\d{2,4})(?:\.\d)?(?:v\d)?"
    r"(?P<more>(?:[ ]?[-~&][ ]?(?:\d{2,4})(?:v\d)?)*)(?:[ ._]?(?:end|final)|[ab]|话|話|集)?[\])]?"
    r"(?=[ ._]*(?:[\[(【]|$|-[ ._]|\.[ ._])|(?<=\#\d\d)[ v]|[ ._]+(?:vostfr|web|bd|dvd|\d{3,4}p|raw))",
    re.IGNORECASE,
)
# The looser forms that only a release with its group in front has: "[Group]_Title_12_[ABCD1234]"
_ABSOLUTE_IN_GROUP = re.compile(
    r"(?:(?<=[^\W\d])[!?.]?|(?<=\)))[ ._]+(?:(?:episode|ep?)\.?[ ._]?)?(?P<first>\d{2,4})(?:v\d)?"
    r"(?P<more>(?:[-~&]\d{2,4}(?:v\d)?)*)[ab]?"
    r"(?=[ ._]*(?:[\[(【]|$)|[ ._]+(?:vostfr|web|bd|dvd|\d{3,4}p|raw))",
    re.IGNORECASE,
)
_ABSOLUTE_AFTER = re.compile(r"^[ ._]*-[ ._]*(?P<first>\d{3,4})(?:-(?P<last>\d{3,4}))?(?=[ ._]*(?:-|\[|$))")
_MOST = 60  # a range longer than a season is no range


def find_numbers(text: str) -> Numbers | None:
    """The strongest episode form in a name, if there is one that stands on its own."""
    for rule, pattern in _NUMBERED:
        match = pattern.search(text)
        if match:
            numbers, dated = _numbered(rule, text, match), _dated(text)
            return replace(numbers, air_date=dated.air_date) if dated else numbers
    return _dated(text)


def find_absolute(text: str, *, has_group: bool) -> Numbers | None:
    """The number of an anime episode, which usually no season goes with. `has_group`: a release group stood before."""
    match = next((match for match in _ABSOLUTE.finditer(text) if _is_count(match)), None)
    if match is None and has_group:
        match = next((match for match in _ABSOLUTE_IN_GROUP.finditer(text) if _is_count(match)), None)
    if match is None:
        return None
    numbers = _spread(match["first"], match["more"])
    season = _SEASON_BEFORE.search(text, 0, match.start() + 1)
    if season:
        number = int(season["short"] or season["long"] or season["ordinal"])
        return Numbers("season and number", season.start(), match.end(), number, numbers)
    return Numbers("absolute number", match.start(), match.end(), None, numbers, numbers)


def _is_count(match: re.Match[str]) -> bool:
    """A number that counts episodes is no year, and stands after a title."""
    return match.start() > 0 and not is_year(int(match["first"]))


def find_episode_only(text: str) -> Numbers | None:
    """`Episode 3`, `E03`: no season is told."""
    match = _EPISODE_ONLY.search(text)
    if not match:
        return None
    return Numbers("Episode 2", match.start(), match.end(), None, _spread(match["first"], match["more"]))


def find_compact(text: str) -> Numbers | None:
    """`Show.2014.208.hdtv`: season and episode in three digits after the year, as Kodi reads them."""
    match = _COMPACT.search(text)
    if match is None or match[0] in _HEIGHTS:
        return None
    return Numbers("208", match.start(), match.end(), int(match["season"]), (int(match["first"]),))


def find_season_only(text: str) -> Numbers | None:
    """`S02`, `Season 2`: the name of a pack or a folder. An `ep13` further on belongs to it."""
    match = _SEASON_ONLY.search(text)
    episode = _EPISODE_ONLY.search(text, match.end()) if match else None
    if match and episode:
        season, episodes = int(match["short"] or match["long"]), _spread(episode["first"], episode["more"])
        if all(number // 100 == season for number in episodes):  # Spanish releases: Temporada 4 [Cap.408]
            episodes = tuple(number % 100 for number in episodes)
        return Numbers("season and number", match.start(), episode.end(), season, episodes)
    return Numbers("season only", match.start(), match.end(), int(match["short"] or match["long"])) if match else None


def season_of_folder(name: str) -> int | None:
    """The season that a folder stands for: `Season 1`, `S01`, `Specials`, `Staffel 2`."""
    bare = name.strip().lower()
    if bare in {"specials", "special", "season specials", "extras season"}:
        return 0
    match = _SEASON_ONLY.match(bare)
    if match and match.end() == len(bare):
        return int(match["short"] or match["long"])
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
    return Numbers(rule, match.start(), end, int(match["season"]), episodes, absolute)


def _spread(first: str, more: str) -> tuple[int, ...]:
    """All episodes: a dash between two numbers means everything from the one to the other."""
    found = [int(first)]
    for separator, digits in re.findall(r"(\D*)(\d+)", re.sub(r"v\d", "", more)):
        number = int(digits)
        is_range = bool(set("-~_") & set(separator)) and found[-1] < number <= found[-1] + _MOST
        found.extend(range(found[-1] + 1, number + 1) if is_range else [number])
    return tuple(sorted(set(found)))


def _dated(text: str) -> Numbers | None:
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _YEAR_SOLID):
        for match in pattern.finditer(text):
            day = _date(int(match["y"]), int(match["m"]), int(match["d"]))
            if day:
                return Numbers("air date", match.start(), match.end(), air_date=day)
    return None


def _date(year: int, month: int, day: int) -> str | None:
    for m, d in ((month, day), (day, month)):  # American files swap the two
        try:
            return date(year, m, d).isoformat()
        except ValueError:
            continue
    return None
