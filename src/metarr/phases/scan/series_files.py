"""What each file of one show is: an episode's video, beside an episode, of a season, or of the show itself. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from metarr.library.listing import is_ignored_file
from metarr.library.naming import parse_artwork
from metarr.model.artwork import ArtworkKind
from metarr.model.media import FileRole, MediaFile
from metarr.phases.scan.classify import Place, classify, extra_kind, folder_sort, is_video
from metarr.phases.scan.filename import readable, stem
from metarr.phases.scan.names import NameKind, parse
from metarr.phases.scan.naming.titles import letters
from metarr.phases.scan.series_found import FoundEpisode, FoundSeason, FoundSeries
from metarr.phases.scan.series_numbers import (
    EpisodeNumbers,
    is_of_episodes,
    own_name,
    part_of,
    read_episode,
    read_folder,
    season_of,
    without_part,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from metarr.library.listing import Entry
    from metarr.phases.scan.series_found import Part, Show

_BORDERS = " -_.[({"
_DISC_STREAM = re.compile(r"\.(?:m2ts|vob|evo|ssif)$", re.IGNORECASE)
# Kodi: season01-poster.jpg, season-specials-fanart.jpg, season-all-banner.jpg. Plex: Season01.jpg
_SEASON_ART = re.compile(
    r"^season[ ._-]?(?P<season>\d{1,4}|specials|all)(?:-(?P<kind>[a-z]+-?\d{0,2}))?(?P<extension>\.[a-z]+)$",
    re.IGNORECASE,
)
NO_NUMBER = "no season and episode number in its name"  # the rule of a video that may be an episode
_CLEAR = 2 / 3  # of a show's names that agree make another name a stranger


@dataclass(frozen=True, slots=True)
class _Video:
    """A video that may be an episode."""

    folder: str
    entry: Entry
    numbers: EpisodeNumbers | None
    title: str  # the letters of the show that it names
    why_not: str = NO_NUMBER

    @property
    def stem(self) -> str:
        return stem(self.entry.name)


@dataclass(frozen=True, slots=True)
class _Folder:
    """What a folder inside a show is for."""

    sort: str  # as `folder_sort` says
    season: int | None


class _Sorted:
    """The files of a show by what they belong to, while they are being sorted."""

    def __init__(self, show: Show, told: Mapping[str, EpisodeNumbers]) -> None:
        self.show = show
        self.told = told
        self.around = {part.folder: _surroundings(show, part.folder) for part in show.parts}
        self.own: list[MediaFile] = []
        self.of_season: dict[int, list[MediaFile]] = defaultdict(list)
        self.of_episode: dict[tuple[str, ...], list[MediaFile]] = defaultdict(list)
        title = _title(show)
        videos = _without_strangers([video for part in show.parts for video in self._videos(part, title)], title)
        self.episodes = _by_numbers(videos)
        self.unsure = [video for video in videos if video.numbers is None]
        self.named: dict[str, dict[str, _Video]] = defaultdict(dict)  # folder -> name -> the episode's video
        for video in chain.from_iterable(self.episodes.values()):
            self.named[video.folder][_plain(video.stem)] = video
        self.largest = max((video.entry.size for video in videos), default=0)
        numbers = [video.numbers for video in videos if video.numbers]
        self.seasons = {found.season for found in numbers if found.season is not None}

    def _videos(self, part: Part, title: str) -> Iterator[_Video]:
        around = self.around[part.folder]
        mains = [entry for entry in part.entries if is_main(entry) and entry.size > 0] if not around.sort else []
        for entry in mains:
            name = own_name(entry.name)
            numbers = read_episode(name, around.season, title)
            if numbers is None and len(mains) == 1 and part.folder != self.show.folder:
                numbers = read_folder(part.folder.rpartition("/")[2], around.season)
            numbers = numbers or self.told.get(f"{part.folder}/{entry.name}" if part.folder else entry.name)
            yield _Video(part.folder, entry, numbers, letters(name.title or "") if name.numbers else "")


def is_main(entry: Entry) -> bool:
    """A video that its name does not say to be anything but an episode."""
    is_there = entry.is_regular and not is_ignored_file(entry.name) and is_video(entry.name)
    return is_there and extra_kind(stem(entry.name)) is None


def _title(show: Show) -> str:
    """The letters of the title that the show's folder, or its place in a shared one, has."""
    if not show.is_own_folder:
        return show.key.rpartition("//")[2]
    return letters(parse(show.folder.rpartition("/")[2], expected=NameKind.MOVIE, is_quick=True).title or "")


