from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import misbehaving
from libraries import write_video
from metarr.demo.clip import tiny_clip
from metarr.errors import Wait
from metarr.phases.scan import probe
from metarr.phases.scan.probe import Probed, ProbeFailed, Prober, fingerprint, inspect
from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def prober() -> AsyncIterator[Prober]:
    prober = Prober()
    yield prober
    await prober.close()


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
async def test_a_video_is_described(prober: Prober, tmp_path: Path, name: str) -> None:
    write_video(tmp_path / name, seconds=90.5, width=1280, height=720)
    result = await prober.probe(str(tmp_path / name))
    assert isinstance(result, Probed)
    assert result.facts["duration_s"] == 90.5
    (video,) = result.facts["video"]
    assert (video["codec"], video["width"], video["height"], video["fps"]) == ("h264", 1280, 720, 24.0)


async def test_sound_has_its_language(prober: Prober, tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv")
    result = await prober.probe(str(tmp_path / "clip.mkv"))
    assert isinstance(result, Probed)
    (audio,) = result.facts["audio"]
    assert (audio["codec"], audio["channels"], audio["language"]) == ("pcm_s16le", 2, "en")


_CLIP = tiny_clip(60, 640, 360, container="mkv", salt=bytes(200))
_BROKEN = {
    "empty": (b"", "empty file"),
    "garbage": (b"no video at all " * 1000, "no video stream"),
    "truncated": (_CLIP[:-20], "truncated"),
    "reserved space": (_CLIP + bytes(1 << 20), "unfinished"),
    "only zeros": (bytes(100_000), "no video stream"),
}


@pytest.mark.parametrize(("content", "reason"), _BROKEN.values(), ids=_BROKEN)
def test_a_broken_file_is_a_value_with_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "broken.mkv"
    path.write_bytes(content)
    result = inspect(str(path))
    assert isinstance(result, ProbeFailed)
    assert reason in result.reason


def test_zeros_that_the_container_declares_are_no_fault(tmp_path: Path) -> None:
    filler = 1 << 20
    mkv = _CLIP + b"\xec" + (filler | 1 << 56).to_bytes(8, "big") + bytes(filler)
    mp4 = tiny_clip(60, 640, 360) + (filler + 8).to_bytes(4, "big") + b"free" + bytes(filler)
    for name, content in (("clip.mkv", mkv), ("clip.mp4", mp4)):
        (tmp_path / name).write_bytes(content)
        assert isinstance(inspect(str(tmp_path / name)), Probed)


def test_a_fifo_a_folder_and_nothing_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    assert inspect(str(tmp_path / "pipe.mkv")) == ProbeFailed("not a regular file")
    assert inspect(str(tmp_path)) == ProbeFailed("not a regular file")
    assert inspect(str(tmp_path / "gone")) == ProbeFailed("cannot be read: No such file or directory")


async def test_a_path_that_is_no_utf8_can_be_probed(prober: Prober, tmp_path: Path) -> None:
    path = f"{tmp_path}/Am\udce9lie.mp4"
    with open(os.fsencode(path), "wb") as file:  # noqa: ASYNC230, PTH123 - a path in bytes; a test may wait
        file.write(tiny_clip(5, 320, 180))
    assert isinstance(await prober.probe(path), Probed)


async def test_a_hanging_file_costs_its_own_probe_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / "clip.mp4")
    prober = Prober(processes=1, seconds=3)
    with monkeypatch.context() as patch:
        patch.setattr(probe, "inspect", misbehaving.sleep_for_ever)
        assert await prober.probe("hang.mkv") == ProbeFailed("took longer than 3 s")
    assert isinstance(await prober.probe(str(tmp_path / "clip.mp4")), Probed)
    await prober.close()


async def test_a_crash_costs_its_own_probe_only(
    prober: Prober, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_video(tmp_path / "clip.mp4")
    with monkeypatch.context() as patch:
        patch.setattr(probe, "inspect", misbehaving.die)
        result = await prober.probe("crash.mkv")
    assert isinstance(result, ProbeFailed)
    assert "died" in result.reason
    assert isinstance(await prober.probe(str(tmp_path / "clip.mp4")), Probed)


async def test_one_that_crashes_among_others_costs_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(tmp_path / name) for name in ("a.mp4", "crash.mkv", "b.mp4", "c.mp4")]
    for path in paths:
        write_video(Path(path))
    prober = Prober(processes=1)
    with monkeypatch.context() as patch:
        patch.setattr(probe, "inspect", misbehaving.die_of_crash)
        results = await asyncio.gather(*(prober.probe(path) for path in paths))
    await prober.close()
    assert [isinstance(result, Probed) for result in results] == [True, False, True, True]


