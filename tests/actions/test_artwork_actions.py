"""Artwork by a person's will: chosen, brought, blocked and removed."""

from __future__ import annotations

import io
import random
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from metarr.actions import artwork as actions
from metarr.actions.artwork import Offer
from metarr.actions.installation import Installation
from metarr.errors import InvalidInput, NotFound
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, Candidate, ChosenBy, Score, Selection
from metarr.model.media import ItemKind
from metarr.phases.enrich.images import MAX_BYTES, ImageClient
from metarr.store import artwork, items, locks
from metarr.store.blobs import Blobs
from metarr.store.locks import LockedBy
from stages import conditions, library, movie, rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.model.media import ItemId
    from metarr.store.db import Store, Tx

POSTER = ArtworkKind.POSTER


def picture(number: int, form: str = "JPEG", size: tuple[int, int] = (60, 90)) -> bytes:
    """A picture that looks like no other number's."""
    coarse = Image.frombytes("RGB", (6, 9), random.Random(number).randbytes(6 * 9 * 3))
    sent = io.BytesIO()
    coarse.resize(size).save(sent, form)
    return sent.getvalue()


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """Serves `/<number>.jpg`."""

    async def serve(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == "page.jpg":
            return web.Response(text="<html>", content_type="text/html")
        if not name.split(".")[0].isdigit():
            raise web.HTTPNotFound
        return web.Response(body=picture(int(name.split(".")[0])), content_type="image/jpeg")

    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def house(store: Store, server: str, tmp_path: Path) -> AsyncIterator[Installation]:
    images = ImageClient(trusted=[server])
    yield Installation(store, Blobs(tmp_path / "cache"), lambda _tx: conditions(), {}, UTC, images=images)
    await images.close()


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """What is asked of the database is tested on both in tests/store."""
    return sqlite_store


@pytest.fixture
def heat(store: Store) -> ItemId:
    return store.write_now(lambda tx: movie(tx, library(tx)))


def _offer(tx: Tx, item_id: ItemId, *urls: str, **more: Any) -> dict[str, int]:
    """Posters on offer, the first best: url -> candidate."""
    offers = [
        (Candidate(POSTER, "tmdb", url, 1000, 1500, "en", **more), Score(90.0 - place, {"votes": 90.0 - place}))
        for place, url in enumerate(urls)
    ]
    artwork.save_candidates(tx, item_id, offers)
    return {one.url: one.id for one, *_ in artwork.candidates(tx, item_id) if one.url and one.id}


def _chosen(store: Store, item_id: ItemId, kind: ArtworkKind = POSTER) -> list[Selection]:
    return [one for one in store.write_now(lambda tx: artwork.selections(tx, item_id)) if one.kind is kind]


def _jobs(store: Store) -> list[tuple[str, int]]:
    return [(row["kind"], row["priority"]) for row in store.write_now(rows)]


def _is_locked(store: Store, item_id: ItemId, kind: ArtworkKind = POSTER) -> bool:
    return f"artwork.{kind}" in store.write_now(lambda tx: items.get(tx, item_id)).locks


def _auto(tx: Tx, item_id: ItemId, *candidates: int) -> None:
    """What enrichment chose before."""
    for rank, candidate in enumerate(candidates):
        sha256 = f"{rank:064x}"
        artwork.add_blob(tx, Blob(sha256, "jpg", 1, BlobOrigin.PROVIDER))
        artwork.remember_download(tx, candidate, sha256)
        artwork.choose(tx, item_id, Selection(POSTER, rank, sha256, "jpg", ChosenBy.AUTO, candidate))


async def test_a_choice_is_fetched_kept_locked_and_published(
    house: Installation, store: Store, heat: ItemId, server: str
) -> None:
    known = store.write_now(lambda tx: _offer(tx, heat, f"{server}/1.jpg", f"{server}/2.jpg"))
    before = store.write_now(lambda tx: items.get(tx, heat)).revision
    submitted = await actions.choose(house, heat, known[f"{server}/2.jpg"])
    [chosen] = _chosen(store, heat)
    assert (chosen.chosen_by, chosen.rank) == (ChosenBy.USER, 0)
    assert house.blobs.read(chosen.blob, chosen.extension) == picture(2)
    assert _is_locked(store, heat)
    assert _jobs(store) == [("publish", 10)]
    assert (submitted.jobs, submitted.scope.item_id) == (1, heat)
    assert store.write_now(lambda tx: items.get(tx, heat)).revision > before


async def test_what_is_in_the_cache_is_not_fetched_again(
    house: Installation, store: Store, heat: ItemId, server: str
) -> None:
    stored = house.blobs.put(picture(1), "jpg")

    def body(tx: Tx) -> int:
        [candidate] = _offer(tx, heat, f"{server}/gone.jpg").values()
        artwork.add_blob(tx, Blob(stored.sha256, "jpg", stored.size, BlobOrigin.PROVIDER))
        artwork.remember_download(tx, candidate, stored.sha256)
        return candidate

    await actions.choose(house, heat, store.write_now(body))
    assert [one.blob for one in _chosen(store, heat)] == [stored.sha256]


async def test_a_choice_takes_a_slot_and_the_others_stay(
    house: Installation, store: Store, heat: ItemId, server: str
) -> None:
    urls = [f"{server}/{number}.jpg" for number in range(1, 5)]
    known = store.write_now(lambda tx: _offer(tx, heat, *urls))
    store.write_now(lambda tx: _auto(tx, heat, *(known[url] for url in urls[:3])))
    await actions.choose(house, heat, known[urls[3]], rank=1)
    assert [(one.candidate_id, one.chosen_by) for one in _chosen(store, heat)] == [
        (known[urls[0]], ChosenBy.AUTO),
        (known[urls[3]], ChosenBy.USER),
        (known[urls[2]], ChosenBy.AUTO),
    ]


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        pytest.param("gone.jpg", NotFound, "no picture", id="a picture that is gone"),
        pytest.param("page.jpg", InvalidInput, "page.jpg", id="a page under a picture's name"),
    ],
)
async def test_a_candidate_that_is_no_picture_changes_nothing(
    house: Installation, store: Store, heat: ItemId, server: str, name: str, error: type[Exception], words: str
) -> None:
    [candidate] = store.write_now(lambda tx: _offer(tx, heat, f"{server}/{name}")).values()
    with pytest.raises(error, match=words):
        await actions.choose(house, heat, candidate)
    assert _chosen(store, heat) == []
    assert not _is_locked(store, heat)
    assert _jobs(store) == []


