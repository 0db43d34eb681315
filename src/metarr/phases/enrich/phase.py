"""Phase 2, enrichment: from an identity to metadata and chosen artwork, from every provider that answers.

The same for every kind of item. Absent is an answer, failed is a fault: a provider that does not know the item is
believed, one that broke down is asked again. A provider whose key is refused is said once, and the others go on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import InvalidInput, Wait
from metarr.model.answer import FRESH
from metarr.model.artwork import ArtworkKind
from metarr.model.job import Done, Job, JobKind
from metarr.model.media import Identity, ItemKind
from metarr.model.words import counted
from metarr.phases.enrich import recording
from metarr.phases.enrich.asking import Question, Recent, Replies, ask_all
from metarr.phases.enrich.finding import Search, search, wanted_title
from metarr.phases.enrich.pictures import Gallery, Pictures
from metarr.phases.enrich.recording import INNER, Basis, Enriched
from metarr.phases.enrich.score import Wanted
from metarr.phases.enrich.select import rank, select
from metarr.providers.base import Ask
from metarr.store import artwork, files, items, libraries, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.artwork import Candidate, Selection
    from metarr.model.media import ExternalIds, Item, ItemId, MediaFile, Metadata
    from metarr.model.merge import Merged
    from metarr.phases.base import JobContext
    from metarr.phases.enrich.images import ImageClient
    from metarr.phases.enrich.select import Picks
    from metarr.providers.base import Connection
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_WITH_PORTRAITS = frozenset({ItemKind.MOVIE, ItemKind.SERIES})
_ELSEWHERE = timedelta(seconds=30)  # until another worker takes what this one cannot do


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of an item before it is enriched."""

    item: Item
    show: Item | None  # the one that a season or an episode belongs to
    languages: tuple[str, ...]  # of its library; (): as everywhere
    files: tuple[MediaFile, ...]
    selections: tuple[Selection, ...]
    candidates: tuple[Candidate, ...]
    blocked: frozenset[str]  # references of candidates that a person does not want
    heard: Mapping[str, Metadata | None]  # by provider, what it said last; None: it did not know the item
    is_new: bool  # answers that are kept may be older

    @property
    def ids(self) -> ExternalIds:
        """By which the item is asked about."""
        return (self.show or self.item).metadata.ids


class Enrich:
    """Asks the providers about one item."""

    kind: ClassVar[JobKind] = JobKind.ENRICH

    def __init__(self, providers: Mapping[str, Connection], blobs: Blobs, images: ImageClient) -> None:
        self._providers = providers
        self._pictures = Pictures(images, blobs)
        self._recent = Recent()

    async def run(self, job: Job, context: JobContext, /) -> Done[Enriched]:
        """Raises Wait or Transient when no provider could answer."""
        if job.item_id is None:
            raise InvalidInput("an enrich job needs an item")
        item_id = job.item_id
        known = await context.store.read(lambda tx: _known(tx, item_id))
        reason = _why_not(known)
        sources = self._sources(job, known.item.kind, context) if reason is None else {}
        if not sources:
            reason = reason or f"no provider in use knows anything of a {known.item.kind}"
            return Done(Enriched(item_id), f"not enriched: {reason}")
        ask = self._how(job, known, context)
        found = await _found(known, sources, ask)
        basis = Basis(known.ids, found.ids, recording.numbers_of(known.item, known.show))
        if not found.ids:
            replies = Replies(refused=found.refused)
            return Done(Enriched(item_id, basis, replies, question=found.question), "not identified")
        question = Question(known.item.kind, found.ids, known.item.metadata, _first_year(known), known.is_new)
        replies = await ask_all(sources, question, ask)
        self._remember(known, ask, replies)
        settings = context.conditions.settings.enrichment
        result = Enriched(item_id, basis, replies, settings=settings, well=_well(replies, sources))
        if not replies.known:
            return _without_answer(job, result)
        return await self._learnt(known, result, ask, context)

    def record(self, tx: Tx, job: Job, result: Enriched, /) -> Sequence[ItemId]:
        """The rows."""
        return recording.record(tx, job, result)

    def _sources(self, job: Job, kind: ItemKind, context: JobContext) -> Mapping[str, Connection]:
        """Whom to ask, by whose word counts first. Raises Wait where only another worker can."""
        now = context.conditions
        wanted = [name for name, kinds in now.providers.items() if kind in kinds]
        part = job.payload.get("providers")
        if part is not None:
            wanted = [name for name in wanted if name in part]
        known = dict(self._providers.items())  # as they are at this moment
        missing = [name for name in wanted if name not in known]
        if missing:
            raise Wait(
                f"A worker lacks {', '.join(missing)}, which the server has: give both the same keys.",
                cause="providers:elsewhere",
                delay=_ELSEWHERE,
            )
        return {name: known[name] for name in now.settings.enrichment.ordered(wanted)}

    def _how(self, job: Job, known: Known, context: JobContext) -> Ask:
        languages = known.languages or context.conditions.settings.languages
        order = known.show.episode_order if known.show is not None else known.item.episode_order
        is_fresh = job.is_forced and not (job.is_bulk and self._recent.has(_season_of(known)))
        return Ask(languages, job.priority, is_fresh, order)

    def _remember(self, known: Known, ask: Ask, replies: Replies) -> None:
        if ask.is_fresh and known.show is not None and not replies.failed:
            self._recent.add(_season_of(known))

    async def _learnt(self, known: Known, result: Enriched, ask: Ask, context: JobContext) -> Done[Enriched]:
        answers = result.replies.answers
        heard = dict(known.heard)
        heard.update((name, None if answer is None else answer.metadata) for name, answer in answers.items())
        merged = recording.merged(known.item, result.basis.asked, heard, result.settings)
        await context.report(30, "metadata fetched")
        gallery = await self._gallery(known, merged, result, ask, context)
        return Done(replace(result, gallery=gallery), _summary(merged, gallery, result.replies))

    async def _gallery(self, known: Known, merged: Merged, result: Enriched, ask: Ask, context: JobContext) -> Gallery:
        settings = context.conditions.settings
        wanted = Wanted(
            ask.languages,
            settings.enrichment.ordered(self._providers),
            merged.metadata.original_language or (known.show.metadata.original_language if known.show else None),
            known.item.kind,
            settings.enrichment,
        )
        offered = _offered(known, result.replies)
        usable = [one for one in offered if artwork.reference(one) not in known.blocked]
        blocked = [one for one in offered if artwork.reference(one) in known.blocked]
        picks: Mapping[ArtworkKind, Picks] = {}
        if settings.phase_config.enrichment.auto_select_assets:
            limits = settings.enrichment.artwork_limits
            picks = select(usable, known.selections, limits, known.item.locks, wanted, blocked)
        regained = await self._pictures.regain(known.selections, known.candidates, context)
        gallery = replace(await self._pictures.choose(rank(offered, wanted), picks, context), regained=regained)
        if known.item.kind not in _WITH_PORTRAITS:
            return gallery
        urls = [actor.portrait_url for actor in merged.metadata.cast[: settings.publishing.actor_pictures]]
        portraits = await self._pictures.portraits([url for url in urls if url], context)
        return replace(gallery, portraits=portraits)


