"""Bringing a database to the newest schema. Alembic is only loaded when there is something to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.errors import Conflict, InvalidInput
from metarr.store import filling, schema
from metarr.store.db import Tx, after

if TYPE_CHECKING:
    from metarr.store.db import Store

_LOCK = 0x6D657461  # of all programs that bring one database up: a number that nothing else uses
_SEEN = timedelta(seconds=20)  # as long as a worker counts as alive
_WITHOUT_LISTS = "0001"  # the revision that knows nothing of what lists sort and filter by


def upgrade(store: Store, to: str = schema.REVISION) -> None:
    """Apply the migrations that are missing. Raises InvalidInput when the database is newer than this program."""
    found = revision(store)
    if found == to:
        return
    refuse_newer(found, "The database")
    refuse_company(store, found)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with store.engine.begin() as connection:
        if not store.is_sqlite:  # several machines may be started at once; the first does it, and the others see that
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            found = _revision(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if found == _WITHOUT_LISTS:
            filling.fill_lists(Tx(connection))


def refuse_company(store: Store, found: str | None) -> None:
    """Raise Conflict while workers of a release are at work that cannot go on beside this one."""
    if store.is_sqlite or found is None or found >= schema.BESIDE:
        return
    worker = schema.worker
    with store.engine.connect() as connection:
        rows = connection.execute(
            sa.select(worker.c.host, worker.c.pid).where(worker.c.seen_at >= after(-_SEEN)).order_by(worker.c.id)
        ).all()
    if rows:
        where = ", ".join(f"{row.host} (process {row.pid})" for row in rows)
        raise Conflict(
            f"Metarr of an earlier release is still at work on {where}, and cannot go on beside this one. Nothing was "
            "changed. Stop it there, wait half a minute if it did not end by itself, and start this one again: "
            "what is not done yet is done then."
        )


def refuse_newer(found: str | None, what: str) -> None:
    """Raise InvalidInput where a revision is newer than this program."""
    if found is not None and found > schema.REVISION:
        raise InvalidInput(
            f"{what} is at revision {found}, newer than this program knows ({schema.REVISION}). "
            "Install the newer version again, or restore a backup made before the upgrade."
        )


def revision(store: Store) -> str | None:
    """The database's revision, None when it is empty."""
    with store.engine.connect() as connection:
        return _revision(connection)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found
