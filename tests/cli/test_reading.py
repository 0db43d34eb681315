"""`metarr nfo read` and `metarr probe` as a program uses them: no database, one answer for each file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from libraries import write_video

if TYPE_CHECKING:
    from pathlib import Path


def _run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": os.environ["PATH"], "METARR_DATA": "/dev/null/none"}  # a folder that cannot be
    command = [sys.executable, "-m", "metarr", *arguments]
    return subprocess.run(command, capture_output=True, env=environment, check=False)


def test_an_nfo_is_told_with_its_hand_and_its_warnings(tmp_path: Path) -> None:
    (tmp_path / "movie.nfo").write_bytes(b"<movie><title>Sintel</title><tmdbid>45745</tmdbid><plot>A girl</movie>")
    (tmp_path / "pages.nfo").write_bytes(b"https://www.imdb.com/title/tt1727587/")
    done = _run("nfo", "read", "--json", str(tmp_path / "movie.nfo"), str(tmp_path / "pages.nfo"))
    movie, pages = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert (movie["kind"], movie["hand"]) == ("movie", "unknown")
    assert (movie["metadata"]["title"], movie["metadata"]["ids"]["tmdb"]) == ("Sintel", 45745)
    assert movie["warnings"], "the plot is not closed"
    assert pages["url_ids"] == {"imdb": "tt1727587"}


def test_what_cannot_be_understood_is_told_beside_the_rest(tmp_path: Path) -> None:
    (tmp_path / "good.nfo").write_bytes(b"<movie><title>Sintel</title></movie>")
    (tmp_path / "bad.nfo").write_bytes(bytes(range(256)))
    paths = [str(tmp_path / name) for name in ("bad.nfo", "none.nfo", "good.nfo")]
    done = _run("nfo", "read", *paths)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [answer["path"] for answer in answers] == paths
    assert ["error" in answer for answer in answers] == [True, True, False]
    assert "No such file" in answers[1]["error"]


def test_videos_are_probed_and_broken_ones_named(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", seconds=90.5)
    (tmp_path / "text.mkv").write_bytes(b"no video")
    done = _run("probe", "--json", str(tmp_path / "clip.mkv"), str(tmp_path / "text.mkv"))
    clip, text = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (1, b"")
    assert (clip["duration_s"], clip["video"][0]["codec"]) == (90.5, "h264")
    assert len(clip["fingerprint"]) == 32
    assert text["error"] == "no video stream found"
