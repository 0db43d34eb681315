"""Statements of the job engine's hot path, compiled once and run on the driver itself.

SQLAlchemy's own way through a statement costs several times what the database needs for it; a job's four statements
would cost more than the job. Values go in and rows come out as the driver has them: no column types are applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa


class Prepared:
    """A statement in the words of both databases. Its parameters are named.

    `on_postgres`: the same in SQLAlchemy's own terms for PostgreSQL, where it has no common ones.
    """

    def __init__(self, statement: sa.ClauseElement, on_postgres: sa.ClauseElement | None = None) -> None:
        other = statement if on_postgres is None else on_postgres
        self._sqlite = _compiled(statement, sqlite.dialect(paramstyle="named"))
        self._postgres = _compiled(other, psycopg.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy has none

    def bound(self, values: Mapping[str, Any], *, is_sqlite: bool) -> tuple[str, dict[str, Any]]:
        """The SQL and all its parameters."""
        sql, constants = self._sqlite if is_sqlite else self._postgres
        return sql, {**constants, **values}


def _compiled(statement: sa.ClauseElement, dialect: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401  untyped there
    compiled = statement.compile(dialect=dialect)
    return str(compiled), dict(compiled.params)
