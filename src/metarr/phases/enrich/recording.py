"""What enrichment writes: metadata, what each provider said, people, pictures, movie sets, and what is asked again.

Everything is decided again on what the item is now: a person may have edited, locked or re-identified it meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from metarr.errors import Transient, Wait
from metarr.jobs import ledger
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import USER, ExternalIds, Identity, ItemKind, Metadata
from metarr.model.merge import OWN_SOURCES, merge
from metarr.phases.enrich.asking import Replies
from metarr.settings import EnrichmentSettings
from metarr.store import collections, health, items, people, reviews, said
from metarr.store.db import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.errors import MetarrError
    from metarr.model.job import Job
    from metarr.model.media import Item, ItemId
    from metarr.model.merge import Merged
    from metarr.phases.enrich.match import Match
    from metarr.phases.enrich.pictures import Gallery
    from metarr.store.db import Tx

BEFORE_PROVIDERS = ("nfo",)  # by a person or an unknown hand
AFTER_PROVIDERS = ("managed-nfo", "name")  # by Radarr, Sonarr, Jellyfin, or read from the file's name
INNER = frozenset({ItemKind.SEASON, ItemKind.EPISODE})
_NUMBERS = ("show_title", "season", "episode", "absolute")  # an item's place: nobody renumbers it
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
_OFFERED = 10  # hits among which a person chooses


@dataclass(frozen=True, slots=True)
class Basis:
    """What the providers were asked about. `had`: the ids then known, `asked`: those that they were asked by.

    Of a season or an episode both are its show's.
    """

    had: ExternalIds = field(default_factory=ExternalIds)
    asked: ExternalIds = field(default_factory=ExternalIds)
    numbers: tuple[Any, ...] = ()

    def holds(self, item: Item, show: Item | None) -> bool:
        """Whether nobody has said meanwhile that it is something else."""
        ids = (show or item).metadata.ids
        if self.numbers != numbers_of(item, show):
            return False
        if self.had:
            return ids.agrees_with(self.had) is True
        return not ids or ids.agrees_with(self.asked) is True


@dataclass(frozen=True, slots=True)
class Enriched:
    """What to record. `question` set: a person decides what the item is. `gallery` None: nothing was learnt.

    `well`: providers that work. `settings`: how they rank.
    """

    item_id: ItemId
    basis: Basis = field(default_factory=Basis)
    replies: Replies = field(default_factory=Replies)
    gallery: Gallery | None = None
    question: Match | None = None
    well: frozenset[str] = frozenset()
    settings: EnrichmentSettings = field(default_factory=EnrichmentSettings)


def record(tx: Tx, job: Job, result: Enriched) -> Sequence[ItemId]:
    """Write it; returns the items that go on. Nothing is marked enriched that was not."""
    _tell_health(tx, result)
    item = items.get(tx, result.item_id)
    show = show_of(tx, item)
    replies = result.replies
    if result.question is None and not replies.answers and not replies.failed:
        return [item.id]  # nobody was asked
    if not result.basis.holds(item, show) or item.identity in {Identity.REVIEW, Identity.LOCAL}:
        return ()  # it is another one now; its own job is on the way
    if result.question is not None:
        _ask_person(tx, item, result.question)
        return [item.id]
    _ask_again(tx, job, replies.failed)
    for provider, answer in replies.answers.items():
        said.save(tx, item.id, provider, None if answer is None else answer.metadata)
    on = _save(tx, item, result) if replies.answers else []
    is_part = "providers" in job.payload
    return on if not is_part or items.get(tx, item.id).revision != item.revision else []


def merged(
    item: Item, asked: ExternalIds, heard: Mapping[str, Metadata | None], settings: EnrichmentSettings
) -> Merged:
    """The item's metadata by what every provider says now or said last (None: it does not know the item)."""
    is_settled = item.kind in INNER or "ids" in item.locks
    ids = item.metadata.ids if is_settled else item.metadata.ids.merged_with(asked)
    sources = [
        *((name, None) for name in BEFORE_PROVIDERS),
        *((name, _at_its_place(item, heard[name])) for name in settings.ordered(heard)),
        *((name, None) for name in AFTER_PROVIDERS),
    ]
    current = replace(item.metadata, ids=ids)
    return merge(current, item.provenance, item.locks, sources, settings.field_order)


def heard_of(kept: Mapping[str, said.Said]) -> dict[str, Metadata | None]:
    """What providers said, as merging wants it."""
    return {name: one.metadata if one.state == said.KNOWN else None for name, one in kept.items()}


def show_of(tx: Tx, item: Item) -> Item | None:
    """The show that a season or an episode belongs to."""
    if item.kind not in INNER or item.parent_id is None:
        return None
    above = items.get(tx, item.parent_id)
    return show_of(tx, above) or above


def numbers_of(item: Item, show: Item | None) -> tuple[Any, ...]:
    """Which season or episode it is, and by which order."""
    if show is None:
        return ()
    known = item.metadata
    date = known.premiered if known.episode is None and known.absolute is None else None
    return show.episode_order, known.season, known.episode, known.absolute, date


def _at_its_place(item: Item, offered: Metadata | None) -> Metadata | None:
    """Where it stands in its show is what its file says; a provider fills only what the file leaves open."""
    if offered is None or item.kind not in INNER:
        return offered
    stated: dict[str, Any] = {name: None for name in _NUMBERS if item.provenance.get(name) in OWN_SOURCES}
    return replace(offered, **stated)