def sort_files(show: Show, told: Mapping[str, EpisodeNumbers]) -> FoundSeries:
    """Every file of a show, at the one place where it belongs. `told`, by path: numbers that names do not have."""
    found = _Sorted(show, told)
    taken = {(video.folder, video.entry.name) for videos in found.episodes.values() for video in videos}
    for video in found.unsure:
        taken.add((video.folder, video.entry.name))
        found.own.append(replace(_classified(video), role=FileRole.UNKNOWN, confidence=0, rule=video.why_not))
    for part in show.parts:
        if found.around[part.folder].sort != "disc":
            for entry in part.entries:
                if not is_ignored_file(entry.name) and (part.folder, entry.name) not in taken:
                    _assign(found, part, entry)
    found.own += _discs(show, found.around)
    return _finished(found)


def _finished(found: _Sorted) -> FoundSeries:
    episodes = []
    for keys, videos in found.episodes.items():
        numbers = min((video.numbers for video in videos if video.numbers), key=lambda numbers: numbers.confidence)
        files = _episode_videos(videos)
        episodes.append(FoundEpisode(numbers, files, _ordered([*files, *found.of_episode[keys]])))
    seasons = tuple(FoundSeason(number, _ordered(found.of_season[number])) for number in sorted(found.seasons))
    show = found.show
    return FoundSeries(show.folder, show.key, show.is_own_folder, _ordered(found.own), seasons, tuple(episodes))


def _surroundings(show: Show, folder: str) -> _Folder:
    """By the names of the folders between the show's and this one: the nearest one that says anything counts."""
    inner = folder.removeprefix(show.folder).strip("/").split("/") if folder != show.folder else []
    sort = next((sort for name in inner if (sort := folder_sort(name))), "")
    seasons = (season_of(name) for name in reversed(inner))
    return _Folder(sort, next((number for number in seasons if number is not None), None))


def _without_strangers(videos: Sequence[_Video], title: str) -> list[_Video]:
    """A file named after another show than the rest and their folder is not this show's episode."""
    counts = Counter(video.title for video in videos if video.numbers and video.title)
    most, count = next(iter(counts.most_common(1)), ("", 0))
    if count < _CLEAR * counts.total():
        return list(videos)
    known = {title, most} - {""}
    return [
        video
        if not video.title or any(video.title in name or name in video.title for name in known)
        else replace(video, numbers=None, why_not="it is named after another show than the files around it")
        for video in videos
    ]


def _by_numbers(videos: Iterable[_Video]) -> dict[tuple[str, ...], list[_Video]]:
    found: dict[tuple[str, ...], list[_Video]] = defaultdict(list)
    for video in videos:
        if video.numbers is not None:
            found[video.numbers.keys].append(video)
    return dict(sorted(found.items()))


def _episode_videos(videos: Sequence[_Video]) -> tuple[MediaFile, ...]:
    """The records of an episode's videos: parts of a stack, versions, or the only one."""
    stacks: dict[str, list[_Video]] = defaultdict(list)
    for video in videos:
        stacks[_plain(without_part(video.stem))].append(video)
    files = []
    for video in sorted(videos, key=lambda video: (video.folder, video.entry.name)):
        stack = stacks[_plain(without_part(video.stem))]
        part = part_of(video.stem) if len({part_of(other.stem) for other in stack}) == len(stack) > 1 else None
        rule = "part of a stack" if part else "version of one episode" if len(videos) > 1 else "episode"
        numbers = video.numbers or EpisodeNumbers(None)
        files.append(
            replace(
                _classified(video),
                role=FileRole.VIDEO,
                confidence=numbers.confidence,
                rule=f"{rule}: {numbers.rule}",
                details={} if part is None else {"part": part},
            )
        )
    return tuple(sorted(files, key=lambda file: (file.details.get("part", 0), file.path)))


def _classified(video: _Video) -> MediaFile:
    return classify(video.entry, Place(video.folder, "", (video.stem,), is_own_folder=False))


def _assign(found: _Sorted, part: Part, entry: Entry) -> None:
    """A file that is no episode: beside one, about a season, or of the show."""
    around = found.around[part.folder]
    video = _beside(found, part.folder, entry.name)
    if video is not None and video.numbers is not None:
        found.of_episode[video.numbers.keys].append(_of_episode(entry, part.folder, around.sort, video, found.largest))
        return
    art = _SEASON_ART.match(entry.name) if not around.sort else None
    season = _season_number(art["season"]) if art else around.season
    file = (_season_art(entry, part.folder, art) if art else None) or _of_show(entry, part.folder, found)
    (found.of_season[season] if season is not None and season in found.seasons else found.own).append(file)


