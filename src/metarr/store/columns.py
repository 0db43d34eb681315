"""Column types that mean the same on SQLite and PostgreSQL: instants, file paths, JSON documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect

SQLITE_FORMAT = "%Y-%m-%d %H:%M:%S.%f"

# Bytes that are no UTF-8 are legal in file names on Linux but not in a database's text. Each such byte (and each byte
# of a character that lies in the escape range itself, so that the mapping stays reversible) becomes U+F700 + byte.
_ESCAPE = 0xF700
_ESCAPE_END = 0xF7FF


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime: `timestamptz` on PostgreSQL, sortable text with microseconds on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Text on SQLite, which has no type for instants."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401  one type per dialect
        """To the database, always in UTC."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.strftime(SQLITE_FORMAT) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401  the same
        """From the database, always aware."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        found: datetime = value.astimezone(UTC)
        return found


class FilePath(sa.types.TypeDecorator[str]):
    """A path as Python has it (`os.fsdecode`), stored as readable text from which the exact bytes come back."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  an interface
        """Escape what no database takes as text."""
        return None if value is None else escape_path(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  an interface
        """Undo it."""
        return None if value is None else unescape_path(value)


class Unsigned(sa.types.TypeDecorator[int]):
    """An unsigned 64-bit number (inodes of network file systems use all of it) in the databases' signed type."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002  an interface
        """Wrap into the signed range."""
        return None if value is None else signed(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002  an interface
        """Undo it."""
        return None if value is None else unsigned(value)


class Json(sa.types.TypeDecorator[Any]):
    """A JSON document as compact ASCII text: the same bytes on every database, and no surprises with surrogates."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002  any document
        """None stays NULL."""
        return None if value is None else document(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002  any document
        """NULL stays None."""
        return None if value is None else json.loads(value)


def unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The same value, but no index is taken for it: for where a narrower or shorter way should be."""
    return sa.func.coalesce(column, sa.null(), type_=column.type)


def signed(value: int) -> int:
    """An unsigned 64-bit number as the database has it."""
    return value if value < 1 << 63 else value - (1 << 64)


def unsigned(value: int) -> int:
    """Reverse of `signed`."""
    return value if value >= 0 else value + (1 << 64)


def document(value: Any) -> str:  # noqa: ANN401  any document
    """A JSON document as the database has it."""
    return json.dumps(value, separators=(",", ":"))


def escape_path(path: str) -> str:
    """Reversible: `unescape_path(escape_path(p)) == p` for every path that the system can return."""
    if path.isascii():
        return path
    return "".join(
        "".join(chr(_ESCAPE + byte) for byte in character.encode("utf-8", "surrogateescape"))
        if "\udc80" <= character <= "\udcff" or _ESCAPE <= ord(character) <= _ESCAPE_END
        else character
        for character in path
    )


def unescape_path(text: str) -> str:
    """Reverse of `escape_path`."""
    if text.isascii():
        return text
    raw = b"".join(
        bytes([ord(character) - _ESCAPE]) if _ESCAPE <= ord(character) <= _ESCAPE_END else character.encode()
        for character in text
    )
    return raw.decode("utf-8", "surrogateescape")
