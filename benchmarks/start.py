"""Start-up against its goal: wall and CPU seconds from the start of the process to its first answer; memory when idle.

    python benchmarks/start.py [--times 5] [--json]

Each address is asked for on a data folder that is new and on one that was used before; the median counts. The limit is
an interpreter that imports, in the same order, what the program imports of others and nothing of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, cpu, show, show_json
from machine import memory, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESSES = ("/health/live", "/login")
_GOAL, _GOAL_IDLE = 1.5, 130.0  # seconds; MB
_TIMES = 5
_PATIENCE, _POLL, _SETTLING = 60.0, 0.01, 5.0  # seconds
_LIST = """
import sys
before = set(sys.modules)
import metarr.app.serve
own = ("metarr", *sys.stdlib_module_names)
print(*(one for one in sys.modules if one not in before and one.partition(".")[0] not in own), sep="\\n")
"""
_IMPORT = """
import importlib, sys
for name in sys.stdin.read().split():
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # a name that its own package makes up
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds of one start."""

    wall: float
    cpu: float


@contextmanager
def _serving(data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    # With it, every start would compile the program anew.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**inherited, "METARR_DATA": str(data), "METARR_PORT": str(port), "METARR_LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "metarr", "serve"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _await(process: subprocess.Popen[bytes], url: str) -> None:
    """Until something is answered, be it that one has to log in."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"`metarr serve` ended with {process.returncode}: run it by hand to see why")
        try:
            urllib.request.urlopen(url, timeout=_PATIENCE).close()  # noqa: S310  our own address on loopback
        except urllib.error.HTTPError as answered:
            answered.close()
            return
        except OSError:
            time.sleep(_POLL)
        else:
            return
    raise SystemExit(f"{url} gave no answer in {_PATIENCE:g} seconds")


def _spent(process: int) -> float:
    """CPU seconds so far."""
    words = text(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def start(data: Path, address: str) -> Start:
    """Start the program, ask once, end it."""
    port = _free_port()
    begun = time.perf_counter()
    with _serving(data, port) as process:
        _await(process, f"http://127.0.0.1:{port}{address}")
        return Start(time.perf_counter() - begun, _spent(process.pid))


def _bare() -> Start:
    """The interpreter and everybody else's modules."""
    names = subprocess.run([sys.executable, "-c", _LIST], check=True, capture_output=True).stdout
    used, begun = cpu(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", _IMPORT], input=names, check=True)
    return Start(time.perf_counter() - begun, cpu(resource.RUSAGE_CHILDREN) - used)


def idle_memory(data: Path) -> Figure:
    """Some seconds after the first answer."""
    port = _free_port()
    with _serving(data, port) as process:
        _await(process, f"http://127.0.0.1:{port}/health/live")
        time.sleep(_SETTLING)
        return Figure("memory, idle server", memory(process.pid), "MB", _GOAL_IDLE)


def measure(work: Path, times: int) -> list[Figure]:
    """Starts of every kind in turn, so that what the machine does meanwhile touches all alike."""
    start(work / "used", "/login")  # compiles, migrates
    taken: dict[str, list[Start]] = {}
    bare: list[Start] = []
    for turn in range(times):
        bare.append(_bare())
        for place, address in enumerate(_ADDRESSES):
            fresh = work / f"fresh{turn}-{place}"
            taken.setdefault(f"{address}, new folder", []).append(start(fresh, address))
            taken.setdefault(f"{address}, used folder", []).append(start(work / "used", address))
    least = statistics.median(one.wall for one in bare), statistics.median(one.cpu for one in bare)
    figures = []
    for name, starts in taken.items():
        wall, used = statistics.median(one.wall for one in starts), statistics.median(one.cpu for one in starts)
        figures.append(Figure(name, wall, "s", _GOAL, limit=least[0]))
        figures.append(Figure(f"{name}: CPU", used, "s", limit=least[1]))
    return figures


def against_goals(work: Path, _size: int) -> list[Figure]:
    """A row of the goals' table."""
    return [*measure(work, _TIMES), idle_memory(work / "used")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=_TIMES, help="starts of each kind")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = [*measure(Path(folder), chosen.times), idle_memory(Path(folder) / "used")]
    if chosen.json:
        show_json(figures)
    else:
        show("start", figures)


if __name__ == "__main__":
    main()
