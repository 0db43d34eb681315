"""`docs/several-machines.md` is run as it stands: a server and two workers on one PostgreSQL database."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metarr.demo.standin import server
from patience import PATIENCE
from running import make_film

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres import PostgresServer

pytestmark = pytest.mark.postgres
PAGE = (Path(__file__).parents[1] / "docs" / "several-machines.md").read_text()


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database, as users name it."""
    name = f"machines_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    yield postgres_server.url(name).replace("postgresql+psycopg", "postgresql")
    postgres_server.drop_database(name)


def metarr(words: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "metarr", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def started(words: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    """A process that says on standard error that it is there."""
    process = metarr(words, environment)
    assert process.stderr is not None
    assert "Metarr" in (said := process.stderr.readline()), said + process.stderr.read()
    return process


def done(words: list[str], environment: dict[str, str]) -> str:
    out, err = metarr(words, environment).communicate(timeout=PATIENCE)
    assert not err or "Added" in err, err
    return out


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err


async def test_the_page_is_true(tmp_path: Path, database: str) -> None:
    async with server() as tmdb:
        provider = {
            "METARR_TMDB_URL": tmdb.url,
            "METARR_TMDB_IMAGE_URL": tmdb.image_url,
            "METARR_TMDB_API_KEY": tmdb.key,
        }
        await asyncio.to_thread(_follow_the_page, tmp_path, database, provider)


def _follow_the_page(tmp_path: Path, database: str, provider: dict[str, str]) -> None:
    text = PAGE
    for stands, instead in {
        "postgresql://metarr:secret@db.lan/metarr": database,
        "/srv/metarr": str(tmp_path / "data"),
        "/media/movies": str(tmp_path / "movies"),
        "--port 7879": "--port 0",
    }.items():
        assert stands in text
        text = text.replace(stands, instead)
    variables, *commands = (shlex.split(block) for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    exported = dict(word.split("=", 1) for word in variables if word != "export")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "METARR_LOG_LEVEL": "error",
        **provider,
        **exported,
    }
    assert [command[0] for command in commands] == ["metarr"] * 4
    serve, first, second, run = (command[1:] for command in commands)
    for number in range(6):
        make_film(tmp_path / "movies", f"Film {number} (200{number})")

    with ExitStack() as stack:
        for words in (serve, first, second):
            stack.callback(stop, started(words, environment))
        report = json.loads(done([*run, "--json"], environment))
        assert report["library"]["counts"]["items"] == 6
        assert (report["summary"]["open"], report["summary"]["failed"]) == (0, [])
        shown = json.loads(done(["jobs", "show", "1", "--json"], environment))
        assert {job["kind"] for job in shown["workflow"]["jobs"]} >= {"scan", "enrich"}
        assert {job["state"] for job in shown["workflow"]["jobs"]} == {"completed"}


@pytest.mark.parametrize(
    ("words", "extra", "expected"),
    [
        pytest.param(["worker"], {}, "METARR_DATABASE_URL", id="a worker on SQLite"),
        pytest.param(["worker", "--kinds", "scan"], {}, "METARR_DATABASE_URL", id="a limited worker on SQLite"),
        pytest.param(["serve"], {"METARR_WORKER_KINDS": "scan"}, "On SQLite one process does", id="limits on SQLite"),
    ],
)
def test_what_needs_postgres_says_so(tmp_path: Path, words: list[str], extra: dict[str, str], expected: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **extra}
    process = metarr(words, environment)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err.count("\n")) == (1, 1), err
    assert expected in err


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param("dance", "'dance' is no kind of job", id="a kind that is none"),
        pytest.param("enrich", "METARR_TMDB_API_KEY", id="enrichment without a key"),
    ],
)
def test_a_worker_that_cannot_do_what_it_is_told_says_so(
    tmp_path: Path, database: str, kinds: str, expected: str
) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "METARR_DATABASE_URL": database}
    process = metarr(["worker", "--kinds", kinds], environment)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert expected in err
