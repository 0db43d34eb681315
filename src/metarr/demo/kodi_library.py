"""The video library of the demo's Kodi: rows, scans, refreshes and the texture cache, with Kodi's observed manners."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from metarr.demo.kodi_disk import film_of, films_below
from metarr.demo.kodi_show_disk import episodes_below, episodes_of, show_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path

    from metarr.demo.kodi_disk import Film
    from metarr.demo.kodi_show_disk import Episode, Show

_DATE_ADDED: Final = "2026-01-01 12:00:00"


@dataclass(slots=True)
class Row:
    """A movie: what its files said when they were last read, and what the owner did with it."""

    id: int
    film: Film
    play_count: int
    last_played: str
    user_rating: int
    resume: dict[str, float] = field(default_factory=lambda: {"position": 0.0, "total": 0.0})
    date_added: str = _DATE_ADDED


@dataclass(slots=True)
class ShowRow:
    """A show. A refresh leaves its id, its seasons and its episodes alone, and forgets its rating."""

    id: int
    show: Show
    user_rating: int = 0


@dataclass(slots=True)
class SeasonRow:
    """A season. Its art is what was there when Kodi first heard of it, or was set since."""

    id: int
    show_id: int
    number: int
    art: dict[str, str] = field(default_factory=dict)  # type -> address


@dataclass(slots=True)
class Played:
    """What Kodi keeps of a file, for all episodes in it."""

    play_count: int = 0
    last_played: str = ""
    resume: dict[str, float] = field(default_factory=lambda: {"position": 0.0, "total": 0.0})


@dataclass(slots=True)
class EpisodeRow:
    """An episode; what was played belongs to its file."""

    id: int
    show_id: int
    episode: Episode
    played: Played
    user_rating: int = 0


class KodiLibrary:
    """One source of films, "movies in separate folders", and maybe one of shows. A scan waits for `may_scan`.

    Pictures are taken from the listing of their folder that Kodi remembers.
    `tell` is called with what Kodi announces: the notification and its data. `address` is how Kodi names a path.
    `forgets_plays`: a refreshed film loses its play count, as with 20.1; 21.2 takes its rating only.
    """

    def __init__(self, root: Path, shows_root: Path | None, address: Callable[[Path], str]) -> None:
        self.root = root
        self.shows_root = shows_root
        self.rows: dict[int, Row] = {}
        self.shows: dict[int, ShowRow] = {}
        self.seasons: dict[int, SeasonRow] = {}
        self.episodes: dict[int, EpisodeRow] = {}
        self.textures: dict[int, tuple[Path, bytes]] = {}
        self.may_scan = asyncio.Event()
        self.may_scan.set()
        self.forgets_plays = True
        self.tell: Callable[[str, object], None] = lambda _method, _data: None
        self._address = address
        self._played: dict[Path, Played] = {}
        self._listings: dict[Path, frozenset[str]] = {}
        self._running: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    @property
    def is_scanning(self) -> bool:
        """A scan was asked for and has not ended."""
        return self._running is not None and not self._running.done()

    async def settled(self) -> None:
        """Return when nothing asked for is still to do."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Give up what runs."""
        for task in self._tasks:
            task.cancel()
        await self.settled()

    def names_in(self, directory: Path) -> list[Path]:
        """Read a directory, which is also what scans will trust from now on."""
        entries = sorted(path for path in directory.iterdir() if not path.name.startswith("."))
        self._listings[directory] = frozenset(path.name for path in entries)
        return entries

    def scan(self, *directories: Path) -> None:
        """Start a scan; when one runs, cancel that one and start none."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
            return
        self._running = self._start(self._scan(directories))

    def refresh(self, row: Row | ShowRow | EpisodeRow) -> None:
        """Read the files of a row again, soon. Waits while a scan runs."""
        match row:
            case Row():
                self._start(self._refresh(row))
            case ShowRow():
                self._start(self._refresh_show(row))
            case EpisodeRow():
                self._start(self._refresh_episode(row))

    def remove(self, row: Row | ShowRow | EpisodeRow) -> None:
        """Take it out; a show with all that belongs to it."""
        match row:
            case Row():
                del self.rows[row.id]
                self._announce("OnRemove", "movie", row.id)
            case EpisodeRow():
                del self.episodes[row.id]
                self._announce("OnRemove", "episode", row.id)
            case ShowRow():
                del self.shows[row.id]
                self.seasons = {key: one for key, one in self.seasons.items() if one.show_id != row.id}
                self.episodes = {key: one for key, one in self.episodes.items() if one.show_id != row.id}
                self._announce("OnRemove", "tvshow", row.id)

    def picture(self, path: Path) -> bytes:
        """The picture as shown: as it was when it was first read, until its texture is removed."""
        kept = next((content for known, content in self.textures.values() if known == path), None)
        if kept is None:
            kept = path.read_bytes()
            self.textures[_next(self.textures)] = (path, kept)
        return kept

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _announce(self, event: str, kind: str, number: int) -> None:
        data = {"id": number, "type": kind} if event == "OnRemove" else {"item": {"id": number, "type": kind}}
        self.tell(f"VideoLibrary.{event}", data)

    async def _scan(self, directories: tuple[Path, ...]) -> None:
        async with self._turn:
            self.tell("VideoLibrary.OnScanStarted", None)
            await self.may_scan.wait()
            for directory in directories:
                with suppress(OSError):  # its disk is gone
                    if not self._is_unheard_of(directory):
                        await self._take(directory)
            self.tell("VideoLibrary.OnScanFinished", None)

    async def _take(self, directory: Path) -> None:
        self.names_in(directory)
        if self.shows_root is not None and directory.is_relative_to(self.shows_root):
            inner = directory.relative_to(self.shows_root).parts
            folders = [self.shows_root / inner[0]] if inner else self.names_in(directory)
            for folder in folders:
                self._take_show(folder, directory if inner else folder)
            return
        for film in await asyncio.to_thread(lambda: list(films_below(directory))):
            self.names_in(film.video.parent)
            if all(row.film.video != film.video for row in self.rows.values()):
                self._add(film)

    def _take_show(self, folder: Path, directory: Path) -> None:
        """New episodes below the directory, and their show and seasons if these are new, too."""
        known = next((row for row in self.shows.values() if row.show.folder == folder), None)
        show = show_of(folder)
        self.names_in(folder)
        if known is None and show is not None:
            known = ShowRow(_next(self.shows), show)
            self.shows[known.id] = known
            self._announce("OnUpdate", "tvshow", known.id)
            self._show_pictures(show.art)
        if known is None:
            return
        for episode in episodes_below(directory):
            self.names_in(episode.video.parent)
            place = (episode.video, episode.season, episode.number)
            rows = self.episodes.values()
            if all((row.episode.video, row.episode.season, row.episode.number) != place for row in rows):
                self._season(known.id, episode.season, show)
                self._add_episode(known.id, episode)

    def _season(self, show_id: int, number: int, show: Show | None) -> None:
        if any((row.show_id, row.number) == (show_id, number) for row in self.seasons.values()):
            return
        art = show.season_art.get(number, {}) if show is not None else {}
        self._show_pictures(art)
        found = {kind: self._address(path) for kind, path in art.items()}
        self.seasons[_next(self.seasons)] = SeasonRow(_next(self.seasons), show_id, number, found)

    def _add_episode(self, show_id: int, episode: Episode) -> EpisodeRow:
        played = self._played.setdefault(episode.video, Played())
        row = EpisodeRow(_next(self.episodes), show_id, episode, played)
        self.episodes[row.id] = row
        self._show_pictures(episode.art)
        self._announce("OnUpdate", "episode", row.id)
        return row

    def _listed_art(self, folder: Path, before: Mapping[str, Path], now: Mapping[str, Path]) -> dict[str, Path]:
        """What a refresh takes: pictures that are in the listing that Kodi remembers, gone or not."""
        listing = self._listings.get(folder)
        return {kind: path for kind, path in (*before.items(), *now.items()) if listing is None or path.name in listing}

    def _is_unheard_of(self, directory: Path) -> bool:
        """Not in the listing of its parent that is remembered: Kodi takes it for missing."""
        listing = self._listings.get(directory.parent)
        return not directory.is_dir() or (listing is not None and directory.name not in listing)

    async def _refresh(self, row: Row) -> None:
        async with self._turn:
            film = await asyncio.to_thread(film_of, row.film.video)
            if film is None or self.rows.pop(row.id, None) is None:
                return
            film = replace(film, art=self._listed_art(film.video.parent, row.film.art, film.art))
            self._announce("OnRemove", "movie", row.id)
            await asyncio.sleep(0)  # for a moment the movie is not there at all
            fresh = self._add(film)
            fresh.resume, fresh.date_added = row.resume, row.date_added
            if not self.forgets_plays:
                fresh.play_count, fresh.last_played = row.play_count, row.last_played

    async def _refresh_show(self, row: ShowRow) -> None:
        async with self._turn:
            show = await asyncio.to_thread(show_of, row.show.folder)
            if show is not None and row.id in self.shows:
                art = self._listed_art(show.folder, row.show.art, show.art)
                row.show, row.user_rating = replace(show, art=art), 0
                self._announce("OnUpdate", "tvshow", row.id)

    async def _refresh_episode(self, row: EpisodeRow) -> None:
        """The play count is the file's: all its episodes lose it."""
        async with self._turn:
            fresh = [one for one in episodes_of(row.episode.video) if one.number == row.episode.number]
            if not fresh or self.episodes.pop(row.id, None) is None:
                return
            self._announce("OnRemove", "episode", row.id)
            await asyncio.sleep(0)
            row.played.play_count, row.played.last_played = 0, ""
            art = self._listed_art(row.episode.video.parent, row.episode.art, fresh[0].art)
            self._add_episode(row.show_id, replace(fresh[0], art=art))

    def _add(self, film: Film) -> Row:
        row = Row(
            _next(self.rows),
            film,
            play_count=film.play_count,
            last_played=film.last_played,
            user_rating=film.user_rating,
        )
        self.rows[row.id] = row
        self._show_pictures(film.art)
        self._announce("OnUpdate", "movie", row.id)
        return row

    def _show_pictures(self, art: Mapping[str, Path]) -> None:
        for path in art.values():
            if path.is_file():
                self.picture(path)


def _next(rows: Mapping[int, object]) -> int:
    """Like SQLite: one above the highest, so the newest row gets its old id back."""
    return max(rows, default=0) + 1
