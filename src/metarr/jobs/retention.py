"""How long the ledger remembers: finished jobs go after a while, failed ones later, open ones never."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.job import JobState
from metarr.store import schema
from metarr.store.db import after

if TYPE_CHECKING:
    from datetime import timedelta

    from metarr.store.db import Tx

_JOB = schema.job


def prune(tx: Tx, keep_finished: timedelta, keep_failed: timedelta) -> int:
    """Delete jobs (with their attempts) that ended longer ago than that. Returns how many."""
    is_failed = _JOB.c.state == JobState.FAILED
    is_old = sa.or_(
        sa.and_(~is_failed, _JOB.c.finished_at < after(-keep_finished)),
        sa.and_(is_failed, _JOB.c.finished_at < after(-keep_failed)),
    )
    has_ended = sa.text("job.state NOT IN ('pending', 'running')")
    return tx.execute(sa.delete(_JOB).where(has_ended, is_old)).rowcount
