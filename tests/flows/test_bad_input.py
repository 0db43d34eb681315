from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest

from chain import FILM, name_of, small_picture, snapshot
from libraries import write_movie, write_video
from metarr.demo.catalogue import FILMS
from metarr.demo.clip import tiny_clip
from metarr.demo.tmdb_server import Fault
from metarr.library import files as library_files
from metarr.store import schema
from metarr.store.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain

    Install = Callable[..., Chain]

_BOMB = (
    b"""<?xml version="1.0"?>
<!DOCTYPE movie [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">
"""
    + b"".join(b'<!ENTITY %c "%s">\n' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"""]>
<movie><plot>&j;</plot></movie>"""
)


@pytest.mark.parametrize("kind", ["does not exist", "is not a folder"])
async def test_a_root_that_is_not_there_makes_the_scan_wait_with_one_health_line(install: Install, kind: str) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        hidden = chain.root.with_name("elsewhere")
        chain.root.rename(hidden)
        if kind == "is not a folder":
            chain.root.write_bytes(b"")
        scan = await chain.scan()
        assert (scan["state"], scan["attempts"]) == ("waiting", 0)
        (cause,) = await chain.causes()
        assert cause == f"root:{chain.root}"
        assert "check that" in (await chain.causes())[cause]
        assert (await chain.only()).missing_since is None
        if kind == "is not a folder":
            chain.root.unlink()
        hidden.rename(chain.root)
        await chain.later()
        assert await chain.causes() == {}
        assert {row["state"] for row in await chain.jobs()} == {"completed"}


async def test_a_folder_that_cannot_be_read_is_reported_and_its_films_are_not_missing(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install() as chain:
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film))
        await chain.scan()
        real = os.scandir

        def scandir(path: str) -> object:
            if str(path).endswith(name_of(FILM)):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)
        scan = await chain.scan()
        monkeypatch.undo()
        assert scan["message"] == "2 movies: 0 new, 0 changed, 0 missing, 1 problem"
        assert scan["result"]["problems"] == [f"{name_of(FILM)}: Permission denied"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES], ids=["read-only", "no right"])
async def test_a_library_that_cannot_be_written_waits_says_which_path_and_others_go_on(
    install: Install, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    async with install() as chain:
        locked = b"caf\xe9"  # errors must survive such a name, too
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film), seconds=60.0 * film.runtime)
        folder = chain.root / name_of(FILM) / os.fsdecode(locked)
        folder.parent.rename(folder.parent.with_name(os.fsdecode(b"caf\xe9 " + name_of(FILM).encode())))

        def open_(path: Path, flags: int, mode: int) -> int:
            if name_of(FILM) in str(path) and "library" in str(path):
                raise OSError(number, os.strerror(number), str(path))
            return os.open(path, flags, mode)

        monkeypatch.setattr(library_files, "Disk", lambda: Disk(open=open_))
        scan = await chain.scan()
        assert scan["state"] == "completed"
        causes = await chain.causes()
        assert list(causes) == [f"readonly:{chain.root}"]
        assert f"{name_of(FILM)}" in causes[f"readonly:{chain.root}"]
        assert "write there" in causes[f"readonly:{chain.root}"]
        publish = [row for row in await chain.jobs() if row["kind"] == "publish"]
        assert sorted((row["state"], row["attempts"]) for row in publish) == [("completed", 0), ("waiting", 0)]
        assert (chain.root / name_of(FILMS[1]) / f"{name_of(FILMS[1])}.nfo").is_file()
        monkeypatch.undo()
        await chain.later()
        assert await chain.causes() == {}
        assert len(list(chain.root.rglob("*.nfo"))) == 2


