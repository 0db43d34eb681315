"""What other tables say of an item and lists count by, kept at the item: of 20,000 films with 80 pictures on offer
each it would take seconds to look for.

Whoever writes candidates, choices or what players show calls this in the same transaction, behind what it wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.player import CONFIRMED
from metarr.store import schema
from metarr.store.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metarr.store.db import Tx

_ITEM = schema.item
_ID = sa.bindparam("item_id", type_=_ITEM.c.id.type)


def _awaits_choice() -> sa.ColumnElement[bool]:
    """Pictures of some kind are on offer and none of that kind is chosen."""
    offered, chosen = schema.candidate, schema.choice
    has_choice = sa.exists().where(chosen.c.item_id == offered.c.item_id, chosen.c.kind == offered.c.kind)
    return sa.exists().where(offered.c.item_id == _ITEM.c.id, ~offered.c.is_blocked, ~has_choice)


def _is_confirmed() -> sa.ColumnElement[bool]:
    """Some player shows it."""
    states = schema.player_state
    is_shown = sa.or_(*(states.c.state == sa.literal_column(f"'{one.value}'") for one in sorted(CONFIRMED)))
    return sa.exists().where(states.c.item_id == _ITEM.c.id, is_shown)


def _setting(name: str, truth: sa.ColumnElement[bool]) -> sa.Update:
    """Where it is not so already."""
    return sa.update(_ITEM).where(_ITEM.c[name] != truth).values({name: truth})


_TRUTHS = {"awaits_choice": _awaits_choice(), "is_confirmed": _is_confirmed()}
_OF_ALL = {name: _setting(name, truth) for name, truth in _TRUTHS.items()}
_OF_ONE = {name: Prepared(statement.where(_ITEM.c.id == _ID)) for name, statement in _OF_ALL.items()}
# Two who write about one item at once: the later one waits here, and sees then what the other wrote.
_ALONE = Prepared(sa.select(_ITEM.c.id).where(_ITEM.c.id == _ID).with_for_update())


def choices(tx: Tx, item_id: int) -> None:
    """Pictures were offered, blocked, chosen or given up."""
    _settle(tx, "awaits_choice", [item_id])


def players(tx: Tx, item_ids: Iterable[int]) -> None:
    """Players were asked to show these, or did."""
    _settle(tx, "is_confirmed", sorted(set(item_ids)))


def everything(tx: Tx) -> None:
    """Whatever may have changed."""
    for statement in _OF_ALL.values():
        tx.execute(statement)


def _settle(tx: Tx, name: str, item_ids: Iterable[int]) -> None:
    for item_id in item_ids:
        if not tx.is_sqlite:
            tx.run(_ALONE, {"item_id": item_id})
        tx.run(_OF_ONE[name], {"item_id": item_id})
