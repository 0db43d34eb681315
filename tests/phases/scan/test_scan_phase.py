from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from chain import FILM, name_of, small_picture
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, ChosenBy, Selection
from metarr.model.job import JobKind
from metarr.model.media import Identity
from metarr.store import artwork, items, schema
from metarr.store.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain
    from metarr.model.media import Item
    from metarr.store.db import Tx

    Install = Callable[..., Chain]

LOCAL: dict[str, object] = {"enrichment": {"enabled": False}, "publishing": {"enabled": False}}


def _fill(chain: Chain, count: int) -> None:
    for number in range(count):
        write_movie(chain.root, f"Film {number:02} (2001)")


async def _missing(chain: Chain) -> int:
    return sum(item.missing_since is not None for item in await chain.items())


async def test_half_a_library_gone_at_once_changes_nothing_until_a_person_accepts_it(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        _fill(chain, 14)
        await chain.scan()
        for folder in sorted(chain.root.iterdir())[:7]:
            shutil.rmtree(folder)
        scan = await chain.scan()
        assert scan["state"] == "failed"
        assert "7 of 14 known movies are gone" in scan["message"]
        assert "--accept-missing" in scan["message"]
        assert await _missing(chain) == 0
        assert (await chain.scan(is_accepted=True))["state"] == "completed"
        assert await _missing(chain) == 7


async def test_an_emptied_root_waits_and_says_so_until_a_person_accepts_it(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        _fill(chain, 2)
        await chain.scan()
        for folder in chain.root.iterdir():
            shutil.rmtree(folder)
        scan = await chain.scan()
        assert (scan["state"], scan["attempts"]) == ("waiting", 0)
        assert "is empty" in (await chain.causes())[f"root:{chain.root}"]
        assert await _missing(chain) == 0
        await chain.scan(is_accepted=True)
        assert await _missing(chain) == 2
        assert await chain.causes() == {}


async def test_a_few_that_are_gone_are_kept_whole_and_come_back_with_their_files(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        write_movie(chain.root, name_of(FILMS[1]))
        await chain.scan()
        before = {item.id: item for item in await chain.items()}
        hidden = chain.root.with_name("hidden")
        (chain.root / name_of(FILM)).rename(hidden)
        scan = await chain.scan()
        assert scan["message"] == "1 movie: 0 new, 0 changed, 1 missing"
        (gone,) = [item for item in await chain.items() if item.missing_since]
        assert gone.metadata == before[gone.id].metadata
        assert FILM.title not in {row.film.title for row in chain.kodi.library.rows.values()}, "players hear of it"
        hidden.rename(chain.root / name_of(FILM))
        jobs = len(await chain.jobs())
        await chain.scan()
        back = await chain.item(gone.id)
        assert back.missing_since is None
        assert (back.metadata, back.identity) == (gone.metadata, gone.identity)
        assert len(await chain.items()) == 2
        kinds = [row["kind"] for row in (await chain.jobs())[jobs:]]
        assert "enrich" not in kinds
        assert "sync" in kinds


async def test_a_folder_scan_that_finds_its_folder_deleted_marks_its_item_missing(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        _fill(chain, 2)
        await chain.scan()
        shutil.rmtree(chain.root / "Film 00 (2001)")
        scan = await chain.scan("Film 00 (2001)")
        assert scan["message"] == "0 movies: 0 new, 0 changed, 1 missing"
        assert await _missing(chain) == 1


async def test_a_scan_of_a_folder_inside_a_film_is_a_scan_of_the_film(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        _fill(chain, 1)
        await chain.scan()
        write_movie(chain.root, "Film 00 (2001)/Featurettes", video="Making of.mkv")
        await chain.scan("Film 00 (2001)/Featurettes")
        assert len(await chain.items()) == 1
        assert {row["role"] for row in await chain.rows(schema.media_file)} == {"video", "extra"}


async def test_ids_that_are_stated_beat_an_earlier_search_and_locks_stay(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item = await chain.only()
        assert item.metadata.ids.tmdb == FILM.tmdb
        await chain.store.write(lambda tx: _user_edits(tx, item))
        other = FILMS[1]
        (chain.root / name_of(FILM) / "movie.nfo").write_bytes(b"<movie><tmdbid>%d</tmdbid></movie>" % other.tmdb)
        await chain.scan()
        now = await chain.only()
        assert now.id == item.id
        assert now.metadata.ids.tmdb == other.tmdb
        assert now.metadata.title == other.title
        assert now.metadata.tagline == "Mine", "a lock stays"
        urls = [row["url"] or "" for row in await chain.rows(schema.candidate)]
        assert not [url for url in urls if f"/{FILM.tmdb}-" in url], "nothing on offer is of the wrong film"


def _user_edits(tx: Tx, item: Item) -> None:
    """A tagline of the user's own, locked."""
    current = items.get(tx, item.id)
    metadata = replace(current.metadata, tagline="Mine")
    items.save_metadata(tx, current, metadata, {**current.provenance, "tagline": "user"}, current.identity)
    lock = {"item_id": item.id, "target": "tagline", "locked_by": "user", "locked_at": current.enriched_at}
    tx.execute(schema.lock.insert().values(**lock))


@pytest.mark.parametrize("order", list(permutations(("scan", "enrich", "rename"))), ids=" then ".join)
async def test_what_a_person_set_survives_scans_and_enrichment_in_any_order(
    install: Install, order: tuple[str, ...]
) -> None:
    async with install() as chain:
        path = write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item = await chain.only()
        stored = chain.blobs.put(small_picture("mine.jpg"), "jpg")
        blob = Blob(stored.sha256, "jpg", stored.size, BlobOrigin.UPLOAD)
        mine = Selection(ArtworkKind.POSTER, 0, blob.sha256, "jpg", ChosenBy.USER)

        def edit(tx: Tx) -> None:
            _user_edits(tx, item)
            artwork.add_blob(tx, blob)
            artwork.choose(tx, item.id, mine)
            items.touch(tx, item.id)

        await chain.store.write(edit)
        for step in order:
            if step == "enrich":
                await chain.run_item(JobKind.ENRICH, item, is_forced=True)
            elif step == "rename":
                path = path.rename(path.with_name(f"{name_of(FILM)} 2160p.mkv"))
                await chain.scan()
            else:
                (path.parent / "movie.nfo").write_bytes(b"<movie><tagline>Theirs</tagline></movie>")
                (path.parent / "poster.jpg").write_bytes(small_picture("theirs.jpg"))
                await chain.scan()
        now = await chain.only()
        assert (now.metadata.tagline, now.provenance["tagline"]) == ("Mine", "user")
        assert mine in await chain.store.read(lambda tx: artwork.selections(tx, item.id))
        assert (path.parent / f"{path.stem}-poster.jpg").read_bytes() == small_picture("mine.jpg")


@pytest.mark.parametrize("identity", [Identity.IDENTIFIED, Identity.LOCAL])
async def test_a_rescan_never_moves_an_item_backwards(install: Install, identity: Identity) -> None:
    async with install() as chain:
        path = write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item = await chain.only()
        await chain.store.write(lambda tx: items.save_metadata(tx, item, item.metadata, item.provenance, identity))
        path.rename(path.with_name("something else entirely.mkv"))
        await chain.scan()
        now = await chain.only()
        assert now.identity is identity
        assert now.enriched_at == item.enriched_at
        assert now.metadata.ids == item.metadata.ids
        assert (now.published_revision or 0) >= (item.published_revision or 0)


async def test_a_full_cache_makes_the_scan_wait_and_loses_no_picture(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, name_of(FILM), files={"poster.jpg": small_picture("mine.jpg")})

        def full(_handle: int, _data: bytes) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(chain.blobs, "_disk", Disk(write=full))
        scan = await chain.scan()
        assert (scan["state"], scan["attempts"]) == ("waiting", 0)
        assert list(await chain.causes()) == [f"space:{chain.blobs.root}"]
        monkeypatch.undo()
        await chain.later()
        assert [row["chosen_by"] for row in await chain.rows(schema.choice)] == ["found"]
        assert await chain.causes() == {}
