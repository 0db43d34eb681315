"""Fetching what was chosen: the next best stands in for what is broken or looks like what is there."""

from __future__ import annotations

import asyncio
import io
import random
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from PIL import Image

from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, Candidate, ChosenBy, Selection
from metarr.model.media import ItemKind, LibraryKind
from metarr.phases.base import JobContext
from metarr.phases.enrich.images import ImageClient
from metarr.phases.enrich.pictures import Pictures
from metarr.phases.enrich.score import Wanted
from metarr.phases.enrich.select import rank, select
from metarr.store import artwork, items, libraries
from metarr.store.blobs import Blobs
from patience import PATIENCE
from stages import conditions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from metarr.model.media import Item
    from metarr.phases.enrich.pictures import Gallery as Chosen
    from metarr.store.db import Store, Tx

POSTER = ArtworkKind.POSTER
WANTED = Wanted(("en", "de"), ("tmdb",))


def _picture(number: int, size: tuple[int, int]) -> bytes:
    """Pictures of the same number look alike, whatever their size."""
    coarse = Image.frombytes("RGB", (6, 9), random.Random(number).randbytes(6 * 9 * 3))
    sent = io.BytesIO()
    coarse.resize(size, Image.Resampling.BICUBIC).save(sent, "PNG")
    return sent.getvalue()


