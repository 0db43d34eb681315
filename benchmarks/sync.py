"""Telling players: how long after publishing a player confirms, and what two hundred films at once cost.

    python benchmarks/sync.py [times]

A whole installation on loopback, as the flows of the tests have it, with one player after another: the doubles of Kodi
(over WebSocket), Jellyfin and Plex, and real Kodi where METARR_TEST_KODI is set. A film's title is edited again and
again; measured is from the end of its publishing to the end of the job in which the player confirmed it, by the
database's clock, without a settle delay. The doubles work at once and their time passes while Metarr pauses, so what is
left is Metarr's own time; real Kodi takes its own.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import Figure, latencies, show

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the doubles, and the rig of real Kodi

from chain import FILM, Chain, Setup, name_of
from libraries import write_movie
from metarr.actions import players as actions
from metarr.demo.kodi_server import KodiServer
from metarr.model.job import JobKind
from metarr.phases.scan.probe import Prober
from metarr.phases.sync.phase import Sync
from metarr.store import migrate, schema
from metarr.store.db import Store, sqlite_url
from metarr.store.sealed import Vault
from player_rooms import KINDS, Household, furnish, room
from real_kodi import RealKodi, Source, find_programs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    import sqlalchemy as sa

_TIMES = 20
_MANY = 200
_GOAL = 1000.0  # milliseconds
_NFO = "<movie><title>Film {0}</title><year>2001</year></movie>"
_LOCAL: Mapping[str, Any] = {
    "enrichment": {"enabled": False},
    "publishing": {"enabled": False},
    "playerSync": {"autoSync": True},
}


class Installations:
    """Makes one after another in a folder."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._database = base / "metarr.db"
        self._made = 0
        self.prober = Prober()
        store = Store(sqlite_url(self._database))
        migrate.upgrade(store)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        store.close()

    def __call__(self, **choices: Any) -> Chain:  # noqa: ANN401  what a Setup may hold
        self._made += 1
        chain = Chain(self._base / f"installation{self._made}", self._database, self.prober, Setup(**choices))
        chain.patience = 600.0
        return chain


async def _import(house: Household) -> None:
    """One film comes, and is shown."""
    video = await asyncio.to_thread(write_movie, house.films, name_of(FILM))
    await house.radarr("Download", video.parent, movieFile={"relativePath": video.name})
    await house.settled()


async def _edited(house: Household, times: int) -> list[float]:
    """Seconds from the end of publishing to the end of the telling, of edits of the film."""
    item = await house.item(name_of(FILM))
    found = []
    for number in range(times):
        await house.edit(item, title=f"Title {number}")
        await house.chain.drain()
        [state] = await house.chain.rows(schema.player_state)
        if state["state"] != "art_confirmed":
            raise SystemExit(f"not confirmed: {state['detail']}")
        jobs = await house.chain.jobs()
        published, told = _last(jobs, JobKind.PUBLISH), _last(jobs, JobKind.SYNC)
        found.append((told["finished_at"] - published["finished_at"]).total_seconds())
    return found


def _last(jobs: Sequence[sa.RowMapping], kind: JobKind) -> sa.RowMapping:
    return [job for job in jobs if job["kind"] == kind][-1]


async def _many(house: Household) -> float:
    """Seconds of the telling of many new films that lie there with an NFO."""
    await house.chain.change("player_sync", {"settleSeconds": 300, "gatherSeconds": 30})
    for number in range(_MANY):
        folder = house.films / f"Film {number} (2001)"
        await asyncio.to_thread(folder.mkdir)
        await asyncio.to_thread((folder / f"{folder.name}.mkv").write_bytes, b"no video")
        await asyncio.to_thread((folder / f"{folder.name}.nfo").write_text, _NFO.format(number))
    await house.chain.scan()
    await house.chain.later(1)  # all is noted; now it settles
    begun = time.perf_counter()
    await house.chain.later(6)
    spent = time.perf_counter() - begun
    states = [row["state"] for row in await house.chain.rows(schema.player_state)]
    if len(states) != _MANY or "pending" in states:
        raise SystemExit(f"{len(states)} films were told of, {states.count('pending')} are not confirmed")
    return spent


async def _double(install: Callable[..., Chain], kind: str, times: int) -> list[Figure]:
    async with room(install, kind) as house:
        await _import(house)
        before = house.asked
        figures = _single(kind, await _edited(house, times))
        figures.append(Figure(f"{kind}: requests for one film", (house.asked - before) / times))
    async with room(install, kind, phase_config=_LOCAL) as house:
        figures.append(Figure(f"{kind}: {_MANY} films at once", await _many(house), "s"))
        figures.append(Figure(f"{kind}: requests for them", house.asked))
        if isinstance(house.server, KodiServer):
            scans = [method for method, _ in house.server.calls].count("VideoLibrary.Scan")
            figures.append(Figure(f"{kind}: scans for them", scans, "", 1))
    return figures


def _single(kind: str, seconds: Sequence[float]) -> list[Figure]:
    return latencies(f"{kind}: one film", seconds, _GOAL)


async def _real_kodi(install: Callable[..., Chain], times: int) -> list[Figure]:
    async with _living(install) as house:
        await _import(house)
        figures = _single("real Kodi", await _edited(house, times))
    async with _living(install, phase_config=_LOCAL) as house:
        figures.append(Figure(f"real Kodi: {_MANY} films at once", await _many(house), "s"))
    return figures


@asynccontextmanager
async def _living(install: Callable[..., Chain], **choices: Any) -> AsyncIterator[Household]:  # noqa: ANN401  a Setup's
    programs = find_programs()
    if programs is None:
        raise SystemExit("Kodi or Xvfb is not installed: apt-get install kodi xvfb")
    async with install(has_player=False, **choices) as chain:
        shows = chain.root.parent / "tv"
        shows.mkdir()
        sources = [Source(chain.root, "movies", has_own_folders=True)]
        kodi = RealKodi(chain.root.parent / "home", programs, sources, opens_files=False)
        await asyncio.to_thread(kodi.__enter__)
        try:
            await furnish(chain, shows, "kodi", {"url": kodi.url, "tcp_port": kodi.tcp_port})
            chain.phases[JobKind.SYNC] = Sync(actions.connector(Vault()))
            yield Household(chain, chain.root, shows)
        finally:
            await asyncio.to_thread(kodi.__exit__)


async def _measure(base: Path, times: int) -> list[Figure]:
    install = Installations(base)
    try:
        figures = [figure for kind in KINDS for figure in await _double(install, kind, times)]
        if os.environ.get("METARR_TEST_KODI"):
            figures += await _real_kodi(install, times)
    finally:
        await install.prober.close()
    return figures


def main(arguments: Sequence[str]) -> None:
    """Measure and print a table."""
    times = int(arguments[0]) if arguments else _TIMES
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_measure(Path(folder), times))
    show("player sync", figures)


if __name__ == "__main__":
    main(sys.argv[1:])
