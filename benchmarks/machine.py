"""The machine that a benchmark runs on: what else it did meanwhile, what it can do at best, what processes hold."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEAL = 7  # place in the first line of /proc/stat, after its name (proc(5))
_IDLE = (3, 4)  # idle and waiting for disks


@dataclass(frozen=True, slots=True)
class Moment:
    """`busy`, `stolen`: seconds of all processors together since the machine started."""

    load: float
    busy: float
    stolen: float
    at: float

    @classmethod
    def now(cls) -> Moment:
        ticks = [int(word) for word in text(Path("/proc/stat")).partition("\n")[0].split()[1:9]]
        second = os.sysconf("SC_CLK_TCK")
        idle = sum(ticks[place] for place in _IDLE)
        return cls(os.getloadavg()[0], (sum(ticks) - idle) / second, ticks[_STEAL] / second, time.monotonic())


def told(before: Moment, after: Moment) -> dict[str, float]:
    """What the machine was doing between two moments: shares in percent of all its processors."""
    all_of_it = max((after.at - before.at) * (os.cpu_count() or 1), 1e-9)
    return {
        "cores": os.cpu_count() or 1,
        "load before": before.load,
        "load after": after.load,
        "busy %": (after.busy - before.busy) / all_of_it * 100,
        "stolen %": (after.stolen - before.stolen) / all_of_it * 100,
        "seconds": after.at - before.at,
    }


def text(path: Path) -> str:
    """Of a file of /proc; nothing, if the process has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""


def memory(process: int) -> float:
    """MB of a process and its children, shared pages counted once."""
    return sum(_pss(one) for one in _family(process))


def _family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task").glob("*/children")
    found = [int(number) for path in children for number in text(path).split()]
    return [process, *(one for child in found for one in _family(child))]


def _pss(process: int) -> float:
    lines = [line.split() for line in text(Path(f"/proc/{process}/smaps_rollup")).splitlines()]
    return sum(int(line[1]) for line in lines if line[0] == "Pss:") / 1000


def bare_stats(*roots: Path) -> float:
    """Seconds for a `stat` of everything below; the second of two looks, so that the disk's cache is warm."""
    spent = 0.0
    for _ in range(2):
        begun = time.perf_counter()
        for root in roots:
            sum(1 for _ in _walked(str(root)))
        spent = time.perf_counter() - begun
    return spent


def _walked(folder: str) -> Iterator[os.stat_result]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                yield from _walked(entry.path)


def bare_copies(sources: list[Path], folder: Path) -> float:
    """Seconds for copies that survive a power cut: all written, each synced and renamed, then the folder."""
    folder.mkdir(parents=True)
    begun = time.perf_counter()
    for number, source in enumerate(sources):
        draft = folder / f"{number}.part"
        with draft.open("wb") as file:
            file.write(source.read_bytes())
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / str(number))
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    return time.perf_counter() - begun
