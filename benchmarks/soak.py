"""The whole chain under random faults for as long as told: whether it loses work, does work twice, or grows.

    python benchmarks/soak.py [--minutes 30] [--seed 1] [--folder DIR] [--postgres [URL]]

The real program runs as a process over two generated libraries, with a provider and a player on loopback that fail in
every way, while download managers and the owner change files, people ask for pages and work, the database is held by
somebody else, disks are full or gone, and processes are killed. Every minute it says what all this takes. At the end
the faults stop, the program settles, and everything is looked at. The exit code is 1 when a law is broken.

`--postgres`: with a second worker as a process of its own, on an empty database at that URL, or on a private server.
The server is killed in the first fifth of the run only, so that its memory can be judged afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import logging
import random
import socket
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from soak_faults import Surroundings, small_disk
from soak_people import People
from soak_processes import Process, left_behind
from soak_rest import settle
from soak_run import Soak
from soak_truth import Truth
from soak_watch import Watch
from soak_world import World

from chain import small_picture
from metarr.demo.kodi_server import KodiServer
from metarr.demo.standin import Invention
from metarr.demo.tmdb_server import TmdbServer
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from postgres import PostgresServer, find_programs

_DISK = 200  # MB of the films' disk


async def _soak(base: Path, wanted: argparse.Namespace) -> list[str]:
    """Run it. Returns what is broken."""
    dice = random.Random(wanted.seed)  # noqa: S311  chance that can be had again, no secret
    data, shows = base / "data", base / "shows"
    for folder in (data, shows):
        folder.mkdir()
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk(base / "disk", _DISK))
        films = (disk or base) / "films"
        films.mkdir()
        tmdb = TmdbServer((), images=small_picture, inventor=Invention())
        await stack.enter_async_context(tmdb)
        kodi = await stack.enter_async_context(KodiServer(films, shows=shows))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        url = _database(wanted.postgres, data)
        server, worker = _processes(base, data, url, tmdb)
        stack.callback(_end, server, worker)
        store = Store(url)
        stack.callback(store.close)
        blobs = Blobs(data / "cache")
        world = World(films, shows, dice)
        around = Surroundings(dice, tmdb, kodi, store, blobs, films, shows, data, disk)
        people = People(server.url, client, dice)
        soak = Soak(wanted.minutes, dice, world, people, around, server, worker, Watch(store, data, server))
        await soak.run()
        broken = await settle(soak)
        for line in soak.watch.slopes():
            print(line)
        print(f"done: {soak.done}\nanswers: {dict(people.statuses)}")
        broken += [*soak.broken, *soak.watch.broken(), *people.faults, *Truth(world, people, store, blobs).broken()]
    return broken + [f"process {pid} was left behind" for pid in left_behind()]


def _database(postgres: str | None, data: Path) -> str:
    """Where the database is; "": on a private server."""
    if postgres is None:
        return sqlite_url(data / "metarr.db")
    if postgres:
        return postgres.replace("postgresql://", "postgresql+psycopg://")
    programs = find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    private = PostgresServer(programs)
    private.start()
    atexit.register(private.stop)
    private.create_database("soak")
    return private.url("soak")


def _processes(base: Path, data: Path, url: str, tmdb: TmdbServer) -> tuple[Process, Process | None]:
    """The server; and on PostgreSQL a worker beside it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {
        "HOME": str(base),
        "METARR_DATA": str(data),
        "METARR_LOOPBACK_AUTH": "off",
        "METARR_TMDB_URL": tmdb.url,
        "METARR_TMDB_IMAGE_URL": tmdb.image_url,
        "METARR_TMDB_API_KEY": tmdb.key,
        "METARR_TVMAZE_ENABLED": "false",
    }
    is_alone = url.startswith("sqlite")
    if not is_alone:
        environment["METARR_DATABASE_URL"] = url.replace("+psycopg", "")
    address = f"http://127.0.0.1:{port}"
    server = Process(["serve", "--port", str(port)], environment, base / "server.log", address)
    return server, None if is_alone else Process(["worker"], environment, base / "worker.log")


def _end(*processes: Process | None) -> None:
    for process in processes:
        if process is not None:
            process.kill()


def main() -> None:
    """Soak, and say what is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="for the data and the libraries; kept afterwards")
    parser.add_argument("--postgres", nargs="?", const="")
    wanted = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # a player that is off drops its connections
    if wanted.folder is not None:
        wanted.folder.mkdir(parents=True)
        broken = asyncio.run(_soak(wanted.folder, wanted))
    else:
        with tempfile.TemporaryDirectory(prefix="metarr-soak-") as made:
            broken = asyncio.run(_soak(Path(made), wanted))
    print("\n".join(["nothing is broken"] if not broken else ["BROKEN:", *broken]))
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
