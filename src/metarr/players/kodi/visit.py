"""One sync of one Kodi: the order in which it is told, and what is read in between."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from metarr.clients.kodi import InvalidParams, RpcError
from metarr.errors import Wait
from metarr.model.media import ItemKind
from metarr.model.paths import is_under, normalised
from metarr.players.kodi.answers import confirmation
from metarr.players.kodi.inheritance import at_risk, is_settled
from metarr.players.kodi.paths import as_folder, parent, source_of
from metarr.players.kodi.season_art import season_details
from metarr.players.kodi.states import folder_of, has_changed, is_back, losses, name_of, path_in
from metarr.players.kodi.targets import Shelf, shelf, standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from metarr.clients.kodi import Entry, KodiClient
    from metarr.model.play import PlayState
    from metarr.players.base import Confirmation, Memory
    from metarr.players.kodi.targets import Target

BUSY_DELAY: Final = timedelta(minutes=1)
_FIRST_POLL: Final = 0.1  # seconds; each wait is twice the one before
_SLOWEST_POLL: Final = 2.0
_SCAN_LIMIT: Final = 600.0  # seconds; a cold scan takes 3,200 films a minute on a quiet machine
_SINGLE_SCANS: Final = 10  # more new folders of one source than this: one scan of the source


class Visit:
    """Removes, refreshes and scans what the targets need. What it may lose is in `memory` first.

    It may end at any await, by an error or by force: the next visit finds in `memory` what this one left undone.
    """

    def __init__(self, client: KodiClient, memory: Memory, targets: Sequence[Target]) -> None:
        self._client = client
        self._memory = memory
        self._targets = targets
        self._kept: dict[str, PlayState] = {}  # what is in memory
        self._refreshed: dict[str, int] = {}  # ids before, by name

    async def run(self) -> tuple[Confirmation, ...]:
        """The answers, in the order of the targets."""
        sources = await self._client.sources()
        await self._until_quiet()
        self._kept = dict(await self._memory.recall())
        before = await self._look()
        doing = standing(self._targets)
        await self._remember(at_risk(doing, before, self._kept))
        await self._remove(doing, before)
        present = [target for target in doing if not target.is_removed]
        await self._refresh(present, before)
        await self._find(present, sources)
        await self._hang_season_art(present)
        await self._drop_pictures(present)
        after = await self._repair()
        name = self._client.name
        return tuple(
            confirmation(name, target, before.rows_of(target), after.rows_of(target), sources)
            for target in self._targets
        )

    async def _look(self) -> Shelf:
        """What Kodi has of the targets, and of the videos whose play state is kept."""
        kinds = {target.change.kind for target in self._targets}
        folders = self._folders()
        films = await self._client.below(ItemKind.MOVIE, folders)
        if kinds == {ItemKind.MOVIE} and all(path_in(name) == name for name in self._kept):
            return shelf(films, (), {})
        episodes = await self._client.below(ItemKind.EPISODE, folders)
        shows = await self._client.below(ItemKind.SERIES, folders)
        wanted = {normalised(one.folder) for one in self._targets if one.change.kind is ItemKind.SEASON}
        seasons = {show.file: await self._client.seasons(show) for show in shows if normalised(show.file) in wanted}
        return shelf((*films, *episodes), shows, seasons)

    def _folders(self) -> list[str]:
        found = [target.folder for target in self._targets]
        found += [parent(video) for one in self._targets for video in one.videos if not is_under(video, one.folder)]
        found += [folder for name in self._kept if (folder := folder_of(name)) is not None]
        return sorted({as_folder(folder) for folder in found})

    async def _remember(self, risked: Mapping[str, PlayState]) -> None:
        fresh = {name: state for name, state in risked.items() if self._kept.get(name) != state}
        if fresh:
            await self._memory.remember(fresh)
        self._kept = dict(risked)

    async def _remove(self, targets: Sequence[Target], before: Shelf) -> None:
        """One by one, by id. A season goes with its episodes."""
        rows = [row for target in targets if target.is_removed for row in before.rows_of(target)]
        await self._client.remove(row for row in rows if row.kind is not ItemKind.SEASON)

    async def _refresh(self, present: Sequence[Target], before: Shelf) -> None:
        """Kodi refreshes in turn, and scans after that: the end of a scan is the end of all refreshes."""
        rows = [
            (target, row) for target in present for row in before.rows_of(target) if row.kind is not ItemKind.SEASON
        ]
        if rows:
            self._refreshed = {name_of(row): row.id for _, row in rows}
            await self._client.list_again(_homes(target for target, _ in rows))
            await self._client.refresh(row for _, row in rows)
            await self._scan_alone(rows[-1][0].folder)

    async def _find(self, present: Sequence[Target], sources: Sequence[str]) -> None:
        """Have Kodi discover new folders: each alone, or many, or what it missed, by a scan of their source."""
        by_root: dict[str, list[Target]] = defaultdict(list)
        for target in await self._unknown(present):
            by_root[source_of(target.folder, sources) or parent(target.folder)].append(target)
        for root, group in by_root.items():
            folders = list(dict.fromkeys(target.folder for target in group))
            if len(folders) <= _SINGLE_SCANS:
                for folder in folders:
                    await self._scan(folder)
                if not await self._unknown(group):
                    continue
            await self._scan(root)

    async def _unknown(self, targets: Sequence[Target]) -> list[Target]:
        """Those of which Kodi has nothing, also because a refresh could not bring it back."""
        shown = await self._look()
        return [target for target in targets if not shown.rows_of(target)]

    async def _scan(self, folder: str) -> None:
        """Of a folder that may be new. Kodi takes it for missing until it lists the parent again."""
        with suppress(RpcError):  # what lies above a source is not Kodi's to list
            await self._client.list_directory(as_folder(parent(folder)), limit=1)
        await self._scan_alone(folder)

    async def _scan_alone(self, folder: str) -> None:
        await self._until_quiet()
        with suppress(InvalidParams):  # the newest Kodi refuses a folder outside its sources; the confirmation tells
            await self._client.scan(as_folder(folder))
            await self._client.begun()
        await self._until_quiet()

    async def _until_quiet(self) -> None:
        for delay in _delays(_SCAN_LIMIT):
            if not await self._client.is_scanning():
                return
            await self._client.ended(delay)
        name = self._client.name
        text = f"{name} has been scanning its library for {_SCAN_LIMIT / 60:.0f} minutes"
        raise Wait(text, cause=f"player:{name}:scanning", delay=BUSY_DELAY)

    async def _hang_season_art(self, present: Sequence[Target]) -> None:
        seasons = [target for target in present if target.change.kind is ItemKind.SEASON]
        if not seasons:
            return
        shown = await self._look()
        listed: dict[str, Sequence[str]] = {}
        for folder in {target.folder for target in seasons}:
            with suppress(RpcError):  # not in a source: what is listed nowhere is not touched
                listed[folder] = await self._client.list_directory(as_folder(folder))
        details: list[tuple[Entry, Mapping[str, object]]] = []
        for target in seasons:
            for row in shown.rows_of(target):
                if target.folder in listed:
                    number, folder = target.change.season or 0, target.folder
                    art = season_details(number, row.art, target.pictures, listed[folder], folder)
                    details += [(row, {"art": art})] if art else []
        await self._client.set_details(details)

    async def _drop_pictures(self, present: Sequence[Target]) -> None:
        """Kodi keeps serving the old picture under an unchanged name, even after a refresh."""
        changed = {picture for target in present for picture in target.pictures}
        await self._client.remove_textures(await self._client.textures_of(sorted(changed)))

    async def _repair(self) -> Shelf:
        """Give every video what it had, and forget that once it is seen to be back."""
        after = await self._look()
        pending = self._pending(after)
        details = [(row, missing) for row, missing in losses(self._kept, after) if missing]
        if details:
            await self._client.set_details(details)
            after = await self._look()
        done = {name for name, state in self._kept.items() if is_back(name, state, after)} - pending
        doing = standing(self._targets)
        done |= {name for name in self._kept if is_settled(name, doing, after)}
        if done:
            await self._memory.forget(done)
        return after

    def _pending(self, shown: Shelf) -> set[str]:
        """Names whose refresh cannot be told to be over: neither has the id changed nor is anything missing.

        Nearly always it is over, and took nothing. If it is not, the next visit repairs what it will have taken.
        """
        over = {path_in(name) for name, number in self._refreshed.items() if has_changed(name, number, shown)}
        over |= {path_in(name) for name, state in self._kept.items() if not is_back(name, state, shown)}
        doubtful = {path_in(name) for name in self._refreshed} - over
        return {name for name in self._kept if path_in(name) in doubtful}


def _homes(targets: Iterable[Target]) -> list[str]:
    """The folders in which their pictures lie."""
    homes = {as_folder(home) for one in targets for home in (one.folder, *(parent(video) for video in one.videos))}
    return sorted(homes)


def _delays(limit: float) -> Iterator[float]:
    """Growing pauses, in seconds, until their sum passes the limit."""
    delay, total = _FIRST_POLL, 0.0
    while total < limit:
        yield delay
        total += delay
        delay = min(delay * 2, _SLOWEST_POLL)
