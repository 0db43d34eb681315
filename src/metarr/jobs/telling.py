"""Who is told of what, and when: changes become rows of each player, and one delivery job per player (or group)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from metarr.jobs import ledger, policy
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.player import Due, Pace, Shown, due
from metarr.store import player_states, players
from metarr.store import settings as stored_settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from metarr.model.job import Job
    from metarr.model.media import ItemId, LibraryId
    from metarr.settings import Settings
    from metarr.store.db import Tx
    from metarr.store.players import Route


class Asked(NamedTuple):
    """Of how many items how many players are to be told."""

    items: int
    players: int


def pace_of(settings: Settings) -> Pace:
    """The owner's pace."""
    chosen = settings.player_sync
    return Pace(
        settle=timedelta(seconds=chosen.settle_seconds),
        gather=timedelta(seconds=chosen.gather_seconds),
        longest=timedelta(seconds=chosen.longest_wait_seconds),
        per_minute=chosen.updates_per_minute,
    )


def ask(
    tx: Tx,
    item_ids: Sequence[ItemId],
    *,
    is_manual: bool,
    parent: Job | None = None,
    only: Collection[int] | None = None,
) -> Asked:
    """The players whom these items concern (of those in `only`) are to be told of them: by hand at once."""
    by_library = _by_library(tx, item_ids)
    now_known = [item_id for these in by_library.values() for item_id in these]
    told = 0
    for route in players.routes(tx):
        theirs = [one for library_id, these in by_library.items() if route.serves(library_id) for one in these]
        members = [row for row in route.players if only is None or row.id in only]
        asked = sum([player_states.ask(tx, row.id, theirs, is_manual=is_manual) > 0 for row in members])
        told += asked
        if asked:
            deliver(tx, route, parent, theirs)
    if only is None:
        player_states.mark_synced(tx, now_known)
    return Asked(len(now_known), told)


def _by_library(tx: Tx, item_ids: Sequence[ItemId]) -> dict[LibraryId, list[ItemId]]:
    found: dict[LibraryId, list[ItemId]] = {}
    for item_id, (kind, library_id) in player_states.kinds_and_libraries(tx, item_ids).items():
        if kind in policy.SYNCED_KINDS:
            found.setdefault(library_id, []).append(item_id)
    return found


def deliver(tx: Tx, route: Route, parent: Job | None = None, among: Sequence[ItemId] | None = None) -> bool:
    """Submit the job that tells these players what they wait for, when it is due. False: they wait for nothing.

    `among`: what else they wait for has its job already.
    """
    when = look(tx, route, pace_of(stored_settings.load(tx)), among)
    if when.by_hand or when.others:
        delay = None
    elif when.next_at is not None:
        delay = when.next_at - player_states.now(tx)
    else:
        return False
    priority = Priority.USER if when.by_hand else Priority.AUTOMATED if parent is None else parent.priority
    is_bulk = parent is not None and parent.is_bulk and not when.by_hand
    new = NewJob(JobKind.SYNC, priority, payload=route.payload, is_bulk=is_bulk)
    if delay is None or delay <= timedelta():
        ledger.submit(tx, new, parent)
    else:
        ledger.submit_within(tx, replace(new, delay=delay), delay, parent)
    return True


def deliver_all(tx: Tx) -> int:
    """The same for every player: after one was added, corrected or switched on. Returns how many have news."""
    return sum(deliver(tx, route) for route in players.routes(tx))


def look(tx: Tx, route: Route, pace: Pace, among: Sequence[ItemId] | None = None) -> Due:
    """What these players are to be told of now (of the items in `among`), and when to look again."""
    ids = [row.id for row in route.players]
    waiting = player_states.waiting(tx, ids, among)
    lately = player_states.told_lately(tx, ids, pace.gather + pace.longest) if waiting else {}
    return due(waiting, lately, player_states.last_told(tx, ids), pace, player_states.now(tx))


def route_of(tx: Tx, job: Job) -> Route | None:
    """The players of a delivery job; None: they are gone, switched off, or told by another job now."""
    wanted = job.payload.get("target")
    return next((route for route in players.routes(tx) if route.payload["target"] == wanted), None)


def retry(tx: Tx, player_id: int) -> int:
    """A person asks again for what a player does not show as it should. Returns of how many items."""
    states: Iterable[Shown] = (Shown.NOT_SEEN, Shown.STILL_SHOWN, Shown.EXPIRED, Shown.PENDING)
    asked = player_states.ask_again(tx, player_id, frozenset(states))
    deliver_all(tx)
    return asked
