from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from chain import FILM, contents, name_of, small_picture, snapshot
from libraries import write_movie
from metarr.jobs import ledger
from metarr.library import files as library_files
from metarr.library import placement
from metarr.model.artwork import ArtworkKind
from metarr.model.job import JobKind, NewJob
from metarr.phases.publish import plan_item
from metarr.store import artwork, items, schema
from metarr.store.disk import Disk

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
