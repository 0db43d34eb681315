"""What verification found, run by run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.published import Finding
from metarr.store import schema
from metarr.store.db import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metarr.model.job import JobId
    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Tx

_FINDING = schema.finding


def add(tx: Tx, library_id: LibraryId, item_id: ItemId, job_id: JobId, found: Iterable[Finding]) -> None:
    """The findings of one run about one item."""
    rows = [
        {
            "library_id": library_id,
            "item_id": item_id,
            "job_id": job_id,
            "kind": finding.kind,
            "path": finding.path,
            "detail": finding.detail,
            "writer": finding.writer,
            "is_repaired": finding.is_repaired,
        }
        for finding in found
    ]
    if rows:
        tx.execute(sa.insert(_FINDING).values(found_at=NOW), rows)


def found_by(tx: Tx, job_id: int) -> list[Finding]:
    """The same as findings alone."""
    names = ("kind", "path", "detail", "is_repaired", "writer")
    return [Finding(**{name: row[name] for name in names}) for row in of_run(tx, job_id)]


def of_run(tx: Tx, job_id: int) -> Sequence[sa.RowMapping]:
    """What one run found."""
    return tx.rows(sa.select(_FINDING).where(_FINDING.c.job_id == job_id).order_by(_FINDING.c.id))
