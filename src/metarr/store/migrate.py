"""Bringing a database to the newest schema. Alembic is only loaded when there is something to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.errors import InvalidInput
from metarr.store import filling, schema
from metarr.store.db import Tx

if TYPE_CHECKING:
    from metarr.store.db import Store

_WITHOUT_LISTS = "0001"  # the revision that knows nothing of what lists sort and filter by


def upgrade(store: Store, to: str = schema.REVISION) -> None:
    """Apply the migrations that are missing. Raises InvalidInput when the database is newer than this program."""
    found = revision(store)
    if found == to:
        return
    refuse_newer(found, "The database")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if found == _WITHOUT_LISTS:
            filling.fill_lists(Tx(connection))


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
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found