@pytest.mark.parametrize(
    ("data", "plot"),
    [
        pytest.param(b"<movie><plot>Mine.</plot><genre>x", "Mine.", id="broken XML is recovered"),
        pytest.param(b"\xef\xbb\xbf<movie><plot>Mine.</plot></movie>", "Mine.", id="a byte order mark"),
        pytest.param("<movie><plot>Käse</plot></movie>".encode("cp1252"), "Käse", id="CP1252"),
        pytest.param(_BOMB, "&j;", id="a billion laughs are not heard"),
        pytest.param(b"<movie>" + b" " * (11 << 20) + b"</movie>", None, id="eleven megabytes"),
        pytest.param(b"\0" * 4096, None, id="nothing but zeros"),
        pytest.param(b"", None, id="empty"),
    ],
)
async def test_an_nfo_of_any_kind_is_recovered_or_refused_and_stops_nothing(
    install: Install, data: bytes, plot: str | None
) -> None:
    async with install(phase_config={}) as chain:
        write_movie(chain.root, name_of(FILM), files={f"{name_of(FILM)}.nfo": data})
        scan = await chain.scan()
        assert {row["state"] for row in await chain.jobs()} == {"completed"}, await chain.jobs()
        item = await chain.only()
        assert item.identity == "identified"
        if plot is None:
            assert item.provenance["plot"] == "tmdb"
            assert "1 problem" in scan["message"]
        else:
            assert (item.metadata.plot, item.provenance["plot"]) == (plot, "nfo")
        text = (chain.root / name_of(FILM) / f"{name_of(FILM)}.nfo").read_text(encoding="utf-8")
        assert f"<plot>{escape(item.metadata.plot or '')}</plot>" in text
        assert chain.blobs.read((await chain.rows(schema.recycled))[0]["sha256"], "nfo") == data


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"not a video at all " * 100, "no video stream", id="garbage"),
        pytest.param(tiny_clip(60, 1920, 1080, container="mp4")[:400], "", id="truncated"),
        pytest.param(b"", "empty file", id="empty"),
        pytest.param(tiny_clip(60, 640, 480, container="mkv") + bytes(3 << 20), "unfinished", id="preallocated"),
    ],
)
async def test_a_video_that_cannot_be_probed_is_said_and_still_recorded(
    install: Install, data: bytes, problem: str
) -> None:
    async with install() as chain:
        path = write_movie(chain.root, name_of(FILM))
        path.write_bytes(data)
        scan = await chain.scan()
        assert "1 problem" in scan["message"]
        (said,) = scan["result"]["problems"]
        assert problem in said
        (video,) = [row for row in await chain.rows(schema.media_file) if row["role"] == "video"]
        assert video["details"]["problem"] in said
        assert (await chain.only()).identity == "identified"
        assert path.read_bytes() == data


async def test_a_fifo_hangs_nobody(install: Install) -> None:
    async with install() as chain:
        path = write_movie(chain.root, name_of(FILM))
        for name in ("Pipe (1999).mkv", f"{name_of(FILM)}.nfo", "poster.jpg"):
            os.mkfifo(path.parent / name)
        await chain.scan()
        assert {row["state"] for row in await chain.jobs() if row["kind"] != "sync"} == {"completed"}
        assert (path.parent / "Pipe (1999).mkv").is_fifo()
        assert (path.parent / f"{name_of(FILM)}.nfo").is_fifo(), "what is no file is left where it is"


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(b"Line\nbreak (1999)", id="newline"),
        pytest.param("Café (1999)".encode(), id="accents composed"),
        pytest.param("Cafe\u0301 (1999)".encode(), id="accents decomposed"),
        pytest.param("😀 Smile (1999)".encode(), id="emoji"),
        pytest.param(b"caf\xe9 (1999)", id="invalid UTF-8"),
        pytest.param(b"%s (1999)" % (b"x" * 240), id="very long"),
        pytest.param(b'\'Tis "quoted" & <tagged> (1999)', id="quotes and markup"),
    ],
)
async def test_any_name_goes_through_the_whole_chain(install: Install, folder: bytes) -> None:
    # The double cannot quote bytes that are no text, and neither can JSON: players are left out of that one.
    async with install(has_player=b"\xe9 (" not in folder) as chain:
        name = os.fsdecode(folder)
        path = chain.root / name / "movie.mkv" if len(folder) > 240 else chain.root / name / f"{name}.mkv"
        write_video(path)
        (path.parent / "movie.nfo").write_bytes(b"<movie><title>T</title><tmdbid>%d</tmdbid></movie>" % FILM.tmdb)
        (path.parent / "poster.jpg").write_bytes(small_picture("x.jpg"))
        before = snapshot(chain.root)
        await chain.scan()
        assert {row["state"] for row in await chain.jobs()} == {"completed"}, [
            (row["kind"], row["message"]) for row in await chain.jobs()
        ]
        item = await chain.only()
        assert os.fsencode(item.folder) == folder
        assert item.published_revision == item.revision
        after = snapshot(chain.root)
        video = folder + b"/" + os.fsencode(path.name)
        assert after[video] == before[video]
        assert "<title>T</title>" in (path.parent / "movie.nfo").read_text(encoding="utf-8")
        count = len(await chain.jobs())
        await chain.scan()
        assert len(await chain.jobs()) == count + 1
        assert snapshot(chain.root) == after
        assert (await chain.verify())["message"].startswith("1 item checked, 0 differences")


