"""Libraries at their worst: huge, deep, changing, circular, half gone, hanging. A scan says so and goes on."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import threading
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chain import snapshot
from libraries import write_movie, write_video
from metarr.library import folders
from metarr.phases.base import in_thread
from metarr.phases.scan import probe
from metarr.store import schema
from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain

    Install = Callable[..., Chain]

LOCAL: dict[str, object] = {"enrichment": {"enabled": False}, "publishing": {"enabled": False}}


async def _titles(chain: Chain) -> list[str | None]:
    return sorted((item.metadata.title for item in await chain.items()), key=str)


async def test_ten_thousand_files_in_one_folder(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, "Film (2001)")
        for number in range(10_000):
            (chain.root / "Film (2001)" / f"note {number}.txt").touch()
        scan = await chain.scan()
        assert scan["message"] == "1 movie: 1 new, 0 changed, 0 missing"
        assert len(await chain.rows(schema.media_file)) == 10_001
        assert (await chain.scan())["message"] == "1 movie: 0 new, 0 changed, 0 missing"


async def test_a_path_of_nearly_four_thousand_bytes_is_scanned(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        start = os.getcwd()  # noqa: PTH109  a path in bytes would not do
        try:
            os.chdir(chain.root)
            name = "ж" * 120  # 240 bytes
            while len(os.fsencode(os.getcwd())) < 3500:  # noqa: PTH109
                os.mkdir(name)  # noqa: PTH102
                os.chdir(name)
            write_movie(Path(), "Heat (1995)")
        finally:
            os.chdir(start)
        scan = await chain.scan()
        assert scan["state"] == "completed", scan["message"]
        assert await _titles(chain) == ["Heat"]
        (video,) = await chain.rows(schema.media_file)
        assert len(os.fsencode(f"{chain.root}/{video['path']}")) > 3500
        assert video["details"]["container"] == "matroska"


async def test_folders_that_go_deeper_than_a_path_can_are_a_problem_and_no_more(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, "Film (2001)")
        start = os.getcwd()  # noqa: PTH109
        try:
            os.chdir(chain.root)
            for _ in range(20):
                os.mkdir("d" * 250)  # noqa: PTH102
                os.chdir("d" * 250)
        finally:
            os.chdir(start)
        scan = await chain.scan()
        assert scan["state"] == "completed"
        assert any("File name too long" in problem for problem in scan["result"]["problems"])
        assert await _titles(chain) == ["Film"]


async def test_links_in_a_circle_are_told_of_and_not_followed(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "Film (2001)")
        (path.parent / "loop").symlink_to(chain.root)
        (path.parent / "self.mkv").symlink_to("self.mkv")
        scan = await chain.scan()
        assert await _titles(chain) == ["Film"]
        assert {problem.partition(":")[0] for problem in scan["result"]["problems"]} == {
            "Film (2001)/loop",
            "Film (2001)/self.mkv",
        }


async def test_names_in_decomposed_characters_keep_their_bytes_and_lose_nothing(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        name = unicodedata.normalize("NFD", "Amélie (2001)")
        write_movie(
            chain.root, name, files={f"{name}.de.srt": b"1", f"{name}.NFO": b"<movie><year>2001</year></movie>"}
        )
        await chain.scan()
        item = await chain.only()
        assert (item.folder, item.metadata.title) == (name, unicodedata.normalize("NFC", "Amélie"))
        roles = {row["role"] for row in await chain.rows(schema.media_file)}
        assert roles == {"video", "subtitle", "nfo"}


async def test_a_folder_whose_name_changed_its_case_keeps_its_item(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "film (2001)")
        await chain.scan()
        before = await chain.only()
        path.parent.rename(chain.root / "Film (2001)")
        await chain.scan()
        assert ((await chain.only()).id, (await chain.only()).folder) == (before.id, "Film (2001)")


async def test_a_file_that_changes_while_it_is_read_is_read_again_at_the_next_scan(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "Film (2001)", seconds=60)
        ask = probe.Prober.probe

        async def changing(self: probe.Prober, asked: str) -> Any:
            result = await ask(self, asked)
            write_video(path, seconds=120)
            return result

        with monkeypatch.context() as patch:
            patch.setattr(probe.Prober, "probe", changing)
            await chain.scan()
        await chain.scan()
        (video,) = await chain.rows(schema.media_file)
        assert video["details"]["duration_s"] == 120
        assert video["size"] == path.stat().st_size


async def test_a_file_that_vanishes_while_it_is_looked_at_is_a_problem(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "Film (2001)", files={"movie.nfo": b"<movie/>", "poster.jpg": b"no picture"})
        ask = probe.Prober.probe

        async def removing(self: probe.Prober, asked: str) -> Any:
            for file in path.parent.iterdir():
                file.unlink()
            return await ask(self, asked)

        with monkeypatch.context() as patch:
            patch.setattr(probe.Prober, "probe", removing)
            scan = await chain.scan()
        assert scan["state"] == "completed"
        assert {problem.partition(":")[0] for problem in scan["result"]["problems"]} == {
            "Film (2001)/Film (2001).mkv",
            "Film (2001)/movie.nfo",
            "Film (2001)/poster.jpg",
        }


async def test_a_folder_that_may_not_be_read_is_a_problem_and_its_films_are_not_gone(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install(phase_config=LOCAL) as chain:
        for number in range(3):
            write_movie(chain.root, f"{'A' if number else 'B'}/Film {number} (2001)")
        await chain.scan()
        read = os.scandir

        def forbidding(path: str) -> Any:
            if str(path).startswith(f"{chain.root}/A"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return read(path)

        with monkeypatch.context() as patch:  # whoever runs the tests may be allowed everything
            patch.setattr(os, "scandir", forbidding)
            write_movie(chain.root, "B/New (2002)")
            scan = await chain.scan()
        assert scan["message"] == "4 movies: 1 new, 0 changed, 0 missing, 1 problem"
        assert scan["result"]["problems"] == ["A: Permission denied"]
        assert not [item for item in await chain.items() if item.missing_since]


async def test_a_file_that_may_not_be_read_is_a_problem_and_a_film(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, "Film (2001)", files={"movie.nfo": b"<movie/>", "poster.jpg": b"x"})
        read = Path.read_bytes

        def forbidding(self: Path) -> bytes:
            if self.is_relative_to(chain.root):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
            return read(self)

        monkeypatch.setattr(Path, "read_bytes", forbidding)
        scan = await chain.scan()
        assert {problem for problem in scan["result"]["problems"] if "movie.nfo" in problem} == {
            "Film (2001)/movie.nfo: Permission denied"
        }
        assert await _titles(chain) == ["Film"]


async def test_a_library_that_cannot_be_written_is_scanned_and_stays_as_it_is(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "Film (2001)", files={"movie.nfo": b"<movie/>", "Subs/2_English.srt": b"1"})
        folders_of_it = (path.parent / "Subs", path.parent, chain.root)
        for folder in folders_of_it:
            folder.chmod(0o555)
        before = snapshot(chain.root)
        try:
            scan = await chain.scan()
            assert scan["message"] == "1 movie: 1 new, 0 changed, 0 missing"
            assert snapshot(chain.root) == before
        finally:
            for folder in folders_of_it:
                folder.chmod(0o755)


async def test_a_mount_point_without_its_disk_is_empty_whatever_the_system_left_there(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, "Film (2001)")
        await chain.scan()
        away = chain.root.with_name("away")
        chain.root.rename(away)
        for name in ("lost+found", "@eaDir", ".Trash-1000"):
            (chain.root / name).mkdir(parents=True)
        (chain.root / ".keep").touch()
        scan = await chain.scan()
        assert (scan["state"], scan["attempts"]) == ("waiting", 0)
        assert "is empty" in (await chain.causes())[f"root:{chain.root}"]
        assert not [item for item in await chain.items() if item.missing_since]


async def test_the_share_of_the_library_counts_also_when_one_folder_is_scanned(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        for number in range(8):
            write_movie(chain.root, f"{'A' if number < 6 else 'B'}/Film {number} (2001)")
        await chain.scan()
        shutil.rmtree(chain.root / "A")
        scan = await chain.scan("A")
        assert scan["state"] == "failed"
        assert "6 of 8 known movies are gone" in scan["message"]
        assert not [item for item in await chain.items() if item.missing_since]


async def test_a_root_that_vanishes_in_the_middle_takes_nothing_along(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install(phase_config=LOCAL) as chain:
        for number in range(8):
            write_movie(chain.root, f"Film {number} (2001)")
        await chain.scan()
        read = folders._read
        lost = threading.Event()

        def vanishing(root: str, folder: str, *rest: Any) -> Any:
            if folder.startswith("Film 3"):
                lost.set()
            if lost.is_set():
                shutil.rmtree(root, ignore_errors=True)
            return read(root, folder, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(folders, "_read", vanishing)
            scan = await chain.scan()
        assert scan["state"] == "completed"
        assert len(scan["result"]["problems"]) >= 1
        assert not [item for item in await chain.items() if item.missing_since], "what cannot be read is not gone"
        assert (await chain.scan())["state"] == "waiting", "and a root that is not there is waited for"


async def test_a_call_that_hangs_in_the_kernel_is_left_behind_when_the_job_is_cancelled() -> None:
    stuck = threading.Event()

    task = asyncio.create_task(in_thread(stuck.wait))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, PATIENCE)
    assert await in_thread(lambda: "the next call has a thread of its own") != ""
    stuck.set()


async def test_a_scan_of_a_hanging_share_can_be_cancelled_and_another_one_runs(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, "Film (2001)")
        stuck, begun = threading.Event(), threading.Event()
        read = folders._read

        def hanging(*arguments: Any) -> Any:
            begun.set()
            stuck.wait()
            return read(*arguments)

        try:
            with monkeypatch.context() as patch:
                patch.setattr(folders, "_read", hanging)
                scanning = asyncio.create_task(chain.scan())
                await asyncio.to_thread(begun.wait)
                await asyncio.wait_for(chain.restart(), 5)
                assert not stuck.is_set(), "nobody waited for the share"
            await scanning
        finally:
            stuck.set()
        assert await _titles(chain) == ["Film"]
