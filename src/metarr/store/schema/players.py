"""Players, the groups they stand in, what each was told and shows, and the play states that a sync puts at risk."""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import Instant, Json
from metarr.store.schema.base import Id, metadata, own_id, ref

player = sa.Table(
    "player",
    metadata,
    own_id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("settings", Json, nullable=False),  # address, mappings; credentials are sealed
    sa.Column("is_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("is_fixed", sa.Boolean, nullable=False, server_default="0"),  # by the environment; "0": as of `item`
    sa.Column("told_at", Instant),  # when it was last told of anything
)

player_state = sa.Table(
    "player_state",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("player_id", Id, sa.ForeignKey("player.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # pending, confirmed, art_confirmed, removed, ...
    sa.Column("art", Json, nullable=False),  # kinds of artwork that the player shows
    sa.Column("revision", sa.Integer, nullable=False),  # the disk_revision that it was told of; 0 = never
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("waiting_since", Instant),  # of the first change that it is yet to be told of; NULL = of none
    sa.Column("asked_at", Instant),  # of the last one
    sa.Column("not_before", Instant),  # it was told, did not show it, and is asked again then
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # how often it was told in vain
    sa.Column("by_hand_at", Instant),  # when a person asked last, as long as that is yet to be told
    sa.Column("told", Json),  # the folder and the videos that it was told of last
    sa.Column(
        "told_line", Id, nullable=False, server_default="0"
    ),  # the last of the item's history that it was told of
    sa.Column("answered_at", Instant),  # when it had answered
    sa.Index("ix_player_state_player_id_state", "player_id", "state", "item_id"),
    sa.Index("ix_player_state_player_id_answered_at", "player_id", "answered_at"),
)

player_group = sa.Table(
    "player_group",
    metadata,
    own_id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("mode", sa.Text, nullable=False),  # parallel, sequential
    sa.Column("continues_on_error", sa.Boolean, nullable=False),
    sa.Column("skips_playing", sa.Boolean, nullable=False),
    sa.Column("is_shared", sa.Boolean, nullable=False),  # its members have one database: telling one is telling all
    sa.Column("has_all_libraries", sa.Boolean, nullable=False),
)

player_group_member = sa.Table(
    "player_group_member",
    metadata,
    sa.Column("player_id", Id, sa.ForeignKey("player.id", ondelete="CASCADE"), primary_key=True),
    ref("group_id", "player_group", cascade=True),
    sa.Column("place", sa.Integer, nullable=False),  # who is told first
)

player_group_library = sa.Table(
    "player_group_library",
    metadata,
    sa.Column("group_id", Id, sa.ForeignKey("player_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("library_id", Id, sa.ForeignKey("library.id", ondelete="CASCADE"), primary_key=True),
)

play_state = sa.Table(
    "play_state",
    metadata,
    sa.Column("player_id", Id, sa.ForeignKey("player.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),  # how the player calls the video
    sa.Column("state", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
