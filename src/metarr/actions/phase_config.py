"""What becomes possible by a change of settings, keys or players is submitted at once, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metarr.jobs import ledger, policy, telling
from metarr.model.job import JobKind
from metarr.store import items, libraries, overview

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from metarr.jobs.policy import Conditions
    from metarr.model.job import NewJob
    from metarr.model.media import ItemId, ItemKind, LibraryId
    from metarr.store.db import Tx


def submit_possible(tx: Tx, before: Conditions, now: Conditions) -> int:
    """Submit what items lack and can have now, and could not have before. Returns about how many jobs."""
    if _deciding(before) == _deciding(now):
        return 0  # most changes make nothing possible, and libraries may be large
    return ledger.submit_together(tx, _missing(tx, before, now)) + _tell(tx, now)


def _tell(tx: Tx, now: Conditions) -> int:
    """What was noted for players and no job is about to tell them: sync was off, or the last try failed for good."""
    return telling.deliver_all(tx) if now.settings.phase_config.player_sync.enabled else 0


def _deciding(conditions: Conditions) -> object:
    return (
        conditions.settings.phase_config,
        conditions.providers,
        conditions.can_sync,
        conditions.libraries,
        conditions.libraries,
    )


def resume(tx: Tx, now: Conditions) -> int:
    """Submit what items still lack and nothing is about to do: after a start with a new key or player, for instance."""
    return sum(complete(tx, library.id, now) for library in libraries.everything(tx)) + _tell(tx, now)


def complete(tx: Tx, library_id: LibraryId, now: Conditions) -> int:
    """The same for one library."""
    own = now.of(library_id)
    return ledger.submit_together(
        tx,
        (
            policy.lacking(kind, need.item_id, library_id)
            for need in items.needs(tx, _idle(tx, library_id, own))
            if (kind := policy.lacks(need, own))
        ),
    )


def ask_added(tx: Tx, now: Mapping[str, frozenset[ItemKind]], before: Collection[str]) -> int:
    """Ask providers that came since about what the others have told of already. Returns about how many items."""
    added = {name: kinds for name, kinds in now.items() if name not in before}
    return ledger.submit_together(tx, _about(tx, added) if added else ())


def _about(tx: Tx, added: Mapping[str, frozenset[ItemKind]]) -> Iterator[NewJob]:
    for library in libraries.everything(tx):
        for need in items.needs(tx, items.of_library(tx, library.id)):
            names = [name for name, kinds in added.items() if need.kind in kinds]
            if names and need.was_enriched:
                yield replace(policy.lacking(JobKind.ENRICH, need.item_id, library.id), payload={"providers": names})


def _idle(tx: Tx, library_id: LibraryId, now: Conditions) -> list[ItemId]:
    told = policy.SYNCED_KINDS if policy.syncs_by_itself(now) else ()
    return items.idle_and_lacking(tx, library_id, now.enrichable, told)


def _missing(tx: Tx, before: Conditions, now: Conditions) -> Iterator[NewJob]:
    choosing = set()
    for library in libraries.everything(tx):
        was, own = before.of(library.id), now.of(library.id)
        for need in items.needs(tx, items.of_library(tx, library.id)):
            kind = policy.lacks(need, own)
            if kind is not None and kind is not policy.lacks(need, was):
                yield policy.lacking(kind, need.item_id, library.id)
        if _chooses(own) and not _chooses(was):
            choosing.add(library.id)
    for item_id in overview.awaiting_choice(tx) if choosing else ():
        library_id = items.get(tx, item_id).library_id
        if library_id in choosing:
            yield policy.lacking(JobKind.ENRICH, item_id, library_id)


def _chooses(conditions: Conditions) -> bool:
    enrichment = conditions.settings.phase_config.enrichment
    return enrichment.enabled and enrichment.auto_select_assets and bool(conditions.enrichable)
