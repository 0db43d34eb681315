"""How a sync with a media server goes, the same for all of them: hold what may be lost, tell, wait, give back, answer.

A media server (Jellyfin, Plex) keeps libraries and plays to many at once. So a sync does not wait until nobody watches
anything, only until nobody watches the very films that changed.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from metarr.clients.media_server import Unknown
from metarr.errors import InvalidInput, MetarrError, Wait
from metarr.model.media import ItemKind
from metarr.model.play import PlayState
from metarr.players.base import Activity, Checked, Confirmation
from metarr.players.checking import mapped_folders
from metarr.players.matching import (
    covering,
    delays,
    entries_of,
    heirs,
    is_missing,
    richer,
    target_of_path,
    targets_of,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

    from metarr.clients.media_server import MediaServerClient
    from metarr.model.paths import PathMapping
    from metarr.players.base import Change, Memory, PlayerSettings
    from metarr.players.matching import Entry, Target

    Pause: TypeAlias = Callable[[float], Awaitable[None]]
    Found: TypeAlias = Mapping[Target, tuple[Entry, ...]]
    Owner: TypeAlias = tuple[str, str]  # a user there, and the id of what they watched
    Step: TypeAlias = Callable[[], Awaitable[list[Checked]]]

_BUSY_DELAY: Final = timedelta(minutes=1)
_TITLED: Final = frozenset({ItemKind.MOVIE, ItemKind.SERIES})
_PLAYABLE: Final = frozenset({ItemKind.MOVIE, ItemKind.EPISODE})


class MediaServer(ABC):
    """A player that keeps libraries. `pause` is how it waits between questions."""

    def __init__(
        self, client: MediaServerClient, mappings: Sequence[PathMapping] = (), *, pause: Pause = asyncio.sleep
    ) -> None:
        self._client = client
        self._mappings = tuple(mappings)
        self._pause = pause

    @property
    def name(self) -> str:
        """What the owner calls it."""
        return self._client.name

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def activity(self) -> Activity:
        """What anybody watches."""
        watched = await self.watched()
        if not watched:
            return Activity.IDLE
        return Activity.PAUSED if all(watched.values()) else Activity.PLAYING

    async def sync(
        self, changes: Sequence[Change], memory: Memory, *, is_manual: bool = False
    ) -> tuple[Confirmation, ...]:
        """Tell it what changed and read back what it shows."""
        run = _Sync(self, targets_of(changes, self._mappings), memory, self._pause)
        locations = await self.open()
        await run.look()
        if not is_manual:
            await run.not_while_watched()
        held = await run.hold()
        await run.tell()
        await run.give_back(held)
        return tuple(run.confirmation(target, locations) for target in run.targets)

    async def sources(self) -> Sequence[str]:
        """The folders of its libraries."""
        return await self.open()

    async def check(self) -> tuple[Checked, ...]:
        """The connection test: its steps, up to the first thing that is wrong."""
        done: list[Checked] = []
        for what, step in self.steps().items():
            try:
                done += await step()
            except MetarrError as error:
                done.append(Checked(what, is_well=False, message=str(error)))
            if not all(one.is_well for one in done):
                break
        return tuple(done)

    async def libraries(self, words: str) -> list[Checked]:
        """The last step: that we may read its libraries, which is said in these words, and that they fit."""
        locations = await self.open()
        return [
            Checked("permission", is_well=True, message=words),
            *mapped_folders(self.name, self._mappings, locations),
        ]

    @abstractmethod
    def steps(self) -> Mapping[str, Step]:
        """Of the connection test, by what each is about."""

    @abstractmethod
    async def sees(self, folders: Sequence[str]) -> Mapping[str, bool]:
        """Whether it reaches these folders of ours."""

    @abstractmethod
    async def open(self) -> tuple[str, ...]:
        """The folders of its libraries. Called first."""

    @abstractmethod
    async def find(self, targets: Sequence[Target], *, thoroughly: bool = False) -> Found:
        """What it shows of them, all targets in the answer. Thoroughly: also under a name that has changed since."""

    @abstractmethod
    async def watched(self) -> Mapping[str, bool]:
        """Ids of what is being watched, and whether all who watch it pause."""

    @abstractmethod
    async def play_states(self, ids: Sequence[str]) -> Mapping[Owner, PlayState]:
        """What users did with these."""

    @abstractmethod
    async def restore(self, owner: Owner, goal: PlayState, now: PlayState) -> None:
        """Set what differs."""

    @abstractmethod
    async def refresh(self, known: Found) -> float:
        """Have files read again that it knows; seconds within which that shows."""

    @abstractmethod
    async def announce(self, targets: Sequence[Target]) -> float:
        """Tell it of files that are new or gone; seconds within which that shows."""

    @abstractmethod
    async def insist(self, targets: Sequence[Target]) -> float:
        """What there is left to do where `announce` had no effect; 0: nothing."""

    @abstractmethod
    async def examine(self, ids: Collection[str]) -> None:
        """Have replaced video files looked into: their streams are others now."""

    @property
    @abstractmethod
    def stale(self) -> str:
        """Why it may show an old title although it was told of the new one, and what the owner can do."""

    @abstractmethod
    def remedy(self, target: Target) -> str:
        """Why it may not show this, although a library covers it, and what the owner can do."""


def token_of(settings: PlayerSettings, lacking: str) -> str:
    """What proves to the server who we are. Raises InvalidInput, in the words of what is `lacking`."""
    token = settings.token.get_secret_value().strip() if settings.token is not None else ""
    if not token:
        raise InvalidInput(lacking)
    return token


@dataclass(slots=True)
class _Sync:
    """One sync on its way."""

    server: MediaServer
    targets: Sequence[Target]
    memory: Memory
    pause: Pause
    before: dict[Target, tuple[Entry, ...]] = field(default_factory=dict)
    after: dict[Target, tuple[Entry, ...]] = field(default_factory=dict)

    async def look(self) -> None:
        """What is shown now. What is about to go is worth a thorough look: its play state hangs on it."""
        self.before.update(await self.server.find(self.targets))
        lost = [target for target in self.targets if not target.is_present and not self.before[target]]
        if lost:
            self.before.update(await self.server.find(lost, thoroughly=True))

    async def not_while_watched(self) -> None:
        """Wait where somebody watches one of these very videos."""
        if entries_of(self.before).keys() & await self.server.watched():
            text = f"somebody watches it on {self.server.name}"
            raise Wait(text, cause=f"player:{self.server.name}:playing", delay=_BUSY_DELAY)

    async def hold(self) -> dict[str, PlayState]:
        """Remember every play state that may be lost, by the user and the video that it belongs to in the end."""
        held = dict(await self.memory.recall())
        heir = heirs(self.targets)
        # an earlier sync may have left a state with a file that is replaced now
        found = [(_user_of(name), heir.get(_path_of(name), _path_of(name)), state) for name, state in held.items()]
        found += await self._at_risk(heir)
        fresh: dict[str, PlayState] = {}
        for user, path, state in found:
            name = f"{user}|{path}"
            whole = richer(fresh.get(name) or held.get(name) or PlayState(), state)
            if not whole.is_blank:
                fresh[name] = whole
        news = {name: state for name, state in fresh.items() if held.get(name) != state}
        if news:
            await self.memory.remember(news)
        return held | news

    async def _at_risk(self, heir: Mapping[str, str]) -> list[tuple[str, str, PlayState]]:
        """What users did with what is shown now, and the video that it belongs to in the end."""
        ends: dict[str, set[str]] = defaultdict(set)
        for target, entries in self.before.items():
            for entry in entries if target.change.kind in _PLAYABLE else ():
                ends[entry.id] |= {heir[path] for path in entry.paths & heir.keys()}
        states = await self.server.play_states(sorted(key for key, paths in ends.items() if paths))
        return [(user, path, state) for (user, key), state in states.items() for path in sorted(ends[key])]

    async def tell(self) -> None:
        """Refresh what is known, announce what is new or gone, and wait until it shows or takes too long."""
        known = {target: self.before[target] for target in self.targets if target.is_present and self.before[target]}
        other = [target for target in self.targets if target.is_present is not bool(self.before[target])]
        self.after = dict(self.before)
        quick = await self.server.refresh(known) if known else 0.0
        slow = await self.server.announce(other) if other else 0.0
        await self._settle(known, quick)
        late = await self._settle(other, slow)
        if late:
            late = await self._settle(late, await self.server.insist(late))
        missing = [target for target in late if target.is_present]
        if missing:
            found = await self.server.find(missing, thoroughly=True)
            self.after.update(found)
            renamed = {target: entries for target, entries in found.items() if entries}
            if renamed:
                await self.server.refresh(renamed)
        replaced = self._replaced()
        await self._read_again(replaced)
        await self.server.examine(entries_of(replaced).keys())

    async def _read_again(self, replaced: Found) -> None:
        """What goes on with another file was perhaps read again while that file had no NFO yet."""
        shown = entries_of(self.before).keys()
        known = {
            target: entries for target, entries in replaced.items() if entries_of({target: entries}).keys() & shown
        }
        if known:
            self.before.update(known)
            await self._settle(known, await self.server.refresh(known))

    def _replaced(self) -> Found:
        """What plays another file than before."""
        removed = {target.change.item_id for target in self.targets if not target.is_present and self.before[target]}
        return {
            target: self.after[target]
            for target in self.targets
            if target.is_present and target.videos and target.change.item_id in removed
        }

    async def _settle(self, waiting: Iterable[Target], limit: float) -> list[Target]:
        left = list(waiting)
        for delay in delays(limit):
            if not left:
                break
            await self.pause(delay)
            self.after.update(await self.server.find(left))
            left = [target for target in left if not self._is_settled(target)]
        return left

    def _is_settled(self, target: Target) -> bool:
        before, after = self.before[target], self.after[target]
        if not target.is_present:
            return not after
        return bool(after) and {one.stamp for one in after} != {one.stamp for one in before}

    async def give_back(self, held: Mapping[str, PlayState]) -> None:
        """Restore what is lost, and forget what is proven to be there. What is not shown yet is kept in mind."""
        places = await self._places({_path_of(name) for name in held})
        owners = {name: (_user_of(name), places[_path_of(name)].id) for name in held if _path_of(name) in places}
        ids = sorted({owner[1] for owner in owners.values()})
        states = await self.server.play_states(ids) if ids else {}
        missing = {
            name: owner for name, owner in owners.items() if owner in states and is_missing(held[name], states[owner])
        }
        for name, owner in missing.items():
            with suppress(Unknown):
                await self.server.restore(owner, richer(held[name], states[owner]), states[owner])
        again = sorted({owner[1] for owner in missing.values()})
        proof = {**states, **(await self.server.play_states(again) if again else {})}
        well = [name for name, owner in owners.items() if owner in proof and not is_missing(held[name], proof[owner])]
        gone = self._gone()
        lost = [name for name, owner in owners.items() if owner not in states]  # the user is gone, or may not see it
        forgotten = {*well, *lost, *(name for name in held if _path_of(name) in gone)}
        if forgotten:
            await self.memory.forget(forgotten)

    async def _places(self, paths: Collection[str]) -> dict[str, Entry]:
        """Where the videos of these paths are; a crash may have left some that are no part of this sync."""
        places = {path: entry for target in self.targets for entry in self.after[target] for path in entry.paths}
        strange = sorted(path for path in paths if path not in places and path not in heirs(self.targets).values())
        if strange:
            kinds = (ItemKind.MOVIE, ItemKind.EPISODE)
            sought = [target_of_path(path, kind) for path in strange for kind in kinds]
            found = await self.server.find(sought, thoroughly=True)
            places |= {path: entry for entries in found.values() for entry in entries for path in entry.paths}
        return {path: places[path] for path in paths if path in places}

    def _gone(self) -> set[str]:
        """Videos that left the library for good."""
        ends = set(heirs(self.targets).values())
        return {key for target in self.targets if not target.is_present for key in target.keys} - ends

    def confirmation(self, target: Target, locations: Sequence[str]) -> Confirmation:
        """What the server shows of it in the end."""
        shown = [entry for entry in self.after[target] if not entry.is_in_trash]
        if target.is_present:
            detail = self._of_present(target, locations)
        else:
            detail = self._of_removed(target, is_shown=bool(shown))
        art = frozenset(kind for entry in shown for kind in entry.art)
        return Confirmation(target.change.item_id, bool(shown), art, detail)

    def _of_present(self, target: Target, locations: Sequence[str]) -> str:
        name, before, after = self.server.name, self.before[target], self.after[target]
        if after and not before:
            return f"added to {name}"
        if after and self._is_settled(target):
            return f"refreshed in {name}"
        if after:
            titles = [one.title for one in after] if target.change.kind in _TITLED and target.change.title else []
            if titles and target.change.title not in titles:
                return f"{name} still calls it {titles[0]!r}: {self.server.stale}"
            return f"{name} read it again and shows no change"
        if covering(target.folder, locations) is None:
            return f"{name} has no library that contains {target.folder}: check its libraries and the path mapping"
        return f"{name} was told of {target.folder} and does not show it yet: {self.server.remedy(target)}"

    def _of_removed(self, target: Target, *, is_shown: bool) -> str:
        name = self.server.name
        if not self.before[target]:
            return f"was not in {name}"
        if is_shown:
            return f"{name} still shows it: {self.server.remedy(target)}"
        if self.after[target]:
            return f"in the trash of {name}, which shows it as unavailable until its trash is emptied there"
        return f"removed from {name}"


def _user_of(name: str) -> str:
    return name.partition("|")[0]


def _path_of(name: str) -> str:
    return name.partition("|")[2]
