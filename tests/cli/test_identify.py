"""`metarr identify` as a program uses it: a line for each path, in order, whatever bytes a name holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

FIELDS = [
    *("path", "kind", "title", "year", "season", "episodes", "absolute", "air_date", "edition", "ids"),
    *("confidence", "evidence"),
]


def _identify(*arguments: str | bytes, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # No HOME and a data folder that cannot be: neither is looked at.
    environment = {"PATH": os.environ["PATH"], "METARR_DATA": "/dev/null/none"}
    command = [sys.executable, "-m", "metarr", "identify", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False)


def test_arguments_are_answered_in_order() -> None:
    paths = ["b/Sintel (2010) {tmdb-45745}.mkv", "a/Show.S02E03.mkv", "c/Sintel (2010) {tmdb-45745}.mkv"]
    done = _identify("--json", *paths)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert [one["path"] for one in found] == paths
    assert list(found[0]) == FIELDS
    assert (found[0]["title"], found[0]["year"], found[0]["ids"]) == ("Sintel", 2010, {"tmdb": 45745})
    assert (found[1]["kind"], found[1]["season"], found[1]["episodes"]) == ("episode", 2, [3])


@pytest.mark.parametrize(
    ("arguments", "stdin", "paths"),
    [
        pytest.param(["-"], b"a (2001)\nb (2002)", ["a (2001)", "b (2002)"], id="lines, the last without its end"),
        pytest.param(["-0", "-"], b"a\n(2001)\0b (2002)\0", ["a\n(2001)", "b (2002)"], id="NUL, names hold newlines"),
        pytest.param(["x", "-", "y"], b"a\n\n", ["x", "a", "y"], id="stdin between arguments, an empty line is none"),
        pytest.param(["-"], b"", [], id="nothing"),
        pytest.param(["-"], b"Caf\xe9 (2001)\n", [os.fsdecode(b"Caf\xe9 (2001)")], id="bytes that are no UTF-8"),
        pytest.param(["-"], "Amélie 🎬 (2001)\n".encode(), ["Amélie 🎬 (2001)"], id="beyond ASCII"),
    ],
)
def test_standard_input(arguments: list[str], stdin: bytes, paths: list[str]) -> None:
    done = _identify("--json", *arguments, stdin=stdin)
    done.stdout.decode("utf-8")
    assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == paths


def test_an_argument_that_is_no_utf8_comes_back_exactly() -> None:
    done = _identify("--json", b"Caf\xe9 (2001)")
    assert os.fsencode(json.loads(done.stdout)["path"]) == b"Caf\xe9 (2001)"


def test_nothing_given_is_bad_usage() -> None:
    assert _identify().returncode == 2


def test_it_loads_nothing_that_it_does_not_need() -> None:
    script = (
        "import sys; sys.argv = ['metarr', 'identify', 'Sintel (2010).mkv']\n"
        "from metarr.cli import app\n"
        "try: app()\n"
        "finally: print([m for m in ('sqlalchemy', 'fastapi', 'aiohttp', 'PIL', 'lxml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
