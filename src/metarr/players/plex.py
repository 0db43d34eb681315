"""Plex as a player: a partial scan by path for what is new or gone, a refresh for what it knows, and reading back.

What its owner watched hangs on the film, not on the file (so an upgrade keeps it); other users' counts need their own
tokens and are not touched. The trash is never emptied from here: with a folder offline that would empty the library.
Paths, parameters and verbs: the OpenAPI description of the server, https://developer.plex.tv/pms.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from metarr import __version__
from metarr.clients.media_server import MediaServerClient, Unknown
from metarr.errors import InvalidInput
from metarr.model.media import ItemKind
from metarr.model.paths import is_under, normalised, to_remote
from metarr.players import plex_parse as parse
from metarr.players.base import Checked
from metarr.players.checking import version
from metarr.players.matching import as_written, covering, entries_of, found_by_path, parent_of
from metarr.players.media_server import MediaServer, token_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import aiohttp

    from metarr.model.paths import PathMapping
    from metarr.model.play import PlayState
    from metarr.players.base import PlayerSettings
    from metarr.players.matching import Entry, Target
    from metarr.players.media_server import Found, Owner, Pause, Step

_OLDEST: Final = (1, 40)
_OWNER: Final = "owner"  # whose token it is
_LIBRARY: Final = "com.plexapp.plugins.library"  # the identifier of the server's own library
_IDS: Final = 50  # in one address
_PAGE: Final = 500
_SINGLE_QUESTIONS: Final = 5  # more films than this are not asked for by title
_YEARS: Final = 20  # more than these are nearly the whole library
_SINGLE_SCANS: Final = 10  # more folders of one library than this: one scan of the library
_SCAN_LIMIT: Final = 60.0  # seconds
_REFRESH_LIMIT: Final = 10.0  # seconds, and half a second for each more
_LONGEST_REFRESH: Final = 120.0


class PlexPlayer(MediaServer):
    """One Plex Media Server. `pause` is how it waits between questions."""

    def __init__(
        self, client: MediaServerClient, mappings: Sequence[PathMapping] = (), *, pause: Pause = asyncio.sleep
    ) -> None:
        super().__init__(client, mappings, pause=pause)
        self._sections: tuple[parse.Section, ...] = ()
        self._empties_trash = True

    def steps(self) -> Mapping[str, Step]:
        """Address, token and version, libraries."""
        return {"address": self._answering, "credentials": self._admitting, "permission": self._opening}

    async def _answering(self) -> list[Checked]:
        await self._client.get("/identity", {}, lambda answer: str(answer["MediaContainer"]["machineIdentifier"]))
        return [Checked("address", is_well=True, message=f"{self._client.who} answers")]

    async def _admitting(self) -> list[Checked]:
        number = await self._client.get("/", {}, lambda answer: str(answer["MediaContainer"]["version"]))
        is_accepted = Checked("credentials", is_well=True, message="the token is accepted")
        return [is_accepted, version("Plex", number, _OLDEST)]

    async def _opening(self) -> list[Checked]:
        await self.watched()  # which only the owner may ask
        return await self.libraries("the token is the owner's")

    async def sees(self, folders: Sequence[str]) -> Mapping[str, bool]:
        """Whether a library covers the folder: Plex has no way to list any other."""
        locations = await self.open()
        return {folder: covering(to_remote(folder, self._mappings), locations) is not None for folder in folders}

    async def open(self) -> tuple[str, ...]:
        """The folders of its libraries."""
        self._sections = await self._client.get("/library/sections/all", {}, parse.sections)
        self._empties_trash = await self._client.get("/:/prefs", {}, parse.empties_trash)
        return tuple(folder for section in self._sections for folder in section.locations)

    async def find(self, targets: Sequence[Target], *, thoroughly: bool = False) -> Found:
        """By title and year, shows by their ids; thoroughly: in all of the library."""
        entries: list[Entry] = []
        groups: dict[parse.Section, list[Target]] = defaultdict(list)
        for target in targets:
            section = self._section_of(target)
            if section is not None:
                groups[section].append(target)
        for section, group in groups.items():
            if section.kind == "movie":
                entries += await self._films(section, group, thoroughly=thoroughly)
            else:
                entries += await self._television(section, group, thoroughly=thoroughly)
        return await self._without_trash(found_by_path(targets, entries))

    async def watched(self) -> Mapping[str, bool]:
        """Keys of what anybody watches."""
        return await self._client.get("/status/sessions", {}, parse.watched)

    async def play_states(self, ids: Sequence[str]) -> Mapping[Owner, PlayState]:
        """Of the owner of the token."""
        return {(_OWNER, item.entry.id): item.play for item in await self._items(ids)}

    async def restore(self, owner: Owner, goal: PlayState, now: PlayState) -> None:
        """Count the plays up, then the rest: a play clears the position. When it was cannot be set."""
        item = {"identifier": _LIBRARY, "key": owner[1]}
        for _ in range(goal.play_count - now.play_count):
            await self._client.send("PUT", "/:/scrobble", item)
        if goal.user_rating != now.user_rating:
            await self._client.send("PUT", "/:/rate", {**item, "rating": f"{goal.user_rating:g}"})
        if goal.resume_position and (goal.resume_position != now.resume_position or goal.play_count > now.play_count):
            query = {
                "ratingKey": owner[1],
                "key": f"/library/metadata/{owner[1]}",
                "state": "stopped",
                "time": str(round(goal.resume_position * 1000)),
                "duration": str(round(goal.resume_total * 1000)),
            }
            await self._client.send("POST", "/:/timeline", query)

    async def refresh(self, known: Found) -> float:
        """One by one; it works them off in turn."""
        ids = entries_of(known)
        for key in ids:
            with suppress(Unknown):  # it went meanwhile; the reading back tells
                await self._client.send("PUT", f"/library/metadata/{key}/refresh")
        return min(_REFRESH_LIMIT + len(ids) / 2, _LONGEST_REFRESH)

    async def announce(self, targets: Sequence[Target]) -> float:
        """Scan the folders; of many in one library, the library."""
        present = {normalised(target.folder) for target in targets if target.is_present}
        groups: dict[parse.Section, set[str]] = defaultdict(set)
        for target in targets:
            section = self._section_of(target)
            if section is not None:
                groups[section].add(_scanned(target, section, present))
        for section, folders in groups.items():
            for folder in sorted(folders) if len(folders) <= _SINGLE_SCANS else [None]:
                await self._scan(section, folder)
        return _SCAN_LIMIT if groups else 0.0

    async def insist(self, targets: Sequence[Target]) -> float:
        """Scan the libraries concerned as a whole."""
        sections = {section for target in targets if (section := self._section_of(target)) is not None}
        for section in sorted(sections, key=lambda one: one.key):
            await self._scan(section, None)
        return _SCAN_LIMIT if sections else 0.0

    async def examine(self, ids: Collection[str]) -> None:
        """Have the streams of replaced files read."""
        for key in ids:
            with suppress(Unknown):
                await self._client.send("PUT", f"/library/metadata/{key}/analyze")

    @property
    def stale(self) -> str:
        """Since 1.43.1: https://support.plex.tv/articles/using-nfo-metadata-files-with-plex/."""
        return "it reads NFO files only in a library with the Plex NFO agent, and no field that is locked there"

    def remedy(self, target: Target) -> str:
        """What stands in the way most often."""
        if target.is_present:
            return "can it read the folder, and does it recognise the name? Its next scan will tell"
        return "it may still be scanning; look whether the folder is offline there"

    async def _films(self, section: parse.Section, targets: Sequence[Target], *, thoroughly: bool) -> list[Entry]:
        entries: list[Entry] = []
        for question in questions(targets, thoroughly=thoroughly):
            entries += [item.entry for item in await self._list(section, ItemKind.MOVIE, question)]
            if all(found_by_path(targets, entries).values()):
                break
        return entries

    async def _television(self, section: parse.Section, targets: Sequence[Target], *, thoroughly: bool) -> list[Entry]:
        """The shows around the targets, and of each what the targets are about."""
        entries: list[Entry] = []
        shows = await self._shows(section, targets, thoroughly=thoroughly)
        for show in shows:
            inside = {
                target.change.kind: target.folder
                for target in targets
                if any(is_under(target.folder, place) for place in show.paths)
            }
            if ItemKind.SEASON in inside:
                read = partial(parse.seasons, show=inside[ItemKind.SEASON])
                query = {"type": parse.TYPES[ItemKind.SEASON], "show.id": show.id}
                entries += await self._client.get(f"/library/sections/{section.key}/all", query, read)
            if ItemKind.EPISODE in inside:
                page = await self._client.get(f"/library/metadata/{show.id}/allLeaves", {}, parse.page)
                entries += [item.entry for item in page.items]
        return [*entries, *shows]

    async def _shows(self, section: parse.Section, targets: Sequence[Target], *, thoroughly: bool) -> tuple[Entry, ...]:
        """The shows whose folders are around the targets. Lists leave the folders out, so these are asked for."""
        query = {"includeGuids": "1"}
        listed = await self._list(section, ItemKind.SERIES, query)
        keys = [item.entry.id for item in listed if thoroughly or any(item.may_be(one.change) for one in targets)]
        places = [target.folder for target in targets]
        return tuple(
            item.entry
            for item in await self._items(keys)
            if any(is_under(place, folder) for place in places for folder in item.entry.paths)
        )

    async def _list(self, section: parse.Section, kind: ItemKind, query: Mapping[str, str]) -> list[parse.Item]:
        items: list[parse.Item] = []
        start = 0
        while True:
            part = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(_PAGE)}
            asked = {"type": parse.TYPES[kind], **query, **part}
            found = await self._client.get(f"/library/sections/{section.key}/all", asked, parse.page)
            items += found.items
            start += found.taken
            if not found.taken or start >= found.total:
                return items

    async def _items(self, ids: Sequence[str], **query: str) -> list[parse.Item]:
        """Items with everything about them. One of them alone that is gone is none."""
        items: list[parse.Item] = []
        for some in (ids[start : start + _IDS] for start in range(0, len(ids), _IDS)):
            with suppress(Unknown):
                asked = {"skipRefresh": "1", **query}
                items += (await self._client.get(f"/library/metadata/{','.join(some)}", asked, parse.page)).items
        return items

    async def _without_trash(self, found: dict[Target, tuple[Entry, ...]]) -> Found:
        """Marks what is shown only until the trash is emptied, on a server that does not do it by itself."""
        removed = {target: entries for target, entries in found.items() if entries and not target.is_present}
        if self._empties_trash or not removed:
            return found
        items = await self._items(sorted(entries_of(removed)), checkFiles="1")
        lost = {item.entry.id: item.lost_files for item in items}
        for target, entries in removed.items():
            keys = target.keys
            found[target] = tuple(
                replace(entry, is_in_trash=not (entry.paths & keys) - lost.get(entry.id, frozenset()))
                for entry in entries
            )
        return found

    async def _scan(self, section: parse.Section, folder: str | None) -> None:
        path = f"/library/sections/{section.key}/refresh"
        query = {} if folder is None else {"path": folder}
        try:
            await self._client.send("POST", path, query)
        except Unknown:  # older servers know only the other verb: python-plexapi:plexapi/library.py, update
            await self._client.send("GET", path, query)

    def _section_of(self, target: Target) -> parse.Section | None:
        kind = parse.section_kind(target.change.kind)
        places = {place: one for one in self._sections if one.kind == kind for place in one.locations}
        nearest = covering(target.folder, places)
        return None if nearest is None else places[nearest]


