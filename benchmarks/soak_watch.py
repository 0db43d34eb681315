"""What a soak takes of the machine, looked at every few seconds and told every minute."""

from __future__ import annotations

import os
import statistics
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soak_processes import Process, Vitals

    from metarr.store.db import Store, Tx

_WARM = 600.0  # seconds until caches of a fixed size (statements, templates, pages of the database) are full
_JUDGED = 600.0  # seconds after that, below which a slope says nothing
_SLOPE = 24.0  # MB an hour that a process may seem to grow, which is chance
_MEGABYTE = 1024 * 1024
_COUNTED = (
    *("item", "media_file", "job", "job_attempt", "event", "answer", "history", "recycled", "blob", "published_file"),
    *("finding", "verification", "webhook_delivery", "said", "candidate", "player_state"),
)


@dataclass
class Watch:
    """`stretches`: the vitals of a process, from each of its starts on."""

    store: Store
    data: Path
    process: Process
    stretches: list[list[Vitals]] = field(default_factory=list)
    _starts: int = 0

    def look(self) -> Vitals | None:
        """Remember how it is now."""
        if self.process.starts != self._starts:
            self._starts = self.process.starts
            self.stretches.append([])
        now = self.process.vitals()
        if now is not None:
            self.stretches[-1].append(now)
        return now

    async def line(self) -> str:
        """The minute's line."""
        now = self.look()
        if now is None:
            return "the server is down"
        counts, states = await self.store.read(_counted)
        return (
            f"up {now.age / 60:5.1f} min  {now.memory:6.1f} MB ({now.all_memory:.0f} with children)  "
            f"{now.handles} handles, {now.threads} threads, {now.children} children  "
            f"database {_size(self.data / 'metarr.db'):.1f} + {_size(self.data / 'metarr.db-wal'):.1f} MB, "
            f"cache {_size(self.data / 'cache'):.1f} MB, backups {_size(self.data / 'backups'):.1f} MB\n"
            f"    jobs {_told(states)}\n    rows {_told(counts)}"
        )

    def slopes(self) -> Iterator[str]:
        """How each long stretch went."""
        for found in self._long():
            first, last = found[0], found[-1]
            yield (
                f"{(last.age - first.age) / 60:.0f} min: memory {first.memory:.1f} -> {last.memory:.1f} MB, "
                f"slope {_slope(found):+.1f} MB/h; handles {_range([one.handles for one in found])}, "
                f"threads {_range([one.threads for one in found])}, children {_range([one.children for one in found])}"
            )

    def broken(self) -> Iterator[str]:
        """Stretches in which something grew."""
        for found in self._long():
            if _slope(found) > _SLOPE:
                yield f"memory grows by {_slope(found):.1f} MB an hour"
            half = len(found) // 2
            early, late = (statistics.mean(one.handles for one in part) for part in (found[:half], found[half:]))
            if late > early * 1.2 + 5:
                yield f"handles grow: {early:.0f} at first, {late:.0f} later"

    def _long(self) -> list[list[Vitals]]:
        warm = [[one for one in stretch if one.age >= _WARM] for stretch in self.stretches]
        return [found for found in warm if found and found[-1].age - found[0].age >= _JUDGED]


def _slope(found: Sequence[Vitals]) -> float:
    """MB an hour: the median of all pairs' (Theil and Sen), so that one step, as a backup makes, is no growth."""
    pairs = ((late.memory - early.memory) / (late.age - early.age) for early, late in combinations(found, 2))
    return statistics.median(pairs) * 3600


def _range(values: Sequence[int]) -> str:
    return f"{min(values)}-{max(values)}"


def _counted(tx: Tx) -> tuple[Counter[str], Counter[str]]:
    """Rows by table, jobs by state."""
    rows: Counter[str] = Counter()
    for name in _COUNTED:
        table = schema.metadata.tables[name]
        rows[name] = tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    state = schema.job.c.state
    states = tx.rows(sa.select(state.label("name"), sa.func.count().label("count")).group_by(state))
    return rows, Counter({row["name"]: row["count"] for row in states})


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _size(path: Path) -> float:
    """MB of a file, or of everything in a folder."""
    if not path.is_dir():
        return path.stat().st_size / _MEGABYTE if path.exists() else 0.0
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += (Path(folder) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total / _MEGABYTE