def _of_show(entry: Entry, folder: str, found: _Sorted) -> MediaFile:
    """A file of a season's folder or of the show's. Elsewhere a picture of a usual name is nobody's."""
    around = found.around[folder]
    is_own = found.show.is_own_folder and (folder == found.show.folder or around.season is not None)
    file = classify(entry, Place(folder, around.sort, (), is_own_folder=is_own, largest=found.largest))
    if file.role is FileRole.VIDEO:  # an empty one: all others were looked at as episodes
        return replace(file, role=FileRole.UNKNOWN, confidence=90, rule="empty file")
    return file


def _beside(found: _Sorted, folder: str, filename: str) -> _Video | None:
    """The episode's video that a file belongs to: it is named after it, or lies in a folder that is."""
    name = _plain(filename)
    inside = folder
    while True:
        named = found.named.get(inside, {})
        borders = (at for at in range(len(name), 0, -1) if at == len(name) or name[at] in _BORDERS)
        match = next((named[name[:at]] for at in borders if name[:at] in named), None)
        match = match or next((named[text] for text in map(_plain, folder.split("/")) if text in named), None)
        if match or inside == found.show.folder:
            return match
        last = inside.rpartition("/")[2]
        if len(named) == 1 and season_of(last) is None and is_of_episodes(last):
            return next(iter(named.values()))
        if not found.around[inside].sort:
            return None
        inside = inside.rpartition("/")[0]


def _of_episode(entry: Entry, folder: str, sort: str, video: _Video, largest: int) -> MediaFile:
    """A file beside an episode's video. A picture that is called exactly like the video is its thumb."""
    place = Place(folder, "" if sort == "artwork" else sort, (video.stem,), is_own_folder=False, largest=largest)
    file = classify(entry, place)
    if file.role is FileRole.ARTWORK and _plain(stem(entry.name)) == _plain(video.stem):
        return replace(file, details={**file.details, "artwork": ArtworkKind.THUMB.value})
    if file.role is FileRole.VIDEO:
        is_empty = file.size == 0
        rule = "empty file" if is_empty else "a video beside an episode"
        return replace(file, role=FileRole.UNKNOWN, confidence=90 if is_empty else 0, rule=rule)
    return file


def _season_number(text: str) -> int | None:
    """None: of all seasons, which is none of them."""
    return {"specials": 0, "all": None}.get(text.lower(), int(text) if text.isdigit() else None)


def _season_art(entry: Entry, folder: str, art: re.Match[str]) -> MediaFile | None:
    """The picture of a season by its name. What is of all seasons is kept, but is nobody's poster."""
    slot = parse_artwork(f"{art['kind'] or ArtworkKind.POSTER}{art['extension']}", (), is_own_folder=True)
    if slot is None:
        return None
    file = classify(entry, Place(folder))
    rank = slot[1] if _season_number(art["season"]) is not None else None
    rule = f"named as {slot[0].value} of season {art['season'].lower()}"
    details = {"artwork": slot[0].value, "rank": rank, "season": art["season"].lower()}
    return replace(file, role=FileRole.ARTWORK, confidence=95, rule=rule, details=details)


def _discs(show: Show, around: Mapping[str, _Folder]) -> list[MediaFile]:
    """A disc copied as folders stands here with its largest stream: which episodes it holds, no name tells."""
    streams: dict[str, list[tuple[int, str, Entry]]] = defaultdict(list)
    for part in show.parts:
        if around[part.folder].sort == "disc":
            disc = _disc_root(part.folder)
            found_here = [entry for entry in part.entries if _DISC_STREAM.search(entry.name)]
            streams[disc] += [(entry.size, part.folder, entry) for entry in found_here]
    found = []
    for candidates in streams.values():
        for _, folder, entry in sorted(candidates, key=lambda one: (-one[0], one[1], one[2].name))[:1]:
            file = classify(entry, Place(folder))
            rule = "a disc: no name says which episodes it holds"
            found.append(replace(file, role=FileRole.UNKNOWN, confidence=0, rule=rule))
    return found


def _disc_root(folder: str) -> str:
    names = folder.split("/")
    first = next(at for at, name in enumerate(names) if folder_sort(name) == "disc")
    return "/".join(names[:first])


def _ordered(files: Iterable[MediaFile]) -> tuple[MediaFile, ...]:
    return tuple(sorted(files, key=lambda file: file.path))


def _plain(text: str) -> str:
    return readable(text).casefold()
