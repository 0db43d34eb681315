"""Libraries, the one table of items, their files, and what is asked of a person."""

from __future__ import annotations

import sqlalchemy as sa

from metarr.store.columns import FilePath, Instant, Json, Unsigned
from metarr.store.schema.base import Id, metadata, own_id, ref

library = sa.Table(
    "library",
    metadata,
    own_id(),
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
    own_id(),
    sa.Column("kind", sa.Text, nullable=False),
    ref("library_id", "library", cascade=True),
    ref("parent_id", "item", cascade=True, nullable=True),
    ref("collection_id", "item", cascade=False),
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
    sa.Column("search", sa.Text, nullable=False, server_default=""),  # every title it has, without case and accents
    sa.Column("rating", sa.Float),  # the first source's, 0-10
    sa.Column("changed_at", Instant),  # when what is published of it last became another
    # "0", not false(): for an expression, SQLite's table would be made anew, and what refers to it would go.
    # Pictures of some kind are on offer, and none of that kind is chosen: kept right by `store/artwork`.
    sa.Column("awaits_choice", sa.Boolean, nullable=False, server_default="0"),
    # Some player shows it: kept right by `store/player_states`.
    sa.Column("is_confirmed", sa.Boolean, nullable=False, server_default="0"),
    sa.UniqueConstraint("library_id", "kind", "place"),
    sa.Index("ix_item_list", "kind", "sort_title", "id"),
    sa.Index("ix_item_year", "kind", "year", "id"),
    sa.Index("ix_item_created_at", "kind", "created_at", "id"),
    sa.Index(
        "ix_item_delete_after",
        "delete_after",
        sqlite_where=sa.text("delete_after IS NOT NULL"),
        postgresql_where=sa.text("delete_after IS NOT NULL"),
    ),
    sa.Index("ix_item_parent", "parent_id", "kind", "season_number", "episode_number"),
    # All that lists filter and sort by: a page is found here, without the documents of the items that it passes over.
    sa.Index(
        "ix_item_shelf", "kind", "sort_title", "id", "search", "library_id", "parent_id", "collection_id",
        "season_number", "episode_number", "year", "identity", "is_monitored", "is_held", "missing_since", "revision",
        "published_revision", "disk_revision", "synced_revision", "rating", "created_at", "changed_at",
        "awaits_choice",
    ),
    # How far the items of a library are, counted without looking at one; what differs everywhere comes last.
    sa.Index(
        "ix_item_progress", "library_id", "kind", "missing_since", "identity", "published_revision", "revision",
        "awaits_choice", "is_confirmed", "enriched_at",
    ),
)  # fmt: skip

# What lists filter by that would have to be looked for in documents: genres, resolution, HDR, languages of a video.
trait = sa.Table(
    "trait",
    metadata,
    sa.Column("item_id", Id, sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Index("ix_trait_value", "name", "value", "item_id"),
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
    own_id(),
    ref("library_id", "library", cascade=True, index=False),
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
    sa.Index("ix_media_file_doubt", "role", "confidence", "id", "library_id", "missing_since"),
    sa.Index("ix_media_file_size", "library_id", "size"),
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

review = sa.Table(
    "review",
    metadata,
    own_id(),
    ref("item_id", "item", cascade=True, nullable=True),
    ref("file_id", "media_file", cascade=True, nullable=True),
    sa.Column("subject", sa.Text, nullable=False),  # identity, file
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", Json, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)
