"""Shows, seasons, episodes and movie sets through the whole of enrichment, from providers of the tests."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from archive import Archive, Show
from chain import FILM, name_of
from libraries import write_movie, write_video
from metarr.demo.shows import SHOWS
from metarr.errors import Transient, Wait
from metarr.jobs import ledger, triggers
from metarr.jobs.triggers import Order
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import CollectionRef, ExternalIds, Identity, ItemKind, LibraryKind, Metadata, Rating
from metarr.model.search import SearchHit
from metarr.store import collections, facts, identities, items, libraries, said, schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from chain import Chain
    from metarr.model.media import Item

    Install = Callable[..., Chain]

FOLDER = "Lost (2004) {tmdb-4607}"
TITLES = {0: ("Special",), 1: ("Pilot", "Tabula Rasa", "Walkabout"), 2: ("Man of Science",)}
LOST = Show(Metadata(title="Lost", plot="An island.", year=2004, ids=ExternalIds(tmdb=4607, tvdb=73739)), TITLES)
THERE = ("Season 01/Lost - S01E01.mkv", "Season 01/Lost - S01E02.mkv", "Season 02/Lost S02E01.mkv")


@asynccontextmanager
async def show(install: Install, *, folder: str = FOLDER, **providers: Archive) -> AsyncIterator[Chain]:
    """An installation with one show of three episodes, not yet scanned."""
    async with install(providers=providers) as chain:
        root = chain.root.parent / "tv"
        for path in THERE:
            write_video(root / folder / path)
        chain.library = await chain.store.write(lambda tx: libraries.add(tx, "TV", LibraryKind.TV, str(root)))
        yield chain


async def by_place(chain: Chain) -> dict[str, Item]:
    return {(item.place or "").partition("//")[2]: item for item in await chain.items()}


async def asked(chain: Chain, kind: JobKind = JobKind.ENRICH) -> list[dict[str, Any]]:
    return [dict(job) for job in await chain.jobs() if job["kind"] == kind]


async def test_a_show_is_enriched_at_all_three_levels_and_its_numbers_stay(install: Install) -> None:
    archive = Archive(shows={4607: LOST})
    async with show(install, tmdb=archive) as chain:
        await chain.scan()
        found = await by_place(chain)
        assert {key: item.metadata.title for key, item in found.items()} == {
            "": "Lost",
            "S01": "Book 1",
            "S02": "Book 2",
            "S01E01": "Pilot",
            "S01E02": "Tabula Rasa",
            "S02E01": "Man of Science",
        }
        assert all(item.enriched_at is not None and item.identity is Identity.IDENTIFIED for item in found.values())
        one = found["S01E02"]
        assert (one.metadata.season, one.metadata.episode, one.metadata.plot) == (1, 2, "Lost 1x2")
        assert (one.provenance["title"], one.provenance["episode"]) == ("tmdb", "name")
        assert found[""].metadata.ids == ExternalIds(tmdb=4607, tvdb=73739)
        jobs = await asked(chain)
        assert jobs[0]["item_id"] == found[""].id, "the show first"
        scans = {job["id"] for job in await asked(chain, JobKind.SCAN)}
        assert {job["parent_id"] for job in jobs[1:]} <= {jobs[0]["id"], *scans}
        published = await asked(chain, JobKind.PUBLISH)
        assert {job["item_id"] for job in published} == {item.id for item in found.values()}
        assert b'<namedseason number="2">Book 2<' in (chain.root.parent / "tv" / FOLDER / "tvshow.nfo").read_bytes()


async def test_a_show_is_found_by_its_name_and_comes_with_pictures_from_tmdb_itself(install: Install) -> None:
    async with install() as chain:
        root = chain.root.parent / "tv"
        for episode in (1, 2):
            write_video(root / "Caminandes (2013)" / f"Caminandes - S01E0{episode}.mkv")
        chain.library = await chain.store.write(lambda tx: libraries.add(tx, "TV", LibraryKind.TV, str(root)))
        await chain.scan()
        found = await by_place(chain)
        assert found[""].metadata.ids.as_dict() == {"tmdb": SHOWS[0].tmdb, "imdb": "tt90000200", "tvdb": 90_000_200}
        assert (found["S01"].metadata.plot, found["S01E02"].metadata.title) == (
            "Three walks of a stubborn llama.",
            "Gran Dillama",
        )
        chosen = {row["item_id"] for row in await chain.rows(schema.choice)}
        assert chosen >= {found[""].id, found["S01E01"].id}
        calls, before = sum(chain.tmdb.calls.values()), await chain.state()
        await chain.scan()
        assert sum(chain.tmdb.calls.values()) == calls
        pictures = {path: count for path, count in chain.tmdb.calls.items() if path.startswith("/t/p/")}
        for item in found.values():
            await chain.run_item(JobKind.ENRICH, item, is_forced=True)
        assert await chain.state() == before
        assert {path: chain.tmdb.calls[path] for path in pictures} == pictures
        assert sum(path.startswith("/t/p/") for path in chain.tmdb.calls) == len(pictures)


async def test_enriching_again_changes_nothing(install: Install) -> None:
    async with show(install, tmdb=Archive(shows={4607: LOST})) as chain:
        await chain.scan()
        before, state, first = await chain.items(), await chain.state(), len(await asked(chain))
        for item in before:
            await chain.run_item(JobKind.ENRICH, item, is_forced=True)
        await chain.scan()
        assert await chain.state() == state
        assert [item.revision for item in await chain.items()] == [item.revision for item in before]
        assert len(await asked(chain)) == first + len(before)


async def test_a_new_episode_of_an_enriched_show_is_enriched_by_itself(install: Install) -> None:
    async with show(install, tmdb=Archive(shows={4607: LOST})) as chain:
        await chain.scan()
        write_video(chain.root.parent / "tv" / FOLDER / "Season 01/Lost - S01E03.mkv")
        before = len(await asked(chain))
        await chain.scan()
        assert (await by_place(chain))["S01E03"].metadata.title == "Walkabout"
        assert len(await asked(chain)) == before + 1


async def test_seasons_and_episodes_wait_until_their_show_is_identified(install: Install) -> None:
    twins = tuple(SearchHit(ExternalIds(tmdb=number), "Lost", year=2004) for number in (4607, 2))
    archive = Archive(shows={4607: LOST}, hits=twins)
    async with show(install, folder="Lost (2004)", tmdb=archive) as chain:
        await chain.scan()
        found = await by_place(chain)
        assert found[""].identity is Identity.REVIEW
        assert [row["reason"] for row in await chain.rows(schema.review)] == ["several shows could be meant"]
        assert [job["item_id"] for job in await asked(chain)] == [found[""].id]
        job = await chain.run_item(JobKind.ENRICH, found["S01E01"])
        assert job["message"] == "not enriched: its show is waiting for identification"
        ids = ExternalIds(tmdb=4607)
        await chain.store.write(
            lambda tx: identities.reidentify(tx, items.get(tx, found[""].id), ids, "user", Identity.IDENTIFIED)
        )
        await chain.run_item(JobKind.ENRICH, found[""])
        assert (await by_place(chain))["S01E01"].metadata.title == "Pilot"
        assert await chain.rows(schema.review) == []


async def test_a_show_that_turns_out_to_be_another_keeps_nothing_of_the_wrong_one(install: Install) -> None:
    other = Show(Metadata(title="Other", tagline="Elsewhere", ids=ExternalIds(tmdb=5)), {1: ("First",)})
    archive = Archive(shows={4607: LOST, 5: other})
    async with show(install, tmdb=archive) as chain:
        await chain.scan()
        found = await by_place(chain)
        ids = ExternalIds(tmdb=5)
        await chain.store.write(lambda tx: identities.reidentify(tx, found[""], ids, "user", Identity.IDENTIFIED))
        assert await chain.rows(schema.said) == []
        blank = await by_place(chain)
        assert {item.enriched_at for item in blank.values()} == {None}
        assert {item.metadata.plot for item in blank.values()} == {None}
        assert (blank["S01E01"].metadata.title, blank["S01E01"].metadata.episode) == ("Episode 1", 1)
        await chain.run_item(JobKind.ENRICH, found[""])
        now = await by_place(chain)
        assert (now[""].metadata.title, now[""].metadata.ids) == ("Other", ids)
        assert (now["S01E01"].metadata.title, now["S01E02"].metadata.title) == ("First", "Episode 2")
        spoken = await chain.store.read(lambda tx: said.of_item(tx, now["S01E02"].id))
        assert [(one.provider, one.state, one.metadata) for one in spoken.values()] == [("tmdb", "absent", Metadata())]


@pytest.mark.parametrize(
    "fault",
    [Transient("broken"), Wait("down", cause="tvdb:unreachable", delay=timedelta(minutes=7))],
    ids=["broken", "down"],
)
async def test_what_one_provider_could_not_say_is_asked_of_it_later_and_nothing_is_lost(
    install: Install, fault: Exception
) -> None:
    rated = Metadata(title="LOST!", tagline="They are not alone.", ratings=(Rating("tvdb", 8.1, votes=9),))
    tmdb, tvdb = Archive(shows={4607: LOST}), Archive("tvdb", shows={73739: Show(rated, TITLES)}, fault=fault)
    async with show(install, tmdb=tmdb, tvdb=tvdb) as chain:
        await chain.scan()
        found = await by_place(chain)
        assert (found[""].metadata.title, found[""].metadata.tagline) == ("Lost", None)
        assert found[""].enriched_at is not None
        assert {row["provider"] for row in await chain.rows(schema.said)} == {"tmdb"}, "a fault is no answer"
        waiting = [job for job in await asked(chain) if job["state"] == "waiting"]
        assert {job["item_id"] for job in waiting} == {item.id for item in found.values()}
        assert {(job["payload"]["providers"][0], job["is_bulk"]) for job in waiting} == {("tvdb", True)}
        await chain.later(10)
        again = [job for job in await asked(chain) if job["state"] == "waiting"]
        assert [job["payload"]["tries"] for job in again] == [2] * len(found), "it was still out of reach"
        tvdb.fault = None
        before = len(tmdb.asked)
        await chain.later(30)
        assert len(tmdb.asked) == before, "only what is missing is asked for"
        now = (await by_place(chain))[""]
        assert (now.metadata.title, now.metadata.tagline) == ("Lost", "They are not alone.")
        assert now.metadata.ratings == rated.ratings
        assert {job["state"] for job in await asked(chain)} == {"completed"}
        assert await chain.causes() == {}


async def test_a_bulk_refresh_asks_past_what_is_kept_once_a_season(install: Install) -> None:
    archive = Archive(shows={4607: LOST})
    async with show(install, tmdb=archive) as chain:
        await chain.scan()
        assert set(archive.fresh) <= {"season 1", "season 2"}
        archive.fresh.clear()
        chain.store.skew += timedelta(days=8)
        await chain.store.write(lambda tx: triggers.refresh(tx, chain.library.id))
        await chain.drain()
        assert len(archive.fresh) < 1 + 5, "five seasons and episodes share two answers"
        assert set(archive.fresh) == {"series", "season 1", "season 2"}


async def test_a_library_s_own_languages_are_asked_for(install: Install) -> None:
    archive = Archive(shows={4607: LOST})
    async with show(install, tmdb=archive) as chain:
        wanted = ("de", "original")
        await chain.store.write(lambda tx: libraries.change(tx, chain.library, languages=wanted))
        await chain.scan()
        assert archive.languages == {wanted}


async def test_what_an_order_of_providers_says_counts(install: Install) -> None:
    tmdb = Archive(shows={4607: LOST})
    tvdb = Archive("tvdb", shows={73739: Show(Metadata(title="LOST!", plot="A mystery."))})
    async with show(install, tmdb=tmdb, tvdb=tvdb) as chain:
        await chain.change("enrichment", {"providerOrder": ["tvdb", "tmdb"], "fieldOrder": {"plot": ["tmdb"]}})
        await chain.scan()
        known = (await by_place(chain))[""]
        assert (known.metadata.title, known.metadata.plot) == ("LOST!", "An island.")
        assert (known.provenance["title"], known.provenance["plot"]) == ("tvdb", "tmdb")


async def test_a_paused_library_lets_single_items_through_and_goes_on_when_told(install: Install) -> None:
    async with show(install, tmdb=Archive(shows={4607: LOST})) as chain:
        await chain.store.write(lambda tx: triggers.pause(tx, chain.library.id))
        await chain.scan()
        found = await by_place(chain)
        assert found[""].enriched_at is None
        assert list((await chain.causes()).values()) == ["Enrichment of this library is paused."]
        click = triggers.item_job(Order(JobKind.ENRICH, is_alone=True), chain.library.id, found["S01"].id)
        await chain.run(click)
        woken = await chain.store.write(lambda tx: triggers.resume(tx, chain.library.id))
        assert woken == 1
        await chain.drain()
        assert all(item.enriched_at for item in await chain.items())
        assert await chain.causes() == {}


async def test_what_a_worker_has_no_key_for_is_left_to_one_that_has(install: Install) -> None:
    async with show(install, tmdb=Archive(shows={4607: LOST})) as chain:
        known = {"tmdb": list(ItemKind), "tvdb": list(ItemKind)}
        await chain.store.write(lambda tx: facts.save_providers(tx, known))
        await chain.scan()
        assert (await by_place(chain))[""].enriched_at is None
        assert "tvdb" in (await chain.causes())["providers:elsewhere"]


async def test_a_set_is_an_item_with_words_of_its_own_while_a_movie_belongs_to_it(install: Install) -> None:
    named = CollectionRef("The Set", 10)
    film = Metadata(title=FILM.title, collection=named, ids=ExternalIds(tmdb=FILM.tmdb))
    overview = Metadata(title="The Whole Set", plot="All of them.", ids=ExternalIds(tmdb=10))
    archive = Archive(movies={FILM.tmdb: film}, collections={10: overview})
    async with install(providers={"tmdb": archive}) as chain:
        write_movie(chain.root, f"{name_of(FILM)} {{tmdb-{FILM.tmdb}}}")
        await chain.scan()
        movie = await chain.only()
        [row] = [row for row in await chain.rows(schema.item) if row["kind"] == ItemKind.COLLECTION]
        assert (row["title"], row["place"], row["missing_since"]) == ("The Whole Set", "collection:10", None)
        assert (await chain.item(row["id"])).metadata.plot == "All of them."
        assert movie.metadata.collection == named
        await chain.scan()
        assert "0 missing" in (await chain.scan())["message"]
        archive.movies[FILM.tmdb] = Metadata(title=FILM.title, collection=CollectionRef("Another", 11))
        await chain.run_item(JobKind.ENRICH, movie)
        sets = {row["place"]: row for row in await chain.rows(schema.item) if row["kind"] == ItemKind.COLLECTION}
        assert sets["collection:10"]["missing_since"] is not None
        assert sets["collection:11"]["missing_since"] is None
        gone = await chain.item(sets["collection:11"]["id"])
        await chain.store.write(lambda tx: collections.link(tx, movie, named))
        assert (await chain.item(gone.id)).missing_since is not None
        back = await chain.item(sets["collection:10"]["id"])
        assert (back.missing_since, back.metadata.plot) == (None, "All of them.")


async def test_ids_that_contradict_what_was_stated_are_shown_to_a_person(install: Install) -> None:
    film = Metadata(title="Heat", ids=ExternalIds(tmdb=949, imdb="tt0113277"))
    async with install(providers={"tmdb": Archive(movies={949: film})}) as chain:
        write_movie(chain.root, "Heat (1995) {tmdb-949} {imdb-tt9999999}")
        await chain.scan()
        item = await chain.only()
        assert (item.identity, item.metadata.ids.imdb) == (Identity.IDENTIFIED, "tt9999999")
        [question] = await chain.rows(schema.review)
        assert question["reason"] == "tmdb knows it under other ids"
        assert [one["ids"].get("imdb") for one in question["evidence"]] == ["tt9999999", "tt0113277"]


async def test_a_part_that_is_asked_again_never_takes_the_place_of_asking_all(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, f"Heat (1995) {{tmdb-{FILM.tmdb}}}")
        await chain.scan()
        item = await chain.only()
        whole = NewJob(JobKind.ENRICH, Priority.USER, item_id=item.id, library_id=chain.library.id)
        part = NewJob(JobKind.ENRICH, 5, item_id=item.id, library_id=chain.library.id, payload={"providers": ["tvdb"]})
        ids = await chain.store.write(lambda tx: {ledger.submit(tx, whole), ledger.submit(tx, part)})
        assert len(ids) == 2
        await chain.drain()
        job = schema.job
        rows = await chain.store.read(lambda tx: tx.rows(sa.select(job).where(job.c.id.in_(ids))))
        assert [row["message"] for row in rows if row["payload"]] == [
            "not enriched: no provider in use knows anything of a movie"
        ]
