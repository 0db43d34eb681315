"""What goes on during a soak, all at once: others at the files, people before pages, faults, and processes that die."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from soak_faults import Surroundings
    from soak_people import People
    from soak_processes import Process
    from soak_watch import Watch
    from soak_world import World

T = TypeVar("T")
_BURST = 12  # deeds at once
_KILLS = (0.1, 0.15, 0.2)  # of the run's time
_SETTINGS = {
    "phase-config": {"enrichment": {"autoSelectAssets": True}, "playerSync": {"autoSync": True}},
    "playerSync": {"settleSeconds": 1, "gatherSeconds": 2, "updatesPerMinute": 6000},
    "publishing": {"settleSeconds": 1, "actorPictures": 2},
    "enrichment": {"artworkLimits": {"poster": 1, "fanart": 1}},
    "scanning": {"watch": True},
    "backup": {"keep": 2},
}
_SCHEDULES = {"scan": "* * * * *", "verify": "*/3 * * * *", "clean": "*/5 * * * *", "backup": "*/7 * * * *"}


@dataclass
class Soak:
    """A run. `broken`: laws that were broken on the way."""

    minutes: float
    dice: random.Random
    world: World
    people: People
    around: Surroundings
    server: Process
    worker: Process | None
    watch: Watch
    broken: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    async def run(self) -> None:
        """Until the time is over."""
        await self._furnish()
        parts = (self._others, self._owner, self._visitors, self._faults, self._kills, self._minutely)
        tasks = [asyncio.create_task(part(), name=part.__name__) for part in parts]
        done, _ = await asyncio.wait(tasks, timeout=self.minutes * 60, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in done:
            task.result()

    # --- what goes on -------------------------------------------------------------------------------------------------

    async def _furnish(self) -> None:
        self.world.furnish()
        for process in (self.server, self.worker):
            if process is not None:
                process.start()
                await process.ready()
        for section, values in _SETTINGS.items():
            await self.people.must("PATCH", f"/settings/{section}", values)
        kodi = {"kind": "kodi", "name": "attic", "url": self.around.kodi.url, "tcpPort": self.around.kodi.tcp_port}
        await self.people.must("POST", "/players", kodi)
        for path, kind in ((self.world.films, "movies"), (self.world.shows, "tv")):
            added = await self.people.must("POST", "/libraries", {"path": str(path), "kind": kind})
            await self.people.must("POST", f"/libraries/{added['library']['id']}/confirm")
            await self.people.must("POST", f"/libraries/{added['library']['id']}/scan")
        for chore, cron in _SCHEDULES.items():
            await self.people.must("POST", "/schedules", {"chore": chore, "cron": cron})

    async def _others(self) -> None:
        """Download managers, which mostly say what they did, sometimes a lot at once."""
        while True:
            for _ in range(_BURST if self._luck(0.02) else 1):
                with contextlib.suppress(OSError):  # no room, no folder: they fail too
                    told = self._count(self.dice.choice(self.world.deeds))
                    if self._luck(0.8):
                        await self.people.tell(told)
            await self._pause(3)

    async def _owner(self) -> None:
        """With an editor and a file manager; and the disk, which forgets."""
        while True:
            deeds = (self.world.damage, self.world.damage, self.world.own_picture, self.world.own_words)
            with contextlib.suppress(OSError):
                self._count(self.dice.choice(deeds))
            await self._pause(8)

    async def _visitors(self) -> None:
        while True:
            await self.people.act()
            self.done["requests"] = self.done.get("requests", 0) + 1
            await self._pause(0.5)

    async def _faults(self) -> None:
        """One after the other, with a while of peace between them."""
        while True:
            await self._pause(10)
            fault, seconds = self.dice.choice(self.around.troubles), self.dice.choice((1, 3, 6, 12, 12, 35))
            with contextlib.suppress(OSError):
                self._count(lambda: None, fault.__name__)
                async with fault(seconds):
                    await asyncio.sleep(seconds)

    async def _kills(self) -> None:
        """The server in the first fifth, by turns the hard way and in good order; a worker beside it all the time."""
        for number, part in enumerate(_KILLS):
            await asyncio.sleep(max(0.0, self.begun + part * self.minutes * 60 - time.monotonic()))
            await self._end_server(is_hard=number % 2 == 0)
        while self.worker is not None:
            self._count(self.worker.kill, "killed worker")
            await self._pause(5)
            self.worker.start()
            await self._pause(60)

    async def _end_server(self, *, is_hard: bool) -> None:
        if is_hard:
            self._count(self.server.kill, "killed server")
        elif await self._count(self.server.stop, "stopped server"):
            self.broken.append("the server did not end in good order")
        await self._pause(2)
        self.server.start()
        await self.server.ready()

    async def _minutely(self) -> None:
        while True:
            await asyncio.sleep(5)
            self.watch.look()
            if (time.monotonic() - self.begun) // 60 >= self.done.get("minutes", 0) + 1:
                self.done["minutes"] = self.done.get("minutes", 0) + 1
                self.say(await self.watch.line())

    def _count(self, deed: Callable[[], T], name: str = "") -> T:
        """Do it, and remember that it was done."""
        name = name or deed.__name__
        self.done[name] = self.done.get(name, 0) + 1
        return deed()

    async def _pause(self, most: float) -> None:
        await asyncio.sleep(self.dice.uniform(0, most))

    def _luck(self, part: float) -> bool:
        return self.dice.random() < part

    def say(self, text: str) -> None:
        """With the time since the beginning."""
        print(f"{(time.monotonic() - self.begun) / 60:5.1f} min  {text}", flush=True)
