"""Artwork by a person's will: looking at what is on offer, choosing, bringing one's own, blocking, removing.

A choice, an upload and a removal lock their kind of artwork: nothing automatic touches it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr.actions.follow_up import follow_up
from metarr.errors import InvalidInput, NotFound, Permanent, Transient, Wait
from metarr.model.artwork import KINDS, ArtworkKind, Blob, BlobOrigin, Candidate, ChosenBy, Selection
from metarr.model.job import JobKind
from metarr.phases.base import in_thread
from metarr.phases.enrich.images import MAX_BYTES, FetchedImage, examine
from metarr.phases.enrich.score import Wanted, language_rank, score
from metarr.store import artwork, items, libraries, locks, settings
from metarr.store.locks import LockedBy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metarr.actions.installation import Installation
    from metarr.actions.phases import Submitted
    from metarr.model.artwork import Score
    from metarr.model.media import Item
    from metarr.store.db import Tx


Check = Callable[["Tx"], None]
_CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def _unchecked(_tx: Tx) -> None:
    """Whatever the item is by now."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a picture's bytes lie, and what they are."""

    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A candidate as a person sees it. `rank`: where it is chosen, None: it is not."""

    candidate: Candidate
    score: Score | None
    is_blocked: bool
    rank: int | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A chosen picture, and in a few words why it was chosen."""

    selection: Selection
    why: str


@dataclass(frozen=True, slots=True)
class KindOfArtwork:
    """All about one kind of artwork of an item; `offers` best first, `slots` by rank."""

    kind: ArtworkKind
    is_locked: bool
    slots: tuple[Slot, ...]
    offers: tuple[Offer, ...]


def listed(tx: Tx, item_id: int) -> tuple[KindOfArtwork, ...]:
    """Every kind of artwork that the item can have or has. Raises NotFound."""
    item = items.get(tx, item_id)
    wanted = _wanted(tx, item)
    rows = artwork.candidates(tx, item.id)
    chosen = artwork.selections(tx, item.id)
    kinds = set(KINDS[item.kind]) | {one.kind for one in chosen}
    return tuple(
        _kind(
            item,
            kind,
            [row for row in rows if row[0].kind is kind],
            [one for one in chosen if one.kind is kind],
            wanted,
        )
        for kind in ArtworkKind
        if kind in kinds
    )


async def choose(
    house: Installation, item_id: int, candidate_id: int, rank: int = 0, check: Check = _unchecked
) -> Submitted:
    """Put a candidate into a slot. It is fetched first where it is not in the cache yet; a block of it ends.

    `check` is called first in the transaction that changes the item; what it raises ends the change.
    """
    candidate, _ = await house.store.read(lambda tx: artwork.offered(tx, items.get(tx, item_id).id, candidate_id))
    blob = await _held(house, candidate)

    def body(tx: Tx) -> Submitted:
        check(tx)
        item = items.get(tx, item_id)
        known, _ = artwork.offered(tx, item.id, candidate_id)
        artwork.add_blob(tx, blob)
        artwork.remember_download(tx, known.id, blob.sha256)
        artwork.block(tx, item.id, candidate_id, is_blocked=False)
        return _put(tx, item, _selection(known, blob), rank, LockedBy.CHOICE)

    return await house.store.write(body)


