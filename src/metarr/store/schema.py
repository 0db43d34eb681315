"""The tables. Migrations under `migrations/` build exactly this, which a test checks on both databases.

One `item` table for every kind; everything else (files, artwork, jobs, history) points at it.
"""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import FilePath, Instant, Json, Unsigned

REVISION = "0001"  # the newest migration; a database at this revision needs none

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# 64 bits everywhere; SQLite only counts up by itself for the type INTEGER.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, primary_key=True)


def _ref(name: str, table: str, *, cascade: bool, nullable: bool = False, index: bool = True) -> sa.Column[int]:
    rule = "CASCADE" if cascade else "SET NULL"
    return sa.Column(
        name, Id, sa.ForeignKey(f"{table}.id", ondelete=rule), nullable=nullable or not cascade, index=index
    )


library = sa.Table(
    "library",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("root", FilePath, nullable=False, unique=True),
    sa.Column("profiles", Json, nullable=False),
    sa.Column("settings", Json, nullable=False),  # overrides of the global settings
    sa.Column("confirmed_at", Instant),  # the owner accepted the first publishing
    sa.Column("created_at", Instant, nullable=False),
)

item = sa.Table(
    "item",
    metadata,
    _id(),
    sa.Column("kind", sa.Text, nullable=False),
    _ref("library_id", "library", cascade=True),
    _ref("parent_id", "item", cascade=True, nullable=True),
    _ref("collection_id", "item", cascade=False),
    # What makes it the same item at the next scan: the folder, or folder + stem where many share one folder.
    sa.Column("place", FilePath),
    sa.Column("folder", FilePath, nullable=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("sort_title", sa.Text, nullable=False),
    sa.Column("year", sa.Integer),
    sa.Column("season_number", sa.Integer),
    sa.Column("episode_number", sa.Integer),
    sa.Column("metadata", Json, nullable=False),
    sa.Column("provenance", Json, nullable=False),  # field -> source
    sa.Column("evidence", Json, nullable=False),  # why it is what we think it is
    sa.Column("episode_order", sa.Text),  # of a show: the order that its numbers are of; NULL = as aired
    sa.Column("is_monitored", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("is_held", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("enriched_at", Instant),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("published_revision", sa.Integer),
    sa.Column("disk_revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("synced_revision", sa.Integer),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("missing_since", Instant),
    sa.Column("delete_after", Instant),
    sa.UniqueConstraint("library_id", "kind", "place"),
    sa.Index("ix_item_list", "kind", "sort_title", "id"),
    sa.Index("ix_item_year", "kind", "year", "id"),
)

external_id = sa.Table(
    "external_id",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),  # tmdb, imdb, tvdb, tvmaze
    sa.Column("value", sa.Text, nullable=False),
    sa.Index("ix_external_id_value", "source", "value"),
)

lock = sa.Table(
    "lock",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),  # a metadata field, a list, "artwork.<kind>", or "*": all of them
    # False: explicitly free, whatever the season or show above says.
    sa.Column("is_locked", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("locked_by", sa.Text, nullable=False),  # user (asked for by itself), or what it came with: edit, choice
    sa.Column("locked_at", Instant, nullable=False),
)

# The last answer of each provider about an item, whether or not any of it won.
said = sa.Table(
    "said",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # known, absent
    sa.Column("metadata", Json, nullable=False),
    sa.Column("said_at", Instant, nullable=False),
)

media_file = sa.Table(
    "media_file",
    metadata,
    _id(),
    _ref("library_id", "library", cascade=True, index=False),
    sa.Column("path", FilePath, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("confidence", sa.Integer, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", Unsigned, nullable=False),
    sa.Column("fingerprint", sa.Text, index=True),  # content: size + head + tail
    sa.Column("details", Json, nullable=False),  # streams, language, part, edition, artwork kind
    sa.Column("missing_since", Instant),
    sa.UniqueConstraint("library_id", "path"),
)

# A file may hold several episodes, an item may have several files.
item_file = sa.Table(
    "item_file",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("file_id", Id, sa.ForeignKey("media_file.id", ondelete="CASCADE"), primary_key=True, index=True),
)

folder = sa.Table(
    "folder",
    metadata,
    sa.Column("library_id", Id, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("path", FilePath, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("scanned_at", Instant, nullable=False),
)

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("extension", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

candidate = sa.Table(
    "candidate",
    metadata,
    _id(),
    _ref("item_id", "item", cascade=True, index=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),  # the URL, or the sha256 of a local one
    sa.Column("url", sa.Text),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("language", sa.Text),
    sa.Column("vote_average", sa.Float, nullable=False),
    sa.Column("votes", sa.Integer, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("score_parts", Json),
    sa.Column("blob", sa.Text, sa.ForeignKey("blob.sha256")),
    sa.Column("is_blocked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("item_id", "kind", "provider", "reference"),
)

choice = sa.Table(
    "choice",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True),
    sa.Column("blob", sa.Text, sa.ForeignKey("blob.sha256"), nullable=False, index=True),
    _ref("candidate_id", "candidate", cascade=False),
    sa.Column("chosen_by", sa.Text, nullable=False),
    sa.Column("chosen_at", Instant, nullable=False),
)

person = sa.Table(
    "person",
    metadata,
    _id(),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # "tmdb:31", or the name where no id is known
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("ids", Json, nullable=False),
    sa.Column("portrait_url", sa.Text),
    sa.Column("portrait", sa.Text, sa.ForeignKey("blob.sha256")),
)

credit = sa.Table(
    "credit",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("job", sa.Text, primary_key=True),  # actor, director, writer
    sa.Column("position", sa.Integer, primary_key=True),
    _ref("person_id", "person", cascade=True),
    sa.Column("role", sa.Text, nullable=False),
)

published_file = sa.Table(
    "published_file",
    metadata,
    _id(),
    _ref("item_id", "item", cascade=True),
    _ref("library_id", "library", cascade=True, index=False),
    sa.Column("path", FilePath, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("inode", Unsigned, nullable=False),
    sa.Column("published_at", Instant, nullable=False),
    sa.Column("checked_at", Instant),  # when its bytes were last read and found right
    sa.UniqueConstraint("library_id", "path"),
)

history = sa.Table(
    "history",
    metadata,
    _id(),
    _ref("item_id", "item", cascade=True),
    sa.Column("job_id", Id, index=True),  # outlives the job
    sa.Column("at", Instant, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("path", FilePath),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("before", sa.Text),  # sha256 of what was there
    sa.Column("after", sa.Text),
)

recycled = sa.Table(
    "recycled",
    metadata,
    _id(),
    _ref("library_id", "library", cascade=True),
    _ref("item_id", "item", cascade=False),
    sa.Column("job_id", Id),
    sa.Column("path", FilePath, nullable=False),
    sa.Column("sha256", sa.Text, sa.ForeignKey("blob.sha256"), nullable=False, index=True),
    sa.Column("uid", sa.BigInteger, nullable=False),
    sa.Column("gid", sa.BigInteger, nullable=False),
    sa.Column("mode", sa.Integer, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("recycled_at", Instant, nullable=False, index=True),
    sa.Column("restored_at", Instant),
)

review = sa.Table(
    "review",
    metadata,
    _id(),
    _ref("item_id", "item", cascade=True, nullable=True),
    _ref("file_id", "media_file", cascade=True, nullable=True),
    sa.Column("subject", sa.Text, nullable=False),  # identity, file
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", Json, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

verification = sa.Table(
    "verification",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),  # its job's, which it outlives
    _ref("library_id", "library", cascade=True),
    _ref("item_id", "item", cascade=True, nullable=True),  # of one item; else of the whole library
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("is_repairing", sa.Boolean, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("checked", sa.Integer, nullable=False, server_default="0"),  # items
)

finding = sa.Table(
    "finding",
    metadata,
    _id(),
    _ref("library_id", "library", cascade=True),
    _ref("item_id", "item", cascade=True),
    sa.Column("job_id", Id, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("path", FilePath, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("writer", sa.Text),  # who wrote it last, as far as that is known
    sa.Column("is_repaired", sa.Boolean, nullable=False),
    sa.Column("found_at", Instant, nullable=False),
)

player = sa.Table(
    "player",
    metadata,
    _id(),
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
    _id(),
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

event = sa.Table(
    "event",
    metadata,
    _id(),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("job_id", Id),  # outlives the job
    _ref("item_id", "item", cascade=True, nullable=True),
    _ref("library_id", "library", cascade=True, nullable=True),
    sa.Column("data", Json, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)

job = sa.Table(
    "job",
    metadata,
    _id(),
    sa.Column("kind", sa.Text, nullable=False),
    _ref("item_id", "item", cascade=True, nullable=True),
    _ref("library_id", "library", cascade=True, nullable=True),
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
    # Not led by the state alone: SQLite would take such an index for the claim, and sort.
    sa.Index("ix_job_kind_state", "kind", "state"),
    sa.Index("ix_job_finished_at", "finished_at"),
)

job_attempt = sa.Table(
    "job_attempt",
    metadata,
    _id(),
    _ref("job_id", "job", cascade=True),
    sa.Column("claim", sa.Text, nullable=False, unique=True),
    sa.Column("worker_id", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),  # completed, retried, failed, snoozed, lost, cancelled
    sa.Column("error", sa.Text),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
)

# What download managers sent, as they sent it; what cannot be understood, too.
webhook_delivery = sa.Table(
    "webhook_delivery",
    metadata,
    _id(),
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
    _id(),
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

schedule = sa.Table(
    "schedule",
    metadata,
    _id(),
    sa.Column("chore", sa.Text, nullable=False),
    _ref("library_id", "library", cascade=True, nullable=True),  # NULL = all of them
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("next_run", Instant),
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
