"""The real program as processes that the soak starts, kills and looks at: what each takes of the machine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SRC = Path(__file__).parents[1] / "src"
_MARK = "METARR_SOAK"  # in the environment of everything that a run starts
_MEGABYTE = 1024 * 1024
_READY = 0.1  # seconds between two looks at whether it is there


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a process takes. `age`: seconds since its start; `memory`: anonymous, in MB.

    `all_memory`: with the processes that it started.
    """

    age: float
    memory: float
    all_memory: float
    handles: int
    threads: int
    children: int


@dataclass
class Process:
    """`metarr` with these words. What it says on standard error goes to `log`."""

    words: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    url: str = ""  # where it answers; "": it is a worker
    starts: int = 0
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _since: float = 0.0

    @property
    def is_up(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def start(self) -> None:
        """Returns at once."""
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_SRC), _MARK: str(os.getpid()), **self.environment}
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "metarr", *self.words], stdout=log, stderr=log, env=environment
            )
        self.starts += 1
        self._since = time.monotonic()

    async def ready(self) -> None:
        """Return when it answers. Raises SystemExit when it ends instead, or never does."""
        deadline = time.monotonic() + PATIENCE
        async with aiohttp.ClientSession() as client:
            while self.url and time.monotonic() < deadline:
                if not self.is_up:
                    raise SystemExit(f"metarr {' '.join(self.words)} ended by itself; see {self.log}")
                try:
                    async with client.get(f"{self.url}/health/ready") as answer:
                        if answer.ok:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(_READY)
        if self.url:
            raise SystemExit(f"{self.url} does not answer; see {self.log}")

    def kill(self) -> None:
        """No last words."""
        self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """In good order. Returns how it ended: 0 is well."""
        return await asyncio.to_thread(self._end, signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._running is None:
            return 0
        self._running.send_signal(how)
        try:
            return self._running.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
            raise SystemExit(f"metarr {' '.join(self.words)} did not stop; see {self.log}") from None

    def vitals(self) -> Vitals | None:
        """None: it does not run."""
        if self._running is None or not self.is_up:
            return None
        try:
            return _vitals(self._running.pid, time.monotonic() - self._since)
        except (OSError, KeyError):
            return None  # it ended while it was looked at


def _vitals(pid: int, age: float) -> Vitals:
    family = _family(pid)
    own = _status(pid)
    everything = sum(_memory(one) for one in family)
    handles = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Vitals(age, _memory(pid), everything, handles, int(own["Threads"]), len(family) - 1)


def _memory(pid: int) -> float:
    try:
        return int(_status(pid)["RssAnon"].split()[0]) * 1024 / _MEGABYTE
    except (OSError, KeyError):
        return 0.0


def _status(pid: int) -> dict[str, str]:
    """By name, as in https://man7.org/linux/man-pages/man5/proc_pid_status.5.html."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _family(pid: int) -> list[int]:
    """It, and all that it started."""
    parents: dict[int, list[int]] = {}
    for one in _pids():
        try:
            parents.setdefault(int(_status(one)["PPid"]), []).append(one)
        except (OSError, KeyError):
            continue
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def _pids() -> Iterable[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def left_behind() -> list[int]:
    """Processes of this run that still live."""
    mark = f"{_MARK}={os.getpid()}".encode()
    found = []
    for pid in _pids():
        try:
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            continue
    return found