async def test_an_upload_is_verified_kept_for_ever_scored_and_chosen(
    house: Installation, store: Store, heat: ItemId
) -> None:
    await actions.upload(house, heat, POSTER, picture(7, "PNG"))
    [chosen] = _chosen(store, heat)
    assert (chosen.chosen_by, chosen.extension) == (ChosenBy.USER, "png")
    [blob] = store.write_now(lambda tx: artwork.blobs(tx, [chosen.blob])).values()
    assert (blob.origin, blob.width, blob.height) == (BlobOrigin.UPLOAD, 60, 90)
    [(candidate, score, _)] = store.write_now(lambda tx: artwork.candidates(tx, heat))
    assert (candidate.id, candidate.provider) == (chosen.candidate_id, "user")
    assert score is not None
    assert score.total == pytest.approx(sum(score.parts.values()), abs=0.01)
    assert _is_locked(store, heat)
    store.write_now(lambda tx: artwork.forget_automatic(tx, heat))
    assert _chosen(store, heat) == [chosen], "it stays, whatever the item turns out to be"
    await actions.upload(house, heat, POSTER, picture(8))
    store.write_now(lambda tx: artwork.forget_automatic(tx, heat))
    offered = store.write_now(lambda tx: artwork.candidates(tx, heat))
    assert {one.blob for one, *_ in offered} >= {chosen.blob}, "an upload that is not chosen now can be chosen again"


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff" + b"x" * 100, b"\x00" * (MAX_BYTES + 1)],
    ids=["nothing", "a drawing in SVG", "a broken picture", "too many bytes"],
)
async def test_an_upload_that_is_no_picture_is_refused(
    house: Installation, store: Store, heat: ItemId, data: bytes
) -> None:
    with pytest.raises(InvalidInput):
        await actions.upload(house, heat, POSTER, data)
    assert _chosen(store, heat) == []


async def test_a_picture_by_its_address_is_fetched_under_the_rules_of_fetching(
    house: Installation, store: Store, heat: ItemId, server: str
) -> None:
    await actions.fetch(house, heat, POSTER, f"{server}/5.jpg")
    [chosen] = _chosen(store, heat)
    [blob] = store.write_now(lambda tx: artwork.blobs(tx, [chosen.blob])).values()
    assert blob.origin is BlobOrigin.UPLOAD
    port = int(server.rpartition(":")[2])
    for url in (f"http://localhost:{port}/1.jpg", f"http://[::1]:{port}/1.jpg", "file:///etc/passwd"):
        with pytest.raises(InvalidInput):
            await actions.fetch(house, heat, POSTER, url)
    assert _chosen(store, heat) == [chosen]


@pytest.mark.parametrize("kind", [ArtworkKind.DISCART, ArtworkKind.THUMB])
async def test_a_kind_that_the_item_cannot_have_is_refused(
    house: Installation, store: Store, kind: ArtworkKind
) -> None:
    def body(tx: Tx) -> ItemId:
        return items.add(tx, library(tx), ItemKind.SERIES, "Show", "Show").id

    show = store.write_now(body)
    with pytest.raises(InvalidInput, match=f"has no {kind}"):
        await actions.upload(house, show, kind, picture(1))


