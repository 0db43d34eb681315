"""Which files are one show: its folder with its seasons and episodes, or its share of a folder of many shows.

With or without folders for seasons and for single episodes, flat, nested, in any mixture. Pure.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from metarr.library.listing import is_ignored_file, is_ignored_folder
from metarr.phases.scan.classify import folder_sort, is_video
from metarr.phases.scan.filename import readable, stem
from metarr.phases.scan.names import NameKind, parse
from metarr.phases.scan.naming.numbers import season_of_folder
from metarr.phases.scan.naming.titles import letters
from metarr.phases.scan.series_files import is_main, sort_files
from metarr.phases.scan.series_found import FoundSeries, Part, Show
from metarr.phases.scan.series_numbers import EpisodeNumbers, is_of_episodes, own_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metarr.library.listing import Entry, Listing

SHOW_NFO = "tvshow.nfo"
NOTHING_TOLD: Mapping[str, EpisodeNumbers] = {}
_DISC_FOLDER = re.compile(r"^(?:(?:cd|dvd|dis[ck]|bd)[ ._-]?\d{1,2}|video_ts|bdmv|hvdvd_ts)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stray:
    """A file that belongs to no show, and why."""

    path: str
    reason: str


def group_series(
    listings: Iterable[Listing], told: Mapping[str, EpisodeNumbers] = NOTHING_TOLD
) -> tuple[FoundSeries, ...]:
    """All shows of a library, or of a part of it, in the order of their folders.

    `told`, by path: the numbers of videos whose names have none.
    """
    tree = _Tree({listing.folder: listing for listing in listings})
    shows: dict[str, Show] = {}  # by the folder that is theirs
    owner: dict[str, str] = {}  # folder -> the folder of its show
    shared: dict[str, dict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
    of_pack: dict[str, str] = {}  # folder -> the outermost folder of a season or an episode outside any show
    for folder in tree.visible:
        above = folder.rpartition("/")[0]
        if folder and above in owner:
            owner[folder] = owner[above]
            shows[owner[folder]].parts.append(tree.part(folder))
        elif folder and above in of_pack:
            of_pack[folder] = of_pack[above]
        elif folder and tree.is_show(folder):
            owner[folder] = folder
            shows[folder] = Show(folder, folder, is_own_folder=True, parts=[tree.part(folder)])
        elif folder and is_of_episodes(_name(folder)):
            of_pack[folder] = folder
        else:
            _share(tree, folder, shared[folder])
    _share_packs(tree, of_pack, shared)
    found = [*shows.values(), *(show for folder, titles in shared.items() for show in _shared_shows(folder, titles))]
    return tuple(sort_files(show, told) for show in sorted(found, key=lambda show: show.key))


def strays(listings: Iterable[Listing], found: Iterable[FoundSeries]) -> tuple[Stray, ...]:
    """The videos that are in no show, with the rule that left them out. Other files there are nobody's."""
    owned = {file.path for series in found for file in series.files}
    tree = _Tree({listing.folder: listing for listing in listings})
    return tuple(
        Stray(path, "no show or no episode number in its name: put it into a folder named after its show")
        for folder in tree.visible
        for entry in tree.listings[folder].entries
        if entry.is_regular and is_video(entry.name) and not is_ignored_file(entry.name)
        for path in (_join(folder, entry.name),)
        if path not in owned and not is_in_disc(folder)
    )


def is_in_disc(folder: str) -> bool:
    """Whether a folder is the inside of a disc, whose files stand for nothing by themselves."""
    return any(folder_sort(name) == "disc" for name in folder.split("/"))


