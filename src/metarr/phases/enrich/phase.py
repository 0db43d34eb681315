"""Phase 2, enrichment: from an identity to metadata and chosen artwork, from every provider that answers.

Absent is an answer, failed is a fault: a provider that does not know the movie is believed, one that broke down is
asked again. A provider whose key is refused is said once, and the chain goes on without it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import InvalidInput
from metarr.jobs import policy
from metarr.model.artwork import ArtworkKind
from metarr.model.job import Done, Job, JobKind
from metarr.model.media import ExternalIds, FileRole, Identity
from metarr.model.merge import merge
from metarr.phases.enrich.match import Match, match
from metarr.phases.enrich.match import Wanted as WantedTitle
from metarr.phases.enrich.pictures import Gallery, Pictures
from metarr.phases.enrich.score import Wanted
from metarr.phases.enrich.select import rank, select
from metarr.providers.base import BadKey, Finder, MetadataSource, ProviderMovie
from metarr.store import artwork, files, health, items, people, reviews
from metarr.store.db import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.artwork import Candidate, Selection
    from metarr.model.media import Item, ItemId, MediaFile
    from metarr.model.merge import Merged
    from metarr.model.search import SearchHit
    from metarr.phases.base import JobContext
    from metarr.phases.enrich.images import ImageClient
    from metarr.phases.enrich.select import Picks
    from metarr.providers.base import Connection
    from metarr.settings import Settings
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

NFO_SOURCES = ("nfo",)  # by a person or an unknown hand: before the providers
LAST_SOURCES = ("managed-nfo", "name")  # by Radarr, Sonarr, Jellyfin, or read from the file's name: after them


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of an item before it is enriched."""

    item: Item
    files: tuple[MediaFile, ...]
    selections: tuple[Selection, ...]
    candidates: tuple[Candidate, ...]
    blocked: frozenset[str]  # references of candidates that a person does not want


@dataclass(frozen=True, slots=True)
class Answers:
    """What the providers said: `movies` by provider, None = it does not know it; `refused` keys by provider."""

    movies: Mapping[str, ProviderMovie | None] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Enriched:
    """What to record. `question` set: a person decides what the item is. `gallery` None: nothing was learnt."""

    item_id: ItemId
    ids: ExternalIds = field(default_factory=ExternalIds)
    answers: Answers = field(default_factory=Answers)
    gallery: Gallery | None = None
    question: Match | None = None


class Enrich:
    """Asks the providers about one movie."""

    kind: ClassVar[JobKind] = JobKind.ENRICH

    def __init__(self, providers: Mapping[str, Connection], blobs: Blobs, images: ImageClient) -> None:
        self._providers = providers
        self._pictures = Pictures(images, blobs)

    async def run(self, job: Job, context: JobContext, /) -> Done[Enriched]:
        """Raises Wait or Transient when no provider could answer."""
        if job.item_id is None:
            raise InvalidInput("an enrich job needs an item")
        item_id, settings = job.item_id, context.conditions.settings
        known = await context.store.read(lambda tx: _known(tx, item_id))
        item = known.item
        if item.kind not in policy.CHAINED_KINDS:
            return Done(Enriched(item_id), "not enriched: shows, seasons and episodes are only scanned so far")
        if item.identity in {Identity.REVIEW, Identity.LOCAL}:
            return Done(Enriched(item_id), f"not enriched: it is {_STATE[item.identity]}")
        ids = item.metadata.ids
        if not ids:
            ids, question, refused = await self._search(known)
            if not ids:
                return Done(Enriched(item_id, answers=Answers(refused=refused), question=question), "not identified")
        answers = await self._ask(ids, settings)
        if all(movie is None for movie in answers.movies.values()):
            words = "no provider knows it" if answers.movies else "no provider accepts our key"
            return Done(Enriched(item_id, ids, answers), words)
        merged = _merge(item, ids, answers)
        await context.report(30, "metadata fetched")
        gallery = await self._gallery(known, merged, answers, settings, context)
        return Done(Enriched(item_id, ids, answers, gallery), _summary(merged, gallery))

    def record(self, tx: Tx, _job: Job, result: Enriched, /) -> Sequence[ItemId]:
        """Metadata, people, candidates and choices; nothing is marked enriched that was not.

        Everything is decided again on what the item is now: a person may have edited, locked or re-identified it.
        """
        for provider, text in result.answers.refused.items():
            health.report(tx, f"{provider}:key", text)
        for provider in result.answers.movies:
            health.clear(tx, f"{provider}:key")
        item = items.get(tx, result.item_id)
        if _is_overtaken(item, result):
            return ()  # it is another film now; its own job is on the way
        if result.question is not None:
            _ask_person(tx, item, result.question)
        elif result.gallery is not None:
            _save(tx, item, _merge(item, result.ids, result.answers))
            result.gallery.save(tx, item)
        elif result.answers.movies:
            items.update(tx, item.id, enriched_at=NOW)
            reviews.ask_identity(tx, item.id, "no provider knows this id", [item.metadata.ids.as_dict()])
        return [item.id]

    async def _search(self, known: Known) -> tuple[ExternalIds, Match | None, dict[str, str]]:
        """The ids of a film of which only title and year are known: accepted only when one hit is clearly best."""
        metadata = known.item.metadata
        if not metadata.title:
            return ExternalIds(), None, {}
        wanted = WantedTitle((metadata.title,), metadata.year, _minutes(known.files))
        hits: list[SearchHit] = []
        refused: dict[str, str] = {}
        for name, provider in self._providers.items():
            if isinstance(provider, Finder):
                try:
                    hits += await provider.search_movie(metadata.title, metadata.year)
                except BadKey as error:
                    refused[name] = str(error)
        if refused and not hits:
            return ExternalIds(), None, refused
        found = match(wanted, hits)
        return (found.best.ids, None, refused) if found.best else (ExternalIds(), found, refused)

    async def _ask(self, ids: ExternalIds, settings: Settings) -> Answers:
        sources = {name: source for name, source in self._providers.items() if isinstance(source, MetadataSource)}
        replies = await asyncio.gather(
            *(source.movie(ids, settings.languages) for source in sources.values()), return_exceptions=True
        )
        movies: dict[str, ProviderMovie | None] = {}
        refused: dict[str, str] = {}
        faults: list[BaseException] = []
        for name, reply in zip(sources, replies, strict=True):
            if isinstance(reply, BadKey):
                refused[name] = str(reply)
            elif isinstance(reply, BaseException):
                faults.append(reply)
            else:
                movies[name] = reply
        if faults and not any(movies.values()):
            raise faults[0]
        return Answers(movies, refused)

    async def _gallery(
        self, known: Known, merged: Merged, answers: Answers, settings: Settings, context: JobContext
    ) -> Gallery:
        wanted = Wanted(settings.languages, tuple(self._providers), merged.metadata.original_language)
        offered = _offered(known, answers)
        usable = [one for one in offered if artwork.reference(one) not in known.blocked]
        limits = settings.enrichment.artwork_limits
        picks: Mapping[ArtworkKind, Picks] = {}
        if settings.phase_config.enrichment.auto_select_assets:
            picks = select(usable, known.selections, limits, known.item.locks, wanted)
        scored = rank(offered, wanted)
        gallery = await self._pictures.choose(scored, picks, context)
        urls = [actor.portrait_url for actor in merged.metadata.cast[: settings.publishing.actor_pictures]]
        portraits = await self._pictures.portraits([url for url in urls if url], context)
        return replace(gallery, portraits=portraits)


