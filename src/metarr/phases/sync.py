"""Phase 4, player sync: tell each player what changed, read back what it shows, remember the answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import BadCredentials, InvalidInput, shown
from metarr.jobs import policy
from metarr.model.job import Done, Job, JobKind
from metarr.model.media import FileRole
from metarr.players.base import Change, PlayerSettings
from metarr.store import files, health, items, libraries, players, published

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.players.base import Confirmation, Player
    from metarr.store.db import Tx
    from metarr.store.players import PlayerRow


@dataclass(frozen=True, slots=True)
class Pending:
    """An item to tell about, and the state of its files at that moment."""

    change: Change
    revision: int


@dataclass(frozen=True, slots=True)
class Told:
    """What one player answered; `refused` when it does not accept our credentials."""

    player: PlayerRow
    confirmations: tuple[Confirmation, ...] = ()
    refused: str | None = None


class Sync:
    """Tells every enabled player about one item, or about all of a library that it does not know yet."""

    kind: ClassVar[JobKind] = JobKind.SYNC

    def __init__(self, build: Callable[[PlayerSettings], Player]) -> None:
        self._build = build

    async def run(self, job: Job, context: JobContext, /) -> Done[None]:
        """Each player's answer is recorded as it comes; then the first that has to wait makes the job wait."""
        pending = await context.store.read(lambda tx: _pending(tx, job))
        rows = await context.store.read(players.enabled)
        answers = await asyncio.gather(
            *(self._tell(row, pending, job, context) for row in rows), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        seen = sum(
            confirmation.seen for told in answers if isinstance(told, Told) for confirmation in told.confirmations
        )
        await context.write(lambda tx: _finish(tx, pending))
        words = f"{len(pending)} items, {seen} confirmed by {len(rows)} players"
        return Done(None, words, {"items": len(pending), "confirmed": seen, "players": len(rows)})

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """All rows are written already."""
        return ()

    async def _tell(self, row: PlayerRow, pending: Sequence[Pending], job: Job, context: JobContext) -> Told:
        known = await context.store.read(lambda tx: players.revisions(tx, row.id))
        news = [one for one in pending if job.parent_id is None or known.get(one.change.item_id, 0) < one.revision]
        if not news:
            return Told(row)
        player = self._build(PlayerSettings.model_validate({**row.settings, "name": row.name, "kind": row.kind}))
        try:
            confirmations = await player.sync([one.change for one in news], is_manual=job.parent_id is None)
            told = Told(row, confirmations)
        except BadCredentials as error:
            told = Told(row, refused=str(error))
        finally:
            await player.close()
        await context.write(lambda tx: _record(tx, told, news))
        return told


def _pending(tx: Tx, job: Job) -> list[Pending]:
    if job.item_id is not None:
        wanted = [job.item_id]
    elif job.library_id is None:
        raise InvalidInput("a sync job needs an item or a library")
    else:
        wanted = items.of_library(tx, job.library_id) if job.parent_id is None else items.unsynced(tx, job.library_id)
    known = {need.item_id for need in items.needs(tx, wanted) if need.kind in policy.SYNCED_KINDS}
    return [_one(tx, item_id) for item_id in wanted if item_id in known]


def _one(tx: Tx, item_id: ItemId) -> Pending:
    item = items.get(tx, item_id)
    root = Path(libraries.get(tx, item.library_id).root)
    videos = [file.path for file in files.of_item(tx, item_id) if file.role is FileRole.VIDEO]
    change = Change(
        item_id,
        str(root / item.folder),
        tuple(str(root / video) for video in videos),
        artwork=tuple(str(root / path) for path in published.changed_pictures(tx, item_id)),
        is_removed=item.missing_since is not None,
    )
    return Pending(change, item.disk_revision)


def _record(tx: Tx, told: Told, news: Sequence[Pending]) -> None:
    if told.refused is not None:
        players.disable(tx, told.player.id)
        health.report(tx, f"player:{told.player.name}:credentials", told.refused)
        return
    for one, answer in zip(news, told.confirmations, strict=True):
        state = players.Shown(one.change.item_id, answer.seen, answer.art_seen, shown(answer.detail), one.revision)
        players.save_state(tx, told.player.id, state)


def _finish(tx: Tx, pending: Sequence[Pending]) -> None:
    for one in pending:
        items.update(tx, one.change.item_id, synced_revision=one.revision)
