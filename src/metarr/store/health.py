"""Health: one line per cause, from the first time it is seen until it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.prepared import Prepared
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from metarr.store.db import Tx

_HEALTH = schema.health
_CLEAR = Prepared(sa.delete(_HEALTH).where(_HEALTH.c.cause == sa.bindparam("b_cause")))


def report(tx: Tx, cause: str, message: str) -> None:
    """Say that something is wrong; saying it again only refreshes it."""
    row = {"cause": cause, "message": message, "since": NOW, "seen_at": NOW}
    tx.execute(upsert(tx, _HEALTH, ["cause"], row, keep=["since"]))


def clear(tx: Tx, cause: str) -> None:
    """It is over."""
    tx.run(_CLEAR, {"b_cause": cause})


def is_known(tx: Tx, cause: str) -> bool:
    """Whether it was said before, and is not over."""
    return tx.one(sa.select(_HEALTH.c.cause).where(_HEALTH.c.cause == cause)) is not None


def clear_others(tx: Tx, beginning: str, causes: Collection[str]) -> None:
    """Of the causes with this beginning, all but these are over."""
    is_over = sa.and_(_HEALTH.c.cause.startswith(beginning, autoescape=True), _HEALTH.c.cause.not_in(sorted(causes)))
    tx.execute(sa.delete(_HEALTH).where(is_over))


def clear_all(tx: Tx, causes: Collection[str]) -> None:
    """They are over."""
    tx.execute(sa.delete(_HEALTH).where(_HEALTH.c.cause.in_(sorted(causes))))


def lines(tx: Tx) -> Sequence[sa.RowMapping]:
    """Everything that is wrong now, oldest first."""
    return tx.rows(sa.select(_HEALTH).order_by(_HEALTH.c.since, _HEALTH.c.cause))
