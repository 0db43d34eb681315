"""What commands end with: exit codes, one line per error; and as processes: one program per data folder, signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from metarr.cli import main
from metarr.cli.lock import DataLock
from metarr.errors import InvalidInput
from patience import PATIENCE
from running import make_film

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Command = Callable[..., "Ended"]

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's


def _environment(data: Path, **extra: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(data.parent), "METARR_DATA": str(data), **extra}


def _metarr(data: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "metarr", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=_environment(data, **extra), check=False, timeout=PATIENCE * 2
    )


class Ended(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def metarr(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this very process, which needs none of the seconds that another takes to start."""

    def run(*words: str, **extra: str) -> Ended:
        with monkeypatch.context() as here:
            for name, value in _environment(data, **extra).items():
                here.setenv(name, value)
            here.setattr("sys.argv", ["metarr", *words])
            with pytest.raises(SystemExit) as ended:
                main()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, *capsys.readouterr())

    return run


@contextmanager
def _serving(data: Path, **extra: str) -> Iterator[subprocess.Popen[str]]:
    """A server on a free port, once it says that it is there."""
    command = [sys.executable, "-m", "metarr", "serve", "--port", "0"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=_environment(data, METARR_LOG_LEVEL="error", **extra)
    ) as server:
        assert server.stderr is not None
        try:
            assert "Metarr" in server.stderr.readline()
            assert "Nobody has an account yet" in server.stderr.readline()
            yield server
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(PATIENCE) == 0
            assert server.stderr.read() == ""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """One film."""
    make_film(tmp_path / "films", "Sintel (2010)")
    return tmp_path / "films"


@pytest.mark.parametrize(
    ("arguments", "extra", "code", "words"),
    [
        pytest.param(
            ["run", "/nowhere/at/all"], {}, 1, "/nowhere/at/all does not exist", id="a path that is not there"
        ),
        pytest.param(["run", "/etc/passwd"], {}, 1, "not a folder", id="a file"),
        pytest.param(["scan", "Films"], {}, 1, "'Films'", id="a library that is not there"),
        pytest.param(["plan", "7"], {}, 1, "no item 7", id="an item that is not there"),
        pytest.param(["library", "pause", "Films"], {}, 1, "no library called 'Films'", id="a library's own settings"),
        pytest.param(["jobs", "cancel", "7"], {}, 1, "no job 7", id="a job that is not there"),
        pytest.param(["serve", "--host", "192.0.2.1"], {}, 1, "Cannot listen", id="an address that is not ours"),
        pytest.param(["jobs"], {"METARR_PORT": "x"}, 1, "METARR_PORT", id="a number that is none"),
        pytest.param(["jobs"], {"METARR_TMDB_URL": "x"}, 1, "METARR_TMDB_URL", id="an address that is none"),
        pytest.param(["jobs"], {"METARR_KODI_USER": "x"}, 1, "METARR_KODI_URL", id="a player without its address"),
        pytest.param(["jobs"], {"METARR_NOTIFY_URLS": "x"}, 1, "channel", id="a channel that is none"),
        pytest.param(["jobs"], {"METARR_NOTIFY_EVENTS": "x"}, 1, "METARR_NOTIFY_EVENTS", id="an event that is none"),
        pytest.param(["jobs"], {"METARR_DATABASE_URL": "mysql://x"}, 1, "postgresql://", id="another database"),
        pytest.param(["dance"], {}, 2, "dance", id="a command that is not there"),
        pytest.param(["jobs", "--state", "odd"], {}, 2, "odd", id="a state that is none"),
        pytest.param(["jobs"], {}, 0, "", id="no job at all is no error"),
    ],
)
def test_exit_codes(metarr: Command, arguments: list[str], extra: dict[str, str], code: int, words: str) -> None:
    done = metarr(*arguments, **extra)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    if code == 1:
        assert done.stderr.startswith("metarr: ")
        assert done.stderr.count("\n") == 1


