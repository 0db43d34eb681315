from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chain import FILM, name_of
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.jobs import ledger
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import ExternalIds, Identity
from metarr.store import items, reviews, schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain
    from metarr.store.db import Tx

    Install = Callable[..., Chain]


async def test_an_id_that_no_provider_knows_is_asked_about_and_not_asked_for_again(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, "Home video {tmdb-1}")
        await chain.scan()
        item = await chain.only()
        assert item.enriched_at is not None
        assert [row["reason"] for row in await chain.rows(schema.review)] == ["no provider knows this id"]
        calls = sum(chain.tmdb.calls.values())
        await chain.scan()
        assert sum(chain.tmdb.calls.values()) == calls


async def test_only_what_is_chosen_is_downloaded_and_never_twice(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM), seconds=60.0 * FILM.runtime)
        await chain.scan()
        item = await chain.only()
        pictures = {path for path in chain.tmdb.calls if path.startswith("/t/p/")}
        chosen = len({row["blob"] for row in await chain.rows(schema.choice)})
        portraits = sum(row["portrait"] is not None for row in await chain.rows(schema.person))
        assert len(pictures) == chosen + portraits
        before = {path: chain.tmdb.calls[path] for path in pictures}
        await chain.run_item(JobKind.ENRICH, item, is_forced=True)
        assert {path: chain.tmdb.calls[path] for path in pictures} == before
        after = await chain.only()
        assert after.revision == item.revision, "the same answer is no change"


async def test_a_head_shot_that_the_cache_lost_is_fetched_again(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM), seconds=60.0 * FILM.runtime)
        await chain.scan()
        hashes = [row["portrait"] for row in await chain.rows(schema.person) if row["portrait"]]
        chain.blobs.remove(hashes[0], "jpg")
        await chain.run_item(JobKind.ENRICH, await chain.only(), is_forced=True)
        assert chain.blobs.has(hashes[0], "jpg")


async def test_a_search_that_ends_after_a_person_said_what_it_is_changes_nothing(install: Install) -> None:
    async with install(phase_config={"enrichment": {"enabled": False}}) as chain:
        write_movie(chain.root, "Xqzzy Never Made (1931)")
        await chain.scan()
        item = await chain.only()
        assert item.identity is Identity.GUESSED
        said = ExternalIds(tmdb=FILMS[1].tmdb)

        def identify(tx: Tx) -> None:
            now = items.get(tx, item.id)
            items.save_metadata(tx, now, replace(now.metadata, ids=said), {"ids": "user"}, Identity.IDENTIFIED)
            reviews.settle_identity(tx, item.id)

        def fault(path: str) -> None:
            if path.endswith("/search/movie"):
                chain.store.write_now(identify)

        chain.tmdb.fault = fault
        await chain.change("phase_config", {"enrichment": {"enabled": True}})
        alone = NewJob(JobKind.ENRICH, Priority.USER, item_id=item.id, library_id=chain.library.id, is_alone=True)
        await chain.store.write(lambda tx: ledger.submit(tx, alone))
        await chain.drain()
        now = await chain.only()
        assert (now.identity, now.metadata.ids) == (Identity.IDENTIFIED, said)
        assert await chain.rows(schema.review) == []
