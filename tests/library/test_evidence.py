"""What tells who wrote a file, on real files."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest

from metarr.library import evidence
from metarr.model.writer import Evidence, Writer

if TYPE_CHECKING:
    from pathlib import Path

JELLYFIN = b"<movie><title>Up</title><lockdata>false</lockdata></movie>"
LONG_AGO = 1_000_000_000  # seconds since 1970


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A film that came just now, with a poster of long ago."""
    (tmp_path / "Up.mkv").write_bytes(b"video")
    poster = tmp_path / "Up-poster.jpg"
    poster.write_bytes(b"picture")
    os.utime(poster, (LONG_AGO, LONG_AGO))
    return tmp_path


def _about(folder: Path, name: str) -> Evidence:
    return evidence.collect(folder / name, [folder / "Up.mkv", folder / "gone.mkv"], Writer.RADARR, was_ours=False)


def test_of_an_old_picture_of_our_own_account_nothing_is_known(folder: Path) -> None:
    assert _about(folder, "Up-poster.jpg") == Evidence()


def test_a_picture_that_came_with_the_video_is_the_importers(folder: Path) -> None:
    os.utime(folder / "Up-poster.jpg")
    assert _about(folder, "Up-poster.jpg") == Evidence(importer="radarr")


def test_a_picture_is_theirs_who_wrote_an_nfo_in_the_same_moment(folder: Path) -> None:
    nfo = folder / "Up.nfo"
    nfo.write_bytes(JELLYFIN)
    assert _about(folder, "Up-poster.jpg").beside is None
    os.utime(nfo, (LONG_AGO + 60, LONG_AGO + 60))
    assert _about(folder, "Up-poster.jpg").beside == "jellyfin"


@pytest.mark.parametrize(
    ("text", "hand"),
    [
        pytest.param(JELLYFIN, "jellyfin", id="a program's mark"),
        pytest.param(b"<movie><title>Up</title></movie>", "unknown", id="no mark"),
        pytest.param(b"To be written.", None, id="no NFO"),
    ],
)
def test_an_nfo_shows_its_own_hand(folder: Path, text: bytes, hand: str | None) -> None:
    (folder / "Up.nfo").write_bytes(text)
    assert _about(folder, "Up.nfo").hand == hand


def test_another_account_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = pwd.getpwuid((folder / "Up-poster.jpg").stat().st_uid)
    monkeypatch.setattr(os, "geteuid", lambda: mine.pw_uid + 1)
    found = _about(folder, "Up-poster.jpg")
    assert (found.account, found.is_person) == (mine.pw_name, mine.pw_uid >= 1000)


def test_of_what_is_gone_nothing_is_known(folder: Path) -> None:
    assert _about(folder, "gone.jpg") == Evidence()