async def upload(
    house: Installation, item_id: int, kind: ArtworkKind, data: bytes, rank: int = 0, check: Check = _unchecked
) -> Submitted:
    """Put a picture that a person brings into a slot. What is no picture, or too large a one, is refused."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"The picture has {len(data)} bytes; {MAX_BYTES} are allowed.")
    await house.store.read(lambda tx: _check(items.get(tx, item_id), kind))
    try:
        image = await in_thread(examine, data, "the upload")
    except Permanent as error:
        raise InvalidInput(str(error)) from error
    return await _keep(house, item_id, Candidate(kind, artwork.UPLOADED), image, rank, check)


async def fetch(
    house: Installation, item_id: int, kind: ArtworkKind, url: str, rank: int = 0, check: Check = _unchecked
) -> Submitted:
    """Put the picture at an address into a slot. Whatever is wrong there, it is the address that can be put right."""
    await house.store.read(lambda tx: _check(items.get(tx, item_id), kind))
    try:
        image = await _fetched(house, url)
    except (Transient, Wait) as error:
        raise InvalidInput(f"The picture cannot be had from there now: {error}") from error
    return await _keep(house, item_id, Candidate(kind, artwork.UPLOADED, url), image, rank, check)


def remove(tx: Tx, item_id: int, kind: ArtworkKind, rank: int) -> Submitted:
    """Empty a slot; those after it move up. Raises NotFound."""
    item = items.get(tx, item_id)
    line = _line(tx, item, kind)
    if not any(one.rank == rank for one in line):
        raise NotFound(f"Item {item_id} has no {kind} at rank {rank}.")
    artwork.arrange(tx, item.id, kind, [one for one in line if one.rank != rank])
    return _changed(tx, item, kind, LockedBy.CHOICE, JobKind.PUBLISH)


def reorder(tx: Tx, item_id: int, kind: ArtworkKind, blobs: Sequence[str]) -> Submitted:
    """The chosen pictures of a kind in another order; each is named by its sha256. Raises InvalidInput."""
    item = items.get(tx, item_id)
    line = {one.blob: one for one in _line(tx, item, kind)}
    if sorted(blobs) != sorted(line) or not line:
        raise InvalidInput(f"Name each of the {len(line)} pictures that are chosen as {kind} of item {item_id} once.")
    artwork.arrange(tx, item.id, kind, [line[blob] for blob in blobs])
    return _changed(tx, item, kind, LockedBy.CHOICE, JobKind.PUBLISH)


def move(tx: Tx, item_id: int, kind: ArtworkKind, blob: str, places: int) -> Submitted:
    """A chosen picture some places further on (below 0: further ahead), as far as there are. Raises InvalidInput."""
    order = [one.blob for one in _line(tx, items.get(tx, item_id), kind)]
    if blob not in order:
        raise InvalidInput(f"{blob} is not chosen as {kind} of item {item_id}.")
    place = order.index(blob)
    order.insert(max(0, place + places), order.pop(place))
    return reorder(tx, item_id, kind, order)


async def picture(house: Installation, sha256: str) -> Picture:
    """A picture of the cache, by its content. Raises NotFound; what is no picture is not shown either."""
    blob = (await house.store.read(lambda tx: artwork.blobs(tx, [sha256]))).get(sha256)
    content_type = None if blob is None else _CONTENT_TYPES.get(blob.extension)
    if blob is None or content_type is None or not await in_thread(house.blobs.has, blob.sha256, blob.extension):
        raise NotFound(f"There is no picture {sha256}.")
    return Picture(house.blobs.path(blob.sha256, blob.extension), content_type)


def block(tx: Tx, item_id: int, candidate_id: int) -> Submitted:
    """Never choose this picture for the item. Where it was chosen, the next best takes its place."""
    item = items.get(tx, item_id)
    candidate, _ = artwork.offered(tx, item.id, candidate_id)
    artwork.block(tx, item.id, candidate_id, is_blocked=True)
    line = _line(tx, item, candidate.kind)
    rest = [one for one in line if one.candidate_id != candidate_id]
    if len(rest) < len(line):
        artwork.arrange(tx, item.id, candidate.kind, rest)
        items.touch(tx, item.id)
    return follow_up(tx, item, JobKind.ENRICH)


def unblock(tx: Tx, item_id: int, candidate_id: int) -> Submitted:
    """The picture may be chosen again."""
    item = items.get(tx, item_id)
    artwork.offered(tx, item.id, candidate_id)
    artwork.block(tx, item.id, candidate_id, is_blocked=False)
    return follow_up(tx, item, JobKind.ENRICH)


def placed(line: Sequence[Selection], new: Selection, rank: int) -> list[Selection]:
    """The chosen pictures of a kind with a new one at a rank, in place of what was there.

    A picture that was chosen already changes places with the other. Beyond the last rank means after it.
    """
    rest = list(line)
    held = next((place for place, one in enumerate(rest) if one.blob == new.blob), None)
    if held is None:
        rest[rank : rank + 1] = [new]
        return rest
    place = min(rank, len(rest) - 1)
    rest[held], rest[place] = rest[place], new
    return rest


def why(selection: Selection, offers: Sequence[Offer]) -> str:
    """Why this picture, in a few words."""
    match selection.chosen_by:
        case ChosenBy.USER:
            return "a person chose it"
        case ChosenBy.FOUND:
            return "it lay in the folder"
        case ChosenBy.AUTO:
            return _why_best(selection, offers)


def _why_best(selection: Selection, offers: Sequence[Offer]) -> str:
    place = next((place for place, one in enumerate(offers) if one.candidate.id == selection.candidate_id), None)
    if place is None or (points := offers[place].score) is None:
        return "nobody offers it any more, and nothing better came"
    passed = sum(1 for one in offers[:place] if one.rank is None)
    parts = ", ".join(f"{name} {value:g}" for name, value in points.parts.items())
    words = f"number {place + 1} of {len(offers)} on offer: {points.total:g} points ({parts})"
    return f"{words}; {passed} better placed were blocked, not to be had or alike" if passed else words


def _kind(
    item: Item,
    kind: ArtworkKind,
    rows: Sequence[tuple[Candidate, Score | None, bool]],
    chosen: Sequence[Selection],
    wanted: Wanted,
) -> KindOfArtwork:
    ranks = {one.candidate_id: one.rank for one in chosen if one.candidate_id is not None}
    best_first = sorted(rows, key=lambda row: (language_rank(row[0], wanted), -(row[1].total if row[1] else 0.0)))
    offers = tuple(
        Offer(candidate, points, is_blocked, None if candidate.id is None else ranks.get(candidate.id))
        for candidate, points, is_blocked in best_first
    )
    slots = tuple(Slot(one, why(one, offers)) for one in chosen)
    return KindOfArtwork(kind, f"artwork.{kind}" in item.locks, slots, offers)


async def _held(house: Installation, candidate: Candidate) -> Blob:
    """The candidate's bytes in the cache: from an earlier fetch, from the library, or fetched now."""
    sha256 = candidate.blob
    if sha256 is not None:
        blob = (await house.store.read(lambda tx: artwork.blobs(tx, [sha256]))).get(sha256)
        if blob is not None and house.blobs.has(blob.sha256, blob.extension):
            return blob
    if candidate.url is None:
        raise NotFound(f"The cache has lost the picture of candidate {candidate.id}; scan its folder again.")
    origin = BlobOrigin.UPLOAD if candidate.provider == artwork.UPLOADED else BlobOrigin.PROVIDER
    return await _stored(house, await _fetched(house, candidate.url), origin)


