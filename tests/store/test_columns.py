"""Column types: what goes in comes out, on both databases."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from metarr.store.columns import FilePath, Instant, Json, Unsigned, escape_path, unescape_path

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

DIALECTS: list[Any] = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]  # SQLAlchemy has none
BYTES = st.binary() | st.lists(
    st.sampled_from([b"a", b"\xff", b"\x80", "ü".encode(), "\uf780".encode(), "\uf700".encode(), b"\xef\x9e"])
).map(b"".join)


@given(BYTES)
def test_every_name_that_a_disk_can_hold_survives(raw: bytes) -> None:
    path = os.fsdecode(raw)
    text = escape_path(path)
    text.encode()  # a database takes it
    assert unescape_path(text) == path
    assert os.fsencode(unescape_path(text)) == raw


@given(st.text(st.characters(max_codepoint=0xD7FF)))
def test_ordinary_names_stay_readable(path: str) -> None:
    assert escape_path(path) == path


@given(st.integers(0, 2**64 - 1), st.sampled_from(DIALECTS))
def test_unsigned_numbers_fit_into_the_signed_type(number: int, dialect: Any) -> None:
    bound = Unsigned().process_bind_param(number, dialect)
    assert bound is not None
    assert -(2**63) <= bound < 2**63
    assert Unsigned().process_result_value(bound, dialect) == number


MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001  hypothesis wants them naive
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001  the same
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)


@given(MOMENTS, MOMENTS)
def test_instants_are_ordered_as_text_as_they_are_in_time(first: datetime, second: datetime) -> None:
    texts = [Instant().process_bind_param(moment, DIALECTS[0]) for moment in (first, second)]
    assert (texts[0] < texts[1]) == (first < second)
    assert [Instant().process_result_value(text, DIALECTS[0]) for text in texts] == [first, second]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (FilePath(), os.fsdecode(b"Am\xe9lie/\xff\x80.mkv")),
        (FilePath(), "Amélie (2001)/映画.mkv"),
        (FilePath(), None),
        (Unsigned(), 2**64 - 1),
        (Unsigned(), 0),
        (Instant(), datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)),
        (Instant(), None),
        (Json(), {"path": "\udcff", "list": [1, None, "ü"], "ratio": 0.1}),
        (Json(), None),
        (Json(), []),
    ],
    ids=repr,
)
def test_values_come_back_from_the_database_as_they_went_in(store: Store, column: Any, value: Any) -> None:
    table = sa.Table("kept", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("value", column))

    def body(tx: Tx) -> Any:
        tx.execute(sa.schema.CreateTable(table))
        tx.execute(sa.insert(table).values(id=1, value=value))
        return tx.execute(sa.select(table.c.value)).scalar_one()

    assert store.write_now(body) == value
