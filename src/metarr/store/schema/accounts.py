"""Who may come in: people, their sessions, and keys for programs. No secret stands here in the clear."""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import Instant, Json
from metarr.store.schema.base import Id, metadata, own_id, ref

user = sa.Table(
    "user",
    metadata,
    own_id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # the name as it is compared: without capitals
    sa.Column("password_hash", sa.Text, nullable=False),  # argon2id
    sa.Column("role", sa.Text, nullable=False),  # administrator, editor, viewer
    sa.Column("is_disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("logged_in_at", Instant),
)

user_identity = sa.Table(  # whom a provider vouches for, and which user of ours that is
    "user_identity",
    metadata,
    own_id(),
    ref("user_id", "user", cascade=True, index=False),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # the provider's own, which never changes
    sa.Column("name", sa.Text, nullable=False),  # what the provider called them when they were linked
    sa.Column("linked_at", Instant, nullable=False),
    sa.UniqueConstraint("issuer", "subject"),
    sa.UniqueConstraint("user_id", "issuer"),
)

session = sa.Table(
    "session",
    metadata,
    own_id(),
    ref("user_id", "user", cascade=True),
    ref("identity_id", "user_identity", cascade=True, nullable=True),  # by which it was begun; none: a password
    sa.Column("ends_at", Instant),  # at the latest
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("address", sa.Text, nullable=False),  # where it was begun
    sa.Column("agent", sa.Text, nullable=False),  # the browser's own words
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)

api_key = sa.Table(
    "api_key",
    metadata,
    own_id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("key_hash", sa.Text, nullable=False, unique=True),
    sa.Column("hint", sa.Text, nullable=False),  # the key's last characters, to tell keys apart
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

audit = sa.Table(  # who did what; outlives users, keys and libraries, so it names them and refers to none
    "audit",
    metadata,
    own_id(),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("last_at", Instant, nullable=False),  # of those that came to the same
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("deed", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),  # "": nobody whom we know
    sa.Column("user_id", Id),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False),  # done, refused, throttled
    sa.Column("more", Json, nullable=False),
)

saved_view = sa.Table(  # a filtered and sorted list that somebody keeps; of nobody: everybody has it
    "saved_view",
    metadata,
    own_id(),
    ref("user_id", "user", cascade=True, nullable=True),
    sa.Column("place", sa.Text, nullable=False),  # movies, series, collections
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),  # as in an address
)