def build(settings: PlayerSettings, session: aiohttp.ClientSession | None) -> PlexPlayer:
    """The player of these settings."""
    token = token_of(settings, f"Plex {settings.name!r} needs the token of its owner")
    if not (token.isascii() and token.isprintable()):
        raise InvalidInput(f"Plex {settings.name!r}: the token has characters that no token has; copy it again")
    headers = {
        "X-Plex-Token": token,
        "X-Plex-Client-Identifier": "metarr",
        "X-Plex-Product": "Metarr",
        "X-Plex-Version": __version__,
    }
    return PlexPlayer(
        MediaServerClient("Plex", settings.name, settings.url, headers, session=session), settings.mappings
    )


def questions(targets: Sequence[Target], *, thoroughly: bool) -> list[Mapping[str, str]]:
    """How to ask for films, the narrowest question first. The list of all is the last resort."""
    changes = [target.change for target in targets]
    years = sorted({change.year for change in changes if change.year})
    if thoroughly or (len(changes) > _SINGLE_QUESTIONS and not 0 < len(years) <= _YEARS):
        return [{}]
    asked: list[Mapping[str, str]] = []
    if len(changes) <= _SINGLE_QUESTIONS:
        asked += [{"title": title} for title in dict.fromkeys(change.title for change in changes) if title]
    if 0 < len(years) <= _YEARS:
        asked.append({"year": ",".join(str(year) for year in years)})
    return asked


def _scanned(target: Target, section: parse.Section, present: Collection[str]) -> str:
    """Which folder has to be scanned: of something that left as a whole, the one around it, for its own may be gone."""
    is_whole = not target.is_present and target.change.kind in {ItemKind.MOVIE, ItemKind.SERIES}
    around = parent_of(normalised(target.folder))
    if is_whole and normalised(target.folder) not in present and covering(around, section.locations) is not None:
        return as_written(around)
    return target.folder