@pytest.mark.parametrize("key", ["wrong"])
async def test_a_wrong_key_is_said_once_and_the_chain_goes_on_without_enrichment(install: Install, key: str) -> None:
    async with install(key=key) as chain:
        for film in FILMS[:3]:
            write_movie(chain.root, name_of(film))
        write_movie(chain.root, f"Known {{tmdb-{FILMS[3].tmdb}}}")
        await chain.scan()
        assert list(await chain.causes()) == ["tmdb:key"]
        assert {row["state"] for row in await chain.jobs() if row["kind"] != "sync"} == {"completed"}
        assert all(item.enriched_at is None for item in await chain.items())
        assert [path.parent.name for path in chain.root.rglob("*.nfo")] == [f"Known {{tmdb-{FILMS[3].tmdb}}}"]
        assert len(await chain.rows(schema.player_state)) == 4, "the players hear of all"
        count, calls = len(await chain.jobs()), sum(chain.tmdb.calls.values())
        await chain.scan()
        assert (len(await chain.jobs()), sum(chain.tmdb.calls.values())) == (count + 1, calls)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(status=500), id="errors"),
        pytest.param(Fault(status=503, retry_after="60"), id="down for a while"),
        pytest.param(Fault(status=429, retry_after="7"), id="too many requests"),
        pytest.param(Fault(body="<html>maintenance</html>"), id="HTML"),
        pytest.param(Fault(body="{"), id="broken JSON"),
        pytest.param(Fault(body="[1, 2]"), id="JSON of another shape"),
        pytest.param(Fault(is_cut=True), id="cut off"),
    ],
)
async def test_a_broken_provider_spends_no_attempt_marks_nothing_and_is_asked_again(
    install: Install, fault: Fault
) -> None:
    async with install() as chain:
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film), seconds=60.0 * film.runtime)
        chain.tmdb.fault = lambda path: fault if path.startswith("/3/") else None
        await chain.scan()
        enrich = [row for row in await chain.jobs() if row["kind"] == "enrich"]
        assert [(row["state"], row["attempts"]) for row in enrich] == [("waiting", 0)] * 2
        assert all(item.enriched_at is None for item in await chain.items())
        (cause,) = await chain.causes()
        assert cause.startswith("tmdb:")
        assert not list(chain.root.rglob("*.nfo"))
        await chain.later()
        chain.tmdb.fault = lambda _path: None
        assert {row["attempts"] for row in await chain.jobs()} == {0}


async def test_a_provider_that_was_down_is_caught_up_with(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM), seconds=60.0 * FILM.runtime)
        port = chain.tmdb.port
        await chain.tmdb.__aexit__()
        await chain.scan()
        (enrich,) = [row for row in await chain.jobs() if row["kind"] == "enrich"]
        assert (enrich["state"], enrich["attempts"]) == ("waiting", 0)
        assert list(await chain.causes()) == ["tmdb:unreachable"]
        await chain.tmdb.__aenter__()
        assert chain.tmdb.port == port
        await chain.later()
        assert await chain.causes() == {}
        assert (await chain.only()).enriched_at is not None
        assert {row["state"] for row in await chain.jobs()} == {"completed"}


async def test_one_film_that_the_provider_cannot_answer_for_spends_its_own_attempts_only(install: Install) -> None:
    async with install() as chain:
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film), seconds=60.0 * film.runtime)
        bad = f"/3/movie/{FILM.tmdb}"
        chain.tmdb.fault = lambda path: Fault(status=500) if path == bad else None
        await chain.scan()
        for _ in range(3):
            await chain.later()
        enrich = [(row["state"], row["attempts"]) for row in await chain.jobs() if row["kind"] == "enrich"]
        assert sorted(enrich) == [("completed", 0), ("completed", 0), ("failed", 2)], "a film, its set, the bad one"
        assert len(list(chain.root.rglob("*.nfo"))) == 1
        assert [item.enriched_at is None for item in await chain.items()] == [False, True]
        chain.tmdb.fault = lambda _path: None
        await chain.scan()
        assert all(item.enriched_at for item in await chain.items()), "the next scan tries again"


async def test_pictures_that_do_not_arrive_are_passed_over(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM), seconds=60.0 * FILM.runtime)
        chain.tmdb.fault = lambda path: Fault(body="<html>") if "-poster-0" in path or "person" in path else None
        await chain.scan()
        item = await chain.only()
        assert item.enriched_at is not None
        names = {path.name for path in (chain.root / item.folder).iterdir()}
        assert f"{item.folder}-poster.jpg" in names, "the next best was taken"
        assert ".actors" not in names


async def test_a_picture_server_that_is_down_makes_the_item_wait(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM), seconds=60.0 * FILM.runtime)
        chain.tmdb.fault = lambda path: Fault(status=503) if path.startswith("/t/p") else None
        await chain.scan()
        assert (await chain.only()).enriched_at is None
        (cause,) = await chain.causes()
        assert cause.startswith("images:")
        chain.tmdb.fault = lambda _path: None
        await chain.later()
        assert await chain.causes() == {}
        assert (await chain.only()).published_revision is not None
