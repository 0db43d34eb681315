"""`/api/v1/system`: what runs here, and a look at this machine's folders for setting up a library."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query

from metarr.actions import doctor, roots, system
from metarr.actions.doctor import Level
from metarr.api.deps import House
from metarr.api.shapes import PathText, Seconds, Shape, Text
from metarr.web.access import ADMIN, READ
from metarr.web.routing import Router

router = Router(prefix="/system", tags=["system"])


class Worker(Shape):
    """`slots`: how many jobs it runs at most. `isAlive`: it was seen in the last seconds."""

    id: str
    host: Text
    pid: int
    slots: int
    running: int
    is_alive: bool
    started_at: datetime
    seen_at: datetime


class Sizes(Shape):
    """`revision`: of the tables. `database`, `cache`: bytes. `blobs`: files in the cache."""

    revision: str
    database: int
    cache: int
    blobs: int


class System(Shape):
    """`free`: bytes left where the cache lies. `uptime`: seconds. `workers`: of every machine that works with us."""

    version: str
    python: str
    platform: Text
    database: str
    sizes: Sizes
    free: int | None
    started_at: datetime
    uptime: Seconds
    workers: list[Worker]


class Folder(Shape):
    """`path`: the real one, links followed."""

    name: Text
    path: Text
    is_readable: bool


class Folders(Shape):
    """`parent` null: there is nothing above. `problem`: why it cannot be said what lies there."""

    path: Text
    parent: Text | None
    folders: list[Folder]
    problem: Text | None
    more: bool
    """There are more folders than shown."""


@router.get("", dependencies=[READ])
async def get_system(house: House) -> System:
    """Version, database, sizes, workers: what a report of a fault should say."""
    return System.model_validate(await system.report(house))


class Finding(Shape):
    """What the doctor found. `fix`: what to do; "" where nothing is to be done."""

    level: Level
    about: Text
    words: Text
    fix: Text


@router.get("/doctor", dependencies=[ADMIN])
async def examine(house: House) -> list[Finding]:
    """Look for everything that can be wrong: folders, room, database, cache, providers, players, webhooks, jobs, clock.

    A file is written into each library's root and taken away again; providers and players are asked.
    """
    return [Finding.model_validate(one) for one in await doctor.visit(house)]


@router.get("/folders", dependencies=[ADMIN])
async def list_folders(
    path: Annotated[PathText, Query(description="The whole path, beginning with /.", examples=["/media"])] = "/",
) -> Folders:
    """The folders in a folder of this machine, to choose a library's root. Names only; hidden ones are left out."""
    return Folders.model_validate(await roots.patiently(roots.folders, path))