async def test_every_one_of_many_probes_gets_its_own_answer(prober: Prober, tmp_path: Path) -> None:
    for seconds in range(1, 31):
        write_video(tmp_path / f"{seconds}.mp4", seconds=seconds)
    results = await asyncio.gather(*(prober.probe(str(tmp_path / f"{seconds}.mp4")) for seconds in range(1, 31)))
    assert [result.facts["duration_s"] for result in results if isinstance(result, Probed)] == list(range(1, 31))


def test_a_slow_disk_lets_nobody_wait_for_all_his_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.6, 1.2, 1.8])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    results = probe._inspect_each(lambda path: Probed({"path": path}), ["a", "b", "c"])
    assert results == [Probed({"path": "a"}), Probed({"path": "b"})]


async def test_files_that_a_process_did_not_get_to_are_asked_about_again(
    prober: Prober, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_inspect_each", misbehaving.look_at_one)
    monkeypatch.setattr(probe, "inspect", misbehaving.name_it)
    results = await asyncio.gather(*(prober.probe(f"{number}.mkv") for number in range(20)))
    assert results == [Probed({"path": f"{number}.mkv"}) for number in range(20)]


async def test_probes_that_are_closed_down_end(monkeypatch: pytest.MonkeyPatch) -> None:
    prober = Prober(processes=1)
    monkeypatch.setattr(probe, "inspect", misbehaving.sleep_for_ever)
    asked = [asyncio.create_task(prober.probe(f"{number}.mkv")) for number in range(40)]
    await asyncio.sleep(0.1)
    await prober.close()
    await asyncio.wait(asked, timeout=PATIENCE)
    assert all(task.cancelled() for task in asked)


async def test_where_no_process_can_be_started_the_job_waits_and_goes_on_when_one_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_method: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    video = tmp_path / "film.mp4"
    video.write_bytes(tiny_clip(5, 640, 360))
    pool = Prober(processes=1)
    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing, "get_context", refuse)
        with pytest.raises(Wait, match="No process can be started"):
            await pool.probe(str(video))
    assert isinstance(await pool.probe(str(video)), Probed)
    await pool.close()


def test_a_name_that_lies_about_its_container_is_probed_all_the_same(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4")
    (tmp_path / "clip.mp4").rename(tmp_path / "clip.mkv")
    result = inspect(str(tmp_path / "clip.mkv"))
    assert isinstance(result, Probed)
    assert result.facts["container"] == "mpeg-4"


async def test_memory_is_limited(prober: Prober, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "inspect", misbehaving.eat)
    with pytest.raises(MemoryError):
        await prober.probe("big.mkv")


async def test_probing_gives_way_to_the_program(prober: Prober, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "inspect", misbehaving.tell_niceness)
    assert await prober.probe("a.mkv") == Probed({"path": str(min(os.nice(0) + 10, 19))})


async def test_a_cancelled_probe_frees_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / "clip.mp4")
    prober = Prober(processes=1)
    with monkeypatch.context() as patch:
        patch.setattr(probe, "inspect", misbehaving.sleep_for_ever)
        waiting = asyncio.create_task(prober.probe("hang.mkv"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert isinstance(await prober.probe(str(tmp_path / "clip.mp4")), Probed)
    await prober.close()


def test_the_library_is_opened_for_reading_only(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    write_video(path)
    path.chmod(0o400)
    before = path.stat()
    assert isinstance(inspect(str(path)), Probed)
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_size) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        before.st_size,
    )


def test_the_fingerprint_survives_a_rename_and_tells_files_apart(tmp_path: Path) -> None:
    for name in ("one.mkv", "other.mkv"):
        write_video(tmp_path / name)
    one = fingerprint(str(tmp_path / "one.mkv"))
    (tmp_path / "one.mkv").rename(tmp_path / "renamed.mkv")
    assert fingerprint(str(tmp_path / "renamed.mkv")) == one
    assert fingerprint(str(tmp_path / "other.mkv")) != one


def test_the_fingerprint_sees_size_head_and_tail(tmp_path: Path) -> None:
    contents = [bytes(300_000), bytes(300_001), b"x" + bytes(299_999), bytes(299_999) + b"x"]
    seen = set()
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
        seen.add(fingerprint(str(tmp_path / str(number))))
    assert len(seen) == len(contents)


def test_importing_the_prober_loads_no_media_library() -> None:
    code = "import sys, metarr.phases.scan.probe; print('pymediainfo' in sys.modules, 'pebble' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False"]
