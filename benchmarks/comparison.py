"""What `run.py` shows of measurements, apart from measuring: one table, two runs side by side, growth. Pure."""

from __future__ import annotations

import statistics
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_TIE = 2.0  # gaps below this factor may be chance on shared cores
_COUNT_GROWTH = 1.05  # generated films differ a little: some have a picture more
_TIME_GROWTH = 1.5
_LARGE = 1000  # shown without fractions

Rows = dict[str, list[Figure]]


def ratio(figure: Figure) -> float | None:
    """How near its limit: 1 is at it, whichever direction is better."""
    if not figure.limit or not figure.value:
        return None
    return figure.value / figure.limit if figure.is_more_better else figure.limit / figure.value


def table(rows: Mapping[str, Sequence[Figure]]) -> list[str]:
    """One line for each figure; a ratio of 1 is the limit itself."""
    lines = [_line("what", "limit", "result", "", "ratio", "goal", "")]
    for row, figures in rows.items():
        for figure in figures:
            near = ratio(figure)
            goal = "" if figure.goal is None else f"{'>=' if figure.is_more_better else '<='} {_short(figure.goal)}"
            limit = "" if figure.limit is None else _short(figure.limit)
            share = "" if near is None else f"{near:.2f}"
            lines.append(
                _line(f"{row}: {figure.name}", limit, _short(figure.value), figure.unit, share, goal, figure.verdict)
            )
    return lines


def _line(*cells: str) -> str:
    name, limit, result, unit, share, goal, verdict = cells
    return f"{name:56} {limit:>10} {result:>10} {unit:10} {share:>6} {goal:>10}  {verdict}".rstrip()


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.4g}"


def compared(old: Mapping[str, Sequence[Figure]], new: Mapping[str, Sequence[Figure]]) -> list[str]:
    """A line for each figure that both have; then what only one has."""
    before, after = _flat(old), _flat(new)
    lines = [f"{'what':56} {'old':>10} {'new':>10} {'new/old':>8}"]
    lines += [_change(name, before[name], after[name]) for name in after if name in before]
    lines += [f"only in the old: {name}" for name in before if name not in after]
    lines += [f"only in the new: {name}" for name in after if name not in before]
    return lines


def _change(name: str, old: Figure, new: Figure) -> str:
    factor = new.value / old.value if old.value else None
    shown = "" if factor is None else f"{factor:.2f}"
    verdict = _judged(factor, is_more_better=new.is_more_better)
    lost = "  MISSED NOW" if (old.verdict, new.verdict) == ("ok", "MISSED") else ""
    return f"{name:56} {_short(old.value):>10} {_short(new.value):>10} {shown:>8}  {verdict}{lost}".rstrip()


def _judged(factor: float | None, *, is_more_better: bool) -> str:
    if factor is None or 1 / _TIE < factor < _TIE:
        return ""
    return "better" if (factor > 1) == is_more_better else "worse"


def _flat(rows: Mapping[str, Sequence[Figure]]) -> dict[str, Figure]:
    return {f"{row}: {one.name} ({one.unit})" if one.unit else f"{row}: {one.name}": one for row, one in _each(rows)}


def _each(rows: Mapping[str, Sequence[Figure]]) -> Iterable[tuple[str, Figure]]:
    return ((row, figure) for row, figures in rows.items() for figure in figures)


def as_json(rows: Mapping[str, Sequence[Figure]]) -> dict[str, list[dict[str, Any]]]:
    """Every figure with its ratio and its verdict, so that other programs need not judge."""
    return {
        row: [{**asdict(one), "ratio": ratio(one), "verdict": one.verdict} for one in figures]
        for row, figures in rows.items()
    }


def from_json(told: Mapping[str, Sequence[Mapping[str, Any]]]) -> Rows:
    """What `as_json` made."""
    fields = Figure.__dataclass_fields__
    return {
        row: [Figure(**{name: one[name] for name in fields if name in one}) for one in figures]
        for row, figures in told.items()
    }


def growth(name: str, unit: str, per_item: Mapping[int, float], *, is_time: bool) -> list[Figure]:
    """What one item cost, by size; the goal of the larger sizes is what the smallest allows them."""
    if not per_item:
        return []
    first, *larger = sorted(per_item)
    allowed = per_item[first] * (_TIME_GROWTH if is_time else _COUNT_GROWTH)
    return [
        Figure(f"{name} per item, {first:,} items", per_item[first], unit),
        *(Figure(f"{name} per item, {size:,} items", per_item[size], unit, allowed) for size in larger),
    ]


def medians(runs: Iterable[Mapping[int, float]]) -> dict[int, float]:
    """Of interleaved runs, each of which measured every size."""
    gathered: dict[int, list[float]] = {}
    for run in runs:
        for size, value in run.items():
            gathered.setdefault(size, []).append(value)
    return {size: statistics.median(values) for size, values in gathered.items()}