def _tell_health(tx: Tx, result: Enriched) -> None:
    for provider, text in result.replies.refused.items():
        health.report(tx, f"{provider}:key", text)
    for error in result.replies.failed.values():
        if isinstance(error, Wait):
            health.report(tx, error.cause, str(error))
    over = {f"{provider}:key" for provider in result.replies.answers}
    over |= {f"{provider}:{what}" for provider in result.well for what in ("unreachable", "quota")}
    if over:
        health.clear_all(tx, over)


def _ask_person(tx: Tx, item: Item, question: Match) -> None:
    evidence = [
        {
            "ids": one.hit.ids.as_dict(),
            "title": one.hit.title,
            "year": one.hit.year,
            "score": one.score,
            "parts": one.parts,
            **({"picture": one.hit.picture} if one.hit.picture else {}),
        }
        for one in question.ranked[:_OFFERED]
    ]
    word = "shows" if item.kind is ItemKind.SERIES else "films"
    reason = f"several {word} could be meant" if evidence else "no provider finds it by title and year"
    items.save_metadata(tx, item, item.metadata, item.provenance, Identity.REVIEW)
    reviews.ask_identity(tx, item.id, reason, evidence)


def _ask_again(tx: Tx, job: Job, failed: Mapping[str, MetarrError]) -> None:
    """Who could not answer is asked later, by itself, and less and less often while it stays so."""
    if not failed:
        return
    tries = int(job.payload.get("tries", 0))
    pause = min(_FIRST_PAUSE * 2 ** min(tries, 10), _LONGEST_PAUSE)
    new = NewJob(
        JobKind.ENRICH,
        min(job.priority, Priority.AUTOMATED),
        item_id=job.item_id,
        library_id=job.library_id,
        payload={"providers": sorted(failed), "tries": tries + 1},
        is_bulk=job.is_bulk,
        is_forced=job.is_forced,
        is_alone=job.is_alone,
        delay=max(pause, *map(_wish, failed.values())),
        waits_for=f"{','.join(sorted(failed))}:asked-again",
        message=f"{', '.join(sorted(failed))} could not answer and will be asked again: {next(iter(failed.values()))}",
    )
    ledger.submit(tx, new, job)


def _wish(error: MetarrError) -> timedelta:
    """How long the other side wants to be left alone."""
    if isinstance(error, Wait):
        return error.delay
    return (error.retry_after if isinstance(error, Transient) else None) or timedelta()


def _save(tx: Tx, item: Item, result: Enriched) -> list[ItemId]:
    heard = heard_of(said.of_item(tx, item.id))
    items.update(tx, item.id, enriched_at=NOW)
    if not any(heard.values()):
        if item.kind not in INNER:
            reviews.ask_identity(tx, item.id, "no provider knows this id", [{"ids": result.basis.asked.as_dict()}])
        return [item.id]
    now = merged(item, result.basis.asked, heard, result.settings)
    items.save_metadata(tx, item, now.metadata, now.provenance, Identity.IDENTIFIED)
    if now.metadata.cast != item.metadata.cast or now.metadata.crew != item.metadata.crew:
        people.save_credits(tx, item.id, now.metadata)
    _settle_identity(tx, item, heard)
    if result.gallery is not None:
        result.gallery.save(tx, item)
    return [item.id, *_beside(tx, item, now.metadata)]


def _settle_identity(tx: Tx, item: Item, heard: Mapping[str, Metadata | None]) -> None:
    """What it is has been answered, unless a provider knows the item under other ids than were stated of it."""
    stated = ExternalIds()
    for piece in items.evidence(tx, item.id):
        stated = stated.merged_with(ExternalIds.from_dict(piece.get("ids") or {}))
    other = {name: one for name, one in heard.items() if one is not None and stated.agrees_with(one.ids) is False}
    if not other or item.kind in INNER or item.provenance.get("ids") == USER:
        reviews.settle_identity(tx, item.id)
        return
    evidence: Iterable[tuple[str, Metadata]] = [("stated", replace(item.metadata, ids=stated)), *other.items()]
    told = [{"source": name, "ids": one.ids.as_dict(), "title": one.title, "year": one.year} for name, one in evidence]
    reviews.ask_identity(tx, item.id, f"{', '.join(sorted(other))} knows it under other ids", told)


def _beside(tx: Tx, item: Item, metadata: Metadata) -> list[ItemId]:
    """What comes along with it: a movie's set, a show's seasons and episodes; and what its name is published in."""
    is_renamed = metadata.title != item.metadata.title
    if item.kind is ItemKind.SERIES:
        inner = [one for one in items.below(tx, item.id) if one != item.id]
        for one in inner if is_renamed else ():
            items.touch(tx, one)
        return inner
    if item.kind is ItemKind.SEASON and is_renamed and item.parent_id is not None:
        items.touch(tx, item.parent_id)
        return [item.parent_id]
    collection = collections.link(tx, item, metadata.collection) if item.kind is ItemKind.MOVIE else None
    if collection is None:
        return []
    if item.metadata.collection not in {None, metadata.collection}:
        items.touch(tx, collection)  # its folder is named as its movies say
    return [collection]
