"""The whole schema of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from metarr.store.columns import FilePath, Instant, Json, Unsigned

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _answer()
    _blob()
    _channel()
    _fact()
    _health()
    _lease()
    _library()
    _path_mapping()
    _player()
    _setting()
    _webhook_delivery()
    _worker()
    _folder()
    _hint()
    _item()
    _media_file()
    _person()
    _schedule()
    _candidate()
    _credit()
    _event()
    _external_id()
    _finding()
    _history()
    _item_file()
    _job()
    _lock()
    _player_state()
    _published_file()
    _recycled()
    _review()
    _said()
    _verification()
    _choice()
    _job_attempt()


def _answer() -> None:
    op.create_table(
        "answer",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("fetched_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_answer"),
    )
    op.create_index("ix_answer_fetched_at", "answer", ["fetched_at"], unique=False)


def _blob() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blob"),
    )


def _channel() -> None:
    op.create_table(
        "channel",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", Json(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("last_event_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_channel"),
        sa.UniqueConstraint("name", name="uq_channel_name"),
    )


def _fact() -> None:
    op.create_table(
        "fact",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", Json(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_fact"),
    )


def _health() -> None:
    op.create_table(
        "health",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("cause", name="pk_health"),
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_lease"),
    )


def _library() -> None:
    op.create_table(
        "library",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("root", FilePath(), nullable=False),
        sa.Column("profiles", Json(), nullable=False),
        sa.Column("settings", Json(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_library"),
        sa.UniqueConstraint("name", name="uq_library_name"),
        sa.UniqueConstraint("root", name="uq_library_root"),
    )


def _path_mapping() -> None:
    op.create_table(
        "path_mapping",
        sa.Column("id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("remote", sa.Text(), nullable=False),
        sa.Column("local", FilePath(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_path_mapping"),
        sa.UniqueConstraint("source", "instance", "remote", name="uq_path_mapping_source_instance_remote"),
    )


def _player() -> None:
    op.create_table(
        "player",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("settings", Json(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_player"),
        sa.UniqueConstraint("name", name="uq_player_name"),
    )


def _setting() -> None:
    op.create_table(
        "setting",
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("value", Json(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("section", name="pk_setting"),
    )


def _webhook_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("job_id", _ID, nullable=True),
        sa.Column("replay_of", _ID, nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
    )
    op.create_index("ix_webhook_delivery_received_at", "webhook_delivery", ["received_at"], unique=False)


def _worker() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
    )


def _folder() -> None:
    op.create_table(
        "folder",
        sa.Column("library_id", _ID, nullable=False),
        sa.Column("path", FilePath(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("scanned_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_folder_library_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("library_id", "path", name="pk_folder"),
    )


def _hint() -> None:
    op.create_table(
        "hint",
        sa.Column("library_id", _ID, nullable=False),
        sa.Column("folder", FilePath(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ids", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_hint_library_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("library_id", "folder", name="pk_hint"),
    )


def _item() -> None:
    op.create_table(
        "item",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("library_id", _ID, nullable=False),
        sa.Column("parent_id", _ID, nullable=True),
        sa.Column("collection_id", _ID, nullable=True),
        sa.Column("place", FilePath(), nullable=True),
        sa.Column("folder", FilePath(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sort_title", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("season_number", sa.Integer(), nullable=True),
        sa.Column("episode_number", sa.Integer(), nullable=True),
        sa.Column("metadata", Json(), nullable=False),
        sa.Column("provenance", Json(), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.Column("episode_order", sa.Text(), nullable=True),
        sa.Column("is_monitored", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("enriched_at", Instant(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("published_revision", sa.Integer(), nullable=True),
        sa.Column("disk_revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("synced_revision", sa.Integer(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("missing_since", Instant(), nullable=True),
        sa.Column("delete_after", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["collection_id"], ["item.id"], name="fk_item_collection_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_item_library_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["item.id"], name="fk_item_parent_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_item"),
        sa.UniqueConstraint("library_id", "kind", "place", name="uq_item_library_id_kind_place"),
    )
    op.create_index("ix_item_collection_id", "item", ["collection_id"], unique=False)
    op.create_index("ix_item_library_id", "item", ["library_id"], unique=False)
    op.create_index("ix_item_list", "item", ["kind", "sort_title", "id"], unique=False)
    op.create_index("ix_item_parent_id", "item", ["parent_id"], unique=False)
    op.create_index("ix_item_year", "item", ["kind", "year", "id"], unique=False)


def _media_file() -> None:
    op.create_table(
        "media_file",
        sa.Column("id", _ID, nullable=False),
        sa.Column("library_id", _ID, nullable=False),
        sa.Column("path", FilePath(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("inode", Unsigned(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("details", Json(), nullable=False),
        sa.Column("missing_since", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_media_file_library_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_media_file"),
        sa.UniqueConstraint("library_id", "path", name="uq_media_file_library_id_path"),
    )
    op.create_index("ix_media_file_fingerprint", "media_file", ["fingerprint"], unique=False)


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ids", Json(), nullable=False),
        sa.Column("portrait_url", sa.Text(), nullable=True),
        sa.Column("portrait", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["portrait"], ["blob.sha256"], name="fk_person_portrait"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("key", name="uq_person_key"),
    )


def _schedule() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", _ID, nullable=False),
        sa.Column("chore", sa.Text(), nullable=False),
        sa.Column("library_id", _ID, nullable=True),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("next_run", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_schedule_library_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
    )
    op.create_index("ix_schedule_library_id", "schedule", ["library_id"], unique=False)


def _candidate() -> None:
    op.create_table(
        "candidate",
        sa.Column("id", _ID, nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("vote_average", sa.Float(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("score_parts", Json(), nullable=True),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("is_blocked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["blob"], ["blob.sha256"], name="fk_candidate_blob"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_candidate_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_candidate"),
        sa.UniqueConstraint(
            "item_id", "kind", "provider", "reference", name="uq_candidate_item_id_kind_provider_reference"
        ),
    )


def _credit() -> None:
    op.create_table(
        "credit",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_credit_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_credit_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "job", "position", name="pk_credit"),
    )
    op.create_index("ix_credit_person_id", "credit", ["person_id"], unique=False)


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", _ID, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("job_id", _ID, nullable=True),
        sa.Column("item_id", _ID, nullable=True),
        sa.Column("library_id", _ID, nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_event_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_event_library_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_at", "event", ["at"], unique=False)
    op.create_index("ix_event_item_id", "event", ["item_id"], unique=False)
    op.create_index("ix_event_library_id", "event", ["library_id"], unique=False)


def _external_id() -> None:
    op.create_table(
        "external_id",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_external_id_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "source", name="pk_external_id"),
    )
    op.create_index("ix_external_id_value", "external_id", ["source", "value"], unique=False)


def _finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", _ID, nullable=False),
        sa.Column("library_id", _ID, nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("job_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("path", FilePath(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=True),
        sa.Column("is_repaired", sa.Boolean(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_finding_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_finding_library_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
    )
    op.create_index("ix_finding_item_id", "finding", ["item_id"], unique=False)
    op.create_index("ix_finding_job_id", "finding", ["job_id"], unique=False)
    op.create_index("ix_finding_library_id", "finding", ["library_id"], unique=False)


def _history() -> None:
    op.create_table(
        "history",
        sa.Column("id", _ID, nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("job_id", _ID, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("path", FilePath(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_history_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_history"),
    )
    op.create_index("ix_history_item_id", "history", ["item_id"], unique=False)
    op.create_index("ix_history_job_id", "history", ["job_id"], unique=False)


def _item_file() -> None:
    op.create_table(
        "item_file",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("file_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["media_file.id"], name="fk_item_file_file_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_item_file_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "file_id", name="pk_item_file"),
    )
    op.create_index("ix_item_file_file_id", "item_file", ["file_id"], unique=False)


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("item_id", _ID, nullable=True),
        sa.Column("library_id", _ID, nullable=True),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("is_bulk", sa.Boolean(), nullable=False),
        sa.Column("is_forced", sa.Boolean(), nullable=False),
        sa.Column("is_alone", sa.Boolean(), nullable=False),
        sa.Column("run_at", Instant(), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("lock_key", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("is_cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("result", Json(), nullable=True),
        sa.Column("parent_id", _ID, nullable=True),
        sa.Column("root_id", _ID, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_job_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_job_library_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index(
        "ix_job_due",
        "job",
        ["run_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending' AND run_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'pending' AND run_at IS NOT NULL"),
    )
    op.create_index(
        "ix_job_express",
        "job",
        [sa.literal_column("priority DESC"), "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending' AND run_at IS NULL AND NOT is_bulk"),
        postgresql_where=sa.text("state = 'pending' AND run_at IS NULL AND NOT is_bulk"),
    )
    op.create_index("ix_job_finished_at", "job", ["finished_at"], unique=False)
    op.create_index("ix_job_item_id", "job", ["item_id"], unique=False)
    op.create_index("ix_job_kind_state", "job", ["kind", "state"], unique=False)
    op.create_index("ix_job_library_id", "job", ["library_id"], unique=False)
    op.create_index("ix_job_parent_id", "job", ["parent_id"], unique=False)
    op.create_index(
        "ix_job_ready",
        "job",
        [sa.literal_column("priority DESC"), "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending' AND run_at IS NULL"),
        postgresql_where=sa.text("state = 'pending' AND run_at IS NULL"),
    )
    op.create_index("ix_job_root_id", "job", ["root_id"], unique=False)
    op.create_index(
        "uq_job_pending_twin",
        "job",
        ["dedupe_key"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "uq_job_running_lock",
        "job",
        ["lock_key"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )


def _lock() -> None:
    op.create_table(
        "lock",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("is_locked", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("locked_by", sa.Text(), nullable=False),
        sa.Column("locked_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_lock_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "target", name="pk_lock"),
    )


def _player_state() -> None:
    op.create_table(
        "player_state",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("player_id", _ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("art", Json(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_player_state_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["player_id"], ["player.id"], name="fk_player_state_player_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "player_id", name="pk_player_state"),
    )


def _published_file() -> None:
    op.create_table(
        "published_file",
        sa.Column("id", _ID, nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("library_id", _ID, nullable=False),
        sa.Column("path", FilePath(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("inode", Unsigned(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_published_file_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["library_id"], ["library.id"], name="fk_published_file_library_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_published_file"),
        sa.UniqueConstraint("library_id", "path", name="uq_published_file_library_id_path"),
    )
    op.create_index("ix_published_file_item_id", "published_file", ["item_id"], unique=False)


def _recycled() -> None:
    op.create_table(
        "recycled",
        sa.Column("id", _ID, nullable=False),
        sa.Column("library_id", _ID, nullable=False),
        sa.Column("item_id", _ID, nullable=True),
        sa.Column("job_id", _ID, nullable=True),
        sa.Column("path", FilePath(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("gid", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Integer(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recycled_at", Instant(), nullable=False),
        sa.Column("restored_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_recycled_item_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_recycled_library_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name="fk_recycled_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_recycled"),
    )
    op.create_index("ix_recycled_item_id", "recycled", ["item_id"], unique=False)
    op.create_index("ix_recycled_library_id", "recycled", ["library_id"], unique=False)
    op.create_index("ix_recycled_recycled_at", "recycled", ["recycled_at"], unique=False)
    op.create_index("ix_recycled_sha256", "recycled", ["sha256"], unique=False)


def _review() -> None:
    op.create_table(
        "review",
        sa.Column("id", _ID, nullable=False),
        sa.Column("item_id", _ID, nullable=True),
        sa.Column("file_id", _ID, nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["media_file.id"], name="fk_review_file_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_review_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
    )
    op.create_index("ix_review_file_id", "review", ["file_id"], unique=False)
    op.create_index("ix_review_item_id", "review", ["item_id"], unique=False)


def _said() -> None:
    op.create_table(
        "said",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("metadata", Json(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_said_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "provider", name="pk_said"),
    )


def _verification() -> None:
    op.create_table(
        "verification",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("library_id", _ID, nullable=False),
        sa.Column("item_id", _ID, nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("is_repairing", sa.Boolean(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("checked", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_verification_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["library_id"], ["library.id"], name="fk_verification_library_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_verification"),
    )
    op.create_index("ix_verification_item_id", "verification", ["item_id"], unique=False)
    op.create_index("ix_verification_library_id", "verification", ["library_id"], unique=False)


def _choice() -> None:
    op.create_table(
        "choice",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("candidate_id", _ID, nullable=True),
        sa.Column("chosen_by", sa.Text(), nullable=False),
        sa.Column("chosen_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["blob"], ["blob.sha256"], name="fk_choice_blob"),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name="fk_choice_candidate_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_choice_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "kind", "rank", name="pk_choice"),
    )
    op.create_index("ix_choice_blob", "choice", ["blob"], unique=False)
    op.create_index("ix_choice_candidate_id", "choice", ["candidate_id"], unique=False)


def _job_attempt() -> None:
    op.create_table(
        "job_attempt",
        sa.Column("id", _ID, nullable=False),
        sa.Column("job_id", _ID, nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_job_attempt_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_job_attempt"),
        sa.UniqueConstraint("claim", name="uq_job_attempt_claim"),
    )
    op.create_index("ix_job_attempt_job_id", "job_attempt", ["job_id"], unique=False)
