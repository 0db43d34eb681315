"""One segment of a path, a file's name or a folder's, read on its own. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from metarr.phases.scan.naming import numbers as forms
from metarr.phases.scan.naming import titles, tokens
from metarr.phases.scan.naming.brackets import plain_brackets, read_brackets, without_prefix
from metarr.phases.scan.naming.dates import without_leading_day

if TYPE_CHECKING:
    from metarr.model.media import ExternalIds
    from metarr.phases.scan.naming.numbers import Numbers

GOOD_ENOUGH = 50  # below, the grammar has read little more than words, and guessit is asked
# A title alone: words with blanks. Digits may be numbers of episodes, brackets may hold anything.
_CLEAN = re.compile(r"^(?=.* )[^\d_.\[\]{}()|/#]+$")
# Where only films are, digits belong to the title; but a long word with digits is an obfuscated release
_PLAIN = re.compile(r"^(?![0-9a-zA-Z]*\d[0-9a-zA-Z]{11})[^_.\[\]{}()|/#]+$")
# S01 complete (BBC, 2018); on Russian trackers: S01 [2018, country, WEBRip]
_YEAR_NOTED = re.compile(r"(?:\([^()\d]+,[ ]|\[)(?P<year>(?:19|20)\d\d)(?:\)|,[ ])")
# "Title - S01E02 - Name": rendered by a program, which writes a year in brackets and puts no tokens before numbers
_RENDERED = re.compile(r"^(?!.*\.[^ .])[^\[\]_]* - $")
_PAY_PER_VIEW = re.compile(r"[ ._]PPV(?=[ ._])")  # between the number of an event and who fights
_TRACK = re.compile(r"[ _]\d{3}[ _([-]*$")  # "[Group] Title 214 10x14"
_REPEATED = re.compile(r" \((?P<said>[^()]+)\)(?= / .*\((?P=said)\))")  # Titel (S2E1) / Title (S2E1)
# (1)Title (2009): its place in a collection
_COLLECTION_NUMBER = re.compile(r"^\(\d{1,2}\)(?=[^\W\d])")
_BONUS = re.compile(r"-x\d\d-.*$", re.IGNORECASE)  # guessit's form of a bonus: Title-x09-Name
_AFTER_ANIME_TITLE = re.compile(
    r"(?:[ ._-]+vol(?:ume)?[ ._]*\d.*|[ ._]+(?-i:OVA|ONA|OAD|OAV)(?:[ ._].*)?"
    r"|(?:[ ._]*\[[^\[\]]*\])+[ ._]*|[ ._]+v\d[ ._]*|[ ._]+-[ ._]+(?:pv|ncop|nced)\d*)$",
    re.IGNORECASE,
)
# "Title - 12 (S01E12)", "Title 313-315 s16e03-05", "Title 2016 02 25 S20E143": a number in another counting
_SECOND_NUMBER = re.compile(
    r"[ ._]+(?:-[ ._]+\d{1,3}(?:\.\d)?|(?:-[ ._])?\d{3}-\d{3}|(?:19"
    r"|20)\d\d[ ._]\d\d[ ._]\d\d(?:[ ._]web-?rip)?)[ ._([-]*$",
    re.IGNORECASE,
)
_CONFIDENCE = {
    "Episode 2": 75,
    "season only": 70,
    "absolute number": 80,
    "season and number": 85,
    "Bölüm": 80,
    "5 of 9": 75,
    "12v2": 75,
    "第01話": 75,
    "103.104": 75,
    "titleS01E02": 75,
    "Part 2": 70,
    "number first": 70,
    "number within": 60,
    "101 and date": 75,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What one segment says. `confidence` is 0-100."""

    text: str
    rule: str = ""
    title: str | None = None
    whole: str | None = None  # the title with the words that were taken off its end, in case a folder has them too
    year: int | None = None
    numbers: Numbers | None = None
    edition: str | None = None
    ids: ExternalIds = tokens.NO_IDS
    part: int | None = None
    country: str | None = None
    confidence: int = 0


