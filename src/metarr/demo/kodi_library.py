"""The video library of the demo's Kodi: rows, scans, refreshes and the texture cache, with Kodi's observed manners."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from metarr.demo.kodi_disk import film_of, films_below

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from metarr.demo.kodi_disk import Film

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


class KodiLibrary:
    """One video source, "movies in separate folders". A scan waits for the event `may_scan`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rows: dict[int, Row] = {}
        self.textures: dict[int, tuple[Path, bytes]] = {}
        self.may_scan = asyncio.Event()
        self.may_scan.set()
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

    def scan(self, directory: Path) -> None:
        """Start a scan; when one runs, cancel that one and start none."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
            return
        self._running = self._start(self._scan(directory))

    def refresh(self, row: Row) -> None:
        """Read a movie's files again, soon. Waits while a scan runs."""
        self._start(self._refresh(row))

    def picture(self, path: Path) -> bytes:
        """The picture as shown: as it was when it was first read, until its texture is removed."""
        kept = next((content for known, content in self.textures.values() if known == path), None)
        if kept is None:
            kept = path.read_bytes()
            self.textures[max(self.textures, default=0) + 1] = (path, kept)
        return kept

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _scan(self, directory: Path) -> None:
        async with self._turn:
            await self.may_scan.wait()
            if self._is_unheard_of(directory):
                return
            for film in await asyncio.to_thread(self._read, directory):
                if all(row.film.video != film.video for row in self.rows.values()):
                    self._add(film)

    def _is_unheard_of(self, directory: Path) -> bool:
        """Not in the listing of its parent that is remembered: Kodi takes it for missing."""
        listing = self._listings.get(directory.parent)
        return not directory.is_dir() or (listing is not None and directory.name not in listing)

    def _read(self, directory: Path) -> list[Film]:
        self.names_in(directory)
        return list(films_below(directory))

    async def _refresh(self, row: Row) -> None:
        async with self._turn:
            film = await asyncio.to_thread(film_of, row.film.video)
            if film is None or self.rows.pop(row.id, None) is None:
                return
            await asyncio.sleep(0)  # for a moment the movie is not there at all
            fresh = self._add(film)
            fresh.resume, fresh.date_added = row.resume, row.date_added

    def _add(self, film: Film) -> Row:
        # like SQLite: one above the highest, so the newest movie gets its old id back
        row = Row(
            max(self.rows, default=0) + 1,
            film,
            play_count=film.play_count,
            last_played=film.last_played,
            user_rating=film.user_rating,
        )
        self.rows[row.id] = row
        for path in film.art.values():
            self.picture(path)
        return row
