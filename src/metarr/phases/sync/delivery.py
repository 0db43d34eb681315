"""Telling one player, or players of one database: read what is due, tell, read back, remember the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from metarr.errors import BadCredentials, MetarrError, Wait
from metarr.jobs import telling, triggers
from metarr.model.event import EventType, NewEvent
from metarr.model.media import ItemKind
from metarr.model.player import Shown, Waiting
from metarr.model.words import chosen
from metarr.phases.sync.judging import Telling, by_item, changes, counted, judged
from metarr.store import health, player_states, players, tellable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from metarr.model.job import Job
    from metarr.model.media import ItemId
    from metarr.model.play import PlayState
    from metarr.model.player import Due, Result
    from metarr.phases.base import JobContext
    from metarr.players.base import Player
    from metarr.store.db import Tx
    from metarr.store.players import PlayerRow, Route

_AT_ONCE = 500  # items that a player is told of in one go; their answers are kept before the next


class _StoredMemory:
    """The play states of one player that a sync puts at risk, in the database."""

    def __init__(self, player_id: int, context: JobContext) -> None:
        self._player_id = player_id
        self._context = context

    async def remember(self, states: Mapping[str, PlayState]) -> None:
        await self._context.write(lambda tx: player_states.remember(tx, self._player_id, states))

    async def recall(self) -> Mapping[str, PlayState]:
        return await self._context.store.read(lambda tx: player_states.recall(tx, self._player_id))

    async def forget(self, names: Collection[str]) -> None:
        await self._context.write(lambda tx: player_states.forget(tx, self._player_id, names))


@dataclass(slots=True)
class Delivery:
    """One run of a delivery job: what it told, so far."""

    job: Job
    context: JobContext
    build: Callable[[PlayerRow], Player]
    results: dict[str, dict[ItemId, Result]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many items of each player came to which state."""
        return {name: counted(results) for name, results in self.results.items()}

    async def tell(self, player: PlayerRow, route: Route) -> None:
        """Tell one player what is due for the players of this route, and take its answers for all of them.

        Raises Wait (what has waited for too long expires), Transient or Permanent. One that refuses us is disabled.
        """
        pace = telling.pace_of(self.context.conditions.settings)
        when = await self.context.store.read(lambda tx: telling.look(tx, route, pace))
        if not when.by_hand and not when.others:
            return
        try:
            await self._tell(player, route, when)
        except BadCredentials as error:
            refusal = str(error)
            await self.context.write(lambda tx: self._refused(tx, player, refusal))
        except Wait as wait:
            hours = self.context.conditions.settings.player_sync.expire_hours
            if not await self.context.write(lambda tx: self._expire(tx, route, hours)):
                raise
            text = f"{wait} What was older than {hours} hours is told with its next change."
            raise Wait(text, cause=wait.cause, delay=wait.delay) from wait
        except MetarrError as error:
            words = str(error)
            await self.context.write(lambda tx: _note(tx, route, (*when.by_hand, *when.others), words))
            raise

    async def _tell(self, player: PlayerRow, route: Route, when: Due) -> None:
        ids = _ids(route)
        connection = self.build(player)
        try:
            for item_ids, is_manual in ((when.by_hand, True), (when.others, False)):
                for start in range(0, len(item_ids), _AT_ONCE):
                    chunk = item_ids[start : start + _AT_ONCE]
                    await self._tell_some(connection, player, route, chunk, is_manual=is_manual)
            expired = await self.context.store.read(lambda tx: player_states.in_state(tx, ids, Shown.EXPIRED))
            if expired:
                await self._tell_some(connection, player, route, expired[:_AT_ONCE], is_manual=False)
        finally:
            await connection.close()
        await self.context.write(lambda tx: health.clear(tx, _expired_cause(player)))

    async def _tell_some(
        self, connection: Player, player: PlayerRow, route: Route, item_ids: Sequence[ItemId], *, is_manual: bool
    ) -> None:
        ids = _ids(route)
        # what changes from here on is news again, however long the player takes to answer
        news = await self.context.store.read(lambda tx: _news(tx, ids, item_ids))
        await self.context.write(lambda tx: players.was_told(tx, ids))
        memory = _StoredMemory(player.id, self.context)
        every = [change for one in news for change in one.changes]
        answers = await connection.sync(every, memory, is_manual=is_manual) if every else ()
        results = {one.facts.item_id: judged(one, theirs) for one, theirs in by_item(news, answers)}
        await self.context.write(lambda tx: _save(tx, ids, list(results.values())))
        told = self.results.setdefault(player.name, {})
        told.update(results)
        await self.context.report(None, f"{player.name} was told of {len(told)} {chosen(len(told), 'item')}")

    def _refused(self, tx: Tx, player: PlayerRow, words: str) -> None:
        players.disable(tx, player.id)
        health.report(tx, f"player:{player.name}:credentials", words)
        self._announce(tx, player, words, is_credentials=True)

    def _expire(self, tx: Tx, route: Route, hours: int) -> int:
        expired = player_states.expire(tx, _ids(route), timedelta(hours=hours))
        for player in route.players if expired else ():
            words = f"{expired} changes could not be told to {player.name} within {hours} hours."
            health.report(tx, _expired_cause(player), words)
            self._announce(tx, player, words, expired=expired)
        return expired

    def _announce(self, tx: Tx, player: PlayerRow, words: str, **more: object) -> None:
        data = {"player": player.name, "error": words, **more}
        triggers.announce(tx, self.job, NewEvent(EventType.PLAYER_SYNC_FAILED, self.job.id, data=data))


def _ids(route: Route) -> list[int]:
    return [row.id for row in route.players]


def _expired_cause(player: PlayerRow) -> str:
    return f"player:{player.name}:expired"


def _note(tx: Tx, route: Route, item_ids: Sequence[ItemId], words: str) -> None:
    player_states.note(tx, _ids(route), item_ids, words)


def _save(tx: Tx, player_ids: Sequence[int], results: Sequence[Result]) -> None:
    for player_id in player_ids:
        player_states.save(tx, player_id, results)


def _news(tx: Tx, player_ids: Sequence[int], item_ids: Sequence[ItemId]) -> list[Telling]:
    """What to tell of these items, as they are now."""
    told = player_states.told(tx, player_ids, item_ids)
    facts = tellable.facts(tx, item_ids, {item_id: one.line for item_id, one in told.items()})
    asked: dict[ItemId, Waiting] = {row.item_id: row for row in player_states.waiting(tx, player_ids, item_ids)}
    tries = player_states.tries(tx, player_ids, item_ids)
    found = []
    for one in facts:
        before = told.get(one.item_id)
        known = before.videos if before is not None else one.videos if one.is_missing else ()
        lost = [video for video in known if one.is_missing or video not in one.videos]
        elsewhere = tellable.owned_by_others(tx, one.library_id, lost) if lost else frozenset()
        row = asked.get(one.item_id)
        what = changes(one, before, elsewhere)
        found.append(Telling(one, what, None if row is None else row.asked, tries.get(one.item_id, 0)))
    # A player shows a season once it has an episode of it, so seasons are asked about after those.
    return sorted(found, key=lambda telling: telling.facts.kind is ItemKind.SEASON)
