"""The words of a release: what ends a title, ids, editions, states, languages and stacked parts.

Each rule is one that Radarr, Sonarr, Kodi, Jellyfin or Plex documents or that their parsers accept. Pure.
"""

from __future__ import annotations

import re

from metarr.model.media import ExternalIds

# --- Tokens that can only be about a release, so that the title ends before them ------------------

_TOKENS = r"""
    \d{3,4}[pi](?:\d\d)?x?(?=[^\w]|_|$|hd) | (?:480|576|720|1080|2160|4320)[pi]\w* | \d{3,4}x\d{3,4} | 4k | 8k | uhd
  | (?:uhd[ ._-]?)?blu[ ._-]?ray(?:[ ._-]?(?:rip|remux|disc))? | b[dr][ ._-]?rip | bd(?:remux|mux|25|50|iso)?
  | web(?:[ ._-]?(?:dl|rip|mux|cap))? | (?:hd|pd|ds|sd|a?hd)tv(?:[ ._-]?(?:rip|mux))?
  | (?:tv|sat|dth|dsr|vhs|ld|hd|cam|dm)[ ._-]?rip
  | (?:hd|uhd)[ ._-]?(?:dvd|cam|ts|tc) | dvd(?:[ ._-]?(?:rip|scr(?:eener)?|mux|r|5|9|full|iso))? | r5
  | screener | scr | (?:mp4|mkv)(?=[ ._+-])
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
    r"(?:[ ._\-\[(]+(?:german|french|italian|ita|spanish|castellano|latino|eng|ger|rus|russian"
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


NO_IDS = ExternalIds()
_MAY_HAVE_IDS = re.compile(r"db|tt\d|maze", re.IGNORECASE)


def take_ids(text: str) -> tuple[str, ExternalIds]:
    """The text without its ids, and the ids."""
    if not _MAY_HAVE_IDS.search(text):
        return text, NO_IDS
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

_IN_BRACKETS = re.compile(rf"(?<=\S)[ ._]*[\[(](?:{_TOKENS}|vhs|dvd|tv)(?![^\W_])", re.IGNORECASE | re.VERBOSE)
_ANIME = re.compile(r"\[[0-9A-Fa-f]{8}\](?:\.\w{3})?$|(?<![^\W_])(?i:vostfr)(?![^\W_])")
# In small letters such a word is one of the title: Bokura_Ga_Ita, but not where everything is small
_SHORT_WORD = re.compile(r"^[ ._-]+(?=[A-Z]?[a-z])(?:[Ii]ta|[Pp]l|[Vv]o|[Nn]l|[Dd]c|[Dd]l|[Oo]ar|[Ww]s|[Ff]s)$")
# What is left may not be nothing, and may not end in a word that needs another: The Final Cut
_NOT_ALONE = re.compile(
    r"(?:^|[ ._\[(-])(?:the|a|an|of|and|&|in|le|la|der|die|das)[ ._\[(-]*$|^[ ._\[(-]*$", re.IGNORECASE
)
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
    r"open[ ._]matte|despecialized|unrestricted|rekall|\d{1,3}(?:th|st|nd|rd)[ ._]anniversary|2in1"
    r"|final[ ._]cut)"
    r"(?![^\W_])",
    re.IGNORECASE,
)
# "Redux" names a new cut, but never before the year of one: it is in titles too
_EDITION_ANYWHERE = re.compile(rf"{_EDITION.pattern}|(?<![^\W_])redux(?![^\W_])", re.IGNORECASE)
_COLLECTION_AT_END = re.compile(r"(?<=\w)[ ._-]+(?:the[ ._])?complete[ ._](?:collection|series)[ ._]*$", re.IGNORECASE)
_STATE_AT_END = re.compile(
    rf"[ ._\-\[(]+(?:{_EDITION.pattern}|(?:tv|dvd|bd)(?=\))"
    r"|(?:the[ ._])?complete(?:[ ._](?:series|seasons?|saga|collection))?|3d|oar"
    r"|(?:du|tri|quadri|tetra|penta|hexa|hepta|octa)logy"
    rf"|limited|internal|stv|dc|om)[ ._\-\])]*$",
    re.IGNORECASE,
)
PART = re.compile(
    r"(?:^|[ ._-]+)[(\[]?(?:cd|dvd|dis[ck]|part|pt)[ ._-]*(?P<number>\d{1,2}|[a-f]|i{1,3}|iv|v)[)\]]?$",
    re.IGNORECASE | re.ASCII,
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}


def without_state(title: str, tail: str = "") -> str:
    """A scene title without the editions, states and languages that stand between it and the year or the tokens.

    A language that `tail`, what follows the year, names again is a part of the title: The.Good.German.2006.GERMAN.
    """
    while True:
        shorter = _STATE_AT_END.sub("", title)
        shorter = _without_language(shorter, tail)
        if shorter == title or not is_whole(shorter):
            return title
        title = shorter


def _without_language(title: str, tail: str) -> str:
    match = _LANGUAGE_AT_END.search(title)
    if match is None or _SHORT_WORD.search(match[0]) or match[0].strip(" ._-[]()").casefold() in tail.casefold():
        return title
    return title[: match.start()]


def take_plex_edition(text: str) -> tuple[str, str | None]:
    """The text without `{edition-X}`, and X."""
    match = _PLEX_EDITION.search(text)
    name = match["name"].strip() if match else ""
    return _PLEX_EDITION.sub(" ", text), name or None


def is_whole(title: str) -> bool:
    """Whether a title can end here: not before anything, and not in a word that needs another."""
    return _NOT_ALONE.search(title) is None


def without_collection(title: str) -> str:
    """A title without `Complete Collection` at its end."""
    return _COLLECTION_AT_END.sub("", title)


def find_release(text: str) -> re.Match[str] | None:
    """The first word of a release that has a title before it."""
    return next((match for match in RELEASE.finditer(text) if is_whole(text[: match.start()])), None)


def is_word(token: str) -> bool:
    """Whether a word of a release is one of the language too: The Internal Life, Web Therapy."""
    return token.isalpha()


def before_brackets(head: str) -> str:
    """A title before brackets that speak of the release: Title [HDTV 720p]."""
    match = _IN_BRACKETS.search(head)
    return head[: match.start()] if match else head


def is_anime(text: str) -> bool:
    """The marks of a fansub release other than its group: a check sum at the end, `vostfr`."""
    return _ANIME.search(text) is not None


def find_edition(text: str) -> str | None:
    """The name of an edition in the part of a name that follows the title."""
    match = _EDITION_ANYWHERE.search(text)
    return re.sub(r"[._]+", " ", match[0]).strip() if match else None


def part_number(match: re.Match[str]) -> int:
    """The number of `PART`: digits, a letter, or a Roman number."""
    text = match["number"].lower()
    if text.isdigit():
        return int(text)
    return _ROMAN.get(text) or ord(text) - ord("a") + 1