_STATE = {Identity.REVIEW: "waiting for identification", Identity.LOCAL: "marked as local"}


def _is_overtaken(item: Item, result: Enriched) -> bool:
    """Whether a person or a scan has said meanwhile what the item is."""
    if item.metadata.ids.agrees_with(result.ids) is False:
        return True
    if result.question is not None:
        return item.identity is not Identity.GUESSED or bool(item.metadata.ids)
    return result.gallery is not None and item.identity in {Identity.REVIEW, Identity.LOCAL}


def _known(tx: Tx, item_id: ItemId) -> Known:
    offered = artwork.candidates(tx, item_id)
    return Known(
        item=items.get(tx, item_id),
        files=tuple(files.of_item(tx, item_id)),
        selections=tuple(artwork.selections(tx, item_id)),
        candidates=tuple(candidate for candidate, _, _ in offered),
        blocked=frozenset(artwork.reference(candidate) for candidate, _, is_blocked in offered if is_blocked),
    )


def _minutes(own_files: Sequence[MediaFile]) -> float | None:
    """The film's length: of its longest version, or of all its parts together."""
    videos = [file for file in own_files if file.role is FileRole.VIDEO]
    lengths = [float(file.details.get("duration_s") or 0) for file in videos]
    has_parts = any("part" in file.details for file in videos)
    seconds = sum(lengths) if has_parts else max(lengths, default=0.0)
    return seconds / 60 or None


def _offered(known: Known, answers: Answers) -> list[Candidate]:
    """What the providers offer now and what lay in the folder, each with the id it is known by."""
    stored = {(one.kind, one.provider, artwork.reference(one)): one for one in known.candidates}
    fresh = {
        (one.kind, one.provider, artwork.reference(one)): one
        for movie in answers.movies.values()
        if movie is not None
        for one in movie.candidates
    }
    named = [
        replace(one, id=stored[key].id, blob=stored[key].blob) if key in stored else one for key, one in fresh.items()
    ]
    silent = [one for key, one in stored.items() if key not in fresh and answers.movies.get(one.provider) is None]
    return [*named, *silent]


def _merge(item: Item, ids: ExternalIds, answers: Answers) -> Merged:
    current = replace(item.metadata, ids=item.metadata.ids.merged_with(ids))
    sources = [
        *((name, None) for name in NFO_SOURCES),
        *((name, movie.metadata if movie else None) for name, movie in answers.movies.items()),
        *((name, None) for name in LAST_SOURCES),
    ]
    return merge(current, item.provenance, item.locks, sources)


def _ask_person(tx: Tx, item: Item, question: Match) -> None:
    evidence = [
        {
            "ids": one.hit.ids.as_dict(),
            "title": one.hit.title,
            "year": one.hit.year,
            "score": one.score,
            "parts": one.parts,
        }
        for one in question.ranked[:10]
    ]
    reason = "several films could be meant" if evidence else "no provider finds it by title and year"
    items.save_metadata(tx, item, item.metadata, item.provenance, Identity.REVIEW)
    reviews.ask_identity(tx, item.id, reason, evidence)


def _save(tx: Tx, item: Item, merged: Merged) -> None:
    items.save_metadata(tx, item, merged.metadata, merged.provenance, Identity.IDENTIFIED)
    if merged.metadata.cast != item.metadata.cast or merged.metadata.crew != item.metadata.crew:
        people.save_credits(tx, item.id, merged.metadata)
    items.update(tx, item.id, enriched_at=NOW)
    reviews.settle_identity(tx, item.id)


def _summary(merged: Merged, gallery: Gallery) -> str:
    kinds = {selection.kind for selection in gallery.chosen}
    order = [kind.value for kind in ArtworkKind if kind in kinds]
    chosen = f", chose {', '.join(order)}" if order else ""
    return f"{len(merged.changes)} fields changed, {len(gallery.scored)} pictures on offer{chosen}"
