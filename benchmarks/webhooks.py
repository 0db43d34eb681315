"""How quickly webhooks are answered while a library is scanned, and whether any is lost.

    python benchmarks/webhooks.py [--movies 2000] [--events 1000] [--at-once] [--apart] [--json]

A real server in a process of its own scans a library of the shared generator (METARR_TEST_SHARED, default ../shared)
for the first time. Meanwhile come bursts of 24 events about one folder, 20 events a second on average; each of a burst
when the one before was answered, as Radarr and Sonarr do. `--at-once`: all 24 at the same moment. `--apart`: every
event is about another folder, as when everything is renamed. Before each burst some requests are sent that only read a
short list: what the machine was doing shows in them, too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from figures import Figure, latencies, show, show_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHARED = Path(os.environ.get("METARR_TEST_SHARED", Path(__file__).parents[2] / "shared"))
_BURST, _EVENTS = 24, 1_000
_RATE = 20.0  # events a second, on average
_GOAL = 50.0  # ms
_PAGE = 500
_PLAIN = 6  # requests that only read, before each burst
_LOOK = 0.5  # seconds between two looks at the scan


@dataclass
class Sent:
    """What the sender saw. `seconds`: how long each answer took, and whether the scan ran. `plain`: other requests."""

    seconds: list[tuple[float, bool]] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    states: Counter[int] = field(default_factory=Counter)
    numbers: set[int] = field(default_factory=set)


class Server:
    """The program as people run it, and a client of it."""

    def __init__(self, data: Path, session: aiohttp.ClientSession) -> None:
        self._session = session
        environment = {**os.environ, "METARR_DATA": str(data), "METARR_PORT": "0", "METARR_LOG_LEVEL": "error"}
        environment["METARR_LOOPBACK_AUTH"] = "off"
        command = [sys.executable, "-m", "metarr", "serve"]
        self._process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        words = self._process.stderr.readline().split()
        self.url = next(word for word in words if word.startswith("http")) + "/api/v1"

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:  # noqa: ANN401  any JSON
        async with self._session.request(method, self.url + path, json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def _event(folder: Path, number: int) -> dict[str, Any]:
    """A payload of the size that Radarr's have."""
    movie = {"id": 1, "title": folder.name, "folderPath": str(folder), "tmdbId": 100_000 + len(folder.name), "tags": []}
    file = {"relativePath": f"{folder.name}.mkv", "quality": "Bluray-1080p", "size": 13_898_381_950}
    rest = {"isUpgrade": False, "downloadId": str(number), "instanceName": "Radarr", "overview": "plot " * 200}
    return {"eventType": "Download", "movie": movie, "movieFile": file, **rest}


async def _send_all(
    server: Server, folders: Sequence[Path], scanning: asyncio.Event, chosen: argparse.Namespace
) -> Sent:
    sent = Sent()

    async def send(number: int) -> None:
        is_scanning = scanning.is_set()
        folder = folders[(number if chosen.apart else number // _BURST) % len(folders)]
        begun = time.perf_counter()
        status, answer = await server.ask("POST", "/webhooks/radarr", _event(folder, number))
        sent.seconds.append((time.perf_counter() - begun, is_scanning))
        sent.states[status] += 1
        sent.numbers.add(answer["id"])

    begun = time.perf_counter()
    for first in range(0, chosen.events, _BURST):
        await asyncio.sleep(max(0.0, begun + first / _RATE - time.perf_counter()))
        for _ in range(_PLAIN):
            started = time.perf_counter()
            await server.ask("GET", "/path-mappings")
            sent.plain.append(time.perf_counter() - started)
        numbers = range(first, min(first + _BURST, chosen.events))
        if chosen.at_once:
            await asyncio.gather(*map(send, numbers))
        else:
            for number in numbers:
                await send(number)
    return sent


async def _scan(server: Server, library: int, scanning: asyncio.Event) -> float:
    """The first scan: how long it took."""
    begun = time.perf_counter()
    _, submitted = await server.ask("POST", f"/libraries/{library}/scan", {"only": True})
    scanning.set()
    since = submitted["scope"]["since"]
    state = ""
    while state not in {"completed", "failed"}:
        await asyncio.sleep(_LOOK)
        state = (await server.ask("GET", f"/jobs/{since}"))[1]["state"]
    scanning.clear()
    return time.perf_counter() - begun


async def _kept(server: Server) -> Iterator[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before = ""
    while True:
        _, page = await server.ask("GET", f"/webhooks/deliveries?limit={_PAGE}{before}")
        found += page["deliveries"]
        if page["before"] is None:
            return iter(found)
        before = f"&before={page['before']}"


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir())


async def _measure(root: Path, data: Path, chosen: argparse.Namespace) -> list[Figure]:
    async with aiohttp.ClientSession() as session:
        server = Server(data, session)
        try:
            await server.ask("PATCH", "/settings/phase-config", {"enrichment": {"enabled": False}})
            _, added = await server.ask("POST", "/libraries", {"path": str(root)})
            folders = await asyncio.to_thread(_folders, root)
            scanning = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                scan = tasks.create_task(_scan(server, added["library"]["id"], scanning))
                await scanning.wait()
                sending = tasks.create_task(_send_all(server, folders, scanning, chosen))
            kept = list(await _kept(server))
        finally:
            server.stop()
    sent = sending.result()
    return [
        *latencies("while the first scan ran", [one for one, is_scanning in sent.seconds if is_scanning], _GOAL),
        *latencies("all", [one for one, _ in sent.seconds], _GOAL),
        *latencies("a plain request", sent.plain),
        Figure("the scan took", scan.result(), "s"),
        Figure("not accepted", chosen.events - sent.states[202], "", 0),
        Figure("lost", len(sent.numbers - {one["id"] for one in kept if one["outcome"] == "submitted"}), "", 0),
        Figure("scans submitted for them", len({one["jobId"] for one in kept})),
    ]


def _generate(folder: Path, movies: int) -> Path:
    generator = _SHARED / "bench" / "make_library.py"
    command = [sys.executable, str(generator), str(folder), "--movies", str(movies), "--episodes", "0"]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return folder / "Movies"


def against_goals(work: Path, size: int) -> list[Figure]:
    """A row of the goals' table: webhooks while so many movies are scanned. The limit: a plain request beside them."""
    root = _generate(work / "library", size).resolve()
    chosen = argparse.Namespace(events=_EVENTS, apart=False, at_once=False)
    figures = asyncio.run(_measure(root, work / "data", chosen))
    plain = next((one.value for one in figures if one.name == "a plain request: p99"), None)
    return [replace(one, limit=plain) if one.goal == _GOAL else one for one in figures]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movies", type=int, default=2_000, help="how many the generated library holds")
    parser.add_argument("--events", type=int, default=_EVENTS, help="how many are sent")
    parser.add_argument("--library", type=Path, help="a library of films to scan instead; it is only read")
    parser.add_argument("--at-once", action="store_true", help="a burst's events at the same moment")
    parser.add_argument("--apart", action="store_true", help="every event about another folder")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    chosen = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        root = chosen.library
        if root is None:
            root = _generate(Path(folder) / "library", chosen.movies)
        figures = asyncio.run(_measure(root.resolve(), Path(folder) / "data", chosen))
    if chosen.json:
        show_json(figures)
    else:
        show(f"{chosen.events} webhooks during the scan of {root}", figures)


if __name__ == "__main__":
    main()
