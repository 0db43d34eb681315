"""Pictures and people: what is in the cache, on offer and chosen, and who is in what."""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import Instant, Json
from metarr.store.schema.base import Id, metadata, own_id, ref

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
    own_id(),
    ref("item_id", "item", cascade=True, index=False),
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
    # Whether a picture of the cache is anybody's.
    sa.Index(
        "ix_candidate_blob",
        "blob",
        sqlite_where=sa.text("blob IS NOT NULL"),
        postgresql_where=sa.text("blob IS NOT NULL"),
    ),
)

choice = sa.Table(
    "choice",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True),
    sa.Column("blob", sa.Text, sa.ForeignKey("blob.sha256"), nullable=False, index=True),
    ref("candidate_id", "candidate", cascade=False),
    sa.Column("chosen_by", sa.Text, nullable=False),
    sa.Column("chosen_at", Instant, nullable=False),
)

person = sa.Table(
    "person",
    metadata,
    own_id(),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # "tmdb:31", or the name where no id is known
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("ids", Json, nullable=False),
    sa.Column("portrait_url", sa.Text),
    sa.Column("portrait", sa.Text, sa.ForeignKey("blob.sha256")),
    sa.Column("search", sa.Text, nullable=False, server_default=""),  # the name without case and accents
    sa.Index("ix_person_search", "search", "id"),
    sa.Index(
        "ix_person_portrait",
        "portrait",
        sqlite_where=sa.text("portrait IS NOT NULL"),
        postgresql_where=sa.text("portrait IS NOT NULL"),
    ),
)

credit = sa.Table(
    "credit",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("job", sa.Text, primary_key=True),  # actor, director, writer
    sa.Column("position", sa.Integer, primary_key=True),
    ref("person_id", "person", cascade=True),
    sa.Column("role", sa.Text, nullable=False),
)
