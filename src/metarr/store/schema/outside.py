"""Players, channels, download managers, settings, and what is remembered of the outside."""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import FilePath, Instant, Json
from metarr.store.schema.base import Id, metadata, own_id

player = sa.Table(
    "player",
    metadata,
    own_id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("settings", Json, nullable=False),  # address, mappings
    sa.Column("is_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
)

player_state = sa.Table(
    "player_state",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("player_id", Id, sa.ForeignKey("player.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # confirmed, not_seen
    sa.Column("art", Json, nullable=False),  # kinds of artwork that the player shows
    sa.Column("revision", sa.Integer, nullable=False),  # the disk_revision that it was told of
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

channel = sa.Table(
    "channel",
    metadata,
    own_id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", Json, nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("last_event_id", Id, nullable=False),  # everything up to here was told
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
