"""How long the ledger remembers: finished jobs go after a while, failed ones later, open ones never."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.model.job import JobState
from metarr.store import pruning, schema

if TYPE_CHECKING:
    from datetime import timedelta

    from metarr.store.db import Tx

_JOB = schema.job


def prune(tx: Tx, keep_finished: timedelta, keep_failed: timedelta) -> int:
    """Delete jobs (with their attempts) that ended longer ago than that, some at a time. Returns how many."""
    is_failed = _JOB.c.state == JobState.FAILED
    # The outer condition is what the index serves; the inner ones choose among the old.
    is_old = sa.and_(
        _JOB.c.finished_at < pruning.ago(min(keep_finished, keep_failed)),
        sa.or_(
            sa.and_(~is_failed, _JOB.c.finished_at < pruning.ago(keep_finished)),
            sa.and_(is_failed, _JOB.c.finished_at < pruning.ago(keep_failed)),
        ),
    )
    has_ended = sa.text("job.state NOT IN ('pending', 'running')")
    return pruning.prune(tx, _JOB, has_ended, is_old)
