"""Statements of the hot paths (the job engine, the scan), compiled once and run on the driver itself.

SQLAlchemy's own way through a statement costs several times what the database needs for it; a job's four statements
would cost more than the job. Values go in and rows come out as the driver has them: no column types are applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine.interfaces import Dialect

    _Reader = Callable[[Any], Any]


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


class PreparedQuery(Prepared):
    """A select whose rows come out as dictionaries, with the types of its columns."""

    def __init__(self, query: sa.Select[Any]) -> None:
        super().__init__(query)
        self._names = [column.name for column in query.selected_columns]
        types = [column.type for column in query.selected_columns]
        self._on_sqlite = self._readers(types, sqlite.dialect())
        self._on_postgres = self._readers(types, psycopg.dialect())  # type: ignore[no-untyped-call]  # as above

    def read(self, rows: Sequence[tuple[Any, ...]], *, is_sqlite: bool) -> list[dict[str, Any]]:
        """Rows of the driver."""
        found = [dict(zip(self._names, row, strict=True)) for row in rows]
        for name, reader in self._on_sqlite if is_sqlite else self._on_postgres:
            for row in found:
                row[name] = reader(row[name])
        return found

    def _readers(self, types: Sequence[sa.types.TypeEngine[Any]], dialect: Dialect) -> list[tuple[str, _Reader]]:
        pairs = zip(self._names, types, strict=True)
        # SQLAlchemy asks PostgreSQL's driver of which type a number came; floats come as what they are.
        readers = (
            (name, None if isinstance(one, sa.Float) else one.dialect_impl(dialect).result_processor(dialect, None))
            for name, one in pairs
        )
        return [(name, reader) for name, reader in readers if reader is not None]


def prepared_upsert(
    table: sa.Table,
    keys: Sequence[str],
    values: Sequence[str],
    *,
    keep: Sequence[str] = (),
    returning: Sequence[str] = (),
    **constants: Any,  # noqa: ANN401  columns of every type
) -> Prepared:
    """INSERT … ON CONFLICT DO UPDATE with a parameter for each of `values`. `constants`: such as NOW."""
    statements = []
    for insert in (sqlite.insert(table), postgresql.insert(table)):
        row = {**{name: sa.bindparam(name, type_=table.c[name].type) for name in values}, **constants}
        filled: Any = insert.values(**row)  # the dialects' classes share no base with what follows
        changed = {name: filled.excluded[name] for name in row if name not in {*keys, *keep}}
        elements = [table.c[name] for name in keys]
        done = filled.on_conflict_do_update(index_elements=elements, set_=changed)
        statements.append(done.returning(*(table.c[name] for name in returning)) if returning else done)
    return Prepared(*statements)


def prepared_insert(
    table: sa.Table,
    values: Sequence[str],
    *,
    returning: Sequence[str] = (),
    **constants: Any,  # noqa: ANN401  columns of every type
) -> Prepared:
    """INSERT with a parameter for each of `values`."""
    row = {**{name: sa.bindparam(name, type_=table.c[name].type) for name in values}, **constants}
    insert = sa.insert(table).values(**row)
    return Prepared(insert.returning(*(table.c[name] for name in returning)) if returning else insert)


def _compiled(statement: sa.ClauseElement, dialect: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401  untyped there
    compiled = statement.compile(dialect=dialect)
    return str(compiled), dict(compiled.params)
