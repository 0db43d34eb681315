from __future__ import annotations

import errno
import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chain import FILM, contents, name_of, small_picture
from libraries import write_movie
from metarr.actions import verifications
from metarr.demo.catalogue import FILMS
from metarr.errors import Transient
from metarr.library import files as library_files
from metarr.library import wanted
from metarr.model.job import JobKind, NewJob, Priority
from metarr.store import items, published, schema
from metarr.store.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from chain import Chain

    Install = Callable[..., Chain]


async def _furnished(chain: Chain) -> Path:
    write_movie(chain.root, name_of(FILM), seconds=60.0 * FILM.runtime)
    await chain.scan()
    return chain.root / name_of(FILM)


@pytest.mark.parametrize(
    ("ending", "damage", "kind", "is_repaired"),
    [
        pytest.param("-poster.jpg", None, "missing_in_library", True, id="a deleted picture is put back"),
        pytest.param(".nfo", None, "missing_in_library", True, id="a deleted NFO is put back"),
        pytest.param("-fanart.jpg", b"\xff\xd8\xff\xe0", "corrupt", True, id="a truncated picture is put back"),
        pytest.param("-poster.jpg", b"", "corrupt", True, id="an emptied picture is put back"),
        pytest.param(".nfo", b"", "corrupt", True, id="an emptied NFO is put back"),
        pytest.param(
            ".nfo", b"<movie><title>Edited</title></movie>", "changed_by_other", False, id="an edited NFO is reported"
        ),
        pytest.param(".nfo", b"To be written.", "nfo_invalid", False, id="a text that is no NFO is reported"),
        pytest.param("-poster.jpg", small_picture("x.jpg"), "changed_by_other", False, id="so is another picture"),
    ],
)
async def test_a_difference_is_found_and_repaired_where_it_should_be(
    install: Install,
    ending: str,
    damage: bytes | None,
    kind: str,
    is_repaired: bool,  # noqa: FBT001  a case
) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        path = folder / f"{folder.name}{ending}"
        before = contents(chain.root)
        path.unlink()
        if damage is not None:
            path.write_bytes(damage)
        verified = await chain.verify()
        assert _outcome(verified) == f"1 difference, {int(is_repaired)} repaired"
        (finding,) = await chain.rows(schema.finding)
        assert (finding["kind"], finding["is_repaired"]) == (kind, is_repaired)
        assert (contents(chain.root) == before) is is_repaired
        if not is_repaired:
            assert path.read_bytes() == damage
        jobs = len(await chain.jobs())
        again = await chain.verify()
        assert _outcome(again) == ("0 differences, 0 repaired" if is_repaired else "1 difference, 0 repaired")
        assert {row["kind"] for row in (await chain.jobs())[jobs:]} == {"verify"}


async def test_without_automatic_repair_differences_are_only_reported(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        await chain.change("verification", {"autoRepair": False})
        (folder / f"{folder.name}-poster.jpg").unlink()
        before = contents(chain.root)
        verified = await chain.verify()
        assert _outcome(verified) == "1 difference, 0 repaired"
        assert contents(chain.root) == before


async def test_what_the_cache_lost_is_healed_from_the_library(install: Install) -> None:
    async with install() as chain:
        await _furnished(chain)
        before = contents(chain.blobs.root)
        published = {row["sha256"] for row in await chain.rows(schema.published_file)}
        for path in list(chain.blobs.root.rglob("*.*")):
            path.unlink()
        await chain.verify()
        found = await chain.rows(schema.finding)
        assert {(row["kind"], row["is_repaired"]) for row in found} == {("missing_in_cache", True)}
        healed = {os.path.basename(path).partition(b".")[0].decode() for path in contents(chain.blobs.root)}  # noqa: PTH119
        assert healed == published
        assert set(contents(chain.blobs.root).items()) <= set(before.items())


async def test_what_library_and_cache_both_lost_is_fetched_again_and_the_rest_is_put_back_at_once(
    install: Install,
) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILMS[1]), seconds=60.0 * FILMS[1].runtime)
        folder = await _furnished(chain)
        before = contents(chain.root)
        poster = folder / f"{folder.name}-poster.jpg"
        (row,) = [row for row in await chain.rows(schema.published_file) if row["path"].endswith(f"{poster.name}")]
        chain.blobs.path(row["sha256"], "jpg").unlink()
        poster.unlink()
        (folder / f"{folder.name}.nfo").unlink()
        other = chain.root / name_of(FILMS[1]) / f"{name_of(FILMS[1])}.nfo"
        other.unlink()
        verified = await chain.verify()
        assert (verified["state"], _outcome(verified)) == ("completed", "4 differences, 2 repaired")
        found = {(row["kind"], row["path"].rpartition("/")[2]): row for row in await chain.rows(schema.finding)}
        assert not found["missing_in_cache", poster.name]["is_repaired"]
        assert "not in the cache any more" in found["missing_in_library", poster.name]["detail"]
        assert found["missing_in_library", other.name]["is_repaired"]
        assert contents(chain.root) == before