@lru_cache(maxsize=4096)  # the files of a show share their folders
def read(segment: str, *, is_movie: bool) -> Reading:
    """Everything that one segment says. `is_movie`: only films are there, so a number belongs to the title."""
    bare, ids = tokens.take_ids(plain_brackets(segment))
    bare, edition = tokens.take_plex_edition(bare)
    whole = bare.strip()
    bare, has_group = without_prefix(whole)
    has_group = has_group or tokens.is_anime(whole)
    part = tokens.PART.search(bare.rstrip(" ._-"))
    body = bare[: part.start()] if part else bare
    is_stack = part is not None and bool(body.strip(" ._-"))
    reading = None if is_movie else _read_brackets(segment, whole) or _read_episode(segment, bare, has_group=has_group)
    reading = reading or _read_movie(segment, body if is_stack else bare)
    if has_group and reading.rule in {"Title.tokens", "plain title"} and reading.title and not is_movie:
        title = _AFTER_ANIME_TITLE.sub("", _AFTER_ANIME_TITLE.sub("", reading.title)) or reading.title
        reading = replace(reading, rule="[Group] Title", title=titles.latin_run(title), confidence=60)
    if is_movie and reading.rule == "plain title" and _PLAIN.match(reading.text):
        reading = replace(reading, confidence=GOOD_ENOUGH)
    number = tokens.part_number(part) if part and is_stack and not reading.numbers else None
    if ids is tokens.NO_IDS and edition is None and number is None:
        return reading
    return replace(reading, ids=ids, edition=edition or reading.edition, part=number)


def _read_brackets(segment: str, text: str) -> Reading | None:
    found = read_brackets(text)
    if found is None:
        return None
    title = titles.clean(found.title)
    return Reading(segment, found.numbers.rule, title, title, found.year, found.numbers, confidence=75 if title else 60)


def _read_episode(segment: str, text: str, *, has_group: bool) -> Reading | None:
    """An episode's segment, if it is one: clear numbers first, then those that a film's name could hold too."""
    text = _REPEATED.sub("", without_leading_day(text))
    bracketed = titles.YEAR_IN_BRACKETS.search(text)
    found = _numbers(text, bracketed, has_group=has_group)
    if found is None or _is_film_date(found):
        return None
    if found.rule == "season only" and found.start == 0 and titles.YEAR.search(text, found.end):
        return None  # Series 7 - The Contenders (2001)
    head = text[found.end :] if found.rule == "number first" else text[: found.start]
    head = _SECOND_NUMBER.sub("", head)
    is_rendered = _RENDERED.search(head) is not None
    whole = titles.clean(head)
    if has_group and found.rule in {"S01E02", "1x02"}:
        head = _TRACK.sub("", head) or head
    if found.rule == "number first":
        release = tokens.RELEASE.search(head)
        head = head[: release.start()] if release else head
    head = head if is_rendered else titles.without_name(tokens.without_state(tokens.before_brackets(head)))
    title, year = titles.split_year(head, is_bracketed=is_rendered)
    if year is None:
        year = _year_after(text, found, bracketed)
        title = titles.clean(titles.without_other_title(head)) if found.rule == "season only" else title
    title, country = titles.take_country(title) if title else (None, None)
    confidence = 60 if title is None else _CONFIDENCE.get(found.rule, 95)
    return Reading(segment, found.rule, title, whole, year, found, country=country, confidence=confidence)


def _year_after(text: str, found: Numbers, bracketed: re.Match[str] | None) -> int | None:
    """The year in brackets behind the numbers; in a rendered name it stands in the title of an episode."""
    is_release = found.rule in _CONFIDENCE or " " not in text
    noted = _YEAR_NOTED.search(text, found.end)
    if noted is None and is_release and bracketed and bracketed.start() >= found.start:
        noted = bracketed
    return int(noted["year"]) if noted else None