@dataclass
class _Tree:
    """The directories, and what the names in them say."""

    listings: Mapping[str, Listing]

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """The folders that nobody hid, outer ones first."""
        hidden: set[str] = set()
        for folder in sorted(self.listings):
            is_hidden = bool(folder) and is_ignored_folder(_name(folder))
            if is_hidden or folder.rpartition("/")[0] in hidden - {folder} or self._says_no_media(folder):
                hidden.add(folder)
        return tuple(folder for folder in sorted(self.listings) if folder not in hidden)

    @cached_property
    def _inner(self) -> Mapping[str, tuple[str, ...]]:
        inner: dict[str, list[str]] = defaultdict(list)
        for folder in self.visible:
            if folder:
                inner[folder.rpartition("/")[0]].append(folder)
        return {folder: tuple(folders) for folder, folders in inner.items()}

    def part(self, folder: str) -> Part:
        """A folder with all its files."""
        return Part(folder, tuple(entry for entry in self.listings[folder].entries if _counts(entry)))

    def is_show(self, folder: str) -> bool:
        """Whether a folder is a show's own. What many shows share is none, nor is the folder of a season."""
        inner = self._inner.get(folder, ())
        if self._is_marked(folder):
            return True
        if is_of_episodes(_name(folder)) or any(self._is_marked(child) for child in inner):
            return False
        if any(_DISC_FOLDER.match(_name(child)) for child in inner):
            return True
        titles = self.titles(folder)
        own = letters(parse(_name(folder), expected=NameKind.MOVIE, is_quick=True).title or "")
        if not titles:
            below = set[str]().union(*(self.titles(child) for child in inner if not folder_sort(_name(child))))
            return any(self._videos(folder)) or (bool(own) and own in below)
        return len(titles) == 1 or any(own and (title.startswith(own) or own.startswith(title)) for title in titles)

    def titles(self, folder: str) -> set[str]:
        """The shows that the episodes in a folder, and the folders of seasons and episodes in it, are named after."""
        files = [own_name(entry.name) for entry in self._videos(folder)]
        folders = [own_name(_name(child)) for child in self._inner.get(folder, ()) if is_of_episodes(_name(child))]
        found = {letters(name.title or "") for name in (*files, *folders) if name.numbers is not None}
        return found - {""}

    def _is_marked(self, folder: str) -> bool:
        """Whether there is a show's NFO, or a folder that can only be a season's."""
        if any(entry.name.lower() == SHOW_NFO for entry in self.listings[folder].entries):
            return True
        return any(season_of_folder(readable(_name(child))) is not None for child in self._inner.get(folder, ()))

    def _videos(self, folder: str) -> Iterable[Entry]:
        return (entry for entry in self.listings[folder].entries if is_main(entry))

    def _says_no_media(self, folder: str) -> bool:
        return any(entry.name == ".nomedia" for entry in self.listings[folder].entries)


def _counts(entry: Entry) -> bool:
    return not entry.is_dir and not is_ignored_file(entry.name)


def _share(tree: _Tree, folder: str, titles: dict[str, list[Part]]) -> None:
    """Episodes that lie in a folder of many shows, each with the files that are named after it."""
    part = tree.part(folder)
    of_title: dict[str, list[Entry]] = defaultdict(list)
    stems: dict[str, str] = {}
    for entry in part.entries:
        name = own_name(entry.name) if is_main(entry) else None
        if name and name.numbers and name.title:
            stems[readable(stem(entry.name)).casefold()] = letters(name.title)
            of_title[letters(name.title)].append(entry)
    taken = {entry.name for entries in of_title.values() for entry in entries}
    for entry in part.entries:
        text = readable(entry.name).casefold()
        best = max((known for known in stems if text.startswith(known)), key=len, default=None)
        if entry.name not in taken and best is not None:
            of_title[stems[best]].append(entry)
    for title, entries in of_title.items():
        titles[title].append(Part(folder, tuple(entries)))


def _share_packs(tree: _Tree, of_pack: Mapping[str, str], shared: dict[str, dict[str, list[Part]]]) -> None:
    """Folders of a season or an episode beside shows: each belongs to the show that it is named after."""
    inside: dict[str, list[str]] = defaultdict(list)
    for folder, pack in of_pack.items():
        inside[pack].append(folder)
    for pack, folders in inside.items():
        named = letters(own_name(_name(pack)).title or "")
        counted = Counter(title for folder in folders for title in sorted(tree.titles(folder)))
        title = named or next(iter(sorted(counted, key=lambda title: -counted[title])), "")
        if title:
            shared[pack.rpartition("/")[0]][title] += [tree.part(folder) for folder in folders]


def _shared_shows(folder: str, titles: Mapping[str, list[Part]]) -> Iterable[Show]:
    """No path has two slashes in a row, so a show beside a folder of its name is another one."""
    for title, parts in titles.items():
        yield Show(folder, f"{folder}//{title}", is_own_folder=False, parts=parts)


def _name(folder: str) -> str:
    return folder.rpartition("/")[2]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
