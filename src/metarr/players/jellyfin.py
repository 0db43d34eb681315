"""Jellyfin as a player: it is told of files by path, and its items and every user's data are read back.

What its source says, and decides how it is asked (jellyfin/jellyfin, 12.0):
- `FullRefresh` without replacing keeps every value that exists, so a changed NFO would not show; with replacing it
  erases the old values, skips local files where it saves NFOs itself, and deletes pictures. `Default`, which a library
  scan uses, takes a changed NFO and changed local pictures and asks no provider:
  MediaBrowser.Providers/Manager/MetadataService.cs (RefreshWithProviders), ItemImageProvider.cs.
- `Library/Media/Updated` is handled after LibraryMonitorDelay, by refreshing the nearest item that it knows, in the
  same way: Emby.Server.Implementations/IO/FileRefresher.cs.
- Another path is another item, without the play state: Emby.Server.Implementations/Library/LibraryManager.cs.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from metarr import __version__
from metarr.clients.media_server import MediaServerClient, Unknown
from metarr.model.media import ItemKind
from metarr.model.paths import normalised, to_remote
from metarr.players import jellyfin_parse as parse
from metarr.players.base import Checked
from metarr.players.checking import version
from metarr.players.matching import Target, covering, entries_of, found_by_path
from metarr.players.media_server import MediaServer, token_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import aiohttp

    from metarr.model.paths import PathMapping
    from metarr.model.play import PlayState
    from metarr.players.base import PlayerSettings
    from metarr.players.matching import Entry
    from metarr.players.media_server import Found, Owner, Pause, Step

_OLDEST: Final = (10, 9)  # has the addresses of user data that are used here
_IDS: Final = 100  # in one address, which may have 8 KiB
_PAGE: Final = 500
_SINGLE_REFRESHES: Final = 10  # more known items than this: one message, which Jellyfin bundles
_REFRESH_LIMIT: Final = 10.0  # seconds
_SCAN_LIMIT: Final = 30.0  # seconds, beyond the delay after which it starts
_LONGEST_DELAY: Final = 120.0  # seconds; an owner may set any
_REFRESH: Final = {
    "metadataRefreshMode": "Default",
    "imageRefreshMode": "Default",
    "replaceAllMetadata": "false",
    "replaceAllImages": "false",
}
_SHOWN: Final = {"recursive": "true", "fields": "Path,Etag", "enableUserData": "false"}


class JellyfinPlayer(MediaServer):
    """One Jellyfin. `pause` is how it waits between questions."""

    def __init__(
        self, client: MediaServerClient, mappings: Sequence[PathMapping] = (), *, pause: Pause = asyncio.sleep
    ) -> None:
        super().__init__(client, mappings, pause=pause)
        self._libraries: tuple[parse.Library, ...] = ()
        self._behaviour = parse.behaviour({})

    def steps(self) -> Mapping[str, Step]:
        """Address and version, key, libraries."""
        reading = partial(self.libraries, "the key may read the libraries")
        return {"address": self._answering, "credentials": self._admitting, "permission": reading}

    async def _answering(self) -> list[Checked]:
        number = await self._client.get("/System/Info/Public", {}, lambda answer: str(answer["Version"]))
        is_there = Checked("address", is_well=True, message=f"{self._client.who} answers")
        return [is_there, version("Jellyfin", number, _OLDEST)]

    async def _admitting(self) -> list[Checked]:
        await self._client.get("/System/Info", {}, lambda answer: str(answer["Version"]))
        return [Checked("credentials", is_well=True, message="the API key is accepted")]

    async def sees(self, folders: Sequence[str]) -> Mapping[str, bool]:
        """Asks the server to look: it answers 404 where it has no such folder."""
        answers: dict[str, bool] = {}
        for folder in folders:
            body = {"Path": to_remote(folder, self._mappings), "IsFile": False, "ValidateWritable": False}
            try:
                await self._client.send("POST", "/Environment/ValidatePath", body=body)
                answers[folder] = True
            except Unknown:
                answers[folder] = False
        return answers

    async def open(self) -> tuple[str, ...]:
        """The folders of its libraries."""
        self._libraries = await self._client.get("/Library/VirtualFolders", {}, parse.libraries)
        self._behaviour = await self._client.get("/System/Configuration", {}, parse.behaviour)
        return tuple(folder for library in self._libraries for folder in library.locations)

    async def find(self, targets: Sequence[Target], *, thoroughly: bool = False) -> Found:
        """By the ids that follow from the paths; thoroughly: also by year, title or show."""
        seasons = [target for target in targets if target.change.kind is ItemKind.SEASON]
        entries = await self._by_ids([target for target in targets if target not in seasons])
        entries += await self._seasons(seasons, thoroughly=thoroughly)
        found = found_by_path(targets, entries)
        missing = [target for target in targets if not found[target]] if thoroughly else []
        if missing:
            more = [entry for target in missing for entry in await self._by_question(target)]
            found |= found_by_path(missing, [*entries, *more])
        return found

    async def watched(self) -> Mapping[str, bool]:
        """Ids of what anybody watches."""
        return await self._client.get("/Sessions", {}, parse.watched)

    async def play_states(self, ids: Sequence[str]) -> Mapping[Owner, PlayState]:
        """Of every user. An item that a user may not see has none."""
        if not ids:
            return {}
        users = await self._client.get("/Users", {}, lambda answer: [parse.plain_id(row["Id"]) for row in answer])
        states: dict[Owner, PlayState] = {}
        for user in users:
            for some in _portions(ids, _IDS):
                query = {"userId": user, "ids": ",".join(some), "enableUserData": "true", "enableImages": "false"}
                for key, state in (await self._client.get("/Items", query, parse.play_states)).items():
                    one = state or await self._play_state(user, key)
                    if one is not None:
                        states[user, key] = one
        return states

    async def restore(self, owner: Owner, goal: PlayState, now: PlayState) -> None:
        """Set what differs."""
        user, key = owner
        body = parse.update(goal, now)
        await self._client.send("POST", f"/UserItems/{key}/UserData", {"userId": user}, body)

    async def refresh(self, known: Found) -> float:
        """One by one, at once; or many by one message, after Jellyfin's delay."""
        ids = entries_of(known)
        if len(ids) > _SINGLE_REFRESHES:
            return await self._report([(place, "Modified") for target in known for place in target.places])
        for key in ids:
            await self._refresh_item(key)
        return _REFRESH_LIMIT

    async def announce(self, targets: Sequence[Target]) -> float:
        """All in one message."""
        kinds = {True: "Created", False: "Deleted"}
        return await self._report([(place, kinds[target.is_present]) for target in targets for place in target.places])

    async def insist(self, targets: Sequence[Target]) -> float:
        """Scan the libraries concerned: the way around a report that went unheard (jellyfin#15070)."""
        around = [self._library_of(target.folder) for target in targets]
        wanted = sorted({library.id for library in around if library is not None})
        for key in wanted:
            await self._refresh_item(key)
        return _SCAN_LIMIT if wanted else 0.0

    async def examine(self, ids: Collection[str]) -> None:
        """It probes a new file by itself: nothing to tell."""

    @property
    def stale(self) -> str:
        """Against reading what it wrote itself: jellyfin#15514."""
        return "it passes over an NFO that is not a minute newer than its own last save; publish it again in a minute"

    def remedy(self, target: Target) -> str:
        """What stands in the way most often."""
        if target.is_present:
            return "can it read the folder, and is the library of the right type? Its next scan will tell"
        return "it may still be scanning, or cannot tell a deleted file from a folder that is offline"

    async def _by_ids(self, targets: Sequence[Target]) -> list[Entry]:
        entries: list[Entry] = []
        for kind in dict.fromkeys(target.change.kind for target in targets):
            paths = [path for target in targets if target.change.kind is kind for path in _raw_keys(target)]
            exact = self._behaviour.has_exact_ids
            ids = [key for path in dict.fromkeys(paths) for key in parse.item_ids(kind, path, has_exact_ids=exact)]
            for some in _portions(ids, _IDS):
                query = {**_SHOWN, "ids": ",".join(some)}
                found = await self._client.get("/Items", query, partial(parse.page, kind=kind))
                entries += found.entries
        return entries

    async def _seasons(self, targets: Sequence[Target], *, thoroughly: bool) -> list[Entry]:
        entries: list[Entry] = []
        for folder in dict.fromkeys(target.folder for target in targets):
            for show in await self._show(folder, thoroughly=thoroughly):
                query = {**_SHOWN, "parentId": show.id, "includeItemTypes": "Season"}
                entries += await self._client.get("/Items", query, partial(parse.seasons, show=folder))
        return entries

    async def _show(self, folder: str, *, thoroughly: bool) -> list[Entry]:
        """The show in a folder; thoroughly: among all shows of the library, of which there are never many."""
        exact = self._behaviour.has_exact_ids
        query = {**_SHOWN, "ids": ",".join(parse.item_ids(ItemKind.SERIES, folder, has_exact_ids=exact))}
        found = list((await self._client.get("/Items", query, partial(parse.page, kind=ItemKind.SERIES))).entries)
        library = self._library_of(folder)
        if thoroughly and not found and library is not None:
            query = {**_SHOWN, "includeItemTypes": "Series", "parentId": library.id}
            found = await self._pages(query, ItemKind.SERIES)
        return [entry for entry in found if normalised(folder) in entry.paths]

    async def _by_question(self, target: Target) -> list[Entry]:
        """For a server that makes its ids in another way: the narrowest question that there is."""
        change = target.change
        query = {**_SHOWN, "includeItemTypes": parse.KIND_NAMES[change.kind]}
        library = self._library_of(target.folder)
        if change.kind is ItemKind.EPISODE:
            shows = await self._show(target.folder, thoroughly=True)
            return [one for show in shows for one in await self._pages({**query, "parentId": show.id}, change.kind)]
        if change.kind is ItemKind.SEASON or library is None or not (change.year or change.title):
            return []
        narrow = {"years": str(change.year)} if change.year else {"searchTerm": change.title}
        return await self._pages({**query, "parentId": library.id, **narrow}, change.kind)

    async def _pages(self, query: Mapping[str, str], kind: ItemKind) -> list[Entry]:
        entries: list[Entry] = []
        start = 0
        while True:
            part = {**query, "startIndex": str(start), "limit": str(_PAGE)}
            found = await self._client.get("/Items", part, partial(parse.page, kind=kind))
            entries += found.entries
            start += found.taken
            if not found.taken or start >= found.total:
                return entries

    async def _play_state(self, user: str, key: str) -> PlayState | None:
        """For a server that leaves users out of lists where the question comes with an API key."""
        with suppress(Unknown):
            return await self._client.get(f"/UserItems/{key}/UserData", {"userId": user}, parse.play_state)
        return None

    async def _refresh_item(self, key: str) -> None:
        with suppress(Unknown):  # it went meanwhile; the reading back tells
            await self._client.send("POST", f"/Items/{key}/Refresh", _REFRESH)

    async def _report(self, places: Iterable[tuple[str, str]]) -> float:
        updates = [{"Path": path, "UpdateType": kind} for path, kind in dict.fromkeys(places)]
        await self._client.send("POST", "/Library/Media/Updated", body={"Updates": updates})
        return min(self._behaviour.delay, _LONGEST_DELAY) + _SCAN_LIMIT

    def _library_of(self, folder: str) -> parse.Library | None:
        locations = {location: library for library in self._libraries for location in library.locations}
        nearest = covering(folder, locations)
        return None if nearest is None else locations[nearest]


def build(settings: PlayerSettings, session: aiohttp.ClientSession | None) -> JellyfinPlayer:
    """The player of these settings."""
    token = token_of(settings, f"Jellyfin {settings.name!r} needs an API key: create one under Dashboard, API Keys")
    headers = {"Authorization": parse.authorization(token, __version__)}
    client = MediaServerClient("Jellyfin", settings.name, settings.url, headers, session=session)
    return JellyfinPlayer(client, settings.mappings)


def _raw_keys(target: Target) -> list[str]:
    """The paths of the target as Jellyfin writes them."""
    if target.change.kind is ItemKind.SERIES:
        return [target.folder]
    extra = [key for key in target.keys if key not in {normalised(video) for video in target.videos}]
    return [*target.videos, *extra]


def _portions(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
