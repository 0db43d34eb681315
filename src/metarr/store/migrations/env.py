"""Alembic's entry: runs on the connection that `metarr.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from metarr.store import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    compare_type=True,
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
