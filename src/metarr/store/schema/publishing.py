"""What publishing did and verification found: files of ours, history, recycle bin, runs."""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import FilePath, Instant, Unsigned
from metarr.store.schema.base import Id, metadata, own_id, ref

published_file = sa.Table(
    "published_file",
    metadata,
    own_id(),
    ref("item_id", "item", cascade=True),
    ref("library_id", "library", cascade=True, index=False),
    sa.Column("path", FilePath, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False, index=True),
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
    own_id(),
    ref("item_id", "item", cascade=True),
    sa.Column("job_id", Id, index=True),  # outlives the job
    sa.Column("at", Instant, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("path", FilePath),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("before", sa.Text),  # sha256 of what was there
    sa.Column("after", sa.Text),
    sa.Column("source", sa.Text),  # where what was written comes from: a provider, the owner
)

recycled = sa.Table(
    "recycled",
    metadata,
    own_id(),
    ref("library_id", "library", cascade=True),
    ref("item_id", "item", cascade=False),
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

verification = sa.Table(
    "verification",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),  # its job's, which it outlives
    ref("library_id", "library", cascade=True),
    ref("item_id", "item", cascade=True, nullable=True),  # of one item; else of the whole library
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("is_repairing", sa.Boolean, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("checked", sa.Integer, nullable=False, server_default="0"),  # items
)

finding = sa.Table(
    "finding",
    metadata,
    own_id(),
    ref("library_id", "library", cascade=True),
    ref("item_id", "item", cascade=True),
    sa.Column("job_id", Id, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("path", FilePath, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("writer", sa.Text),  # who wrote it last, as far as that is known
    sa.Column("is_repaired", sa.Boolean, nullable=False),
    sa.Column("found_at", Instant, nullable=False),
)
