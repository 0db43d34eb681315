"""The law of locks: whatever is scanned, enriched, re-identified and restarted, what is locked never changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, Candidate, Score
from metarr.model.job import Job, JobId, JobKind
from metarr.model.media import ExternalIds, Identity, ItemId, ItemKind, LibraryKind, Metadata
from metarr.phases.enrich import recording as enriching
from metarr.phases.enrich.asking import Replies
from metarr.phases.enrich.pictures import Choice, Gallery
from metarr.phases.enrich.recording import Basis, Enriched
from metarr.phases.scan import recording as scanning
from metarr.phases.scan.identify import Decision, Evidence, Source
from metarr.phases.scan.understand import LocalPicture, Said
from metarr.providers.base import Answer
from metarr.store import artwork, identities, items, libraries, locks
from metarr.store.db import Store, sqlite_url
from metarr.store.items import NewItem
from metarr.store.locks import EVERYTHING, LockedBy

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from metarr.store.db import Tx

KINDS = (ItemKind.MOVIE, ItemKind.SERIES, ItemKind.SEASON, ItemKind.EPISODE)
TARGETS = ("title", "plot", "genres", "ids", "artwork.poster", EVERYTHING)
words = st.sampled_from(["a", "b", "c"])
which = st.integers(0, len(KINDS) - 1)
ids = st.builds(ExternalIds, tmdb=st.none() | st.integers(1, 2), imdb=st.sampled_from([None, "tt0000001"]))
metadata = st.builds(
    Metadata, title=words, plot=st.none() | words, genres=st.lists(words, max_size=2).map(tuple), ids=ids
)
locking = st.tuples(st.just("lock"), which, st.sampled_from(TARGETS), st.booleans(), st.sampled_from(LockedBy))
first_locks = st.tuples(st.just("lock"), which, st.sampled_from(TARGETS), st.just(value=True), st.just(LockedBy.USER))
steps = st.one_of(
    locking,
    st.tuples(st.just("clear"), which, st.sampled_from(TARGETS)),
    st.tuples(
        st.just("enrich"), which, st.dictionaries(st.sampled_from(["tmdb", "tvdb"]), st.none() | metadata), words
    ),
    st.tuples(st.just("scan"), which, metadata, words),
    st.tuples(st.just("reidentify"), which, ids),
    st.tuples(st.just("restart")),
)
LEARNT = {"tmdb": Metadata(title="a", plot="a", genres=("a",), ids=ExternalIds(tmdb=1, imdb="tt0000001"))}
_JOB = Job(JobId(1), JobKind.ENRICH, 5, None, None, {}, False, False, False, 1, "c", None, JobId(1))


@dataclass(frozen=True)
class Seen:
    """What a scan understood of an item."""

    decision: Decision
    said: tuple[Said, ...]
    named: Metadata = field(default_factory=Metadata)


def blob(name: str) -> Blob:
    return Blob(name * 64, "jpg", 1, BlobOrigin.PROVIDER, 10, 10)


def furnish(tx: Tx) -> list[ItemId]:
    """A movie, and a show with a season with an episode."""
    library = libraries.add(tx, "All", LibraryKind.TV, "/media").id
    made: list[ItemId] = []
    for kind in KINDS:
        parent = made[-1] if kind in {ItemKind.SEASON, ItemKind.EPISODE} else None
        known = Metadata(title="name", season=1, episode=1)
        made.append(
            items.create(tx, NewItem(library, kind, kind.value, "", known, {"title": "name"}, parent_id=parent))
        )
    return made


def enrich(tx: Tx, item_id: ItemId, said: dict[str, Metadata | None], picture: str) -> None:
    item = items.get(tx, item_id)
    if item.identity is Identity.REVIEW:
        items.update(tx, item_id, identity=Identity.GUESSED.value)
    show = enriching.show_of(tx, item)
    had = (show or item).metadata.ids
    offer = Candidate(ArtworkKind.POSTER, "tmdb", f"https://p/{picture}.jpg", blob=None)
    slot = (ArtworkKind.POSTER, 0)
    gallery = Gallery(((offer, Score(1.0)),), (Choice(*slot, offer, blob(picture)),), frozenset({slot}))
    answers = {name: None if one is None else Answer(one) for name, one in said.items()}
    basis = Basis(had, had or ExternalIds(tmdb=1), enriching.numbers_of(item, show))
    enriching.record(tx, _JOB, Enriched(item_id, basis, Replies(answers), gallery))


def scan(tx: Tx, item_id: ItemId, told: Metadata, picture: str) -> None:
    evidence = (Evidence(Source.NFO, "x.nfo", told.ids, told.title),)
    identity = Identity.IDENTIFIED if told.ids else Identity.GUESSED
    decision = Decision(identity, told.ids, told.title, None, 100, "", evidence)
    item = scanning.without_wrong_identity(tx, items.get(tx, item_id), decision)
    scanning.save_metadata(tx, item, Seen(decision, (Said("x.nfo", "nfo", told),), Metadata(title="name")))
    found = LocalPicture(ArtworkKind.POSTER, 0, blob(picture), "poster.jpg")
    scanning.save_pictures(tx, item.id, item.locks, artwork.selections(tx, item.id), [found])


def do(tx: Tx, made: list[ItemId], step: tuple[Any, ...]) -> None:
    match step:
        case ("lock", at, target, is_locked, by):
            locks.set_locks(tx, made[at], [target], by, is_locked=is_locked)
        case ("clear", at, target):
            locks.clear_locks(tx, made[at], [target])
        case ("enrich", at, said, picture):
            enrich(tx, made[at], said, picture)
        case ("scan", at, told, picture):
            scan(tx, made[at], told, picture)
        case ("reidentify", at, now) if "ids" not in items.get(tx, made[at]).locks:  # a person's own word
            identities.reidentify(tx, items.get(tx, made[at]), now, "user", Identity.GUESSED)


def locked(tx: Tx, made: list[ItemId]) -> dict[tuple[ItemId, str], Any]:
    """Every locked value: of fields, and the pictures chosen of a kind."""
    values: dict[tuple[ItemId, str], Any] = {}
    for item in (items.get(tx, one) for one in made):
        for target in item.locks:
            kind = target.removeprefix("artwork.")
            chosen = [(one.rank, one.blob) for one in artwork.selections(tx, item.id) if one.kind == kind]
            is_picture = target.startswith("artwork.")
            values[item.id, target] = chosen if is_picture else getattr(item.metadata, target)
    return values


def test_a_locked_value_never_changes(tmp_path: Path, migrated_sqlite: Path, pytestconfig: pytest.Config) -> None:
    numbers = count()

    @settings(
        max_examples=500 if pytestconfig.getoption("--long") else 25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.lists(first_locks, min_size=1, max_size=3), st.lists(steps, min_size=1, max_size=6))
    def hold(first: list[tuple[Any, ...]], then: list[tuple[Any, ...]]) -> None:
        path = tmp_path / f"{next(numbers)}.db"
        path.write_bytes(migrated_sqlite.read_bytes())
        store = Store(sqlite_url(path))
        try:
            made = store.write_now(furnish)
            before: dict[tuple[ItemId, str], Any] = {}
            learnt = [("enrich", at, LEARNT, "a") for at in range(len(KINDS))]
            for step in (*learnt, *first, *then):
                if step[0] == "restart":
                    store.close()
                    store = Store(sqlite_url(path))
                store.write_now(lambda tx, step=step: do(tx, made, step))  # type: ignore[misc]  # bound at once
                now = store.write_now(lambda tx: locked(tx, made))
                changed = {key for key in before.keys() & now.keys() if before[key] != now[key]}
                assert not changed, f"{step} changed {changed}"
                before = now
        finally:
            store.close()

    hold()
