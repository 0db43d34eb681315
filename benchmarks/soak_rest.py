"""The end of a soak: the faults are over, and the program comes to rest. What it does not get done then is lost."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soak_people import People
    from soak_run import Soak

_PATIENCE = 300.0  # seconds in which something has to go on
_MOST = 1200.0  # seconds that the program gets to come to rest: players are told at a pace
# What an owner would do now: say that what was deleted is deleted, fetch what the cache lost, repair what is damaged.
_REMEDIES: tuple[tuple[str, dict[str, bool]], ...] = (
    ("scan", {"acceptMissing": True}),
    ("enrich", {}),
    ("verify", {"deep": True}),
)
_LOOK = 0.5  # seconds
_BREATH = 3.0  # seconds that the player gets before it is asked again


async def settle(soak: Soak) -> list[str]:
    """Let the program put everything right, and stop it. Returns what it could not."""
    if not soak.server.is_up:
        soak.server.start()
    await soak.server.ready()
    if soak.worker is not None and not soak.worker.is_up:
        soak.worker.start()
    people = soak.people
    for one in await people.must("GET", "/schedules"):
        await people.must("PATCH", f"/schedules/{one['id']}", {"isEnabled": False})
    broken = await _drained(people)
    for phase, order in _REMEDIES:
        for library in (1, 2):
            await people.must("POST", f"/libraries/{library}/{phase}", order)
        broken += await _drained(people)
        await people.must("POST", "/jobs/retry")
        broken += await _drained(people)
    broken += await _verified(soak)
    await people.must("POST", "/jobs/clean")
    broken += await _drained(people)
    soak.say(await soak.watch.line())
    ended = [(process.words[0], await process.stop()) for process in (soak.worker, soak.server) if process is not None]
    return broken + [f"{name} did not end in good order: {code}" for name, code in ended if code]


async def _drained(people: People) -> list[str]:
    """Until no job is open; those that wait for a time, or for something that is there again, need not."""
    end = time.monotonic() + _MOST
    deadline, before = time.monotonic() + _PATIENCE, ""
    waiting: list[dict[str, Any]] = []
    while time.monotonic() < min(deadline, end):
        waiting = [*await people.jobs("waiting"), *await people.jobs("pending")]
        now = repr([(job["id"], job["message"], job["progress"]) for job in waiting])
        if now != before:
            deadline, before = time.monotonic() + _PATIENCE, now
        put_off = [job for job in waiting if job["runAt"] is not None]
        for job in put_off:
            if not _tells_player(job):
                await people.ask("POST", f"/jobs/{job['id']}/now")
        if put_off and all(map(_tells_player, put_off)):
            await people.ask("POST", "/players/1/retry")
            await asyncio.sleep(_BREATH)
        summary = await people.must("GET", "/jobs/summary")
        if not summary["open"] and not waiting:
            return []
        await asyncio.sleep(_LOOK)
    return [f"no rest: job {job['id']} ({job['kind']}) waits: {job['message']}" for job in waiting]


def _tells_player(job: dict[str, Any]) -> bool:
    """It asks the player again after a while of what it did not show; to be asked at once is for the player's page."""
    return job["kind"] == "sync" and job["itemId"] is None and job["libraryId"] is None


async def _verified(soak: Soak) -> list[str]:
    """Every byte once more: nothing differs but what the owner put there."""
    people = soak.people
    for library in (1, 2):
        await people.must("POST", f"/libraries/{library}/verify", {"deep": True})
    broken = await _drained(people)
    for library, root in ((1, soak.world.films), (2, soak.world.shows)):
        [run] = (await people.must("GET", f"/verifications?library={library}&limit=1"))["verifications"]
        found = (await people.must("GET", f"/verifications/{run['id']}"))["findings"]
        broken += [
            f"the last verification finds {one['kind']} at {one['path']}: {one['detail']}"
            for one in found
            if root / one["path"] not in soak.world.theirs
        ]
    return broken