def test_a_blocked_candidate_leaves_its_slot_and_enrichment_chooses_the_next(store: Store, heat: ItemId) -> None:
    known = store.write_now(lambda tx: _offer(tx, heat, "http://x/1", "http://x/2"))
    first, second = known["http://x/1"], known["http://x/2"]
    store.write_now(lambda tx: _auto(tx, heat, first, second))
    store.write_now(lambda tx: actions.block(tx, heat, first))
    assert [(one.rank, one.candidate_id) for one in _chosen(store, heat)] == [(0, second)]
    assert _jobs(store) == [("enrich", 10)]
    assert not _is_locked(store, heat), "a block is no choice: the kind stays automatic"
    assert _blocked(store, heat) == {first}
    store.write_now(lambda tx: actions.unblock(tx, heat, first))
    assert _blocked(store, heat) == set()


async def test_choosing_a_blocked_candidate_ends_the_block(
    house: Installation, store: Store, heat: ItemId, server: str
) -> None:
    [candidate] = store.write_now(lambda tx: _offer(tx, heat, f"{server}/1.jpg")).values()
    store.write_now(lambda tx: actions.block(tx, heat, candidate))
    await actions.choose(house, heat, candidate)
    assert _blocked(store, heat) == set()


def test_a_removed_picture_makes_room_for_the_next_and_stays_away(store: Store, heat: ItemId) -> None:
    known = store.write_now(lambda tx: _offer(tx, heat, "http://x/1", "http://x/2"))
    store.write_now(lambda tx: _auto(tx, heat, *known.values()))
    store.write_now(lambda tx: actions.remove(tx, heat, POSTER, 0))
    assert [(one.rank, one.candidate_id) for one in _chosen(store, heat)] == [(0, known["http://x/2"])]
    assert _is_locked(store, heat)
    assert _jobs(store) == [("publish", 10)]
    with pytest.raises(NotFound, match="rank 5"):
        store.write_now(lambda tx: actions.remove(tx, heat, POSTER, 5))


def test_what_is_not_there_is_named(store: Store, heat: ItemId) -> None:
    for action in (actions.block, actions.unblock):
        with pytest.raises(NotFound, match="no candidate 77"):
            store.write_now(partial(action, item_id=heat, candidate_id=77))
    with pytest.raises(NotFound, match="no item 99"):
        store.write_now(lambda tx: actions.listed(tx, 99))


def test_the_list_shows_scores_choices_locks_and_reasons(store: Store, heat: ItemId) -> None:
    def body(tx: Tx) -> Any:
        known = _offer(tx, heat, "http://x/1", "http://x/2", "http://x/3")
        _auto(tx, heat, known["http://x/2"])
        artwork.block(tx, heat, known["http://x/1"], is_blocked=True)
        locks.set_locks(tx, heat, ["artwork.banner"], LockedBy.USER)
        return actions.listed(tx, heat)

    found = {one.kind: one for one in store.write_now(body)}
    assert set(found) == set(ArtworkKind)
    poster = found[POSTER]
    assert [(one.candidate.url, one.is_blocked, one.rank) for one in poster.offers] == [
        ("http://x/1", True, None),
        ("http://x/2", False, 0),
        ("http://x/3", False, None),
    ]
    [slot] = poster.slots
    assert slot.why.startswith("number 2 of 3 on offer: 89 points (votes 89); 1 better placed")
    assert found[ArtworkKind.BANNER].is_locked
    assert not poster.is_locked


@pytest.mark.parametrize(
    ("by", "candidate", "expected"),
    [
        (ChosenBy.USER, 1, "a person chose it"),
        (ChosenBy.FOUND, 1, "it lay in the folder"),
        (ChosenBy.AUTO, 1, "number 1 of 1 on offer: 50 points (votes 50)"),
        (ChosenBy.AUTO, 9, "nobody offers it any more, and nothing better came"),
    ],
)
def test_every_choice_has_a_reason(by: ChosenBy, candidate: int, expected: str) -> None:
    offers = [Offer(Candidate(POSTER, "tmdb", "http://x", id=1), Score(50.0, {"votes": 50.0}), False, 0)]
    assert actions.why(Selection(POSTER, 0, "a", "jpg", by, candidate), offers) == expected


selections = st.builds(
    lambda blob, by: Selection(POSTER, 0, blob, "jpg", by), st.sampled_from("abcdef"), st.sampled_from(ChosenBy)
)


@given(st.lists(selections, max_size=5, unique_by=lambda one: one.blob), selections, st.integers(0, 7))
def test_a_new_picture_stands_where_it_was_put_and_nothing_stands_twice(
    line: list[Selection], new: Selection, rank: int
) -> None:
    after = actions.placed(line, new, rank)
    assert after[min(rank, len(after) - 1)] is new
    blobs = [one.blob for one in after]
    assert len(set(blobs)) == len(blobs)
    displaced = {one.blob for one in line} - set(blobs)
    assert len(displaced) <= 1, "at most the one whose place it took"
    if new.blob in {one.blob for one in line}:
        assert not displaced, "two that were chosen change places"


def _blocked(store: Store, item_id: ItemId) -> set[int | None]:
    found = store.write_now(lambda tx: artwork.candidates(tx, item_id))
    return {one.id for one, _, is_blocked in found if is_blocked}
