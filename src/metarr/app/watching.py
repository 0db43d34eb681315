"""Watching: where the owner wants it, the folders of libraries in which something changes are scanned by themselves.

An addition to scans by schedule, never their replacement: where the system cannot watch, a health line says so. Which
libraries are watched is looked up again and again, so that settings and libraries take effect as they change.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from metarr.app.settling import Settling, folder_of, outermost
from metarr.jobs import triggers
from metarr.phases.base import in_thread
from metarr.store import health, libraries, settings
from metarr.store.db import DatabaseFault, is_passing
from metarr.store.mounts import network_file_system

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from metarr.model.media import LibraryId
    from metarr.store.db import Store, Tx

log = structlog.get_logger()
_CAUSE = "watch:"  # of health lines, before the root
_MOST_FOLDERS = 20  # of one library at a time; with more it is scanned as a whole
_Heard = frozenset[str] | Exception
_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how often it is looked what to watch, until a folder counts as calm, and how long that may take."""

    look: float = 5.0
    quiet: float = 5.0
    longest: float = 300.0
    retry: float = 60.0
    step: float = 0.5  # in which the system's word is collected; an idle watch wakes as often


PACE = Pace()


@dataclass(frozen=True, slots=True)
class Watched:
    """A library that is to be watched."""

    id: LibraryId
    root: str

    @property
    def cause(self) -> str:
        """The key of its health line."""
        return f"{_CAUSE}{self.root}"


class Watcher:
    """Watches every library while `scanning.watch` is on, until it is cancelled."""

    def __init__(self, store: Store, pace: Pace = PACE) -> None:
        self._store = store
        self._pace = pace
        self._tasks: dict[Watched, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look what is wanted, start and stop watches, look again."""
        try:
            while True:
                try:
                    await self._look()
                except DatabaseFault as error:
                    if not is_passing(error):
                        raise
                await asyncio.sleep(self._pace.look)
        finally:
            tasks = list(self._tasks.values())
            self._follow(frozenset())
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        wanted, old = await self._store.read(_wanted)
        self._follow(wanted)
        for cause in old:
            await self._store.write(partial(health.clear, cause=cause))

    def _follow(self, wanted: frozenset[Watched]) -> None:
        for library in [one for one, task in self._tasks.items() if one not in wanted or task.done()]:
            task = self._tasks.pop(library)
            task.cancel()
            if task.done() and not task.cancelled():
                log.warning("a watch broke off and is begun again", root=library.root, exc_info=task.exception())
        for library in wanted - self._tasks.keys():
            self._tasks[library] = asyncio.create_task(self._watch(library))

    async def _watch(self, library: Watched) -> None:
        """One library, through everything that may happen to its root."""
        was_lost = False
        while True:
            identity = await in_thread(_identity, library.root)
            trouble: str | None = f"{library.root} is not there; it is watched again when it is back"
            if identity is not None:
                if was_lost:
                    await self._submit(library, {""})
                trouble = await self._listen(library, identity)
            if trouble is not None:
                await self._report(library, trouble)
            is_root_lost = identity is None or trouble is None
            was_lost = was_lost or is_root_lost
            await asyncio.sleep(self._pace.look if is_root_lost else self._pace.retry)

    async def _listen(self, library: Watched, identity: _Identity) -> str | None:
        """Submit what changes. Returns why it cannot be watched, or None when its root is another one, or gone."""
        settling = Settling(self._pace.quiet, self._pace.longest)
        now = asyncio.get_running_loop().time
        is_new = True
        async with _hearing(library.root, self._pace.step) as queue:
            while await in_thread(_identity, library.root) == identity:
                heard: _Heard = frozenset()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(self._pace.look, settling.wait(now()))):
                        heard = await queue.get()
                if isinstance(heard, Exception):
                    return _in_words(library.root, heard)
                if is_new:  # it could be begun
                    is_new = False
                    await self._report(library, await in_thread(_warning, library.root))
                settling.note(heard, now())
                calm = settling.take(now())
                if calm:
                    await self._submit(library, calm)
        return None

    async def _submit(self, library: Watched, folders: Collection[str]) -> None:
        wanted = outermost(folders)
        if len(wanted) > _MOST_FOLDERS:
            wanted = ("",)
        await self._store.write(lambda tx: triggers.changed(tx, library.id, wanted))

    async def _report(self, library: Watched, trouble: str | None) -> None:
        if trouble is None:
            await self._store.write(lambda tx: health.clear(tx, library.cause))
        else:
            await self._store.write(lambda tx: health.report(tx, library.cause, trouble))


def _wanted(tx: Tx) -> tuple[frozenset[Watched], list[str]]:
    """What is to be watched now, and the health lines of what is not any more."""
    is_on = settings.load(tx).scanning.watch
    wanted = frozenset(Watched(one.id, one.root) for one in libraries.everything(tx)) if is_on else frozenset()
    causes = {one.cause for one in wanted}
    known = [line["cause"] for line in health.lines(tx)]
    return wanted, [cause for cause in known if cause.startswith(_CAUSE) and cause not in causes]


def _identity(root: str) -> _Identity | None:
    """Which folder this is: another disk mounted there is another one."""
    try:
        status = os.stat(root)  # noqa: PTH116  names may be no UTF-8
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _warning(root: str) -> str | None:
    kind = network_file_system(Path(root))
    if kind is None:
        return None
    return (
        f"{root} lies on a network file system ({kind}), where changes that other machines make cannot be watched; "
        "scheduled scans find them. Switch scanning.watch off to be rid of this line."
    )


def _in_words(root: str, error: Exception) -> str:
    """Why it cannot be watched, and the way out."""
    is_limit = "limit" in str(error).lower() or "too many" in str(error).lower()
    way_out = "raise the sysctl fs.inotify.max_user_watches (and max_user_instances)" if is_limit else "see the reason"
    return f"{root} cannot be watched ({error}): {way_out}, or switch scanning.watch off; scheduled scans go on"


@contextlib.asynccontextmanager
async def _hearing(root: str, step: float) -> AsyncIterator[asyncio.Queue[_Heard]]:
    """The folders in which something changes, relative to the root, as the system tells of them; or the fault.

    A thread of its own: to begin takes seconds in a large library, and may never end on a share that hangs.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[_Heard] = asyncio.Queue()
    stop = threading.Event()

    def say(heard: _Heard) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(queue.put_nowait, heard)

    thread = threading.Thread(target=_hear, args=(root, step, stop, say), daemon=True, name="watch")
    thread.start()
    try:
        yield queue
    finally:
        stop.set()


def _hear(root: str, step: float, stop: threading.Event, say: Callable[[_Heard], None]) -> None:
    from watchfiles import watch

    pause = int(step * 1000)  # milliseconds
    try:
        for changes in watch(
            root,
            watch_filter=None,
            debounce=2 * pause,
            step=pause,
            stop_event=stop,
            ignore_permission_denied=True,
            raise_interrupt=False,
        ):
            folders = (folder_of(root, path, is_folder=os.path.isdir(path)) for _, path in changes)  # noqa: PTH112
            if heard := frozenset(folder for folder in folders if folder is not None):
                say(heard)
    except (OSError, RuntimeError, ValueError) as error:  # the system's, the library's own, a root that is no UTF-8
        say(error)
