"""Phase 4, player sync, in two steps of one kind of job.

A job of the chain or of a person notes which players are to be told of which items, and submits a delivery job per
player, or per group that is told as one. That job tells what is due, reads back, and waits for its own player only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import InvalidInput, MetarrError, Wait
from metarr.jobs import policy, telling
from metarr.model.job import Done, Job, JobKind
from metarr.model.words import counted
from metarr.phases.sync.delivery import Delivery
from metarr.phases.sync.judging import in_words
from metarr.store import items, player_states

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metarr.jobs.policy import Conditions
    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.players.base import Player
    from metarr.store.db import Tx
    from metarr.store.players import PlayerRow, Route


@dataclass(frozen=True, slots=True)
class Noted:
    """The items that players are to be told of."""

    item_ids: tuple[ItemId, ...]
    is_manual: bool


class Sync:
    """Notes what players are to be told, and tells them."""

    kind: ClassVar[JobKind] = JobKind.SYNC

    def __init__(self, build: Callable[[PlayerRow], Player]) -> None:
        self._build = build

    async def run(self, job: Job, context: JobContext, /) -> Done[Noted | None]:
        """Which items are meant; or, for a delivery job, what the players answered, which is recorded as it comes."""
        if policy.tells_players(job):
            return await self._deliver(job, context)
        wanted = await context.store.read(lambda tx: _wanted(tx, job, context.conditions))
        noted = Noted(tuple(wanted), is_manual=job.is_forced)
        return Done(noted, f"{counted(len(noted.item_ids), 'item')} to be told of", {"items": len(noted.item_ids)})

    def record(self, tx: Tx, job: Job, result: Noted | None, /) -> Sequence[ItemId]:
        """Rows per player and their delivery jobs; after a delivery, the next one if anything is left."""
        if result is not None:
            telling.ask(tx, result.item_ids, is_manual=result.is_manual, parent=job)
            return ()
        route = telling.route_of(tx, job)
        if route is None:
            telling.deliver_all(tx)  # its players stand in other groups by now
        else:
            telling.deliver(tx, route, job)
        return ()

    async def _deliver(self, job: Job, context: JobContext) -> Done[Noted | None]:
        route = await context.store.read(lambda tx: telling.route_of(tx, job))
        if route is None:
            return Done(None, "nobody to tell: the player is gone, switched off or in another group")
        delivery = Delivery(job, context, self._build)
        if route.group is not None and route.group.is_shared:
            await _tell_one(delivery, route)
        else:
            await _tell_each(delivery, route)
        counts = delivery.counts
        words = "; ".join(in_words(name, of_player) for name, of_player in counts.items()) or "nothing was due"
        told = sum(sum(of_player.values()) for of_player in counts.values())
        return Done(None, words, {"told": told, "players": counts})


def _wanted(tx: Tx, job: Job, now: Conditions) -> Sequence[ItemId]:
    """Of a library what is ready for players: what is yet to be published has its own telling after that."""
    if job.item_id is not None:
        return [job.item_id]
    if job.library_id is None:
        raise InvalidInput("a sync job needs an item, a library or a player")
    if job.is_forced:
        return items.of_library(tx, job.library_id)
    untold = items.needs(tx, player_states.unsynced(tx, job.library_id))
    return [need.item_id for need in untold if policy.lacks(need, now) is JobKind.SYNC]


async def _tell_each(delivery: Delivery, route: Route) -> None:
    """One after another. What keeps one from hearing keeps those after it, too, unless the group says otherwise."""
    faults: list[MetarrError] = []
    for player in route.players:
        try:
            await delivery.tell(player, _alone(route, player))
        except MetarrError as error:
            if not _goes_on(route, error):
                raise
            faults.append(error)
    if faults:
        raise next((fault for fault in faults if isinstance(fault, Wait)), faults[0])


async def _tell_one(delivery: Delivery, route: Route) -> None:
    """The first that can be reached: its answer is everybody's, as they show one database."""
    first: MetarrError | None = None
    for player in route.players:
        try:
            await delivery.tell(player, route)
        except MetarrError as error:
            if _is_playing(error) and not _goes_on(route, error):
                raise
            first = first or error
        else:
            return
    if first is not None:
        raise first


def _goes_on(route: Route, error: MetarrError) -> bool:
    group = route.group
    return group is not None and (group.skips_playing if _is_playing(error) else group.continues_on_error)


def _is_playing(error: MetarrError) -> bool:
    """Players say so in the cause that they make us wait for."""
    return isinstance(error, Wait) and error.cause.endswith(":playing")


def _alone(route: Route, player: PlayerRow) -> Route:
    return replace(route, players=(player,))
