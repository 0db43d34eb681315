"""Changing the phases' configuration. What becomes possible by a change is submitted at once, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metarr.jobs import ledger, policy
from metarr.model.job import JobKind, NewJob, Priority
from metarr.store import items, libraries, overview, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from metarr.jobs.policy import Conditions
    from metarr.model.media import ItemId, ItemKind, LibraryId
    from metarr.settings import PhaseConfig
    from metarr.store.db import Tx


def change(tx: Tx, patch: Mapping[str, Any], conditions: Callable[[Tx], Conditions]) -> PhaseConfig:
    """Merge `patch` (camelCase, nested). Raises InvalidInput naming the key that is wrong."""
    before = conditions(tx)
    settings.change(tx, "phase_config", patch)
    now = conditions(tx)
    ledger.submit_many(tx, _missing(tx, before, now))
    return now.settings.phase_config


def resume(tx: Tx, now: Conditions) -> int:
    """Submit what items still lack and nothing is about to do: after a start with a new key or player, for instance."""
    return ledger.submit_many(
        tx,
        (
            NewJob(kind, Priority.AUTOMATED, item_id=need.item_id, library_id=library.id, is_bulk=True)
            for library in libraries.everything(tx)
            for need in items.needs(tx, _idle(tx, library.id, now))
            if (kind := policy.lacks(need, now))
        ),
    )


def ask_added(tx: Tx, now: Mapping[str, frozenset[ItemKind]], before: Collection[str]) -> int:
    """Ask providers that came since about what the others have told of already. Returns about how many items."""
    added = {name: kinds for name, kinds in now.items() if name not in before}
    return ledger.submit_many(tx, _about(tx, added) if added else ())


def _about(tx: Tx, added: Mapping[str, frozenset[ItemKind]]) -> Iterator[NewJob]:
    for library in libraries.everything(tx):
        for need in items.needs(tx, items.of_library(tx, library.id)):
            names = [name for name, kinds in added.items() if need.kind in kinds]
            if names and need.was_enriched:
                part = {"providers": names}
                yield NewJob(JobKind.ENRICH, Priority.AUTOMATED, need.item_id, library.id, part, is_bulk=True)


def _idle(tx: Tx, library_id: LibraryId, now: Conditions) -> list[ItemId]:
    return items.idle_and_lacking(tx, library_id, now.enrichable, policy.SYNCED_KINDS)


def _missing(tx: Tx, before: Conditions, now: Conditions) -> Iterator[NewJob]:
    for library in libraries.everything(tx):
        for need in items.needs(tx, items.of_library(tx, library.id)):
            kind = policy.lacks(need, now)
            if kind is not None and kind is not policy.lacks(need, before):
                yield NewJob(kind, Priority.AUTOMATED, item_id=need.item_id, library_id=library.id, is_bulk=True)
    if _chooses(now) and not _chooses(before):
        for item_id in overview.awaiting_choice(tx):
            library_id = items.get(tx, item_id).library_id
            yield NewJob(JobKind.ENRICH, Priority.AUTOMATED, item_id=item_id, library_id=library_id, is_bulk=True)


def _chooses(conditions: Conditions) -> bool:
    enrichment = conditions.settings.phase_config.enrichment
    return enrichment.enabled and enrichment.auto_select_assets and bool(conditions.enrichable)
