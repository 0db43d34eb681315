"""What every benchmark measures with and how it shows what it found: figures, their goals, counts."""

from __future__ import annotations

import json
import os
import resource
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from metarr.store.db import Store


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement. A goal of None: shown only. `limit`: what nothing can exceed."""

    name: str
    value: float
    unit: str = ""
    goal: float | None = None
    is_more_better: bool = False
    limit: float | None = None

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "ok" if self.value == self.goal or (self.value > self.goal) == self.is_more_better else "MISSED"

    @property
    def line(self) -> str:
        goal = "" if self.goal is None else f"{'>=' if self.is_more_better else '<='} {self.goal:g}"
        limit = "" if self.limit is None else f"{self.value / self.limit:.2f} of {self.limit:g}"
        return f"  {self.name:36} {self.value:10.2f} {self.unit:9} {goal:>8}  {self.verdict:6} {limit}".rstrip()


def show(title: str, figures: Iterable[Figure]) -> None:
    """Print a table."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\n{title} ({os.cpu_count()} cores, load {load})")
    for figure in figures:
        print(figure.line)


def show_json(told: Any) -> None:  # noqa: ANN401  any JSON, with figures in it
    """Print JSON."""
    print(json.dumps(told, default=lambda figure: {**asdict(figure), "verdict": figure.verdict}))


def latencies(name: str, seconds: Sequence[float], goal: float | None = None) -> list[Figure]:
    """How long many of a kind took; the goal is for all but the slowest hundredth."""
    ordered = [second * 1000 for second in sorted(seconds)]
    if not ordered:
        return []
    half, most, nearly_all = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95, 0.99))
    return [
        Figure(f"{name}: how many", len(ordered)),
        Figure(f"{name}: median", half, "ms"),
        Figure(f"{name}: p95", most, "ms"),
        Figure(f"{name}: p99", nearly_all, "ms", goal),
        Figure(f"{name}: slowest", ordered[-1], "ms"),
    ]


class Statements:
    """Those that reach SQLite."""

    def __init__(self, store: Store) -> None:
        self.count = 0

        @sa.event.listens_for(store.engine, "connect")
        def trace(connection: sqlite3.Connection, _entry: object) -> None:
            connection.set_trace_callback(self._hear)

    def _hear(self, _statement: str) -> None:
        self.count += 1


def cpu(who: int = resource.RUSAGE_SELF) -> float:
    """Seconds of this process, or (RUSAGE_CHILDREN) of those that it started and that have ended."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime
