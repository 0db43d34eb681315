"""How far each player is with each item: what it is yet to be told, what it was told, and what it shows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.media import ItemId, ItemKind
from metarr.model.play import PlayState
from metarr.model.player import Result, Shown, Told, Waiting
from metarr.store import progress, pruning, schema
from metarr.store.columns import escape_path, unescape_path
from metarr.store.db import NOW, after
from metarr.store.upsert import insert_into, upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import timedelta

    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_STATE = schema.player_state
_ITEM = schema.item
_PLAYER = schema.player
_PLAY = schema.play_state
_CHUNK = 500
_IS_WAITING = sa.and_(_STATE.c.state == Shown.PENDING.value, _STATE.c.waiting_since.is_not(None))


def now(tx: Tx) -> datetime:
    """The database's clock."""
    found: datetime = tx.execute(sa.select(NOW.label("now"))).scalar_one()
    return found.astimezone(UTC)


# --- items ------------------------------------------------------------------------------------------------------------


def kinds_and_libraries(tx: Tx, item_ids: Sequence[ItemId]) -> dict[ItemId, tuple[ItemKind, LibraryId]]:
    """What kind each of these items is of, and whose it is."""
    found: dict[ItemId, tuple[ItemKind, LibraryId]] = {}
    for start in range(0, len(item_ids), _CHUNK):
        these = _ITEM.c.id.in_(item_ids[start : start + _CHUNK])
        rows = tx.rows(sa.select(_ITEM.c.id, _ITEM.c.kind, _ITEM.c.library_id).where(these))
        found.update((row["id"], (ItemKind(row["kind"]), row["library_id"])) for row in rows)
    return found


def unsynced(tx: Tx, library_id: LibraryId) -> list[ItemId]:
    """Items whose files changed since players were last told of them."""
    is_behind = sa.func.coalesce(_ITEM.c.synced_revision, 0) < _ITEM.c.disk_revision
    query = sa.select(_ITEM.c.id).where(_ITEM.c.library_id == library_id, is_behind).order_by(_ITEM.c.id)
    return [ItemId(row["id"]) for row in tx.rows(query)]


def mark_synced(tx: Tx, item_ids: Sequence[ItemId]) -> None:
    """Every player whom they concern knows their files as they are, or is about to be told."""
    for start in range(0, len(item_ids), _CHUNK):
        these = _ITEM.c.id.in_(item_ids[start : start + _CHUNK])
        tx.execute(sa.update(_ITEM).where(these).values(synced_revision=_ITEM.c.disk_revision))


# --- what is yet to be told -------------------------------------------------------------------------------------------


def ask(tx: Tx, player_id: int, item_ids: Sequence[ItemId], *, is_manual: bool) -> int:
    """The player is to be told of these items; by itself only of those whose files it does not know as they are.

    Returns of how many.
    """
    news = list(item_ids) if is_manual else _unknown(tx, player_id, item_ids)
    if news:
        rows = [{"item_id": one, "player_id": player_id} for one in news]
        tx.execute(_asking(tx, now(tx), is_manual=is_manual), rows)
        progress.players(tx, news)
    return len(news)


def _unknown(tx: Tx, player_id: int, item_ids: Sequence[ItemId]) -> list[ItemId]:
    known = sa.and_(
        _STATE.c.item_id == _ITEM.c.id,
        _STATE.c.player_id == player_id,
        _STATE.c.revision >= _ITEM.c.disk_revision,
        _STATE.c.state != Shown.EXPIRED,
    )
    found: set[int] = set()
    for start in range(0, len(item_ids), _CHUNK):
        these = _ITEM.c.id.in_(item_ids[start : start + _CHUNK])
        found.update(row["id"] for row in tx.rows(sa.select(_ITEM.c.id).where(these, ~sa.exists().where(known))))
    return [one for one in item_ids if one in found]


def _asking(tx: Tx, at: datetime, *, is_manual: bool) -> Any:  # noqa: ANN401  the dialects' Insert share no base
    row = {
        "state": Shown.PENDING.value,
        "art": [],
        "revision": 0,
        "detail": "",
        "at": at,
        "waiting_since": at,
        "asked_at": at,
        "by_hand_at": at if is_manual else None,
    }
    bound: dict[str, Any] = {name: sa.bindparam(name) for name in ("item_id", "player_id")}
    insert = insert_into(_STATE, is_sqlite=tx.is_sqlite).values(**row, **bound)
    return insert.on_conflict_do_update(
        index_elements=["item_id", "player_id"],
        set_={
            "state": insert.excluded.state,
            "detail": "",
            "at": insert.excluded.at,
            "waiting_since": sa.func.coalesce(_STATE.c.waiting_since, insert.excluded.waiting_since),
            "asked_at": insert.excluded.asked_at,
            "not_before": None,
            "tries": 0,
            "by_hand_at": sa.func.coalesce(insert.excluded.by_hand_at, _STATE.c.by_hand_at),
        },
    )


def ask_again(tx: Tx, player_id: int, states: Collection[Shown]) -> int:
    """The player is told again of what is in one of these states, at a person's wish. Returns of how many items."""
    which = sa.and_(_STATE.c.player_id == player_id, _STATE.c.state.in_(sorted(states)))
    found = [ItemId(row["item_id"]) for row in tx.rows(sa.select(_STATE.c.item_id).where(which))]
    return ask(tx, player_id, found, is_manual=True)


def waiting(tx: Tx, player_ids: Sequence[int], among: Sequence[ItemId] | None = None) -> list[Waiting]:
    """What these players are yet to be told of (of the items in `among`), as one: they are told together."""
    if among is None:
        return _waiting(tx, player_ids, sa.true())
    chunks = (among[start : start + _CHUNK] for start in range(0, len(among), _CHUNK))
    return [row for chunk in chunks for row in _waiting(tx, player_ids, _STATE.c.item_id.in_(chunk))]


def _waiting(tx: Tx, player_ids: Sequence[int], which: sa.ColumnElement[bool]) -> list[Waiting]:
    parent, above = _ITEM.alias(), _ITEM.alias()
    line = _STATE.join(_ITEM, _ITEM.c.id == _STATE.c.item_id).outerjoin(parent, parent.c.id == _ITEM.c.parent_id)
    top = sa.func.coalesce(above.c.id, parent.c.id, _ITEM.c.id).label("top")
    query = sa.select(_STATE, top).select_from(line.outerjoin(above, above.c.id == parent.c.parent_id))
    found: dict[ItemId, Waiting] = {}
    query = query.where(_STATE.c.player_id.in_(player_ids), _IS_WAITING, which)
    for row in tx.rows(query.order_by(_STATE.c.item_id)):
        one = Waiting(
            item_id=ItemId(row["item_id"]),
            top=ItemId(row["top"]),
            since=row["waiting_since"],
            asked=row["asked_at"],
            not_before=row["not_before"],
            is_manual=row["by_hand_at"] is not None,
        )
        other = found.get(one.item_id)
        found[one.item_id] = one if other is None else _joined(one, other)
    return list(found.values())


def _joined(one: Waiting, other: Waiting) -> Waiting:
    """One item that two players of one database wait for."""
    times = [row.not_before for row in (one, other)]
    return Waiting(
        item_id=one.item_id,
        top=one.top,
        since=min(one.since, other.since),
        asked=max(one.asked, other.asked),
        not_before=None if None in times else min(time for time in times if time is not None),
        is_manual=one.is_manual or other.is_manual,
    )


def told_lately(tx: Tx, player_ids: Sequence[int], within: timedelta) -> dict[ItemId, datetime]:
    """The movies and shows that they were told of in that time, and when they had last answered."""
    parent, above = _ITEM.alias(), _ITEM.alias()
    line = _STATE.join(_ITEM, _ITEM.c.id == _STATE.c.item_id).outerjoin(parent, parent.c.id == _ITEM.c.parent_id)
    top = sa.func.coalesce(above.c.id, parent.c.id, _ITEM.c.id)
    query = (
        sa.select(top.label("top"), sa.func.max(_STATE.c.answered_at, type_=_STATE.c.answered_at.type).label("told"))
        .select_from(line.outerjoin(above, above.c.id == parent.c.parent_id))
        .where(_STATE.c.player_id.in_(player_ids), _STATE.c.answered_at > after(-within * 2))
        .group_by(top)
    )
    return {ItemId(row["top"]): row["told"] for row in tx.rows(query)}


def last_told(tx: Tx, player_ids: Sequence[int]) -> datetime | None:
    """When one of them was last told of anything."""
    query = sa.select(sa.func.max(_PLAYER.c.told_at, type_=_PLAYER.c.told_at.type))
    found: datetime | None = tx.execute(query.where(_PLAYER.c.id.in_(player_ids))).scalar_one()
    return found


def in_state(tx: Tx, player_ids: Sequence[int], state: Shown) -> list[ItemId]:
    """The items of which one of these players stands like that."""
    query = sa.select(_STATE.c.item_id).where(_STATE.c.player_id.in_(player_ids), _STATE.c.state == state)
    return [ItemId(row["item_id"]) for row in tx.rows(query.distinct().order_by(_STATE.c.item_id))]


def expire(tx: Tx, player_ids: Sequence[int], age: timedelta) -> int:
    """What they have been waiting for longer than that is no longer tried by itself. Returns how many items."""
    is_old = sa.and_(_STATE.c.player_id.in_(player_ids), _STATE.c.waiting_since < after(-age))
    values = {"state": Shown.EXPIRED.value, "at": NOW, "detail": _EXPIRED, **_AT_REST}
    expired = tx.execute(sa.update(_STATE).where(is_old).values(**values).returning(_STATE.c.item_id)).scalars().all()
    progress.players(tx, expired)
    return len(expired)


_EXPIRED = "the player was off for too long; it is told with its next change, or when you ask for it"
_AT_REST = {"waiting_since": None, "not_before": None, "tries": 0, "by_hand_at": None}


def note(tx: Tx, player_ids: Sequence[int], item_ids: Sequence[ItemId], detail: str) -> None:
    """Why what waits could not be told."""
    for start in range(0, len(item_ids), _CHUNK):
        these = _STATE.c.item_id.in_(item_ids[start : start + _CHUNK])
        which = sa.and_(_STATE.c.player_id.in_(player_ids), these, _IS_WAITING)
        tx.execute(sa.update(_STATE).where(which).values(detail=detail))


# --- what was told ----------------------------------------------------------------------------------------------------


def told(tx: Tx, player_ids: Sequence[int], item_ids: Sequence[ItemId]) -> dict[ItemId, Told]:
    """What was last told of these items; of players of one database, to whichever was told last."""
    found: dict[ItemId, Told] = {}
    for start in range(0, len(item_ids), _CHUNK):
        these = _STATE.c.item_id.in_(item_ids[start : start + _CHUNK])
        query = sa.select(_STATE.c.item_id, _STATE.c.told, _STATE.c.told_line)
        which = sa.and_(_STATE.c.player_id.in_(player_ids), these, _STATE.c.told.is_not(None))
        for row in tx.rows(query.where(which).order_by(_STATE.c.answered_at)):
            document = row["told"]
            videos = tuple(map(unescape_path, document["videos"]))
            found[row["item_id"]] = Told(unescape_path(document["folder"]), videos, row["told_line"])
    return found


def tries(tx: Tx, player_ids: Sequence[int], item_ids: Sequence[ItemId]) -> dict[ItemId, int]:
    """How often these players were told of these items in vain."""
    found: dict[ItemId, int] = {}
    for start in range(0, len(item_ids), _CHUNK):
        these = _STATE.c.item_id.in_(item_ids[start : start + _CHUNK])
        which = sa.and_(_STATE.c.player_id.in_(player_ids), these)
        for row in tx.rows(sa.select(_STATE.c.item_id, _STATE.c.tries).where(which)):
            found[row["item_id"]] = max(row["tries"], found.get(row["item_id"], 0))
    return found


def save(tx: Tx, player_id: int, results: Sequence[Result]) -> None:
    """Remember what a player was told and showed."""
    for result in results:
        tx.execute(_saving(result, player_id))
    progress.players(tx, (result.item_id for result in results))


def _saving(result: Result, player_id: int) -> sa.Update:
    is_answered = _answers(result)
    values: dict[str, Any] = {"art": sorted(result.art), "detail": result.detail, "at": NOW, "answered_at": NOW}
    values["state"] = sa.case((is_answered, result.state.value), else_=Shown.PENDING.value)
    if result.folder is not None:
        document = {"folder": escape_path(result.folder), "videos": [escape_path(one) for one in result.videos]}
        values |= {"told": document, "told_line": result.line, "revision": result.revision}
    if result.again is None:
        rest = {
            "waiting_since": _STATE.c.asked_at,
            "not_before": None,
            "tries": 0,
            "by_hand_at": _by_hand_since(result),
        }
        values |= {name: sa.case((is_answered, _typed(name)), else_=other) for name, other in rest.items()}
    else:
        values |= {"not_before": sa.case((is_answered, after(result.again)), else_=None), "tries": _STATE.c.tries + 1}
    which = sa.and_(_STATE.c.player_id == player_id, _STATE.c.item_id == result.item_id)
    return sa.update(_STATE).where(which).values(**values)


def _answers(result: Result) -> sa.ColumnElement[bool]:
    """Whether nothing is left to tell: nothing was asked since, or by nobody and of files that it heard of."""
    is_first = _STATE.c.waiting_since.is_(None) if result.asked is None else _STATE.c.asked_at <= result.asked
    revision = sa.select(_ITEM.c.disk_revision).where(_ITEM.c.id == _STATE.c.item_id).scalar_subquery()
    return sa.or_(is_first, sa.and_(_by_hand_since(result).is_(None), revision <= result.revision))


def _by_hand_since(result: Result) -> sa.ColumnElement[Any]:
    """When a person asked after what this answers; NULL: nobody did."""
    if result.asked is None:
        return _STATE.c.by_hand_at
    return sa.case((_STATE.c.by_hand_at > result.asked, _STATE.c.by_hand_at), else_=None)


def _typed(name: str) -> sa.ColumnElement[Any]:
    """The value of a row that waits for nothing."""
    return sa.literal(_AT_REST[name], _STATE.c[name].type)


# --- looking ----------------------------------------------------------------------------------------------------------


def counts(tx: Tx) -> dict[int, dict[str, int]]:
    """How many items of each player are in which state."""
    query = sa.select(_STATE.c.player_id, _STATE.c.state, sa.func.count().label("items"))
    found: dict[int, dict[str, int]] = {}
    for row in tx.rows(query.group_by(_STATE.c.player_id, _STATE.c.state)):
        found.setdefault(row["player_id"], {})[row["state"]] = row["items"]
    return found


def page(
    tx: Tx, player_id: int, *, state: Shown | None = None, after_id: int = 0, limit: int = 100
) -> Sequence[sa.RowMapping]:
    """What a player shows of its items, by item: title, kind, year and the state's columns."""
    columns = (_ITEM.c.title, _ITEM.c.kind, _ITEM.c.year, _ITEM.c.season_number, _ITEM.c.episode_number)
    shown = (_STATE.c.item_id, _STATE.c.state, _STATE.c.art, _STATE.c.detail, _STATE.c.at)
    query = sa.select(*shown, *columns, _STATE.c.waiting_since, _STATE.c.not_before)
    query = query.join(_ITEM, _ITEM.c.id == _STATE.c.item_id)
    query = query.where(_STATE.c.player_id == player_id, _STATE.c.item_id > after_id)
    if state is not None:
        query = query.where(_STATE.c.state == state)
    return tx.rows(query.order_by(_STATE.c.item_id).limit(limit))


# --- play states at risk ----------------------------------------------------------------------------------------------


def remember(tx: Tx, player_id: int, states: Mapping[str, PlayState]) -> None:
    """Keep what the owner did with these videos; a name that is kept already is replaced."""
    for name, state in states.items():
        row = {"player_id": player_id, "name": escape_path(name), "state": asdict(state), "at": NOW}
        tx.execute(upsert(tx, _PLAY, ["player_id", "name"], row))


def recall(tx: Tx, player_id: int) -> dict[str, PlayState]:
    """All that is kept of a player."""
    rows = tx.rows(sa.select(_PLAY.c.name, _PLAY.c.state).where(_PLAY.c.player_id == player_id))
    return {unescape_path(row["name"]): PlayState(**row["state"]) for row in rows}


def forget(tx: Tx, player_id: int, names: Collection[str]) -> None:
    """They are back where they belong."""
    wanted = [escape_path(name) for name in names]
    for start in range(0, len(wanted), _CHUNK):
        these = _PLAY.c.name.in_(wanted[start : start + _CHUNK])
        tx.execute(sa.delete(_PLAY).where(_PLAY.c.player_id == player_id, these))


def prune(tx: Tx, keep: timedelta) -> int:
    """Forget what the owner did with videos that did not come back for so long. Returns how many."""
    return tx.execute(sa.delete(_PLAY).where(_PLAY.c.at < pruning.ago(keep))).rowcount
