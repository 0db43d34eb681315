"""Statements of the hot paths (the job engine, the scan), compiled once and run on the driver itself.

SQLAlchemy's own way through a statement costs several times what the database needs for it; a job's four statements
would cost more than the job. Values go in and rows come out as the driver has them: no column types are applied.

They are compiled when they are first run: compiling them all, each for two databases, took a tenth of every start.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from metarr.store.upsert import insert_into

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine.interfaces import Dialect

    _Reader = Callable[[Any], Any]


class Prepared:
    """A statement in the words of both databases. Its parameters are named.

    `statement`: or what makes it for SQLite (True) and for PostgreSQL (False), where they have no common words.
    """

    def __init__(self, statement: sa.ClauseElement | Callable[[bool], sa.ClauseElement]) -> None:
        self._statement = statement

    def bound(self, values: Mapping[str, Any], *, is_sqlite: bool) -> tuple[str, dict[str, Any]]:
        """The SQL and all its parameters."""
        sql, constants = self._on_sqlite if is_sqlite else self._on_postgres
        return sql, {**constants, **values}

    @cached_property
    def _on_sqlite(self) -> tuple[str, dict[str, Any]]:
        return self._compiled(is_sqlite=True)

    @cached_property
    def _on_postgres(self) -> tuple[str, dict[str, Any]]:
        return self._compiled(is_sqlite=False)

    def _compiled(self, *, is_sqlite: bool) -> tuple[str, dict[str, Any]]:
        made = self._statement if isinstance(self._statement, sa.ClauseElement) else self._statement(is_sqlite)
        compiled = made.compile(dialect=_dialect(is_sqlite=is_sqlite))
        return str(compiled), dict(compiled.params)


class PreparedQuery(Prepared):
    """A select whose rows come out as dictionaries, with the types of its columns."""

    def __init__(self, query: sa.Select[Any]) -> None:
        super().__init__(query)
        self._query = query

    def read(self, rows: Sequence[tuple[Any, ...]], *, is_sqlite: bool) -> list[dict[str, Any]]:
        """Rows of the driver."""
        found = [dict(zip(self._names, row, strict=True)) for row in rows]
        for name, reader in self._sqlite_readers if is_sqlite else self._postgres_readers:
            for row in found:
                row[name] = reader(row[name])
        return found

    @cached_property
    def _names(self) -> list[str]:
        return [column.name for column in self._query.selected_columns]

    @cached_property
    def _sqlite_readers(self) -> list[tuple[str, _Reader]]:
        return self._readers(is_sqlite=True)

    @cached_property
    def _postgres_readers(self) -> list[tuple[str, _Reader]]:
        return self._readers(is_sqlite=False)

    def _readers(self, *, is_sqlite: bool) -> list[tuple[str, _Reader]]:
        dialect = _dialect(is_sqlite=is_sqlite)
        types = [(column.name, column.type) for column in self._query.selected_columns]
        # SQLAlchemy asks PostgreSQL's driver of which type a number came; floats come as what they are.
        readers = (
            (name, None if isinstance(one, sa.Float) else one.dialect_impl(dialect).result_processor(dialect, None))
            for name, one in types
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

    def made(is_sqlite: bool) -> sa.ClauseElement:  # noqa: FBT001  as `Prepared` asks for it
        row = {**{name: sa.bindparam(name, type_=table.c[name].type) for name in values}, **constants}
        filled = insert_into(table, is_sqlite=is_sqlite).values(**row)
        changed = {name: filled.excluded[name] for name in row if name not in {*keys, *keep}}
        elements = [table.c[name] for name in keys]
        done = filled.on_conflict_do_update(index_elements=elements, set_=changed)
        return done.returning(*(table.c[name] for name in returning)) if returning else done

    return Prepared(made)


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


def _dialect(*, is_sqlite: bool) -> Dialect:
    if is_sqlite:
        return sqlite.dialect(paramstyle="named")
    from sqlalchemy.dialects.postgresql import psycopg  # a start on SQLite need not wait for it

    return psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has none