def test_secrets_of_the_configuration_are_never_repeated(metarr: Command) -> None:
    done = metarr("jobs", METARR_NOTIFY_URLS="odd://user:geheim@host")
    assert done.returncode == 1
    assert "geheim" not in done.stderr + done.stdout


def test_a_data_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="--data"), DataLock(tmp_path / "file" / "data"):
        pass


def test_a_server_is_asked_when_there_is_one_and_there_is_only_one(tmp_path: Path, library: Path) -> None:
    data = tmp_path / "data"
    with _serving(data) as server:
        lock = data / "metarr.lock"
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600
        assert json.loads(lock.read_text())["pid"] == server.pid

        second = _metarr(data, "serve")
        assert second.returncode == 1
        assert f"kill {server.pid}" in second.stderr

        done = _metarr(data, "run", str(library), "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert [one["item"]["title"] for one in report["items"] or [{"item": {"title": None}}]]
        jobs = json.loads(_metarr(data, "jobs", "--json").stdout)["jobs"]
        assert [job["kind"] for job in jobs if job["kind"] == "scan"] == ["scan"]
    assert not lock.read_text()
    assert _metarr(data, "jobs").returncode == 0


def test_a_run_without_a_key_says_so_and_loses_nothing(metarr: Command, library: Path) -> None:
    done = metarr("run", str(library), METARR_TMDB_APIKEY="x")
    assert done.returncode == 0, done.stderr
    assert "Added the library 'films'" in done.stderr
    assert "1 item" in done.stdout
    assert "METARR_TMDB_API_KEY" in done.stdout
    assert "METARR_TMDB_APIKEY is not known" in done.stdout
    again = metarr("scan", "films", "--json")
    assert json.loads(again.stdout)["changes"] == 0
    shown = metarr("jobs", "show", "1")
    assert "scan" in shown.stdout
    assert "attempt" in shown.stdout


def test_what_waits_ends_the_run_with_its_own_code(metarr: Command, library: Path) -> None:
    done = metarr(
        *("run", str(library)),
        METARR_TMDB_URL="http://127.0.0.1:1/3",
        METARR_TMDB_API_KEY="x" * 32,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "1 waiting: " in done.stdout


def _provider(at: socket.socket) -> dict[str, str]:
    return {"METARR_TMDB_URL": f"http://127.0.0.1:{at.getsockname()[1]}/3", "METARR_TMDB_API_KEY": "x" * 32}


def test_an_interrupted_run_goes_on_later(metarr: Command, tmp_path: Path) -> None:
    library = tmp_path / "films"
    for number in range(30):
        make_film(library, f"Film {number} (2001)")
    command = [sys.executable, "-m", "metarr", "run", str(library)]
    environment = _environment(tmp_path / "data")
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,  # a provider that never answers: the run cannot end before
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment | _provider(silent)) as run,
    ):
        assert run.stderr is not None
        assert "Added" in run.stderr.readline()
        run.send_signal(signal.SIGINT)
        assert run.wait(PATIENCE) == 130
        assert "Stopped." in run.stderr.read()
    done = metarr("run", str(library), "--json")
    report = json.loads(done.stdout)
    assert report["library"]["counts"]["items"] == 30
    assert report["summary"]["open"] == 0


@pytest.mark.parametrize(
    ("words", "is_listed"),
    [
        pytest.param(["serve", "--help"], "--port", id="a command"),
        pytest.param(["players", "--help"], "groups", id="a group"),
        pytest.param(["support-bundle", "--help"], "Make one zip", id="a name of two words"),
        pytest.param(["--help"], "support-bundle", id="all of them"),
        pytest.param(["no-such-thing"], "No such command 'no-such-thing'", id="none of them"),
    ],
)
def test_only_what_is_asked_for_is_worked_out_and_nothing_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], is_listed: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["metarr", *words])
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    with pytest.raises(SystemExit):
        main()
    told = capsys.readouterr()
    assert is_listed in told.out + told.err
