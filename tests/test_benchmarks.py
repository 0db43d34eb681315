"""What `benchmarks/run` makes of what it measured: ratios, the table, two runs side by side, growth."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import comparison
import machine
import run
from figures import Figure


@pytest.mark.parametrize(
    ("figure", "near"),
    [
        pytest.param(Figure("jobs", 50, "/s", is_more_better=True, limit=100), 0.5, id="a rate at half of its limit"),
        pytest.param(Figure("scan", 4, "s", limit=1), 0.25, id="a time of four times its limit"),
        pytest.param(Figure("scan", 4, "s"), None, id="no limit, no ratio"),
        pytest.param(Figure("scan", 0, "s", limit=1), None, id="nothing was measured"),
    ],
)
def test_a_ratio_of_one_is_the_limit_in_either_direction(figure: Figure, near: float | None) -> None:
    assert comparison.ratio(figure) == near


def test_a_line_of_the_table_has_limit_result_ratio_goal_and_verdict() -> None:
    [_, line] = comparison.table({"scan 10,000": [Figure("rescan", 3.0, "s", 1.5, limit=1.5)]})
    assert line.split() == ["scan", "10,000:", "rescan", "1.5", "3", "s", "0.50", "<=", "1.5", "MISSED"]


@pytest.mark.parametrize(
    ("old", "new", "is_more_better", "words"),
    [
        pytest.param(1.0, 1.5, False, ["1.50"], id="less than a factor of two is a tie"),
        pytest.param(
            1.0, 3.0, False, ["3.00", "worse", "MISSED", "NOW"], id="a longer time is worse and lost its goal"
        ),
        pytest.param(3.0, 1.0, False, ["0.33", "better"], id="a shorter time is better"),
        pytest.param(3.0, 9.0, True, ["3.00", "better"], id="a higher rate is better"),
        pytest.param(0.0, 1.0, False, [], id="from nothing there is no factor"),
    ],
)
def test_two_runs_are_compared(old: float, new: float, words: list[str], *, is_more_better: bool) -> None:
    before, after = ({"row": [Figure("one", value, "", 2.0, is_more_better)]} for value in (old, new))
    [_, line] = comparison.compared(before, after)
    assert line.split()[4:] == words


def test_what_only_one_run_has_is_said() -> None:
    lines = comparison.compared({"old": [Figure("one", 1)]}, {"new": [Figure("one", 1)]})
    assert lines[1:] == ["only in the old: old: one", "only in the new: new: one"]


def test_figures_of_one_name_are_told_apart_by_their_unit() -> None:
    both = {"scan": [Figure("first", 10, "s"), Figure("first", 60, "items/min")]}
    assert len(comparison.compared(both, both)) == 1 + len(both["scan"])


def test_json_brings_every_figure_back() -> None:
    rows = {"scan": [Figure("first", 10, "s", 6, limit=5), Figure("rate", 60, "/s", 6, is_more_better=True)]}
    assert comparison.from_json(json.loads(json.dumps(comparison.as_json(rows)))) == rows


@pytest.mark.parametrize(
    ("per_item", "is_time", "verdicts"),
    [
        pytest.param({10: 2.0, 40: 2.0, 200: 0.5}, False, ["", "ok", "ok"], id="counts that fall"),
        pytest.param({10: 2.0, 40: 2.1, 200: 2.5}, False, ["", "ok", "MISSED"], id="a count that grows"),
        pytest.param({10: 2.0, 40: 2.1, 200: 2.5}, True, ["", "ok", "ok"], id="a time may grow by less than half"),
        pytest.param({10: 2.0, 200: 4.0}, True, ["", "MISSED"], id="a time that doubles"),
        pytest.param({}, True, [], id="nothing was measured"),
    ],
)
def test_growth_is_judged_by_the_smallest_library(
    per_item: dict[int, float], verdicts: list[str], *, is_time: bool
) -> None:
    assert [one.verdict for one in comparison.growth("x", "", per_item, is_time=is_time)] == verdicts


def test_interleaved_runs_are_told_by_their_medians() -> None:
    runs = [{1: 5.0, 4: 2.0}, {1: 1.0, 4: 9.0}, {1: 3.0, 4: 4.0}]
    assert comparison.medians(runs) == {1: 3.0, 4: 4.0}


def test_what_the_machine_did_is_a_share_of_all_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    told = machine.told(machine.Moment(1, 100, 10, 50), machine.Moment(3, 110, 12, 60))
    assert told == {"cores": 2, "load before": 1, "load after": 3, "busy %": 50, "stolen %": 10, "seconds": 10}


@pytest.mark.parametrize(
    ("only", "steps"),
    [
        pytest.param(["start"], [("start", 0)], id="a row without a size happens once"),
        pytest.param(["scan"], [("scan", 1000), ("scan", 20_000)], id="films of every size"),
        pytest.param(["publish"], [("publish", 1000)], id="a rate needs no larger library, and none twice"),
        pytest.param(["scan-shows"], [("scan-shows", 5)], id="shows have sizes of their own"),
    ],
)
def test_rows_are_measured_in_the_sizes_that_they_count(only: list[str], steps: list[tuple[str, int]]) -> None:
    assert run.plan(only, [1000, 20_000], [5], has_postgresql=False) == steps


@pytest.mark.parametrize("has_postgresql", [True, False], ids=["with a database", "without"])
def test_postgresql_is_measured_where_there_is_one(*, has_postgresql: bool) -> None:
    rows = {name for name, _ in run.plan([], [1], [1], has_postgresql=has_postgresql)}
    assert rows == set(run.ROWS) - (set() if has_postgresql else {"engine-postgresql"})


@pytest.mark.parametrize("row", run.ROWS.values(), ids=run.ROWS)
def test_every_row_has_its_function(row: run.Row) -> None:
    """Looked for in the text: importing them all takes a second."""
    source = Path(run.__file__).with_name(f"{row.module}.py").read_text()
    assert f"def {row.function}(" in source