def _numbers(text: str, bracketed: re.Match[str] | None, *, has_group: bool) -> Numbers | None:
    found = forms.find_numbers(text)
    if found is None:
        found = forms.find_absolute(text, has_group=has_group)
        if found and bracketed and found.start < bracketed.start() and "[" not in text:
            found = None  # a film's name may end in a number: it takes more to make it an episode
    found = found or forms.find_season_only(text) or forms.find_compact(text)
    if found is None:
        found = forms.find_episode_only(text)
        if found and bracketed and found.start < bracketed.start():
            found = None
    if found is None and not bracketed:
        found = forms.find_bare(text)
    return found or (forms.find_loose(text) if has_group else None)


def _is_film_date(found: Numbers) -> bool:
    """A date whose title is empty is the date of a home video, not of an episode of a show."""
    return found.rule == "air date" and found.start == 0


def _read_movie(segment: str, text: str) -> Reading:
    """A movie's segment: title, year, and what stands after them."""
    text = _PAY_PER_VIEW.sub("", _COLLECTION_NUMBER.sub("", text))
    release = tokens.find_release(text)
    cut = release.start() if release else len(text)
    leading = titles.YEAR_FIRST.match(text)
    if leading:
        found = _Found("(Year) Title", text[leading.end() : max(cut, leading.end() + 1)], int(leading["year"]), 85)
        return _titled(segment, text[leading.end() :], found)
    # In brackets the first year is the film's; in a scene name the last before the tokens: 2012.2009.1080p
    bracketed = next(titles.years(titles.YEAR_IN_BRACKETS, text), None)
    if bracketed:
        return _titled(segment, text, _in_brackets(text, bracketed, release), text[: bracketed.start()])
    bare = [match for match in titles.years(titles.YEAR, text) if match.start() < cut]
    if bare:
        whole, year = titles.before_range(text, bare[-1])
        whole = _BONUS.sub("", whole)
        tail = text[bare[-1].end() :]
        head = titles.without_other_title(tokens.without_state(whole, tail)) if release else whole
        return _titled(segment, text, _Found("Title.Year", head, year, 90 if release else 60), whole)
    if cut == len(text):
        return _titled(segment, text, _Found("plain title", tokens.without_collection(text), None, 50), text)
    head = tokens.without_state(text[:cut])
    later = next((match for match in titles.years(titles.YEAR, text) if match.start() > cut), None)
    if later:
        found = _Found("Title.tokens.Year", head, int(later["year"]), 65)
        return _titled(segment, text, found, text[: later.start()])
    return _titled(segment, text, _Found("Title.tokens", head, None, 45), text)


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a movie's title ends, and by which rule."""

    rule: str
    head: str
    year: int | None
    confidence: int


def _in_brackets(text: str, year: re.Match[str], release: re.Match[str] | None) -> _Found:
    """Title (Year). Only a scene name has words of the release before it, and those are seldom plain words."""
    before = text[: year.start()].rstrip()
    if release is None or release.start() > year.start():
        shorter = tokens.without_state(before, before)
        head = shorter if before[len(shorter) :].isupper() and not before.endswith((")", "]")) else before
    elif tokens.is_word(release[0]) and " " in before:
        head = before
    else:
        head = tokens.without_state(text[: release.start()].rstrip(), before)
    return _Found("Title (Year)", tokens.before_brackets(head), int(year["year"]), 95)


def _titled(segment: str, text: str, found: _Found, whole: str | None = None) -> Reading:
    title = titles.clean(found.head)
    is_doubtful = title is None or (found.year is None and not _CLEAN.match(found.head))
    return Reading(
        segment,
        found.rule,
        title,
        titles.clean(whole) if whole else title,
        found.year,
        edition=tokens.find_edition(text[len(found.head.rstrip(" ._-")) :]) if title else None,
        confidence=30 if is_doubtful else found.confidence,
    )
