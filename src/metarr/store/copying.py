"""All rows of one database into another, of whatever kind: for backups of PostgreSQL, restores and moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

_CHUNK = 1000  # rows


def copy(source: Connection, target: Connection, told: Callable[[int, int], None]) -> None:
    """Fill the empty database `target`. Both are at the same revision, which may be older than the program's.

    `told` hears how many rows are copied, of how many; what it raises ends the copying.
    """
    there = frozenset(sa.inspect(target).get_table_names())
    tables = [table for table in schema.metadata.sorted_tables if table.name in there]
    total, done = sum(counts(source).values()), 0
    for table in tables:
        columns = _columns(target, table)
        for rows in _chunks(source, table, columns):
            target.execute(sa.insert(table), [_without(row, _own(table)) for row in rows])
            done += len(rows)
            told(done, total)
        _point_to_themselves(source, target, table)
    if target.dialect.name == "postgresql":
        for table in tables:
            _count_on(target, table)


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    there = frozenset(sa.inspect(connection).get_table_names())
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in schema.metadata.sorted_tables
        if table.name in there
    }


def empty(connection: Connection) -> None:
    """Remove every row."""
    for table in reversed(schema.metadata.sorted_tables):
        connection.execute(sa.delete(table))


def _columns(connection: Connection, table: sa.Table) -> list[sa.Column[Any]]:
    """Those that the database knows at its revision."""
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    return [column for column in table.c if column.name in there]


def _chunks(
    source: Connection, table: sa.Table, columns: Sequence[sa.Column[Any]]
) -> Iterator[Sequence[sa.RowMapping]]:
    query = sa.select(*columns).order_by(*table.primary_key.columns)
    found = source.execution_options(stream_results=True, yield_per=_CHUNK).execute(query)
    yield from found.mappings().partitions(_CHUNK)


def _own(table: sa.Table) -> frozenset[str]:
    """Columns that point to other rows of the same table, which may not be there yet."""
    return frozenset(key.parent.name for key in table.foreign_keys if key.column.table is table)


def _without(row: sa.RowMapping, names: frozenset[str]) -> Mapping[str, Any]:
    return {name: None if name in names else value for name, value in row.items()}


def _point_to_themselves(source: Connection, target: Connection, table: sa.Table) -> None:
    for name in _own(table):
        key, column = table.c.id, table.c[name]
        query = sa.select(key.label("row"), column.label("to")).where(column.is_not(None))
        change = sa.update(table).where(key == sa.bindparam("row")).values({name: sa.bindparam("to")})
        for rows in source.execute(query).mappings().partitions(_CHUNK):
            target.execute(change, [dict(row) for row in rows])


def _count_on(target: Connection, table: sa.Table) -> None:
    """New rows get numbers after the copied ones (postgresql.org/docs/current/functions-sequence.html)."""
    for column in table.primary_key.columns:
        sequence = target.execute(sa.select(sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name))).scalar()
        if sequence is not None:
            highest = target.execute(sa.select(sa.func.max(column))).scalar()
            target.execute(sa.select(sa.func.setval(sequence, highest or 1, highest is not None)))
