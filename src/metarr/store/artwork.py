"""Artwork: the blobs' index, what providers offer, and what was chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, Candidate, ChosenBy, Score, Selection
from metarr.model.media import USER
from metarr.store import progress, pruning, schema
from metarr.store.columns import document
from metarr.store.db import NOW
from metarr.store.prepared import PreparedQuery, prepared_upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from metarr.model.media import ItemId
    from metarr.store.db import Tx

LOCAL, UPLOADED = "local", USER  # who offers a picture that lay in the library, or that a person brought
OWN = (LOCAL, UPLOADED)
_BLOB = schema.blob
_CANDIDATE = schema.candidate
_CHOICE = schema.choice
_BLOBS = sa.select(_BLOB).where(_BLOB.c.sha256.in_(sa.bindparam("hashes", expanding=True)))
_FIGURES = ("sha256", "extension", "size", "width", "height", "origin")
_ADD_BLOB = prepared_upsert(_BLOB, ["sha256"], _FIGURES, keep=["created_at", "extension"], created_at=NOW)
_ADD_DOWNLOAD = prepared_upsert(_BLOB, ["sha256"], _FIGURES, keep=["created_at", "extension", "origin"], created_at=NOW)
_OFFERED = (
    "item_id", "kind", "provider", "reference", "url", "width", "height", "language", "vote_average", "votes", "blob",
    "score", "score_parts",
)  # fmt: skip
_SAME_OFFER = ("item_id", "kind", "provider", "reference")
_OFFER = prepared_upsert(_CANDIDATE, _SAME_OFFER, _OFFERED)
_OFFER_UNSEEN = prepared_upsert(_CANDIDATE, _SAME_OFFER, _OFFERED, keep=["blob"])
_CHOSEN = ("item_id", "kind", "rank", "blob", "candidate_id", "chosen_by")
_CHOOSE = prepared_upsert(_CHOICE, ["item_id", "kind", "rank"], _CHOSEN, chosen_at=NOW)


_CHOSEN_FOR = PreparedQuery(
    sa.select(_CHOICE, _BLOB.c.extension, _CANDIDATE.c.provider)
    .join(_BLOB, _BLOB.c.sha256 == _CHOICE.c.blob)
    .outerjoin(_CANDIDATE, _CANDIDATE.c.id == _CHOICE.c.candidate_id)
    .where(_CHOICE.c.item_id == sa.bindparam("item_id", type_=_CHOICE.c.item_id.type))
    .order_by(_CHOICE.c.kind, _CHOICE.c.rank)
)


def add_blob(tx: Tx, blob: Blob) -> None:
    """Index a blob. One that ever came from a library or an upload stays protected from collection."""
    tx.run(_ADD_DOWNLOAD if blob.origin is BlobOrigin.PROVIDER else _ADD_BLOB, _blob_row(blob))


def _blob_row(blob: Blob) -> dict[str, Any]:
    return {
        "sha256": blob.sha256,
        "extension": blob.extension,
        "size": blob.size,
        "width": blob.width,
        "height": blob.height,
        "origin": blob.origin.value,
    }


def blobs(tx: Tx, hashes: Iterable[str]) -> dict[str, Blob]:
    """The known ones among these."""
    wanted = list(hashes)
    rows = tx.execute(_BLOBS, {"hashes": wanted}).mappings() if wanted else ()
    return {row["sha256"]: _blob(row) for row in rows}


def texts(tx: Tx, hashes: Iterable[str]) -> frozenset[str]:
    """Those among these that are NFO texts of our own making."""
    known = blobs(tx, hashes).values()
    return frozenset(one.sha256 for one in known if one.extension == "nfo" and one.origin is BlobOrigin.PROVIDER)


def orphans(tx: Tx, grace: timedelta) -> list[Blob]:
    """Provider downloads and NFO texts that nothing refers to; what came from the user stays for ever. Some at a time:
    those that are returned are to be dropped.
    """
    return [_blob(row) for row in tx.rows(sa.select(_BLOB).where(*_is_orphaned(grace)).limit(pruning.MOST))]


def drop_orphans(tx: Tx, found: Sequence[Blob], grace: timedelta) -> list[Blob]:
    """Forget those of them that nothing refers to even now. Returns which, so that their files can go, too."""
    these = _BLOB.c.sha256.in_([blob.sha256 for blob in found])
    return [_blob(row) for row in tx.rows(sa.delete(_BLOB).where(these, *_is_orphaned(grace)).returning(*_BLOB.c))]


def _is_orphaned(grace: timedelta) -> tuple[sa.ColumnElement[bool], ...]:
    used = [
        _CHOICE.c.blob,
        _CANDIDATE.c.blob,
        schema.person.c.portrait,
        schema.published_file.c.sha256,
        schema.recycled.c.sha256,
    ]
    is_free = sa.and_(*(~sa.exists().where(column == _BLOB.c.sha256) for column in used))
    return _BLOB.c.origin == BlobOrigin.PROVIDER, _BLOB.c.created_at < pruning.ago(grace), is_free


def save_candidates(tx: Tx, item_id: ItemId, scored: Iterable[tuple[Candidate, Score]]) -> None:
    """What is on offer for an item, with scores and their parts; a person's block stays."""
    by_statement: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for candidate, score in scored:
        by_statement[candidate.blob is None].append(_offer_row(item_id, candidate, score))
    for is_unseen, rows in by_statement.items():
        if rows:
            tx.run_many(_OFFER_UNSEEN if is_unseen else _OFFER, rows)
    progress.choices(tx, item_id)


