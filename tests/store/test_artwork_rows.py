"""Blobs, candidates and choices: what is kept whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, Candidate, ChosenBy, Score, Selection
from metarr.model.published import Owned, Purpose, Recycled
from metarr.store import artwork, published, schema
from stages import library, movie, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.model.media import ItemId
    from metarr.store.db import Store, Tx

DAY = timedelta(days=1)


@pytest.fixture
def heat(store: Store) -> ItemId:
    return store.write_now(lambda tx: movie(tx, library(tx)))


def blob(name: str, origin: BlobOrigin = BlobOrigin.PROVIDER) -> Blob:
    return Blob(name * 64, "jpg", 1000, origin, 1000, 1500)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (BlobOrigin.LIBRARY, BlobOrigin.PROVIDER, BlobOrigin.LIBRARY),
        (BlobOrigin.UPLOAD, BlobOrigin.PROVIDER, BlobOrigin.UPLOAD),
        (BlobOrigin.PROVIDER, BlobOrigin.LIBRARY, BlobOrigin.LIBRARY),
        (BlobOrigin.PROVIDER, BlobOrigin.PROVIDER, BlobOrigin.PROVIDER),
    ],
    ids=["found, then downloaded", "uploaded, then downloaded", "downloaded, then found", "downloaded twice"],
)
def test_what_ever_came_from_the_user_stays_protected(
    store: Store, first: BlobOrigin, second: BlobOrigin, expected: BlobOrigin
) -> None:
    for origin in (first, second):
        store.write_now(partial(artwork.add_blob, blob=blob("a", origin)))
    [found] = store.write_now(lambda tx: artwork.blobs(tx, ["a" * 64])).values()
    assert found.origin is expected


def test_only_downloads_that_nothing_refers_to_are_dropped(store: Store, heat: ItemId) -> None:
    def body(tx: Tx) -> None:
        for name in "abcdef":
            artwork.add_blob(tx, blob(name))
        for name, origin in (("1", BlobOrigin.LIBRARY), ("2", BlobOrigin.UPLOAD)):
            artwork.add_blob(tx, blob(name, origin))
        artwork.choose(tx, heat, Selection(ArtworkKind.POSTER, 0, "a" * 64, "jpg", ChosenBy.AUTO))
        offered = Candidate(ArtworkKind.POSTER, "tmdb", "http://x/b.jpg", blob="b" * 64)
        artwork.save_candidates(tx, heat, [(offered, Score(50.0))])
        one = tx.one(sa.select(schema.item.c.library_id))
        assert one is not None
        published.own(tx, one["library_id"], heat, Purpose.ARTWORK, Owned("p.jpg", "c" * 64, 1, 1, 1))
        old = Recycled("old.jpg", "d" * 64, "jpg", 1000, BlobOrigin.PROVIDER, 0, 0, 0o644, 1, "replaced")
        published.recycle(tx, one["library_id"], heat, None, old)
        tx.execute(sa.insert(schema.person).values(key="tmdb:1", name="Al Pacino", ids={}, portrait="e" * 64))

    store.write_now(body)
    assert store.write_now(lambda tx: artwork.orphans(tx, DAY)) == []
    store.skew = 2 * DAY
    found = store.write_now(lambda tx: artwork.orphans(tx, DAY))
    assert [gone.sha256[0] for gone in found] == ["f"]
    used = replace(found[0], sha256="a" * 64)  # a choice fell on it since
    dropped = store.write_now(lambda tx: artwork.drop_orphans(tx, [*found, used], DAY))
    assert [gone.sha256[0] for gone in dropped] == ["f"]
    assert {row["sha256"][0] for row in store.write_now(lambda tx: rows(tx, schema.blob))} == set("abcde12")


def test_candidates_are_refreshed_and_keep_their_download_and_a_persons_block(store: Store, heat: ItemId) -> None:
    offered = Candidate(ArtworkKind.POSTER, "tmdb", "http://x/a.jpg", votes=3)

    def again(tx: Tx) -> list[tuple[Candidate, Score | None, bool]]:
        artwork.save_candidates(
            tx, heat, [(Candidate(ArtworkKind.POSTER, "tmdb", "http://x/a.jpg", votes=9), Score(70))]
        )
        return artwork.candidates(tx, heat)

    def first(tx: Tx) -> None:
        artwork.save_candidates(tx, heat, [(offered, Score(50.0, {"votes": 1.0}))])
        artwork.add_blob(tx, blob("a"))
        [(known, score, _)] = artwork.candidates(tx, heat)
        assert score == Score(50.0, {"votes": 1.0})
        artwork.remember_download(tx, known.id, "a" * 64)
        tx.execute(sa.update(schema.candidate).values(is_blocked=True))

    store.write_now(first)
    [(known, score, is_blocked)] = store.write_now(again)
    assert (known.votes, known.blob, is_blocked) == (9, "a" * 64, True)
    assert score is not None
    assert score.total == 70


def test_candidates_come_best_first(store: Store, heat: ItemId) -> None:
    offers = [(Candidate(ArtworkKind.POSTER, "tmdb", f"http://x/{score}"), Score(score)) for score in (10, 90, 50)]
    store.write_now(lambda tx: artwork.save_candidates(tx, heat, offers))
    found = store.write_now(lambda tx: artwork.candidates(tx, heat))
    assert [candidate.url for candidate, _, _ in found] == ["http://x/90", "http://x/50", "http://x/10"]


@pytest.mark.parametrize("chosen_by", list(ChosenBy))
def test_only_automatic_choices_are_cleared_or_forgotten(store: Store, heat: ItemId, chosen_by: ChosenBy) -> None:
    def body(tx: Tx) -> tuple[int, int]:
        artwork.add_blob(tx, blob("a"))
        for rank in (0, 1):
            artwork.choose(tx, heat, Selection(ArtworkKind.POSTER, rank, "a" * 64, "jpg", chosen_by))
        artwork.clear(tx, heat, [(ArtworkKind.POSTER, 0)])
        cleared = len(artwork.selections(tx, heat))
        artwork.forget_automatic(tx, heat)
        return cleared, len(artwork.selections(tx, heat))

    expected = (1, 0) if chosen_by is ChosenBy.AUTO else (2, 2)
    assert store.write_now(body) == expected


def test_what_was_on_offer_for_the_wrong_movie_goes_but_local_and_used_pictures_stay(
    store: Store, heat: ItemId
) -> None:
    def body(tx: Tx) -> set[str | None]:
        artwork.add_blob(tx, blob("a", BlobOrigin.LIBRARY))
        offers = [
            Candidate(ArtworkKind.POSTER, "tmdb", "http://x/wrong"),
            Candidate(ArtworkKind.POSTER, "tmdb", "http://x/used"),
            Candidate(ArtworkKind.POSTER, "local", blob="a" * 64),
        ]
        artwork.save_candidates(tx, heat, [(offer, Score(1.0)) for offer in offers])
        used = next(c.id for c, _, _ in artwork.candidates(tx, heat) if c.url == "http://x/used")
        artwork.choose(tx, heat, Selection(ArtworkKind.POSTER, 0, "a" * 64, "jpg", ChosenBy.USER, used))
        artwork.forget_automatic(tx, heat)
        return {candidate.url for candidate, _, _ in artwork.candidates(tx, heat)}

    assert store.write_now(body) == {"http://x/used", None}


def test_pictures_are_arranged_by_rank_and_the_surplus_goes(store: Store, heat: ItemId) -> None:
    def chosen(name: str, by: ChosenBy = ChosenBy.AUTO) -> Selection:
        return Selection(ArtworkKind.POSTER, 0, name * 64, "jpg", by)

    def body(tx: Tx) -> None:
        for name in "abc":
            artwork.add_blob(tx, blob(name))
        artwork.choose(tx, heat, Selection(ArtworkKind.FANART, 0, "c" * 64, "jpg", ChosenBy.AUTO))
        artwork.arrange(tx, heat, ArtworkKind.POSTER, [chosen("a"), chosen("b"), chosen("c")])
        artwork.arrange(tx, heat, ArtworkKind.POSTER, [chosen("c", ChosenBy.USER), chosen("b")])

    store.write_now(body)
    found = [(one.kind, one.rank, one.blob[0], one.chosen_by) for one in store.write_now(_selections(heat))]
    assert found == [
        (ArtworkKind.FANART, 0, "c", ChosenBy.AUTO),
        (ArtworkKind.POSTER, 0, "c", ChosenBy.USER),
        (ArtworkKind.POSTER, 1, "b", ChosenBy.AUTO),
    ]


def test_a_candidate_is_found_blocked_and_named_when_it_is_not_there(store: Store, heat: ItemId) -> None:
    def body(tx: Tx) -> tuple[bool, bool]:
        artwork.save_candidates(tx, heat, [(Candidate(ArtworkKind.POSTER, "tmdb", "http://x/a"), Score(1.0))])
        [(known, _, _)] = artwork.candidates(tx, heat)
        assert known.id is not None
        before = artwork.offered(tx, heat, known.id)
        artwork.block(tx, heat, known.id, is_blocked=True)
        return before[1], artwork.offered(tx, heat, known.id)[1]

    assert store.write_now(body) == (False, True)
    with pytest.raises(NotFound, match="no candidate 999"):
        store.write_now(lambda tx: artwork.offered(tx, heat, 999))


def _selections(item_id: ItemId) -> Callable[[Tx], list[Selection]]:
    return lambda tx: artwork.selections(tx, item_id)
