"""Commands about libraries, jobs and the installation, against this very process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import metarr
from metarr.cli import main
from running import make_film

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., list[str]]


@pytest.fixture
def command(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command; the lines that it shows."""

    def run(*words: str, code: int = 0) -> list[str]:
        monkeypatch.setattr("sys.argv", ["metarr", *words, "--data", str(data)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        assert ended.value.code == code, shown.err
        return shown.out.splitlines()

    return run


def test_a_library_from_its_folder_to_being_forgotten(command: Command, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Heat (1995)")
    found = command("library", "check", str(tmp_path / "films"))
    assert found[:2] == [str(tmp_path / "films"), "    can be written: yes"]
    command("scan", str(tmp_path / "films"), code=1)
    command("run", str(tmp_path / "films"), code=0)
    assert "named for plex" in command("library", "profiles", "films", "plex")[0]
    assert '"actorPictures": 0' in command("library", "set", "films", "actorPictures", "0")[0]
    assert "own settings" not in command("library", "set", "films", "actorPictures")[0]
    assert "  Kino  " in command("library", "rename", "films", "Kino")[0]
    (tmp_path / "films").rename(tmp_path / "moved")
    assert command("library", "relocate", "Kino", str(tmp_path / "moved"), "--dry-run")[-1] == "Nothing was changed."
    assert "1 of 1 video;" in command("library", "relocate", "Kino", str(tmp_path / "moved"))[0]
    assert command("jobs", "--of", "library:1", "--state", "pending")[0].split()[1] == "scan"
    assert command("library", "remove", "Kino", "--yes") == ["Kino is forgotten."]
    assert command("library") == []


def test_what_runs_and_what_happened(command: Command) -> None:
    assert command("clean") == ["Done."]
    assert [json.loads(line)["type"] for line in command("activity", "--json")] == ["clean_up_completed"]
    assert command("jobs", "dead-letter") == ["No job has failed."]
    assert command("jobs", "cancel", "1") == ["Jobs cancelled: 0"]
    assert command("system")[0].startswith(f"Metarr {metarr.__version__}, Python 3.")
