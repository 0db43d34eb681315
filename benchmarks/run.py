"""Every row of the goals' table in one run: limit, result, ratio and goal, and what the machine was doing meanwhile.

    benchmarks/run [--movies 1000 10000 20000] [--episodes 100000 200000] [--only ROW …] [--json FILE]
    benchmarks/run --growth [--base 100] [--runs 5] [--json FILE]
    benchmarks/run --compare OLD NEW

Each row is a process of its own, so that none holds another's memory: its module's function is called with a folder
and a size, and returns figures. Limits are measured in the same process, right after. A rate needs no large library:
rows with `most` take no more than that. `METARR_BENCHMARK_POSTGRESQL` names an empty database for `engine-postgresql`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import comparison
import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from figures import Figure

_MOVIES, _EPISODES = 10_000, 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """Where a row is measured. `by`: what its size counts; `most`: the size beyond which it learns nothing."""

    module: str
    function: str = "against_goals"
    by: str = ""
    most: int | None = None


ROWS = {
    "engine": Row("engine"),
    "engine-postgresql": Row("engine", "postgresql_against_goals"),
    "scan": Row("scan", "movies_against_goals", "movies"),
    "scan-shows": Row("scan", "shows_against_goals", "episodes"),
    "enrich": Row("enrich", by="movies", most=300),
    "publish": Row("publish", by="movies", most=1_000),
    "verify": Row("verify", by="movies"),
    "pages": Row("pages", by="movies"),
    "webhooks": Row("webhooks", by="movies", most=2_000),
    "start": Row("start"),
}


def plan(only: list[str], movies: list[int], episodes: list[int], *, has_postgresql: bool) -> list[tuple[str, int]]:
    """Rows and their sizes, each once."""
    sizes = {"movies": movies, "episodes": episodes, "": [0]}
    chosen = only or [name for name in ROWS if has_postgresql or name != "engine-postgresql"]
    steps = (
        (name, min(size, ROWS[name].most or size)) for name in ROWS if name in chosen for size in sizes[ROWS[name].by]
    )
    return list(dict.fromkeys(steps))


def measure(name: str, size: int) -> list[Figure]:
    """One row, in this process."""
    row = ROWS[name]
    with tempfile.TemporaryDirectory() as folder:
        function = getattr(importlib.import_module(row.module), row.function)
        figures: list[Figure] = function(Path(folder), size)
    return figures


def _apart(name: str, size: int) -> dict[str, Any]:
    """The same in a process of its own, with what the machine did meanwhile."""
    command = [sys.executable, __file__, "--row", name, str(size)]
    before = machine.Moment.now()
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    about = machine.told(before, machine.Moment.now())
    if answer.returncode:
        return {"failed": f"ended with {answer.returncode}", "machine": about, "figures": []}
    return {"machine": about, "figures": json.loads(answer.stdout)}


def _measured(steps: list[tuple[str, int]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, size in steps:
        title = f"{name} {size:,}" if size else name
        print(f"measuring {title} …", file=sys.stderr)
        yield title, _apart(name, size)


def _show(told: dict[str, Any]) -> None:
    for line in comparison.table(comparison.from_json({row: one["figures"] for row, one in told.items()})):
        print(line)
    print("\nwhat the machine was doing")
    for row, one in told.items():
        about = "  ".join(f"{name} {value:.1f}" for name, value in one["machine"].items())
        print(f"  {row:24} {about}  {one.get('failed', '')}".rstrip())


def _read(path: Path) -> comparison.Rows:
    return comparison.from_json({row: one["figures"] for row, one in json.loads(path.read_text()).items()})


def _growth(base: int, runs: int) -> dict[str, Any]:
    before = machine.Moment.now()
    figures = importlib.import_module("growth").measure(base, runs)
    rows = comparison.as_json(figures)
    about = machine.told(before, machine.Moment.now())
    return {row: {"machine": about, "figures": one} for row, one in rows.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movies", type=int, nargs="+", default=[_MOVIES], help="sizes of the libraries of films")
    parser.add_argument("--episodes", type=int, nargs="+", default=[_EPISODES], help="sizes of the libraries of shows")
    parser.add_argument("--only", nargs="+", choices=ROWS, default=[], metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("OLD", "NEW"), help="two such files; measure nothing")
    parser.add_argument("--growth", action="store_true", help="what one item costs at 1, 4 and 20 times the size")
    parser.add_argument("--base", type=int, default=100, help="films of the smallest library of --growth")
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs of --growth")
    parser.add_argument("--row", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure and print one table, or compare."""
    chosen = _arguments()
    if chosen.row:
        sys.stdout.flush()
        answer = os.dup(1)
        os.dup2(2, 1)  # what others print is no part of the answer
        figures = measure(chosen.row[0], int(chosen.row[1]))
        with os.fdopen(answer, "w") as stream:
            json.dump(comparison.as_json({"": figures})[""], stream)
        return
    if chosen.compare:
        print(*comparison.compared(*map(_read, chosen.compare)), sep="\n")
        return
    if chosen.growth:
        told = _growth(chosen.base, chosen.runs)
    else:
        has_postgresql = "METARR_BENCHMARK_POSTGRESQL" in os.environ
        steps = plan(chosen.only, chosen.movies, chosen.episodes, has_postgresql=has_postgresql)
        told = dict(_measured(steps))
    if chosen.json:
        chosen.json.write_text(json.dumps(told, indent=1) + "\n")
    _show(told)
    if any("failed" in one for one in told.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
