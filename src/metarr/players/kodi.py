"""Kodi as a player: tell it exactly what changed, keep the owner's play state, and read back what it shows.

Built on what real Kodi 20.1 and 21.2 were observed to do. A plain scan never reads a changed NFO again, so a known
movie is refreshed; a refresh gives it a new id and loses play counts and ratings, so these are read before and set
after; a second scan cancels the first, so there is only ever one; a clean on an empty mount point removes everything,
so nothing is ever cleaned and movies are removed one by one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from metarr.clients.kodi import InvalidParams, KodiClient, Movie, PlayState, RpcError
from metarr.errors import Wait
from metarr.model.paths import is_under, normalised, to_remote
from metarr.players.base import Activity, Confirmation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    import aiohttp

    from metarr.model.media import ItemId
    from metarr.model.paths import PathMapping
    from metarr.players.base import Change, PlayerSettings

    Pause: TypeAlias = Callable[[float], Awaitable[None]]

_BUSY_DELAY: Final = timedelta(minutes=1)
_FIRST_POLL: Final = 0.1  # seconds; each wait is twice the one before
_SLOWEST_POLL: Final = 2.0
_SCAN_LIMIT: Final = 600.0  # seconds; a cold scan takes 3,200 films a minute on a quiet machine
_REFRESH_LIMIT: Final = 3.0  # seconds; 27-75 ms were measured
_SINGLE_SCANS: Final = 10  # more new films of one source than this: one scan of the source


@dataclass(frozen=True, slots=True)
class _Target:
    """A change with its paths as Kodi names them."""

    change: Change
    folder: str
    videos: tuple[str, ...]


class KodiPlayer:
    """One Kodi. Waiting inside is polling with `pause`, because Kodi's HTTP server sends no notifications."""

    def __init__(
        self, client: KodiClient, mappings: Sequence[PathMapping] = (), *, pause: Pause = asyncio.sleep
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
        """Whether a video plays; music does not mind a refresh."""
        return Activity.PLAYING if "video" in await self._client.active_players() else Activity.IDLE

    async def sync(self, changes: Sequence[Change], *, is_manual: bool = False) -> tuple[Confirmation, ...]:
        """Remove, refresh and scan what the changes need; then read back."""
        if not is_manual and await self.activity() is Activity.PLAYING:
            raise Wait(f"{self.name} is playing", cause=f"player:{self.name}:playing", delay=_BUSY_DELAY)
        targets = [self._target(change) for change in changes]
        sources = await self._client.sources()
        await self._until_quiet()
        before = await self._shown(targets)
        for target in targets:
            for movie in before[target]:
                await self._treat(target, movie)
        present = [target for target in targets if not target.change.is_removed]
        by_now = await self._shown(present)  # also finds again what a refresh could not bring back
        await self._find([target for target in present if not by_now[target]], sources)
        await self._drop_pictures(present)
        await self._restore_all(present, before)
        after = await self._shown(targets)
        return tuple(_confirmation(self.name, one, before[one], after[one], sources) for one in targets)

    def _target(self, change: Change) -> _Target:
        videos = tuple(normalised(to_remote(video, self._mappings)) for video in change.videos)
        return _Target(change, to_remote(change.folder, self._mappings), videos)

    async def _shown(self, targets: Sequence[_Target]) -> dict[_Target, list[Movie]]:
        """What Kodi has of each target."""
        movies = await self._client.movies_in(sorted({_as_folder(target.folder) for target in targets}))
        by_video: dict[str, list[Movie]] = defaultdict(list)
        for movie in movies:
            for path in _ancestry(movie.file):
                by_video[path].append(movie)
        return {target: [movie for video in target.videos for movie in by_video[video]] for target in targets}

    async def _treat(self, target: _Target, movie: Movie) -> None:
        """Remove or refresh a movie that Kodi has. Its id may be gone by now; the reading back tells."""
        with suppress(InvalidParams):
            if target.change.is_removed:
                await self._client.remove_movie(movie.id)
                return
            refreshing = asyncio.ensure_future(self._refresh(movie))
            try:
                await asyncio.shield(refreshing)
            except asyncio.CancelledError:
                await refreshing  # half way the owner's play state would be lost
                raise

    async def _refresh(self, movie: Movie) -> None:
        await self._client.refresh_movie(movie.id)
        fresh: Movie | None = None
        for delay in _delays(_REFRESH_LIMIT):
            await self._pause(delay)
            found = await self._client.movies_in([_as_folder(_parent(movie.file))])
            fresh = next((one for one in found if one.file == movie.file), None)
            if fresh is not None and fresh.id != movie.id:
                break
        # the newest movie comes back under its old id (SQLite gives the highest one again), so time has to tell
        if fresh is not None:
            await self._restore(fresh, movie.play)

    async def _restore(self, movie: Movie, wanted: PlayState) -> None:
        details = lost(wanted, movie.play)
        if details:
            await self._client.set_movie_details(movie.id, details)

    async def _restore_all(self, present: Sequence[_Target], before: Mapping[_Target, Sequence[Movie]]) -> None:
        """Give every movie what it had, and a renamed one what it had under its former name."""
        own = {movie.file: movie.play for movies in before.values() for movie in movies}
        former: dict[ItemId, PlayState] = {
            target.change.item_id: movie.play
            for target, movies in before.items()
            if target.change.is_removed
            for movie in movies
        }
        for target, movies in (await self._shown(present)).items():
            for movie in movies:
                wanted = own.get(movie.file) or former.get(target.change.item_id)
                if wanted is not None:
                    await self._restore(movie, wanted)

    async def _find(self, new: Sequence[_Target], sources: Sequence[str]) -> None:
        """Have Kodi discover new folders: each alone, or many, or what it missed, by a scan of their source."""
        by_root: dict[str, list[_Target]] = defaultdict(list)
        for target in new:
            by_root[_source_of(target.folder, sources) or _parent(target.folder)].append(target)
        for root, group in by_root.items():
            if len(group) <= _SINGLE_SCANS:
                for folder in dict.fromkeys(target.folder for target in group):
                    await self._scan(folder)
                if all((await self._shown(group)).values()):
                    continue
            await self._scan(root)

    async def _scan(self, folder: str) -> None:
        await self._until_quiet()
        with suppress(RpcError):  # what lies above a source is not Kodi's to list
            await self._client.list_directory(_as_folder(_parent(folder)))
        with suppress(InvalidParams):  # the newest Kodi refuses a folder outside its sources; the confirmation tells
            await self._client.scan(_as_folder(folder))
        await self._pause(_FIRST_POLL)
        await self._until_quiet()

    async def _until_quiet(self) -> None:
        for delay in _delays(_SCAN_LIMIT):
            if not await self._client.is_scanning():
                return
            await self._pause(delay)
        text = f"{self.name} has been scanning its library for {_SCAN_LIMIT / 60:.0f} minutes"
        raise Wait(text, cause=f"player:{self.name}:scanning", delay=_BUSY_DELAY)

    async def _drop_pictures(self, targets: Sequence[_Target]) -> None:
        """Kodi keeps serving the old picture under an unchanged name, even after a refresh."""
        changed = {to_remote(picture, self._mappings) for target in targets for picture in target.change.artwork}
        await self._client.remove_textures(await self._client.textures_of(sorted(changed)))


def lost(wanted: PlayState, now: PlayState) -> dict[str, object]:
    """What to set so that a movie has its play state again; what is newer or richer now stays."""
    details: dict[str, object] = {}
    if now.play_count < wanted.play_count:
        details["playcount"] = wanted.play_count
    if now.last_played < wanted.last_played:
        details["lastplayed"] = wanted.last_played
    if wanted.user_rating and not now.user_rating:
        details["userrating"] = wanted.user_rating
    if wanted.resume_position and not now.resume_position:
        details["resume"] = {"position": wanted.resume_position, "total": wanted.resume_total}
    return details


def build(settings: PlayerSettings, session: aiohttp.ClientSession | None) -> KodiPlayer:
    """The player of these settings."""
    password = settings.password.get_secret_value() if settings.password is not None else None
    return KodiPlayer(
        KodiClient(settings.name, settings.url, settings.user, password, session=session), settings.mappings
    )


def _confirmation(
    name: str, target: _Target, before: Sequence[Movie], after: Sequence[Movie], sources: Sequence[str]
) -> Confirmation:
    folder = target.folder
    art = frozenset(kind for movie in after for kind, address in movie.art.items() if is_under(address, folder))
    if target.change.is_removed:
        gone = f"removed from {name}" if before else f"was not in {name}"
        detail = f"{name} still shows it" if after else gone
    elif after:
        detail = f"refreshed in {name}" if before else f"added to {name}"
    elif _source_of(folder, sources) is None:
        detail = f"{name} has no video source that contains {folder}: check its sources and the path mapping"
    else:
        detail = f"{name} scanned {folder} but did not take it: is there an NFO, and is the source set to movies?"
    return Confirmation(target.change.item_id, bool(after), art, detail)


def _source_of(folder: str, sources: Sequence[str]) -> str | None:
    return max((source for source in sources if is_under(folder, source)), key=len, default=None)


def _delays(limit: float) -> Iterator[float]:
    """Growing pauses, in seconds, until their sum passes the limit."""
    delay, total = _FIRST_POLL, 0.0
    while total < limit:
        yield delay
        total += delay
        delay = min(delay * 2, _SLOWEST_POLL)


def _as_folder(path: str) -> str:
    """With the separator at the end that Kodi writes there."""
    separator = _separator(path)
    return path if path.endswith(separator) else path + separator


def _parent(path: str) -> str:
    separator = _separator(path)
    return path.rstrip(separator).rpartition(separator)[0] or separator


def _separator(path: str) -> str:
    return "\\" if "\\" in path and "/" not in path else "/"


def _ancestry(file: str) -> Iterator[str]:
    """The file (of several parts: the first) and each folder above it: a disc's video is its folder."""
    path = normalised(file.removeprefix("stack://").split(" , ")[0])  # xbmc/filesystem/StackDirectory.cpp
    while path:
        yield path
        path = path.rpartition("/")[0]