def _known(tx: Tx, item_id: ItemId) -> Known:
    offered = artwork.candidates(tx, item_id)
    item = items.get(tx, item_id)
    kept = said.of_item(tx, item_id)
    return Known(
        item=item,
        show=recording.show_of(tx, item),
        languages=libraries.get(tx, item.library_id).languages,
        files=tuple(files.of_item(tx, item_id)),
        selections=tuple(artwork.selections(tx, item_id)),
        candidates=tuple(candidate for candidate, _, _ in offered),
        blocked=frozenset(artwork.reference(candidate) for candidate, _, is_blocked in offered if is_blocked),
        heard=recording.heard_of(kept),
        is_new=not kept and items.is_younger(tx, item_id, FRESH),
    )


_STATE = {Identity.REVIEW: "waiting for identification", Identity.LOCAL: "marked as local"}


def _why_not(known: Known) -> str | None:
    """Why no provider is asked; None when they are."""
    for item, what in ((known.item, "it"), (known.show, "its show")):
        if item is not None and item.identity in _STATE:
            return f"{what} is {_STATE[item.identity]}"
    if known.show is not None and not known.ids:
        return "its show is not identified yet"
    if known.item.kind in INNER and known.show is None:
        return "it belongs to no show"
    return None


async def _found(known: Known, sources: Mapping[str, Connection], ask: Ask) -> Search:
    """The ids to ask by: those that are known, else what a search by title and year comes to."""
    if known.ids or not known.item.metadata.title:
        return Search(known.ids)
    wanted = wanted_title(known.item.metadata, known.item.kind, known.files)
    return await search(sources, known.item.kind, wanted, ask)


def _well(replies: Replies, sources: Mapping[str, Connection]) -> frozenset[str]:
    """Those that answered, and not only from what is kept."""
    return frozenset(name for name in replies.answers if sources[name].health().state == "ok")


def _first_year(known: Known) -> int | None:
    return None if known.show is None else known.show.metadata.year


def _season_of(known: Known) -> object:
    return known.show and (known.show.id, known.item.metadata.season)


def _without_answer(job: Job, result: Enriched) -> Done[Enriched]:
    """Nobody knows the item; or nobody could say, which is raised unless it is tried again anyway."""
    replies = result.replies
    if replies.fault is not None and "providers" not in job.payload:
        raise replies.fault
    if replies.fault is not None:
        return Done(result, f"no answer yet: {_later(replies)}")
    return Done(result, "no provider knows it" if replies.answers else "no provider accepts our key")


def _offered(known: Known, replies: Replies) -> list[Candidate]:
    """What the providers offer now and what lay in the folder, each with the id it is known by."""
    stored = {(one.kind, one.provider, artwork.reference(one)): one for one in known.candidates}
    fresh = {
        (one.kind, one.provider, artwork.reference(one)): one
        for answer in replies.known.values()
        for one in answer.candidates
    }
    named = [
        replace(one, id=stored[key].id, blob=stored[key].blob) if key in stored else one for key, one in fresh.items()
    ]
    silent = [one for key, one in stored.items() if key not in fresh and one.provider not in replies.known]
    return [*named, *silent]


def _summary(merged: Merged, gallery: Gallery, replies: Replies) -> str:
    kinds = {selection.kind for selection in gallery.chosen}
    order = [kind.value for kind in ArtworkKind if kind in kinds]
    chosen = f", chose {', '.join(order)}" if order else ""
    missing = f"; {_later(replies)}" if replies.failed else ""
    offered = counted(len(gallery.scored), "picture")
    return f"{counted(len(merged.changes), 'field')} changed, {offered} on offer{chosen}{missing}"


def _later(replies: Replies) -> str:
    return f"{', '.join(sorted(replies.failed))} could not answer and is asked again later"
