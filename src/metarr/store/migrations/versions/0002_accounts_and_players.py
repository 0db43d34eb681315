"""Accounts and API keys, players in groups, channels with their own words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from metarr.store.columns import Instant, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _api_key_added()
    _audit_added()
    _audit_extended()
    _player_group_added()
    _user_added()
    _play_state_added()
    _player_group_library_added()
    _player_group_member_added()
    _player_group_member_extended()
    _saved_view_added()
    _saved_view_extended()
    _user_identity_added()
    _session_added()
    _session_extended()
    _trait_added()
    _trait_extended()
    _candidate_extended()
    _channel_extended()
    _item_extended()
    _job_extended()
    _media_file_extended()
    _person_extended()
    _player_extended()
    _player_state_extended()
    _published_file_extended()
    _schedule_extended()


def _api_key_added() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("key_hash", name="uq_api_key_key_hash"),
        sa.UniqueConstraint("name", name="uq_api_key_name"),
    )


def _audit_added() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )


def _audit_extended() -> None:
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_at", ["at"], unique=False)


def _player_group_added() -> None:
    op.create_table(
        "player_group",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("continues_on_error", sa.Boolean(), nullable=False),
        sa.Column("skips_playing", sa.Boolean(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("has_all_libraries", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_player_group"),
        sa.UniqueConstraint("name", name="uq_player_group_name"),
    )


def _user_added() -> None:
    op.create_table(
        "user",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("logged_in_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("key", name="uq_user_key"),
    )


def _play_state_added() -> None:
    op.create_table(
        "play_state",
        sa.Column("player_id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["player.id"], name="fk_play_state_player_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("player_id", "name", name="pk_play_state"),
    )


def _player_group_library_added() -> None:
    op.create_table(
        "player_group_library",
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("library_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["player_group.id"], name="fk_player_group_library_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["library_id"], ["library.id"], name="fk_player_group_library_library_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "library_id", name="pk_player_group_library"),
    )


def _player_group_member_added() -> None:
    op.create_table(
        "player_group_member",
        sa.Column("player_id", _ID, nullable=False),
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["player_group.id"], name="fk_player_group_member_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["player_id"], ["player.id"], name="fk_player_group_member_player_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("player_id", name="pk_player_group_member"),
    )


def _player_group_member_extended() -> None:
    with op.batch_alter_table("player_group_member", schema=None) as batch_op:
        batch_op.create_index("ix_player_group_member_group_id", ["group_id"], unique=False)


def _saved_view_added() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_saved_view_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
    )


def _saved_view_extended() -> None:
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.create_index("ix_saved_view_user_id", ["user_id"], unique=False)


def _user_identity_added() -> None:
    op.create_table(
        "user_identity",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("linked_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_user_identity_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_user_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_user_identity_issuer_subject"),
        sa.UniqueConstraint("user_id", "issuer", name="uq_user_identity_user_id_issuer"),
    )


def _session_added() -> None:
    op.create_table(
        "session",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("identity_id", _ID, nullable=True),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["user_identity.id"], name="fk_session_identity_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_session_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("token_hash", name="uq_session_token_hash"),
    )


def _session_extended() -> None:
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index("ix_session_identity_id", ["identity_id"], unique=False)
        batch_op.create_index("ix_session_user_id", ["user_id"], unique=False)


def _trait_added() -> None:
    op.create_table(
        "trait",
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_trait_item_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "name", "value", name="pk_trait"),
    )


def _trait_extended() -> None:
    with op.batch_alter_table("trait", schema=None) as batch_op:
        batch_op.create_index("ix_trait_value", ["name", "value", "item_id"], unique=False)


def _candidate_extended() -> None:
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index(
            "ix_candidate_blob",
            ["blob"],
            unique=False,
            sqlite_where=sa.text("blob IS NOT NULL"),
            postgresql_where=sa.text("blob IS NOT NULL"),
        )


def _channel_extended() -> None:
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_fixed", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("has_posters", sa.Boolean(), server_default=sa.true(), nullable=False))


def _item_extended() -> None:
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("search", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("rating", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("changed_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("awaits_choice", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("is_confirmed", sa.Boolean(), server_default="0", nullable=False))
        batch_op.create_index("ix_item_created_at", ["kind", "created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_item_delete_after",
            ["delete_after"],
            unique=False,
            sqlite_where=sa.text("delete_after IS NOT NULL"),
            postgresql_where=sa.text("delete_after IS NOT NULL"),
        )
        batch_op.create_index("ix_item_parent", ["parent_id", "kind", "season_number", "episode_number"], unique=False)
        batch_op.create_index(
            "ix_item_progress",
            [
                "library_id",
                "kind",
                "missing_since",
                "identity",
                "published_revision",
                "revision",
                "awaits_choice",
                "is_confirmed",
                "enriched_at",
            ],
            unique=False,
        )
        batch_op.create_index(
            "ix_item_shelf",
            [
                "kind",
                "sort_title",
                "id",
                "search",
                "library_id",
                "parent_id",
                "collection_id",
                "season_number",
                "episode_number",
                "year",
                "identity",
                "is_monitored",
                "is_held",
                "missing_since",
                "revision",
                "published_revision",
                "disk_revision",
                "synced_revision",
                "rating",
                "created_at",
                "changed_at",
                "awaits_choice",
            ],
            unique=False,
        )


def _job_extended() -> None:
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trigger", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("schedule_id", _ID, nullable=True))
        batch_op.create_index("ix_job_kind", ["kind", "id"], unique=False)
        batch_op.create_index(
            "ix_job_open_root",
            ["root_id"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'running')"),
            postgresql_where=sa.text("state IN ('pending', 'running')"),
        )
        batch_op.create_index(
            "ix_job_root",
            ["id"],
            unique=False,
            sqlite_where=sa.text("root_id IS NULL"),
            postgresql_where=sa.text("root_id IS NULL"),
        )
        batch_op.create_index("ix_job_root_state", ["root_id", "state"], unique=False)
        batch_op.create_index(
            "ix_job_schedule",
            ["schedule_id"],
            unique=False,
            sqlite_where=sa.text("schedule_id IS NOT NULL"),
            postgresql_where=sa.text("schedule_id IS NOT NULL"),
        )


def _media_file_extended() -> None:
    with op.batch_alter_table("media_file", schema=None) as batch_op:
        batch_op.create_index(
            "ix_media_file_doubt", ["role", "confidence", "id", "library_id", "missing_since"], unique=False
        )
        batch_op.create_index("ix_media_file_size", ["library_id", "size"], unique=False)


def _person_extended() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("search", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(
            "ix_person_portrait",
            ["portrait"],
            unique=False,
            sqlite_where=sa.text("portrait IS NOT NULL"),
            postgresql_where=sa.text("portrait IS NOT NULL"),
        )
        batch_op.create_index("ix_person_search", ["search", "id"], unique=False)


def _player_extended() -> None:
    with op.batch_alter_table("player", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_fixed", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("told_at", Instant(), nullable=True))


def _player_state_extended() -> None:
    with op.batch_alter_table("player_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waiting_since", Instant(), nullable=True))
        batch_op.add_column(sa.Column("asked_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("not_before", Instant(), nullable=True))
        batch_op.add_column(sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("by_hand_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("told", Json(), nullable=True))
        batch_op.add_column(sa.Column("told_line", _ID, server_default="0", nullable=False))
        batch_op.add_column(sa.Column("answered_at", Instant(), nullable=True))
        batch_op.create_index("ix_player_state_player_id_answered_at", ["player_id", "answered_at"], unique=False)
        batch_op.create_index("ix_player_state_player_id_state", ["player_id", "state", "item_id"], unique=False)


def _published_file_extended() -> None:
    with op.batch_alter_table("published_file", schema=None) as batch_op:
        batch_op.create_index("ix_published_file_sha256", ["sha256"], unique=False)


def _schedule_extended() -> None:
    with op.batch_alter_table("schedule", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_run", Instant(), nullable=True))
