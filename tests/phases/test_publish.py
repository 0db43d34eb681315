from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from chain import FILM, contents, name_of, small_picture, snapshot
from libraries import write_movie
from metarr.jobs import ledger
from metarr.library import files as library_files
from metarr.library import placement
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, ChosenBy, Selection
from metarr.model.job import JobKind, NewJob
from metarr.phases.publish import plan_item
from metarr.store import artwork, items, locks, schema
from metarr.store.disk import Disk
from metarr.store.locks import LockedBy

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain
    from metarr.store.db import Tx

    Install = Callable[..., Chain]


async def test_a_plan_says_what_would_be_done_and_changes_nothing(install: Install) -> None:
    async with install(phase_config={"publishing": {"enabled": False}}) as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item, before, state = await chain.only(), snapshot(chain.root), await chain.state()
        plan = await plan_item(chain.store, chain.blobs, item.id)
        assert [
            (operation.action, operation.path) for operation in plan.operations if operation.path.endswith(".nfo")
        ] == [("create", f"{name_of(FILM)}/{name_of(FILM)}.nfo")]
        assert (snapshot(chain.root), await chain.state()) == (before, state)


async def test_publishing_again_does_nothing(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        before = snapshot(chain.root)
        publish = await chain.run_item(JobKind.PUBLISH, await chain.only())
        assert publish["message"] == "nothing to do"
        assert snapshot(chain.root) == before


async def test_what_is_no_longer_wanted_goes_to_the_recycle_bin_unless_it_is_the_users(install: Install) -> None:
    async with install() as chain:
        folder = write_movie(chain.root, name_of(FILM)).parent
        await chain.scan()
        item = await chain.only()
        logo = folder / f"{folder.name}-clearlogo.png"
        edited = folder / f"{folder.name}-landscape.jpg"
        was = logo.read_bytes()
        edited.unlink()
        edited.write_bytes(small_picture("mine.jpg"))

        def unwant(tx: Tx) -> None:
            slots = [(ArtworkKind.CLEARLOGO, 0), (ArtworkKind.LANDSCAPE, 0)]
            artwork.clear(tx, item.id, slots)
            items.touch(tx, item.id)

        await chain.store.write(unwant)
        await chain.run_item(JobKind.PUBLISH, item)
        assert not logo.exists()
        assert edited.read_bytes() == small_picture("mine.jpg"), "somebody changed it: it is theirs now"
        (row,) = await chain.rows(schema.recycled)
        assert chain.blobs.read(row["sha256"], "png") == was


@pytest.mark.parametrize("reason", ["held", "missing", "unidentified"])
async def test_what_is_not_fit_is_not_published_and_not_called_published(install: Install, reason: str) -> None:
    async with install(phase_config={"publishing": {"enabled": False}}) as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item = await chain.only()
        changes: dict[str, dict[str, Any]] = {
            "held": {"is_held": True},
            "missing": {"missing_since": item.enriched_at},
            "unidentified": {"identity": "review"},
        }
        change = changes[reason]
        await chain.store.write(lambda tx: items.update(tx, item.id, **change))
        await chain.change("phase_config", {"publishing": {"enabled": True}})
        before = snapshot(chain.root)
        publish = await chain.run_item(JobKind.PUBLISH, item, is_alone=True)
        assert publish["message"].startswith("not published")
        assert snapshot(chain.root) == before
        assert (await chain.only()).published_revision is None


async def test_what_was_done_before_a_failure_is_recorded(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    async with install(phase_config={"enrichment": {"autoSelectAssets": True}}) as chain:
        write_movie(chain.root, name_of(FILM))
        real, count = os.rename, 0

        def rename(source: Path, target: Path) -> None:
            nonlocal count
            count += 1
            if count == 4:
                raise OSError(28, os.strerror(28))
            real(source, target)

        monkeypatch.setattr(library_files, "Disk", lambda: Disk(rename=rename))
        await chain.scan()
        assert list(await chain.causes()) == [f"space:{chain.root}"]
        ours = {row["path"] for row in await chain.rows(schema.published_file)}
        there = {os.fsdecode(path) for path in contents(chain.root) if not path.endswith(b".mkv")}
        assert ours == there
        assert len(ours) == 3
        assert (await chain.only()).published_revision is None
        monkeypatch.undo()
        await chain.later()
        assert (await chain.verify())["message"] == "1 item checked, 0 differences, 0 repaired"


async def test_a_folder_that_somebody_else_changed_too_is_looked_at_by_the_next_scan(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install() as chain:
        folder = write_movie(chain.root, name_of(FILM)).parent
        real = os.rename

        def rename(source: Path, target: Path) -> None:
            (folder / "banner.jpg").write_bytes(small_picture("banner.jpg"))
            real(source, target)

        monkeypatch.setattr(library_files, "Disk", lambda: Disk(rename=rename))
        await chain.scan()
        monkeypatch.undo()
        assert "banner" not in {row["kind"] for row in await chain.rows(schema.choice)}
        await chain.scan()
        assert "banner" in {row["kind"] for row in await chain.rows(schema.choice)}


async def test_what_a_killed_run_left_half_written_is_swept_by_the_next_one(install: Install) -> None:
    async with install() as chain:
        folder = write_movie(chain.root, name_of(FILM)).parent
        await chain.scan()
        left = [folder / ".metarr-0123456789abcdef.tmp", folder / ".actors" / ".metarr-fedcba9876543210.tmp"]
        for place in left:
            place.write_bytes(b"half a picture")
        item = await chain.only()
        await chain.run_item(JobKind.PUBLISH, item)
        assert all(place.exists() for place in left), "a young one may be somebody's at work"

        def lost(tx: Tx) -> None:
            """The job as it is after its worker died with it."""
            job_id = ledger.submit(tx, NewJob(JobKind.PUBLISH, 10, item_id=item.id, library_id=item.library_id))
            tx.execute(sa.update(schema.job).where(schema.job.c.id == job_id).values(losses=1))

        await chain.store.write(lost)
        await chain.drain()
        assert not any(place.exists() for place in left)


async def test_a_picture_that_another_film_published_meanwhile_is_adopted(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films that share a folder share their actors' pictures too."""
    real, calls = placement.carry_out, []

    def beaten(plan: placement.Plan, blobs: Any, *more: Any) -> None:
        calls.append(plan)
        if len(calls) == 1:
            first = next(operation for operation in plan.operations if ".actors/" in operation.path)
            assert first.desired is not None
            place = Path(plan.wanted.library.root, first.path)
            place.parent.mkdir()
            place.write_bytes(blobs.read(first.desired.sha256, first.desired.extension))
        real(plan, blobs, *more)

    monkeypatch.setattr(placement, "carry_out", beaten)
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item = await chain.only()
        assert item.published_revision == item.revision
        assert len(calls) == 2
        before = snapshot(chain.root)
        await chain.run_item(JobKind.PUBLISH, item)
        assert snapshot(chain.root) == before


async def test_bytes_that_a_disk_lost_under_the_same_time_and_size_do_not_hold_publishing_up(install: Install) -> None:
    async with install() as chain:
        folder = write_movie(chain.root, name_of(FILM)).parent
        await chain.scan()
        item = await chain.only()
        logo = folder / f"{folder.name}-clearlogo.png"
        status = logo.stat()
        with logo.open("r+b") as file:
            file.write(b"\0\0")
        os.utime(logo, ns=(status.st_atime_ns, status.st_mtime_ns))
        spoilt = logo.read_bytes()

        def unwant(tx: Tx) -> None:
            artwork.clear(tx, item.id, [(ArtworkKind.CLEARLOGO, 0)])
            items.touch(tx, item.id)

        await chain.store.write(unwant)
        await chain.run_item(JobKind.PUBLISH, item)
        item = await chain.only()
        assert item.published_revision == item.revision
        kept = [chain.blobs.read(row["sha256"], "png") for row in await chain.rows(schema.recycled)]
        assert logo.exists() != (spoilt in kept), "it lies there, or in the recycle bin"


async def _lose(chain: Chain, *endings: str) -> Path:
    """Files with these endings lie neither in the library nor in the cache any more. Returns the film's folder."""
    folder = chain.root / name_of(FILM)
    for row in await chain.rows(schema.published_file):
        if row["path"].endswith(endings):
            (chain.root / row["path"]).unlink()
            chain.blobs.path(row["sha256"], row["path"].rpartition(".")[2]).unlink(missing_ok=True)
    return folder


async def _furnished(chain: Chain) -> None:
    write_movie(chain.root, name_of(FILM), seconds=60.0 * FILM.runtime)
    await chain.scan()


async def test_what_the_cache_lost_is_fetched_again_and_published(install: Install) -> None:
    async with install() as chain:
        await _furnished(chain)
        before = contents(chain.root)
        folder = await _lose(chain, "-poster.jpg")
        (folder / f"{folder.name}.nfo").unlink()
        first = len(await chain.jobs())
        publish = await chain.run_item(JobKind.PUBLISH, await chain.only())
        assert "fetched again" in publish["message"]
        assert [job["kind"] for job in (await chain.jobs())[first:]][:4] == ["publish", "enrich", "publish", "sync"]
        assert contents(chain.root) == before
        item = await chain.only()
        assert item.published_revision == item.revision


async def test_what_a_person_chose_is_fetched_again_too(install: Install) -> None:
    async with install() as chain:
        await _furnished(chain)
        item, before = await chain.only(), contents(chain.root)

        def choose(tx: Tx) -> None:
            poster = next(one for one in artwork.selections(tx, item.id) if one.kind is ArtworkKind.POSTER)
            artwork.choose(tx, item.id, replace(poster, chosen_by=ChosenBy.USER))
            locks.set_locks(tx, item.id, ["artwork.poster"], LockedBy.CHOICE)

        await chain.store.write(choose)
        await _lose(chain, "-poster.jpg")
        await chain.run_item(JobKind.PUBLISH, item)
        assert contents(chain.root) == before


@pytest.mark.parametrize("phases", [{}, {"enrichment": {"enabled": False}}], ids=["nobody has it", "nobody is asked"])
async def test_what_cannot_be_had_again_is_said_once_and_the_rest_is_published(
    install: Install, phases: dict[str, Any]
) -> None:
    async with install() as chain:
        await _furnished(chain)
        item = await chain.only()

        mine = chain.blobs.put(small_picture("mine.jpg"), "jpg")

        def bring(tx: Tx) -> None:
            artwork.add_blob(tx, Blob(mine.sha256, "jpg", mine.size, BlobOrigin.LIBRARY))
            artwork.choose(tx, item.id, Selection(ArtworkKind.POSTER, 0, mine.sha256, "jpg", ChosenBy.FOUND))
            items.touch(tx, item.id)

        await chain.store.write(bring)
        await chain.run_item(JobKind.PUBLISH, item)
        await chain.change("phase_config", phases)
        folder = await _lose(chain, "-poster.jpg", ".nfo")
        await chain.run_item(JobKind.PUBLISH, item)
        failed = [job for job in await chain.jobs() if job["state"] == "failed"]
        assert [job["kind"] for job in failed] == ["publish"]
        assert f"{folder.name}-poster.jpg: not in the cache any more" in failed[0]["message"]
        assert (folder / f"{folder.name}.nfo").exists()


async def test_what_the_cache_lost_is_taken_from_the_library_where_it_lies_there(install: Install) -> None:
    async with install() as chain:
        await _furnished(chain)
        before = contents(chain.root)
        folder = chain.root / name_of(FILM)
        (row,) = [row for row in await chain.rows(schema.published_file) if row["path"].endswith("-poster.jpg")]
        chain.blobs.path(row["sha256"], "jpg").unlink()
        (folder / f"{folder.name}-poster.jpg").rename(folder / "renamed.jpg")
        publish = await chain.run_item(JobKind.PUBLISH, await chain.only())
        assert "fetched again" not in publish["message"]
        assert contents(chain.root) == before
