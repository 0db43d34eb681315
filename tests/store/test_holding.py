"""A row that is held: nobody else changes it until the transaction ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from metarr.model.media import LibraryKind
from metarr.store import libraries, schema
from metarr.store.db import Store
from metarr.store.holding import hold

if TYPE_CHECKING:
    from metarr.store.db import Tx


@pytest.mark.postgres
def test_a_row_is_held_against_other_processes_and_its_neighbours_are_not(postgres_store: Store) -> None:
    other = Store(postgres_store.url)
    free = sa.select(schema.library.c.id).order_by(schema.library.c.id).with_for_update(skip_locked=True)

    def look(tx: Tx) -> list[int]:
        return [row["id"] for row in tx.rows(free)]

    def holding(tx: Tx) -> list[int]:
        hold(tx, "library", 1)
        return other.write_now(look)

    for name in ("Films", "Shows"):
        postgres_store.write_now(lambda tx, name=name: libraries.add(tx, name, LibraryKind.MOVIES, f"/media/{name}"))  # type: ignore[misc]  # bound
    try:
        assert postgres_store.write_now(holding) == [2]
        assert other.write_now(look) == [1, 2]
    finally:
        other.close()
