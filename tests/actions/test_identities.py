"""A person says what an item is: by an id, that nobody knows it, or whose numbers a show's files have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from chain import FILM, name_of
from libraries import write_movie
from metarr.actions import identities
from metarr.demo.catalogue import FILMS
from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.model.job import JobKind
from metarr.model.media import Identity, ItemKind, LibraryKind
from metarr.store import artwork, libraries, schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain

    Install = Callable[..., Chain]

HOME = "Summer at the lake"
PLAIN: dict[str, object] = {"playerSync": {"autoSync": True}}  # no artwork is chosen


async def _kinds_after(chain: Chain, jobs: int) -> list[str]:
    return [job["kind"] for job in (await chain.jobs())[jobs:]]


async def test_a_home_video_that_is_marked_local_is_published_and_synced_and_never_asked_about(
    install: Install,
) -> None:
    async with install(phase_config=PLAIN) as chain:
        path = write_movie(chain.root, HOME)
        await chain.scan()
        item = await chain.only()
        assert item.identity is Identity.REVIEW
        assert await chain.rows(schema.review)
        asked, jobs = dict(chain.tmdb.calls), len(await chain.jobs())
        await chain.store.write(lambda tx: identities.mark_local(tx, item.id))
        await chain.drain()
        now = await chain.only()
        assert (now.identity, now.published_revision) == (Identity.LOCAL, now.revision)
        assert f"<title>{HOME}</title>" in path.with_suffix(".nfo").read_text()
        assert now.synced_revision == now.disk_revision
        assert await chain.rows(schema.review) == []
        await chain.scan()
        await chain.run_item(JobKind.ENRICH, item, is_forced=True)
        assert [kind for kind in await _kinds_after(chain, jobs) if kind == "enrich"] == ["enrich"], "the one asked for"
        assert chain.tmdb.calls == asked, "no provider hears of it"
        assert (await chain.only()).identity is Identity.LOCAL


async def test_what_was_taken_for_another_film_keeps_nothing_of_it_when_it_is_marked_local(install: Install) -> None:
    async with install(phase_config=PLAIN) as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item = await chain.only()
        assert item.metadata.plot
        await chain.store.write(lambda tx: identities.mark_local(tx, item.id))
        await chain.drain()
        now = await chain.only()
        assert (now.metadata.title, now.metadata.year, now.metadata.plot) == (FILM.title, FILM.year, None)
        assert not now.metadata.ids
        assert now.metadata.cast == ()
        assert not await chain.store.read(lambda tx: artwork.selections(tx, item.id))


async def test_a_local_item_can_be_looked_for_again(install: Install) -> None:
    async with install(phase_config=PLAIN) as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        item = await chain.only()
        await chain.store.write(lambda tx: identities.mark_local(tx, item.id))
        await chain.drain()
        await chain.store.write(lambda tx: identities.unmark_local(tx, item.id))
        await chain.drain()
        now = await chain.only()
        assert (now.identity, now.metadata.ids.tmdb) == (Identity.IDENTIFIED, FILM.tmdb)
        with pytest.raises(Conflict):
            await chain.store.write(lambda tx: identities.unmark_local(tx, item.id))


async def test_a_local_show_takes_its_episodes_along_also_those_that_come_later(install: Install) -> None:
    async with install(phase_config=PLAIN) as chain:
        root = chain.root.parent / "tv"
        root.mkdir()
        chain.library = await chain.store.write(lambda tx: libraries.add(tx, "TV", LibraryKind.TV, str(root)))
        write_movie(root, "Holidays/Season 01", video="Holidays - S01E01.mkv")
        await chain.scan()
        (show,) = [item for item in await chain.items() if item.kind is ItemKind.SERIES]
        await chain.store.write(lambda tx: identities.mark_local(tx, show.id))
        write_movie(root, "Holidays/Season 01", video="Holidays - S01E02.mkv")
        await chain.scan()
        found = await chain.items()
        assert len(found) == 4
        assert {item.identity for item in found} == {Identity.LOCAL}
        await chain.store.write(lambda tx: identities.unmark_local(tx, show.id))
        assert {item.identity for item in await chain.items()} == {Identity.GUESSED}


async def test_an_id_that_a_person_names_counts_whatever_names_and_nfo_files_say(install: Install) -> None:
    async with install(phase_config=PLAIN) as chain:
        path = write_movie(chain.root, f"{name_of(FILM)} {{tmdb-{FILM.tmdb}}}")
        await chain.scan()
        item, other = await chain.only(), FILMS[1]
        await chain.store.write(lambda tx: identities.set_identity(tx, item.id, {"tmdb": other.tmdb}))
        await chain.drain()
        path.with_suffix(".srt").write_bytes(b"1")  # makes the next scan look at the folder
        (path.parent / "other.nfo").write_bytes(b"<movie><tmdbid>%d</tmdbid></movie>" % FILM.tmdb)
        await chain.scan()
        now = await chain.only()
        assert (now.identity, now.metadata.ids.tmdb, now.provenance["ids"]) == (
            Identity.IDENTIFIED,
            other.tmdb,
            "user",
        )
        assert now.metadata.title == other.title
        assert now.metadata.ids.imdb != FILM.imdb


async def test_a_person_chooses_from_what_the_review_queue_offers(install: Install) -> None:
    async with install(phase_config=PLAIN) as chain:
        path = write_movie(chain.root, f"{name_of(FILM)} {{tmdb-{FILM.tmdb}}}")
        (path.parent / "movie.nfo").write_bytes(b"<movie><tmdbid>%d</tmdbid></movie>" % FILMS[1].tmdb)
        await chain.scan()
        item = await chain.only()
        page = await chain.store.read(identities.questions)
        (question,) = page.questions
        assert (question["item_id"], question["subject"], page.after) == (item.id, "identity", None)
        assert [piece["ids"]["tmdb"] for piece in question["evidence"]] == [FILM.tmdb, FILMS[1].tmdb]
        with pytest.raises(InvalidInput, match="offers 2"):
            await chain.store.write(lambda tx: identities.choose(tx, item.id, 3))
        await chain.store.write(lambda tx: identities.choose(tx, item.id, 2))
        await chain.drain()
        now = await chain.only()
        assert (now.identity, now.metadata.title) == (Identity.IDENTIFIED, FILMS[1].title)
        assert (await chain.store.read(identities.questions)).questions == []


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        pytest.param({}, "at least one", id="no id at all"),
        pytest.param({"tmdb": "x"}, "tmdb", id="a number that is none"),
        pytest.param({"imdb": "133093"}, "tt1234567", id="an IMDb id without its letters"),
        pytest.param({"goodreads": 4}, "goodreads", id="a source that is not known"),
        pytest.param({"tmdb": 1, "tvdb": -1}, "tvdb", id="one that is right beside one that is not"),
    ],
)
async def test_what_is_no_id_is_refused(install: Install, ids: dict[str, Any], words: str) -> None:
    async with install(phase_config=PLAIN) as chain:
        write_movie(chain.root, HOME)
        await chain.scan()
        item = await chain.only()
        with pytest.raises(InvalidInput, match=words):
            await chain.store.write(lambda tx: identities.set_identity(tx, item.id, ids))
        with pytest.raises(NotFound):
            await chain.store.write(lambda tx: identities.mark_local(tx, 99))
        with pytest.raises(InvalidInput, match="no show"):
            await chain.store.write(lambda tx: identities.set_episode_order(tx, item.id, "dvd"))
        assert await chain.only() == item


async def test_the_queue_is_read_in_pages(install: Install) -> None:
    async with install(phase_config=PLAIN) as chain:
        for number in range(3):
            write_movie(chain.root, f"{HOME} {number}")
        await chain.scan()
        seen: list[int] = []
        after: int | None = 0
        while after is not None:
            page = await chain.store.read(partial(identities.questions, after=after, limit=2))
            seen += [row["item_id"] for row in page.questions]
            after = page.after
        assert sorted(seen) == sorted(item.id for item in await chain.items())
