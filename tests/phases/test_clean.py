from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import FILM, name_of, small_picture, snapshot
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.model.artwork import Blob, BlobOrigin
from metarr.model.job import JobKind, NewJob, Priority
from metarr.store import artwork, schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain
    from metarr.store.db import Tx

    Install = Callable[..., Chain]
_CLEAN = NewJob(JobKind.CLEAN, Priority.CLEANUP)


async def test_a_young_installation_is_left_as_it_is(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        before, state = snapshot(chain.root), await chain.state()
        await chain.run(_CLEAN)
        assert (snapshot(chain.root), await chain.state()) == (before, state)


async def test_old_jobs_events_recycled_files_and_orphans_go_and_the_library_stays(install: Install) -> None:
    async with install() as chain:
        folder = name_of(FILM)
        write_movie(chain.root, folder, files={f"{folder}.nfo": b"<movie><plot>Mine.</plot></movie>"})
        await chain.scan()
        orphan = chain.blobs.put(small_picture("orphan.jpg"), "jpg")
        upload = chain.blobs.put(small_picture("upload.jpg"), "jpg")

        def index(tx: Tx) -> None:
            for stored, origin in ((orphan, BlobOrigin.PROVIDER), (upload, BlobOrigin.UPLOAD)):
                blob = Blob(stored.sha256, "jpg", stored.size, origin)
                artwork.add_blob(tx, blob)

        await chain.store.write(index)
        (backup,) = await chain.rows(schema.recycled)
        before, jobs = snapshot(chain.root), len(await chain.jobs())
        preview = chain.thumbs.keep("0" * 64, small_picture("offered.jpg"), 240)
        os.utime(preview, (0, 0))
        chain.store.skew += timedelta(days=100)
        clean = await chain.run(_CLEAN)
        assert clean["state"] == "completed"
        assert len(await chain.jobs()) < jobs
        assert await chain.rows(schema.recycled) == []
        assert not chain.blobs.has(orphan.sha256, "jpg")
        assert not preview.exists()
        assert chain.blobs.has(upload.sha256, "jpg"), "what came from the user stays for ever"
        assert chain.blobs.has(backup["sha256"], "nfo")
        assert snapshot(chain.root) == before
        assert (await chain.verify())["message"] == "1 item checked, 0 differences, 0 repaired"


async def test_an_item_past_its_grace_goes_and_one_within_it_stays(install: Install) -> None:
    async with install(phase_config={"enrichment": {"enabled": False}}) as chain:
        for film in FILMS[:2]:
            write_movie(chain.root, name_of(film))
        await chain.scan()
        (chain.root / name_of(FILM)).rename(chain.root.with_name("gone"))
        await chain.scan()
        chain.store.skew += timedelta(days=29)
        await chain.run(_CLEAN)
        assert len(await chain.items()) == 2
        chain.store.skew += timedelta(days=2)
        await chain.run(_CLEAN)
        assert [item.folder for item in await chain.items()] == [name_of(FILMS[1])]
