"""Fetching what was chosen, and only that: each picture is verified, near-duplicates give way to the next.

Bytes go into the cache first and are rows only when the job is settled, so a crash leaves orphans, never gaps.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.errors import NotFound, Permanent, Transient
from metarr.model.artwork import Blob, BlobOrigin, ChosenBy, Selection
from metarr.phases.base import in_thread
from metarr.phases.enrich.images import examine
from metarr.phases.enrich.select import ANY_LANGUAGE, Look, are_alike
from metarr.store import artwork, items, people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.artwork import ArtworkKind, Candidate, Score
    from metarr.model.media import Item
    from metarr.phases.base import JobContext
    from metarr.phases.enrich.images import ImageClient
    from metarr.phases.enrich.select import Picks, Ranked
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_PORTRAITS_AT_ONCE = 8


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

    def save(self, tx: Tx, item: Item) -> None:
        """Candidates with scores, choices, head shots. The item's revision grows when what is published changes.

        Slots that a person filled or locked meanwhile stay as they are.
        """
        artwork.save_candidates(tx, item.id, self.scored)
        before = artwork.selections(tx, item.id)
        taken = {(one.kind, one.rank) for one in before if one.chosen_by is not ChosenBy.AUTO}
        filled = set(taken)
        ids = {(one.kind, one.provider, artwork.reference(one)): one.id for one, *_ in artwork.candidates(tx, item.id)}
        for choice in self.chosen:
            artwork.add_blob(tx, choice.blob)
            candidate_id = ids[choice.kind, choice.candidate.provider, artwork.reference(choice.candidate)]
            artwork.remember_download(tx, candidate_id, choice.blob.sha256)
            if (choice.kind, choice.rank) not in taken and f"artwork.{choice.kind}" not in item.locks:
                filled.add((choice.kind, choice.rank))
                artwork.choose(tx, item.id, choice.selection(candidate_id))
        unlocked = [(kind, place) for kind, place in self.decided if f"artwork.{kind}" not in item.locks]
        artwork.clear(tx, item.id, [slot for slot in unlocked if slot not in filled])
        for url, blob in self.portraits.items():
            artwork.add_blob(tx, blob)
            people.save_portrait(tx, url, blob.sha256)
        if artwork.selections(tx, item.id) != before or self.portraits:
            items.touch(tx, item.id)


class Pictures:
    """Downloads pictures into the cache."""

    def __init__(self, client: ImageClient, blobs: Blobs) -> None:
        self._client = client
        self._blobs = blobs

    async def choose(
        self, scored: Sequence[tuple[Candidate, Score]], picks: Mapping[ArtworkKind, Picks], context: JobContext
    ) -> Gallery:
        """Fill the free ranks of every kind. A picture that is broken or looks like one before it is passed over."""
        kinds = await asyncio.gather(*(self._fill(pick, context) for pick in picks.values()))
        decided = frozenset((kind, place) for kind, pick in picks.items() for place in pick.ranks)
        kept = {(one.kind, one.rank) for pick in picks.values() for one in pick.fallback}
        chosen = tuple(choice for choices in kinds for choice in choices)
        return Gallery(tuple(scored), chosen, decided - kept)

    async def portraits(self, urls: Sequence[str], context: JobContext) -> dict[str, Blob]:
        """Head shots that are not in the cache yet, by address. One that cannot be had is no reason to fail."""
        known = await context.store.read(lambda tx: _cached_portraits(tx, urls))
        missing = [
            url
            for url in dict.fromkeys(urls)
            if url not in known or not self._blobs.has(known[url].sha256, known[url].extension)
        ]
        limit = asyncio.Semaphore(_PORTRAITS_AT_ONCE)

        async def one(url: str) -> tuple[str, Blob | None]:
            async with limit:
                fetched = await self._fetch(url, None)
                return url, fetched.blob if fetched else None

        return {url: blob for url, blob in await asyncio.gather(*map(one, missing)) if blob is not None}

    async def _fill(self, pick: Picks, context: JobContext) -> list[Choice]:
        choices: list[Choice] = []
        looks = await self._looks_before(pick, context) if pick.queue else []
        queue = iter(pick.queue)
        for place in pick.ranks:
            for ranked in queue:
                fetched = await self._had(ranked, context)
                if fetched is None or any(are_alike(fetched.look, look) for look in looks):
                    continue
                looks.append(fetched.look)
                choices.append(Choice(ranked.candidate.kind, place, ranked.candidate, fetched.blob))
                break
        return choices

    async def _looks_before(self, pick: Picks, context: JobContext) -> list[Look]:
        """Of what stays and of what is blocked: nothing that looks like it is chosen."""
        kept = [(one.blob, pick.languages.get(one.blob, ANY_LANGUAGE)) for one in pick.kept]
        blocked = [(one.blob, one.language) for one in pick.blocked if one.blob is not None]
        found = [await self._cached(sha256, language, context) for sha256, language in (*kept, *blocked)]
        return [fetched.look for fetched in found if fetched is not None]

    async def _had(self, ranked: Ranked, context: JobContext) -> Fetched | None:
        """From the cache when an earlier run fetched it, else from the provider."""
        candidate = ranked.candidate
        sha256 = ranked.chosen.blob if ranked.chosen else candidate.blob
        cached = None if sha256 is None else await self._cached(sha256, candidate.language, context)
        if cached is not None or candidate.url is None:
            return cached
        return await self._fetch(candidate.url, candidate.language)

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

    async def _fetch(self, url: str, language: str | None) -> Fetched | None:
        """None when there is no usable picture there (any more), now or after a second try: the next one is taken."""
        try:
            image = await self._client.fetch(url)
        except Permanent:
            return None
        except Transient:
            try:
                image = await self._client.fetch(url)
            except (Permanent, Transient):
                return None
        if image is None:
            return None
        stored = await in_thread(self._blobs.put, image.data, image.extension)
        blob = Blob(stored.sha256, stored.extension, stored.size, BlobOrigin.PROVIDER, image.width, image.height)
        return Fetched(blob, Look(image.phash, language))


def _cached_portraits(tx: Tx, urls: Sequence[str]) -> dict[str, Blob]:
    hashes = people.known_portraits(tx, list(urls))
    known = artwork.blobs(tx, hashes.values())
    return {url: known[sha256] for url, sha256 in hashes.items() if sha256 in known}