def _offer_row(item_id: ItemId, candidate: Candidate, score: Score) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "kind": candidate.kind.value,
        "provider": candidate.provider,
        "reference": reference(candidate),
        "url": candidate.url,
        "width": candidate.width,
        "height": candidate.height,
        "language": candidate.language,
        "vote_average": candidate.vote_average,
        "votes": candidate.votes,
        "blob": candidate.blob,
        "score": score.total,
        "score_parts": document(dict(score.parts)),
    }


@dataclass(frozen=True, slots=True)
class Hung:
    """A picture that lay in the library of a new item, and fills a slot of it."""

    item_id: ItemId
    blob: Blob
    offer: Candidate
    score: Score
    slot: Selection


def hang(tx: Tx, pictures: Sequence[Hung]) -> None:
    """Index, offer and choose the pictures of many new items, with three statements in all: none awaits a choice."""
    if pictures:
        tx.run_many(_ADD_BLOB, [_blob_row(one.blob) for one in pictures])
        tx.run_many(_OFFER, [_offer_row(one.item_id, one.offer, one.score) for one in pictures])
        tx.run_many(_CHOOSE, [_choice_row(one.item_id, one.slot) for one in pictures])


def reference(candidate: Candidate) -> str:
    """What makes it the same candidate next time: its address, or the bytes of a local one."""
    return candidate.url or candidate.blob or ""


def candidates(tx: Tx, item_id: ItemId) -> list[tuple[Candidate, Score | None, bool]]:
    """What is on offer for an item, best first, with its score and whether a person blocked it."""
    query = sa.select(_CANDIDATE).where(_CANDIDATE.c.item_id == item_id)
    rows = tx.rows(query.order_by(_CANDIDATE.c.kind, _CANDIDATE.c.score.desc(), _CANDIDATE.c.id))
    return [(_candidate(row), _score(row), row["is_blocked"]) for row in rows]


def numbers(tx: Tx, item_id: ItemId) -> dict[tuple[ArtworkKind, str, str], int]:
    """The ids of an item's candidates by kind, provider and reference."""
    query = sa.select(_CANDIDATE.c.kind, _CANDIDATE.c.provider, _CANDIDATE.c.reference, _CANDIDATE.c.id)
    rows = tx.rows(query.where(_CANDIDATE.c.item_id == item_id))
    return {(ArtworkKind(row["kind"]), row["provider"], row["reference"]): row["id"] for row in rows}


def offered(tx: Tx, item_id: ItemId, candidate_id: int) -> tuple[Candidate, bool]:
    """One candidate of an item, and whether a person blocked it. Raises NotFound."""
    query = sa.select(_CANDIDATE).where(_CANDIDATE.c.item_id == item_id, _CANDIDATE.c.id == candidate_id)
    row = tx.one(query)
    if row is None:
        raise NotFound(f"There is no candidate {candidate_id} for item {item_id}; see `metarr artwork list {item_id}`.")
    return _candidate(row), row["is_blocked"]


def block(tx: Tx, item_id: ItemId, candidate_id: int, *, is_blocked: bool) -> None:
    """A person does not want this picture of an item, or does again."""
    this = sa.and_(_CANDIDATE.c.item_id == item_id, _CANDIDATE.c.id == candidate_id)
    tx.execute(sa.update(_CANDIDATE).where(this).values(is_blocked=is_blocked))
    progress.choices(tx, item_id)


def blocked(tx: Tx, item_id: ItemId) -> list[int]:
    """The candidates that a person does not want."""
    query = sa.select(_CANDIDATE.c.id).where(_CANDIDATE.c.item_id == item_id, _CANDIDATE.c.is_blocked)
    return [row["id"] for row in tx.rows(query.order_by(_CANDIDATE.c.id))]


