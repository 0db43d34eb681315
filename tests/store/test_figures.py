"""How a database is described to whoever looks for a fault in it, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.store import figures, schema

if TYPE_CHECKING:
    from metarr.store.db import Store


def test_a_database_says_what_it_holds_and_how_it_is_set_up(store: Store) -> None:
    found = figures.describe(store)
    assert found["revision"] == schema.REVISION
    assert found["rows"].keys() >= {"item", "job", "library"}
    assert "ix_job_kind_state" in found["indexes"]["job"]
    assert found["settings"].keys() >= ({"journal_mode"} if store.is_sqlite else {"server_version", "fsync"})
    assert None not in found["settings"].values()
