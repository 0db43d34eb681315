"""The database as a reporter of faults should describe it: its tables, indexes and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.store import copying

if TYPE_CHECKING:
    from metarr.store.db import Store

_PRAGMAS = ("journal_mode", "synchronous", "page_size", "page_count", "freelist_count", "auto_vacuum", "foreign_keys")
_SERVER = sa.text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)").bindparams(
    names=["server_version", "shared_buffers", "work_mem", "max_connections", "fsync", "synchronous_commit", "TimeZone"]
)


def describe(store: Store) -> dict[str, Any]:
    """Rows of each table, indexes, and how the database is set up. Blocks."""
    with store.snapshot() as connection:
        inspector = sa.inspect(connection)
        names = inspector.get_table_names()
        if store.is_sqlite:
            library = {"sqlite": connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()}
            setup = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in _PRAGMAS}
        else:
            library = {}
            setup = {row.name: row.setting for row in connection.execute(_SERVER)}
        revision = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return {
            "revision": revision,
            **library,
            "settings": setup,
            "rows": copying.counts(connection),
            "indexes": {
                name: sorted(str(one["name"]) for one in inspector.get_indexes(name)) for name in sorted(names)
            },
        }