async def test_a_library_that_cannot_be_written_is_still_checked(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        (folder / f"{folder.name}-poster.jpg").unlink()

        def refuse(path: Path, _flags: int, _mode: int) -> int:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

        monkeypatch.setattr(library_files, "Disk", lambda: Disk(open=refuse))
        verified = await chain.verify()
        assert "1 difference, 0 repaired; 1 item could not be repaired" in verified["message"]
        assert [row["is_repaired"] for row in await chain.rows(schema.finding)] == [False]


async def test_a_root_that_is_gone_makes_verification_wait(install: Install) -> None:
    async with install() as chain:
        await _furnished(chain)
        chain.root.rename(chain.root.with_name("elsewhere"))
        verified = await chain.verify()
        assert (verified["state"], verified["attempts"]) == ("waiting", 0)
        assert list(await chain.causes()) == [f"root:{chain.root}"]
        assert await chain.rows(schema.finding) == []


async def test_a_renamed_file_gets_its_name_back_and_a_copy_stays(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        poster, fanart = (folder / f"{folder.name}-{kind}.jpg" for kind in ("poster", "fanart"))
        before = contents(chain.root)
        poster.rename(folder / "cover-old.jpg")
        copy = folder / "my own copy.jpg"
        copy.write_bytes(fanart.read_bytes())
        fanart.unlink()
        await chain.verify()
        assert contents(chain.root) == before | {os.fsencode(copy.relative_to(chain.root)): _sha256(copy)}
        found = {row["path"].rpartition("-")[2]: row for row in await chain.rows(schema.finding)}
        assert {name: (row["kind"], row["is_repaired"]) for name, row in found.items()} == {
            "poster.jpg": ("wrong_name", True),
            "fanart.jpg": ("missing_in_library", True),
        }
        assert "cover-old.jpg" in found["poster.jpg"]["detail"]
        (binned,) = await chain.rows(schema.recycled)
        assert binned["path"].endswith("cover-old.jpg")


async def test_only_a_deep_look_finds_what_kept_its_size_and_times(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        poster = folder / f"{folder.name}-poster.jpg"
        before = contents(chain.root)
        _spoil(poster)
        assert _outcome(await chain.verify()) == "0 differences, 0 repaired"
        deep = await chain.verify(is_deep=True)
        assert _outcome(deep) == "1 difference, 1 repaired"
        (finding,) = await chain.rows(schema.finding)
        assert (finding["kind"], finding["writer"]) == ("hash_mismatch", None)
        assert contents(chain.root) == before
        assert [row["path"] for row in await chain.rows(schema.recycled)] == [finding["path"]]


async def test_a_library_is_read_deeply_once_a_week_and_an_item_whenever_it_is_asked_for(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        poster = folder / f"{folder.name}-poster.jpg"
        await chain.verify(is_deep=True)
        _spoil(poster)
        assert "0 differences" in (await chain.verify(is_deep=True))["message"]
        chain.store.skew += timedelta(days=8)
        assert "1 difference, 1 repaired" in (await chain.verify(is_deep=True))["message"]
        _spoil(poster)
        by_hand = await chain.run_item(JobKind.VERIFY, await chain.only(), payload={"deep": True})
        assert "1 difference, 1 repaired" in by_hand["message"]


async def test_a_blob_gone_bad_is_found_deeply_and_never_written_into_the_library(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        before, cached = contents(chain.root), contents(chain.blobs.root)
        rows = {row["path"].rpartition("-")[2]: row for row in await chain.rows(schema.published_file)}
        for kind in ("poster.jpg", "fanart.jpg"):
            blob = chain.blobs.path(rows[kind]["sha256"], "jpg")
            blob.chmod(0o644)
            _spoil(blob)
        (folder / f"{folder.name}-fanart.jpg").unlink()  # its blob is bad too: it has to be fetched again
        await chain.verify(is_deep=True)
        assert contents(chain.root) == before
        assert cached.items() <= contents(chain.blobs.root).items()


async def test_who_changed_a_file_is_told(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        nfo, poster = folder / f"{folder.name}.nfo", folder / f"{folder.name}-poster.jpg"
        nfo.write_bytes(b"<movie><title>Other</title><lockdata>false</lockdata></movie>")
        poster.write_bytes(small_picture("another.jpg"))
        await chain.verify()
        found = {row["path"].rpartition(".")[2]: row for row in await chain.rows(schema.finding)}
        assert {name: row["writer"] for name, row in found.items()} == {"nfo": "jellyfin", "jpg": "jellyfin"}
        assert "last written by Jellyfin (by its text)" in found["nfo"]["detail"]


async def test_what_an_undo_holds_back_is_reported_and_not_repaired(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        item = await chain.only()
        await chain.store.write(lambda tx: items.update(tx, item.id, is_held=True))
        (folder / f"{folder.name}-poster.jpg").unlink()
        before = contents(chain.root)
        assert "1 difference, 0 repaired" in (await chain.verify())["message"]
        assert contents(chain.root) == before


async def test_a_foreign_file_in_our_place_is_left_to_publishing(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        nfo = folder / f"{folder.name}.nfo"
        await chain.store.write(lambda tx: published.disown(tx, chain.library.id, f"{folder.name}/{nfo.name}"))
        nfo.write_bytes(b"<movie><title>Theirs</title></movie>")
        assert "1 difference, 0 repaired" in (await chain.verify(is_deep=True))["message"]
        assert b"Theirs" in nfo.read_bytes()


async def test_after_three_repairs_in_a_week_a_file_is_left_alone_and_the_owner_is_told(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        poster = folder / f"{folder.name}-poster.jpg"
        for _ in range(3):
            poster.unlink()
            assert "1 repaired" in (await chain.verify())["message"]
            chain.store.skew += timedelta(days=1)
        poster.unlink()
        for _ in range(2):
            assert "1 difference, 0 repaired" in (await chain.verify())["message"]
        finding = (await chain.rows(schema.finding))[-1]
        assert finding["detail"].startswith("repaired three times in a week")
        ((cause, line),) = (await chain.causes()).items()
        assert cause.startswith("repairs:")
        assert "somebody deletes it again and again" in line
        told = [row for row in await chain.rows(schema.event) if row["type"] == "error_occurred"]
        assert len(told) == 1
        chain.store.skew += timedelta(days=7)
        assert "1 repaired" in (await chain.verify())["message"]
        assert await chain.causes() == {}


async def test_an_empty_root_is_taken_for_an_unmounted_one(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        folder.rename(chain.root.with_name("elsewhere"))
        verified = await chain.verify()
        assert (verified["state"], verified["attempts"]) == ("waiting", 0)
        assert "it is empty" in (await chain.causes())[f"root:{chain.root}"]


async def test_runs_are_kept_and_can_be_compared(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        await chain.change("verification", {"autoRepair": False})
        poster, nfo = (folder / f"{folder.name}{ending}" for ending in ("-poster.jpg", ".nfo"))
        poster.unlink()
        first = await chain.verify()
        nfo.unlink()
        second = await chain.verify(is_deep=True)
        poster.write_bytes(chain.blobs.path((await _row(chain, poster))["sha256"], "jpg").read_bytes())
        third = await chain.verify()
        page = await chain.store.read(lambda tx: verifications.page(tx, library_id=None, before=None, limit=2))
        assert [one.id for one in page.verifications] == [third["id"], second["id"]]
        assert page.before == second["id"]
        run, earlier, changes = await chain.store.read(lambda tx: verifications.compared(tx, second["id"]))
        assert earlier is not None
        assert (earlier.id, run.mode, run.is_repairing) == (first["id"], "deep", False)
        assert (run.found, run.repaired) == (2, 0)
        assert run.ended_at is not None
        names = [[one.path.rpartition("/")[2] for one in part] for part in (changes.new, changes.same, changes.gone)]
        assert names == [[nfo.name], [poster.name], []]
        *_, later = await chain.store.read(lambda tx: verifications.compared(tx, third["id"]))
        assert [one.path.rpartition("/")[2] for one in later.gone] == [poster.name]


async def test_a_run_that_was_broken_off_goes_on_with_what_it_repaired_before(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install() as chain:
        for film in FILMS[1:4]:
            write_movie(chain.root, name_of(film), seconds=60.0 * film.runtime)
        await _furnished(chain)
        before = contents(chain.root)
        posters = sorted(chain.root.glob("*/*-poster.jpg"))
        for poster in posters:
            poster.unlink()
        look, looks = wanted.gather, 0

        def stumble(*args: Any) -> Any:
            nonlocal looks
            looks += 1
            if looks == 3:
                raise Transient("the power fails")
            return look(*args)

        monkeypatch.setattr("metarr.phases.verify.gather", stumble)
        await chain.verify()
        await chain.later()
        job = (await chain.jobs())[-1]
        assert (job["state"], looks) == ("completed", 5)
        assert _outcome(job) == "4 differences, 4 repaired"
        assert len(await chain.rows(schema.finding)) == len(posters)
        assert contents(chain.root) == before


async def test_old_runs_are_forgotten(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        (folder / f"{folder.name}.nfo").unlink()
        await chain.verify()
        clean = NewJob(JobKind.CLEAN, Priority.CLEANUP)
        chain.store.skew += timedelta(days=80)
        await chain.run(clean)
        assert len(await chain.rows(schema.verification)) == len(await chain.rows(schema.finding)) == 1
        chain.store.skew += timedelta(days=11)
        await chain.run(clean)
        assert await chain.rows(schema.verification) == await chain.rows(schema.finding) == []


def _outcome(job: sa.RowMapping) -> str:
    """What a run came to, but for how many items there were: sets of films are items too."""
    return str(job["message"]).partition(" checked, ")[2]


async def _row(chain: Chain, place: Path) -> dict[str, Any]:
    (row,) = [row for row in await chain.rows(schema.published_file) if row["path"].endswith(place.name)]
    return row


def _spoil(path: Path) -> None:
    """Other bytes in place, with the same size and times."""
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(status.st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0x55]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
