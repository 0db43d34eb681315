"""The queue: jobs, their attempts, events, schedules, workers."""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import Instant, Json
from metarr.store.schema.base import Id, metadata, own_id, ref

event = sa.Table(
    "event",
    metadata,
    own_id(),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("job_id", Id),  # outlives the job
    ref("item_id", "item", cascade=True, nullable=True),
    ref("library_id", "library", cascade=True, nullable=True),
    sa.Column("data", Json, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)

job = sa.Table(
    "job",
    metadata,
    own_id(),
    sa.Column("kind", sa.Text, nullable=False),
    ref("item_id", "item", cascade=True, nullable=True),
    ref("library_id", "library", cascade=True, nullable=True),
    sa.Column("payload", Json, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("is_bulk", sa.Boolean, nullable=False),
    sa.Column("is_forced", sa.Boolean, nullable=False),
    sa.Column("is_alone", sa.Boolean, nullable=False),
    sa.Column("run_at", Instant),  # NULL = ready
    sa.Column("dedupe_key", sa.Text, nullable=False),
    sa.Column("lock_key", sa.Text, nullable=False),
    sa.Column("claim", sa.Text),
    sa.Column("worker_id", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),  # spent, faults of the work itself
    sa.Column("losses", sa.Integer, nullable=False),  # times its worker died with it
    sa.Column("is_cancel_requested", sa.Boolean, nullable=False),
    sa.Column("progress", sa.Float),  # percent
    sa.Column("message", sa.Text, nullable=False),  # progress, why it waits, or why it ended as it did
    sa.Column("waits_for", sa.Text),  # the cause of the last snooze
    sa.Column("result", Json),  # what it came to, for reports
    sa.Column("parent_id", Id, index=True),
    sa.Column("root_id", Id, index=True),  # NULL = itself
    sa.Column("trigger", sa.Text),  # what the workflow began with; only of its first jobs
    sa.Column("schedule_id", Id),  # which line of the timetable that was, if one
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("started_at", Instant),
    sa.Column("finished_at", Instant),
    # Conditions are literal SQL: bound parameters would keep PostgreSQL's generic plans from using these indexes.
    sa.Index(
        "ix_job_ready",
        sa.text("priority DESC"),
        "id",
        sqlite_where=sa.text("state = 'pending' AND run_at IS NULL"),
        postgresql_where=sa.text("state = 'pending' AND run_at IS NULL"),
    ),
    sa.Index(
        "ix_job_express",
        sa.text("priority DESC"),
        "id",
        sqlite_where=sa.text("state = 'pending' AND run_at IS NULL AND NOT is_bulk"),
        postgresql_where=sa.text("state = 'pending' AND run_at IS NULL AND NOT is_bulk"),
    ),
    sa.Index(
        "ix_job_due",
        "run_at",
        sqlite_where=sa.text("state = 'pending' AND run_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'pending' AND run_at IS NOT NULL"),
    ),
    sa.Index(
        "uq_job_pending_twin",
        "dedupe_key",
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    ),
    sa.Index(
        "uq_job_running_lock",
        "lock_key",
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
    # Whether a workflow goes on.
    sa.Index(
        "ix_job_open_root",
        "root_id",
        sqlite_where=sa.text("state IN ('pending', 'running')"),
        postgresql_where=sa.text("state IN ('pending', 'running')"),
    ),
    # Not led by the state alone: SQLite would take such an index for the claim, and sort.
    sa.Index("ix_job_kind_state", "kind", "state"),
    # Jobs of a kind, newest first.
    sa.Index("ix_job_kind", "kind", "id"),
    sa.Index("ix_job_finished_at", "finished_at"),
    # Workflows, newest first.
    sa.Index("ix_job_root", "id", sqlite_where=sa.text("root_id IS NULL"), postgresql_where=sa.text("root_id IS NULL")),
    # How far each has come: of a library that is 60,000 jobs, counted without looking at one.
    sa.Index("ix_job_root_state", "root_id", "state"),
    sa.Index(
        "ix_job_schedule",
        "schedule_id",
        sqlite_where=sa.text("schedule_id IS NOT NULL"),
        postgresql_where=sa.text("schedule_id IS NOT NULL"),
    ),
)

job_attempt = sa.Table(
    "job_attempt",
    metadata,
    own_id(),
    ref("job_id", "job", cascade=True),
    sa.Column("claim", sa.Text, nullable=False, unique=True),
    sa.Column("worker_id", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),  # completed, retried, failed, snoozed, lost, cancelled
    sa.Column("error", sa.Text),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
)

schedule = sa.Table(
    "schedule",
    metadata,
    own_id(),
    sa.Column("chore", sa.Text, nullable=False),
    ref("library_id", "library", cascade=True, nullable=True),  # NULL = all of them
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("next_run", Instant),
    sa.Column("last_run", Instant),
)

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)
