"""Holding a row, so that what was read of it is still so when it is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from metarr.store import schema

if TYPE_CHECKING:
    from metarr.store.db import Tx

Kind = Literal["library", "schedule", "channel", "player", "player_group"]


def hold(tx: Tx, kind: Kind, number: int) -> None:
    """Nobody else changes it until this transaction ends, on a database where they could."""
    column = schema.metadata.tables[kind].c.id
    tx.one(sa.select(column).where(column == number).with_for_update())
