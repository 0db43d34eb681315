"""The log tells of faults without the variables of the frames, which may hold keys."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import structlog

from metarr.actions import logs as reading
from metarr.actions.logs import Wanted
from metarr.app import logs
from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("own_log")


def test_a_traceback_shows_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    secret = "tmdb-key-of-somebody"
    try:
        raise LookupError(len(secret))
    except LookupError as error:
        structlog.get_logger().error("unforeseen fault", exc_info=error)
    said = capsys.readouterr().err
    assert "LookupError" in said
    assert "tmdb-key" not in said.replace('secret = "tmdb-key-of-somebody"', "")


def test_only_errors_are_logged_where_only_errors_are_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    """Also of a library whose warnings we read ourselves."""
    logs.configure("error")
    library = logging.getLogger("a library")
    library.warning("it rains")
    library.error("it burns")
    said = capsys.readouterr().err
    assert ("it rains" in said, "it burns" in said) == (False, True)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InvalidInput, match="METARR_LOG_LEVEL"):
        logs.configure("loud")


def test_what_is_written_down_names_its_job_and_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json", tmp_path)
    log = structlog.get_logger()
    with structlog.contextvars.bound_contextvars(job=7, phase="scan", item=3):
        log.info("looked", folder="Ronin (1998) \udcff")
        log.debug("too much")
    logging.getLogger("some.library").warning("beware of %s", "dogs")
    logging.getLogger("some.library").info("nothing")
    newest, oldest = reading._page(tmp_path, Wanted(), 10)
    assert (newest.event, newest.level, newest.more) == ("beware of dogs", "warning", {"logger": "some.library"})
    assert (oldest.event, oldest.job, oldest.phase, oldest.item) == ("looked", 7, "scan", 3)
    assert datetime.now(UTC) - oldest.at < timedelta(minutes=1)
    first = json.loads(capsys.readouterr().err.splitlines()[0])
    assert (first["event"], first["job"]) == ("looked", 7)


@pytest.mark.parametrize(
    ("wanted", "events"),
    [
        (Wanted(), ["five", "four", "three", "two", "one"]),
        (Wanted(level="warning"), ["five", "three"]),
        (Wanted(text="THR"), ["three"]),
        (Wanted(job=2), ["two"]),
        (Wanted(before=datetime(2026, 1, 1, 0, 3, tzinfo=UTC)), ["two", "one"]),
    ],
    ids=["all", "by level", "by text", "by job", "older ones"],
)
def test_the_log_is_read_backwards_through_its_files(wanted: Wanted, events: list[str], tmp_path: Path) -> None:
    said = [("one", "info"), ("two", "info"), ("three", "error"), ("four", "debug"), ("five", "warning")]
    lines = [
        json.dumps({"timestamp": f"2026-01-01T00:0{number}:00Z", "event": event, "level": level, "job": number})
        for number, (event, level) in enumerate(said, 1)
    ]
    (tmp_path / "metarr.log").write_text("\n".join(lines[3:]) + '\n{"timestamp": "2026-01', encoding="utf-8")
    (tmp_path / "metarr.log.1").write_text("\n".join(lines[2:3]), encoding="utf-8")
    (tmp_path / "metarr.log.2").write_text("\n".join(lines[:2]), encoding="utf-8")
    assert [one.event for one in reading._page(tmp_path, wanted, 10)] == events
    assert [one.event for one in reading._page(tmp_path, wanted, 1)] == events[:1]


def test_the_files_are_kept_in_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_LARGEST", 5000)
    logs.configure("info", "text", tmp_path)
    for _ in range(40):
        structlog.get_logger().info("x" * 1000)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"metarr.log", *(f"metarr.log.{number}" for number in range(1, 5))}
    assert sum(sizes.values()) < 26_000


def test_a_form_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput, match=re.escape("METARR_LOG_FORMAT must be one of text, json")):
        logs.configure("info", "xml")