async def _fetched(house: Installation, url: str) -> FetchedImage:
    try:
        image = await house.images.fetch(url)
    except Permanent as error:
        raise InvalidInput(str(error)) from error
    if image is None:
        raise NotFound(f"There is no picture at {url} any more.")
    return image


async def _stored(house: Installation, image: FetchedImage, origin: BlobOrigin) -> Blob:
    stored = await in_thread(house.blobs.put, image.data, image.extension)
    return Blob(stored.sha256, stored.extension, stored.size, origin, image.width, image.height)


async def _keep(
    house: Installation, item_id: int, brought: Candidate, image: FetchedImage, rank: int, check: Check
) -> Submitted:
    """Bytes that a person brought: kept for ever, a candidate like others, and chosen."""
    blob = await _stored(house, image, BlobOrigin.UPLOAD)
    candidate = replace(brought, width=image.width, height=image.height, blob=blob.sha256)

    def body(tx: Tx) -> Submitted:
        check(tx)
        item = items.get(tx, item_id)
        _check(item, candidate.kind)
        artwork.add_blob(tx, blob)
        artwork.save_candidates(tx, item.id, [(candidate, score(candidate, _wanted(tx, item)))])
        known = next(one for one, *_ in artwork.candidates(tx, item.id) if _is_same(one, candidate))
        artwork.remember_download(tx, known.id, blob.sha256)
        return _put(tx, item, _selection(known, blob), rank, LockedBy.UPLOAD)

    return await house.store.write(body)


def _put(tx: Tx, item: Item, new: Selection, rank: int, by: LockedBy) -> Submitted:
    artwork.arrange(tx, item.id, new.kind, placed(_line(tx, item, new.kind), new, rank))
    return _changed(tx, item, new.kind, by, JobKind.PUBLISH)


def _changed(tx: Tx, item: Item, kind: ArtworkKind, by: LockedBy, then: JobKind) -> Submitted:
    locks.set_locks(tx, item.id, [f"artwork.{kind}"], by)
    items.touch(tx, item.id)
    return follow_up(tx, item, then)


def _selection(candidate: Candidate, blob: Blob) -> Selection:
    return Selection(candidate.kind, 0, blob.sha256, blob.extension, ChosenBy.USER, candidate.id)


def _line(tx: Tx, item: Item, kind: ArtworkKind) -> list[Selection]:
    return [one for one in artwork.selections(tx, item.id) if one.kind is kind]


def _is_same(one: Candidate, other: Candidate) -> bool:
    return (one.kind, one.provider, artwork.reference(one)) == (other.kind, other.provider, artwork.reference(other))


def _wanted(tx: Tx, item: Item) -> Wanted:
    """Without an order of providers: what a person brings has none, and stored scores have theirs."""
    chosen = settings.load(tx)
    languages = libraries.get(tx, item.library_id).languages or chosen.languages
    return Wanted(languages, (), item.metadata.original_language, item.kind, chosen.enrichment)


def _check(item: Item, kind: ArtworkKind) -> None:
    if kind not in KINDS[item.kind]:
        known = ", ".join(one.value for one in ArtworkKind if one in KINDS[item.kind])
        raise InvalidInput(f"A {item.kind} has no {kind}; there are {known}.")