class Gallery:
    """Offers posters under `/<number>-<width>.png`; what is called "broken" is no picture."""

    def __init__(self, store: Store, base: Path) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.busy: set[str] = set()  # what is refused once
        self.together: asyncio.Barrier | None = None  # requests that wait for each other
        self.blobs = Blobs(base)
        self._store = store

    async def serve(self, request: web.Request) -> web.Response:
        """One picture."""
        name = request.match_info["name"]
        self.asked.append(name)
        if self.together is not None:
            async with asyncio.timeout(PATIENCE):
                await self.together.wait()
        if name in self.busy:
            self.busy.remove(name)
            return web.Response(status=429, headers={"Retry-After": "0"})
        if name.startswith("broken"):
            return web.Response(text="<html>", content_type="image/png")
        if name.startswith("missing"):
            raise web.HTTPNotFound
        number, width = map(int, name.removesuffix(".png").split("-"))
        return web.Response(body=_picture(number, (width, width * 3 // 2)), content_type="image/png")

    async def chosen(
        self, names: Sequence[str], kept: Sequence[Selection] = (), blocked: Sequence[Candidate] = ()
    ) -> list[tuple[int, str]]:
        """What is chosen of these, the first best: rank and name. `de:` before a name says its language."""
        return _named(await self._choose(self._offered(names), kept, blocked))

    async def record(self, item: Item, names: Sequence[str]) -> list[tuple[int, str]]:
        """The same for an item, and recorded; what is known of these pictures from an earlier time counts."""

        def known(tx: Tx) -> tuple[list[Candidate], list[Selection]]:
            return [one for one, *_ in artwork.candidates(tx, item.id)], artwork.selections(tx, item.id)

        offered, chosen = await self._store.read(known)
        found = await self._choose(offered or self._offered(names), chosen, ())
        await self._store.write(lambda tx: found.save(tx, item))
        return _named(found)

    def _offered(self, names: Sequence[str]) -> list[Candidate]:
        return [self._candidate(name, len(names) - place) for place, name in enumerate(names)]

    async def _choose(
        self, offered: Sequence[Candidate], kept: Sequence[Selection], blocked: Sequence[Candidate]
    ) -> Chosen:
        images = ImageClient(trusted=[self.url])
        picks = select(offered, kept, {POSTER: 2}, frozenset(), WANTED, blocked)
        context = JobContext(self._store, conditions(), self._store.write, _silent, lambda _tx, _items: 0)
        gallery = await Pictures(images, self.blobs).choose(rank(offered, WANTED), picks, context)
        await images.close()
        return gallery

    def hold(self, number: int, by: ChosenBy = ChosenBy.USER) -> Selection:
        """A picture that a person chose, or had."""
        stored = self.blobs.put(_picture(number, (200, 300)), "png")
        blob = Blob(stored.sha256, "png", stored.size, BlobOrigin.UPLOAD, 200, 300)

        def body(tx: Tx) -> None:
            artwork.add_blob(tx, blob)

        self._store.write_now(body)
        return Selection(POSTER, 0, stored.sha256, "png", by)

    def _candidate(self, name: str, votes: int) -> Candidate:
        language, _, file = name.rpartition(":")
        return Candidate(POSTER, "tmdb", f"{self.url}/{file}", 60, 90, language or "en", 10.0, votes * 10)


def _named(gallery: Chosen) -> list[tuple[int, str]]:
    return [(one.rank, (one.candidate.url or "").rpartition("/")[2]) for one in gallery.chosen]


async def _silent(_percent: float | None, _message: str) -> None:
    """Nobody watches."""


@pytest.fixture
async def gallery(sqlite_store: Store, tmp_path: Path) -> AsyncIterator[Gallery]:
    made = Gallery(sqlite_store, tmp_path / "cache")
    app = web.Application()
    app.router.add_get("/{name}", made.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def test_the_next_best_stands_in_for_what_is_broken_or_gone(gallery: Gallery) -> None:
    names = ["broken.png", "1-60.png", "missing.png", "2-60.png", "3-60.png"]
    assert await gallery.chosen(names) == [(0, "1-60.png"), (1, "2-60.png")]
    assert "3-60.png" not in gallery.asked, "only what is needed is fetched"


async def test_as_many_as_are_wanted_are_fetched_side_by_side(gallery: Gallery) -> None:
    gallery.together = asyncio.Barrier(2)
    assert await gallery.chosen(["1-60.png", "2-60.png", "3-60.png"]) == [(0, "1-60.png"), (1, "2-60.png")]
    assert sorted(gallery.asked) == ["1-60.png", "2-60.png"]


async def test_a_server_that_wants_a_moment_gets_it(gallery: Gallery) -> None:
    gallery.busy = {"1-60.png"}
    assert await gallery.chosen(["1-60.png", "2-60.png"]) == [(0, "1-60.png"), (1, "2-60.png")]


async def test_one_that_looks_like_a_better_one_is_passed_over(gallery: Gallery) -> None:
    assert await gallery.chosen(["1-60.png", "1-90.png", "2-60.png"]) == [(0, "1-60.png"), (1, "2-60.png")]


async def test_what_was_passed_over_is_not_fetched_again(gallery: Gallery, sqlite_store: Store) -> None:
    def furnish(tx: Tx) -> Item:
        library = libraries.add(tx, "Films", LibraryKind.MOVIES, "/films")
        return items.add(tx, library.id, ItemKind.MOVIE, "Heat", "Heat")

    item = await sqlite_store.write(furnish)
    names = ["1-60.png", "1-90.png", "2-60.png"]
    first = await gallery.record(item, names)
    assert (first, len(gallery.asked)) == ([(0, "1-60.png"), (1, "2-60.png")], 3)
    assert await gallery.record(item, names) == first
    assert len(gallery.asked) == 3


async def test_the_same_art_in_another_language_is_another_picture(gallery: Gallery) -> None:
    assert await gallery.chosen(["1-60.png", "de:1-90.png"]) == [(0, "1-60.png"), (1, "1-90.png")]


@pytest.mark.parametrize("by", [ChosenBy.USER, ChosenBy.FOUND])
async def test_nothing_is_chosen_that_looks_like_what_stays(gallery: Gallery, by: ChosenBy) -> None:
    mine = gallery.hold(1, by)
    assert await gallery.chosen(["1-60.png", "2-60.png"], [mine]) == [(1, "2-60.png")]


async def test_what_the_cache_lost_is_no_hindrance(gallery: Gallery) -> None:
    mine = gallery.hold(1)
    gallery.blobs.remove(mine.blob, "png")
    assert await gallery.chosen(["1-60.png"], [mine]) == [(1, "1-60.png")]


async def test_nothing_is_chosen_that_looks_like_what_is_blocked(gallery: Gallery) -> None:
    unwanted = Candidate(POSTER, "tmdb", "http://x/1", language="en", blob=gallery.hold(1).blob)
    never_seen = Candidate(POSTER, "tmdb", "http://x/2", language="en")
    assert await gallery.chosen(["1-60.png", "2-60.png"], blocked=[unwanted, never_seen]) == [(0, "2-60.png")]
