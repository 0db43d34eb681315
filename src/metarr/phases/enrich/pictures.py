"""Fetching what was chosen, and only that: each picture is verified, near-duplicates give way to the next.

Bytes go into the cache first and are rows only when the job is settled, so a crash leaves orphans, never gaps.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from metarr.errors import NotFound, Permanent, Transient, Wait
from metarr.model.artwork import Blob, BlobOrigin, ChosenBy, Selection
from metarr.phases.base import in_thread
from metarr.phases.enrich.images import FetchedImage, examine
from metarr.phases.enrich.select import ANY_LANGUAGE, Look, are_alike
from metarr.store import artwork, items, people

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping, Sequence

    from metarr.model.artwork import ArtworkKind, Candidate, Score
    from metarr.model.media import Item
    from metarr.phases.base import JobContext
    from metarr.phases.enrich.images import ImageClient
    from metarr.phases.enrich.select import Picks, Ranked
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

T = TypeVar("T")
_PORTRAITS_AT_ONCE = 8
_MOMENT = timedelta(seconds=5)  # not worth doing an item over


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture that is in the cache now."""

    blob: Blob
    look: Look


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate that got a rank, by the reference under which its row will be found."""

    kind: ArtworkKind
    rank: int
    candidate: Candidate
    blob: Blob

    def selection(self, candidate_id: int | None) -> Selection:
        """The choice as a row."""
        return Selection(self.kind, self.rank, self.blob.sha256, self.blob.extension, ChosenBy.AUTO, candidate_id)


@dataclass(frozen=True, slots=True)
class Gallery:
    """All that enrichment decided about pictures, to be recorded at once."""

    scored: tuple[tuple[Candidate, Score], ...]
    chosen: tuple[Choice, ...] = ()
    decided: frozenset[tuple[ArtworkKind, int]] = frozenset()  # slots whose automatic choice this replaces
    portraits: Mapping[str, Blob] = field(default_factory=dict)  # by address
    passed: tuple[tuple[Candidate, Blob], ...] = ()  # fetched, but they look like a better one
    regained: tuple[tuple[Selection, Blob], ...] = ()  # chosen before, and what is to be had of them after a loss

    def save(self, tx: Tx, item: Item) -> None:
        """Candidates with scores, choices, head shots. The item's revision grows when what is published changes.

        Slots that a person filled or locked meanwhile stay as they are.
        """
        self._save_offers(tx, item)
        before = artwork.selections(tx, item.id)
        for lost, blob in self.regained:
            artwork.add_blob(tx, blob)
            artwork.remember_download(tx, lost.candidate_id, blob.sha256)
            if lost in before:
                artwork.choose(tx, item.id, replace(lost, blob=blob.sha256, extension=blob.extension))
        taken = {(one.kind, one.rank) for one in before if one.chosen_by is not ChosenBy.AUTO}
        filled = set(taken)
        numbers = artwork.numbers(tx, item.id)
        for choice in self.chosen:
            if (choice.kind, choice.rank) not in taken and f"artwork.{choice.kind}" not in item.locks:
                filled.add((choice.kind, choice.rank))
                artwork.choose(tx, item.id, choice.selection(numbers[_key(choice.candidate)]))
        unlocked = [(kind, place) for kind, place in self.decided if f"artwork.{kind}" not in item.locks]
        artwork.clear(tx, item.id, [slot for slot in unlocked if slot not in filled])
        for url, blob in self.portraits.items():
            artwork.add_blob(tx, blob)
            people.save_portrait(tx, url, blob.sha256)
        if self.portraits or artwork.selections(tx, item.id) != before:
            items.touch(tx, item.id)

    def _save_offers(self, tx: Tx, item: Item) -> None:
        """All candidates; those that were fetched with their bytes, so that nobody fetches them again."""
        fetched = {_key(one.candidate): one.blob for one in self.chosen}
        fetched.update((_key(candidate), blob) for candidate, blob in self.passed)
        for blob in fetched.values():
            artwork.add_blob(tx, blob)
        had = ((one, fetched.get(_key(one)), points) for one, points in self.scored)
        offers = [(replace(one, blob=blob.sha256) if blob else one, points) for one, blob, points in had]
        artwork.save_candidates(tx, item.id, offers)


class Pictures:
    """Downloads pictures into the cache."""

    def __init__(self, client: ImageClient, blobs: Blobs) -> None:
        self._client = client
        self._blobs = blobs

    async def choose(
        self, scored: Sequence[tuple[Candidate, Score]], picks: Mapping[ArtworkKind, Picks], context: JobContext
    ) -> Gallery:
        """Fill the free ranks of every kind. A picture that is broken or looks like one before it is passed over."""
        kinds = await _together(self._fill(pick, context) for pick in picks.values())
        decided = frozenset((kind, place) for kind, pick in picks.items() for place in pick.ranks)
        kept = {(one.kind, one.rank) for pick in picks.values() for one in pick.fallback}
        chosen = tuple(choice for choices, _ in kinds for choice in choices)
        passed = tuple(one for _, others in kinds for one in others)
        return Gallery(tuple(scored), chosen, decided - kept, passed=passed)

    async def regain(
        self, chosen: Sequence[Selection], offered: Sequence[Candidate], context: JobContext
    ) -> tuple[tuple[Selection, Blob], ...]:
        """Of what was chosen, whosever choice it was, that which the cache lost, from where it once came.

        Mostly these are the very bytes; where their provider made others of them, they are what is chosen now.
        """
        if not chosen:
            return ()
        known = await context.store.read(lambda tx: artwork.blobs(tx, [one.blob for one in chosen]))
        addresses = {one.id: one.url for one in offered if one.id is not None and one.url is not None}
        lost = [
            (one, addresses[one.candidate_id])
            for one in chosen
            if one.candidate_id in addresses and not self._is_whole(known.get(one.blob))
        ]
        images = await _together(self._fetch(url) for _, url in lost)
        found = [(one, image) for (one, _), image in zip(lost, images, strict=True) if image is not None]
        blobs = await self._keep([image for _, image in found])
        return tuple((one, blob) for (one, _), blob in zip(found, blobs, strict=True))

    def _is_whole(self, blob: Blob | None) -> bool:
        return blob is not None and self._blobs.holds(blob.sha256, blob.extension, blob.size)

    async def portraits(self, urls: Sequence[str], context: JobContext) -> dict[str, Blob]:
        """Head shots that are not in the cache yet, by address. One that cannot be had is no reason to fail."""
        known = await context.store.read(lambda tx: _cached_portraits(tx, urls))
        missing = [
            url
            for url in dict.fromkeys(urls)
            if url not in known or not self._blobs.has(known[url].sha256, known[url].extension)
        ]
        limit = asyncio.Semaphore(_PORTRAITS_AT_ONCE)

        async def one(url: str) -> FetchedImage | None:
            async with limit:
                return await self._fetch(url)

        images = await _together(map(one, missing))
        found = {url: image for url, image in zip(missing, images, strict=True) if image is not None}
        return dict(zip(found, await self._keep(list(found.values())), strict=True))

    async def _fill(self, pick: Picks, context: JobContext) -> tuple[list[Choice], list[tuple[Candidate, Blob]]]:
        """The choices, and what was fetched but looks like one of them.

        As many as places are free are fetched side by side: one after the other would need every one of them, too.
        """
        choices: list[Choice] = []
        passed: list[tuple[Candidate, Blob]] = []
        looks = await self._looks_before(pick, context) if pick.queue else []
        queue, free = iter(pick.queue), deque(pick.ranks)
        while free and (tried := list(islice(queue, len(free)))):
            for ranked, fetched in zip(tried, await self._had(tried, context), strict=True):
                if fetched is None:
                    continue
                if any(are_alike(fetched.look, look) for look in looks):
                    passed.append((ranked.candidate, fetched.blob))
                    continue
                looks.append(fetched.look)
                choices.append(Choice(ranked.candidate.kind, free.popleft(), ranked.candidate, fetched.blob))
        return choices, passed

    async def _looks_before(self, pick: Picks, context: JobContext) -> list[Look]:
        """Of what stays and of what is blocked: nothing that looks like it is chosen."""
        kept = [(one.blob, pick.languages.get(one.blob, ANY_LANGUAGE)) for one in pick.kept]
        blocked = [(one.blob, one.language) for one in pick.blocked if one.blob is not None]
        found = [await self._cached(sha256, language, context) for sha256, language in (*kept, *blocked)]
        return [fetched.look for fetched in found if fetched is not None]

    async def _had(self, tried: Sequence[Ranked], context: JobContext) -> list[Fetched | None]:
        """Each from the cache when an earlier run fetched it, else from its provider."""
        found = await _together(self._one(ranked, context) for ranked in tried)
        images = [one for one in found if isinstance(one, FetchedImage)]
        blobs = iter(await self._keep(images))
        return [
            Fetched(next(blobs), Look(one.phash, ranked.candidate.language)) if isinstance(one, FetchedImage) else one
            for ranked, one in zip(tried, found, strict=True)
        ]

    async def _one(self, ranked: Ranked, context: JobContext) -> Fetched | FetchedImage | None:
        candidate = ranked.candidate
        sha256 = ranked.chosen.blob if ranked.chosen else candidate.blob
        cached = None if sha256 is None else await self._cached(sha256, candidate.language, context)
        if cached is not None or candidate.url is None:
            return cached
        return await self._fetch(candidate.url)

    async def _cached(self, sha256: str, language: str | None, context: JobContext) -> Fetched | None:
        """None where the cache does not have it, or what it has is no picture."""
        rows = await context.store.read(lambda tx: artwork.blobs(tx, [sha256]))
        blob = rows.get(sha256)
        if blob is None or not self._blobs.has(blob.sha256, blob.extension):
            return None
        try:
            data = await in_thread(self._blobs.read, blob.sha256, blob.extension)
            seen = await in_thread(examine, data, blob.sha256)
        except (NotFound, Permanent):
            return None
        return Fetched(blob, Look(seen.phash, language))

    async def _fetch(self, url: str) -> FetchedImage | None:
        """None when there is no usable picture there (any more), now or after a second try: the next one is taken.

        A server that wants a moment gets it here, or the whole item would be done over.
        """
        try:
            return await self._client.fetch(url)
        except Permanent:
            return None
        except Wait as wait:
            if wait.delay > _MOMENT:
                raise
            await asyncio.sleep(wait.delay.total_seconds())
        except Transient:
            pass  # at once
        try:
            return await self._client.fetch(url)
        except (Permanent, Transient):
            return None

    async def _keep(self, images: Sequence[FetchedImage]) -> list[Blob]:
        """Into the cache, in one go."""
        if not images:
            return []
        stored = await in_thread(self._blobs.put_many, [(image.data, image.extension) for image in images])
        return [
            Blob(one.sha256, one.extension, one.size, BlobOrigin.PROVIDER, image.width, image.height)
            for one, image in zip(stored, images, strict=True)
        ]


async def _together(work: Iterable[Coroutine[None, None, T]]) -> list[T]:
    """The results of all of these. What is still going on when one fails ends with it."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _key(candidate: Candidate) -> tuple[ArtworkKind, str, str]:
    """By which its row is found."""
    return candidate.kind, candidate.provider, artwork.reference(candidate)


def _cached_portraits(tx: Tx, urls: Sequence[str]) -> dict[str, Blob]:
    hashes = people.known_portraits(tx, list(urls))
    known = artwork.blobs(tx, hashes.values())
    return {url: known[sha256] for url, sha256 in hashes.items() if sha256 in known}