def first_pictures(tx: Tx, item_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Of each of these items the first picture of every kind: its sha256."""
    found: dict[int, dict[str, str]] = {}
    is_first = sa.and_(_CHOICE.c.item_id.in_(item_ids), _CHOICE.c.rank == 0)
    for row in tx.rows(sa.select(_CHOICE.c.item_id, _CHOICE.c.kind, _CHOICE.c.blob).where(is_first)):
        found.setdefault(row["item_id"], {})[row["kind"]] = row["blob"]
    return found


def arrange(tx: Tx, item_id: ItemId, kind: ArtworkKind, line: Sequence[Selection]) -> None:
    """The pictures of a kind, by rank from 0, in place of those that were chosen before."""
    before = {one.rank: one for one in selections(tx, item_id) if one.kind is kind}
    surplus = sa.and_(_CHOICE.c.item_id == item_id, _CHOICE.c.kind == kind, _CHOICE.c.rank >= len(line))
    tx.execute(sa.delete(_CHOICE).where(surplus))
    for place, one in enumerate(line):
        wanted = replace(one, rank=place)
        if wanted != before.get(place):
            choose(tx, item_id, wanted)
    progress.choices(tx, item_id)


def choose(tx: Tx, item_id: ItemId, selection: Selection) -> None:
    """Put a picture into a slot."""
    tx.run(_CHOOSE, _choice_row(item_id, selection))
    progress.choices(tx, item_id)


def _choice_row(item_id: ItemId, selection: Selection) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "kind": selection.kind.value,
        "rank": selection.rank,
        "blob": selection.blob,
        "candidate_id": selection.candidate_id,
        "chosen_by": selection.chosen_by.value,
    }


def remember_download(tx: Tx, candidate_id: int | None, sha256: str) -> None:
    """The candidate's bytes are in the cache: no need to fetch them again."""
    tx.execute(sa.update(_CANDIDATE).where(_CANDIDATE.c.id == candidate_id).values(blob=sha256))


def clear(tx: Tx, item_id: ItemId, slots: Iterable[tuple[ArtworkKind, int]]) -> None:
    """Empty these slots where the choice was automatic."""
    for kind, place in slots:
        slot = sa.and_(_CHOICE.c.item_id == item_id, _CHOICE.c.kind == kind, _CHOICE.c.rank == place)
        tx.execute(sa.delete(_CHOICE).where(slot, _CHOICE.c.chosen_by == ChosenBy.AUTO))
    progress.choices(tx, item_id)


def forget_automatic(tx: Tx, item_id: ItemId, locks: frozenset[str] = frozenset()) -> None:
    """The item turned out to be another one: what was chosen or on offer for the wrong one goes, locked kinds apart."""
    is_free = sa.and_(_CHOICE.c.chosen_by == ChosenBy.AUTO, ~_CHOICE.c.kind.in_(_kinds(locks)))
    tx.execute(sa.delete(_CHOICE).where(_CHOICE.c.item_id == item_id, is_free))
    in_use = sa.exists().where(_CHOICE.c.candidate_id == _CANDIDATE.c.id)
    mine = sa.and_(_CANDIDATE.c.item_id == item_id, _CANDIDATE.c.provider.not_in(OWN))
    tx.execute(sa.delete(_CANDIDATE).where(mine, ~in_use))
    progress.choices(tx, item_id)


def _kinds(locks: frozenset[str]) -> list[str]:
    return [kind.value for kind in ArtworkKind if f"artwork.{kind}" in locks]


def selections(tx: Tx, item_id: int) -> list[Selection]:
    """What is chosen for an item, by kind and rank."""
    return [
        Selection(
            kind=ArtworkKind(row["kind"]),
            rank=row["rank"],
            blob=row["blob"],
            extension=row["extension"],
            chosen_by=ChosenBy(row["chosen_by"]),
            candidate_id=row["candidate_id"],
            provider=row["provider"],
        )
        for row in tx.fetch(_CHOSEN_FOR, {"item_id": item_id})
    ]


def _score(row: sa.RowMapping) -> Score | None:
    return None if row["score"] is None else Score(row["score"], row["score_parts"] or {})


def _candidate(row: sa.RowMapping) -> Candidate:
    return Candidate(
        kind=ArtworkKind(row["kind"]),
        provider=row["provider"],
        url=row["url"],
        width=row["width"],
        height=row["height"],
        language=row["language"],
        vote_average=row["vote_average"],
        votes=row["votes"],
        blob=row["blob"],
        id=row["id"],
    )


def _blob(row: sa.RowMapping) -> Blob:
    return Blob(
        sha256=row["sha256"],
        extension=row["extension"],
        size=row["size"],
        origin=BlobOrigin(row["origin"]),
        width=row["width"],
        height=row["height"],
    )
