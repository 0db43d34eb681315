"""Channels, download managers, settings, and what is remembered of the outside."""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import FilePath, Instant, Json
from metarr.store.schema.base import Id, metadata, own_id

channel = sa.Table(
    "channel",
    metadata,
    own_id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False),  # sealed
    sa.Column("events", Json, nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("last_event_id", Id, nullable=False),  # everything up to here was told
    sa.Column("is_fixed", sa.Boolean, nullable=False, server_default=sa.false()),  # by the process configuration
    sa.Column("has_posters", sa.Boolean, nullable=False, server_default=sa.true()),
)

setting = sa.Table(
    "setting",
    metadata,
    sa.Column("section", sa.Text, primary_key=True),
    sa.Column("value", Json, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
)

# Raw answers of providers; what they are about is in the key, our API keys are not.
answer = sa.Table(
    "answer",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # provider, path and query
    sa.Column("body", sa.LargeBinary),  # compressed; NULL = the provider did not know it
    sa.Column("fetched_at", Instant, nullable=False, index=True),
)

# Where the processes that share a provider's limit queue; used on PostgreSQL alone.
lease = sa.Table(
    "lease",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("next_at", Instant, nullable=False),  # when the next call may go out
)

# What this installation is, as its server found it: every process reads the same here.
fact = sa.Table(
    "fact",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", Json, nullable=False),
)

health = sa.Table(
    "health",
    metadata,
    sa.Column("cause", sa.Text, primary_key=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)

# What download managers sent, as they sent it; what cannot be understood, too.
webhook_delivery = sa.Table(
    "webhook_delivery",
    metadata,
    own_id(),
    sa.Column("source", sa.Text, nullable=False),  # radarr, sonarr, lidarr
    sa.Column("instance", sa.Text, nullable=False),  # which of them; "" = it has no name
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("payload", Json, nullable=False),  # a text where it was no JSON
    sa.Column("outcome", sa.Text, nullable=False),  # submitted, noted, refused
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("job_id", Id),  # the workflow's root; outlives the job
    sa.Column("replay_of", Id),
    sa.Column("received_at", Instant, nullable=False, index=True),
)

# Where a download manager sees our folders under other paths.
path_mapping = sa.Table(
    "path_mapping",
    metadata,
    own_id(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("instance", sa.Text, nullable=False),  # "" = every instance of the source
    sa.Column("remote", sa.Text, nullable=False),
    sa.Column("local", FilePath, nullable=False),
    sa.UniqueConstraint("source", "instance", "remote"),
)

# What a download manager says that a folder holds: the first evidence of its identity.
hint = sa.Table(
    "hint",
    metadata,
    sa.Column("library_id", Id, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("folder", FilePath, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ids", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
