"""What kind of control a setting has in a form, by the JSON Schema of its values; its text there, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

Words = Mapping[str, Sequence[str]]  # what can be chosen from, by the setting's key
SINGLE = "value"  # the column of a table whose cells are no objects
_NOT_OWN = frozenset({"", "no"})  # of what a browser says of what may be as everywhere
_LINE = 1000  # characters; what may be longer is no text of one line
_HIGHEST_COUNT = 15  # digits; JSON numbers beyond are not exact everywhere (RFC 8259, section 6)


class Control(StrEnum):
    """How a setting is shown. SWITCH: on, off, or as everywhere; RANKS: known words in an order of one's own."""

    FIXED = "fixed"
    CHECK = "check"
    SWITCH = "switch"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"
    AREA = "area"
    WORDS = "words"
    LINES = "lines"
    RANKS = "ranks"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Kind:
    """A control with its bounds. `has_all`: a table with a row for each of `choices`; others have the rows one adds.

    `is_nullable`: it may be left as everywhere.
    """

    control: Control
    low: float | None = None
    high: float | None = None
    is_whole: bool = False
    longest: int = _LINE
    choices: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    has_all: bool = False
    is_nullable: bool = False

    @property
    def is_single(self) -> bool:
        """Of a table: each row has one value, which is no object."""
        return self.columns[0].name == SINGLE


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, beside the one that says what a row is for."""

    name: str
    label: str
    kind: Kind


class Row(NamedTuple):
    """A row of a table; `cells` in the order of its columns."""

    key: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a control: text, words in their order, or rows. `is_own` False: as everywhere, whatever stands."""

    text: str = ""
    words: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    is_own: bool = True


AS_EVERYWHERE = Typed(is_own=False)


class Unreadable(ValueError):
    """What stands in a control is no value; the text says what would be one."""


def kind_of(schema: Mapping[str, Any], words: Sequence[str] = ()) -> Kind:
    """The control for values of this schema; `words`: what can be chosen from where the schema does not say so."""
    inner = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if inner:
        found = replace(kind_of(inner[0], words), is_nullable=True)
        return replace(found, control=Control.SWITCH) if found.control is Control.CHECK else found
    if "enum" in schema:
        return Kind(Control.CHOICE, choices=tuple(schema["enum"]))
    match schema["type"]:
        case "boolean":
            found = Kind(Control.FIXED if "const" in schema else Control.CHECK)
        case "integer" | "number":
            low = schema.get("minimum", schema.get("exclusiveMinimum"))
            found = Kind(Control.NUMBER, low, schema.get("maximum"), is_whole=schema["type"] == "integer")
        case "array":
            found = Kind(Control.RANKS if words else Control.LINES, choices=tuple(words))
        case "object":
            found = _table(schema, words)
        case _:
            longest = schema.get("maxLength", _LINE)
            found = Kind(Control.AREA if longest > _LINE else Control.TEXT, longest=longest, choices=tuple(words))
    return found


def _table(schema: Mapping[str, Any], words: Sequence[str]) -> Kind:
    inner, known = schema["additionalProperties"], schema.get("propertyNames", {}).get("enum")
    if "properties" in inner:
        columns = tuple(Column(name, one.get("title", name), kind_of(one)) for name, one in inner["properties"].items())
    else:
        cell = kind_of(inner)
        columns = (Column(SINGLE, "", replace(cell, control=Control.WORDS) if _is_list(cell) else cell),)
    has_all = known is not None and columns[0].kind.control is Control.NUMBER
    return Kind(Control.TABLE, choices=tuple(known or words), columns=columns, has_all=has_all)


def _is_list(kind: Kind) -> bool:
    return kind.control is Control.LINES


def written(kind: Kind, value: Any) -> Typed:  # noqa: ANN401  any JSON
    """What a control shows of a value."""
    if value is None and kind.is_nullable:
        return AS_EVERYWHERE
    match kind.control:
        case Control.RANKS:
            return Typed(words=tuple(value))
        case Control.TABLE:
            return Typed(rows=tuple(_rows(kind, value)))
        case _:
            return Typed(_text(kind, value))


def _rows(kind: Kind, value: Mapping[str, Any]) -> Iterator[Row]:
    names = dict.fromkeys((*kind.choices, *value)) if kind.has_all else value
    for name in names:
        inner = value.get(name)
        known = {SINGLE: inner} if kind.is_single else inner or {}
        yield Row(name, tuple(_text(column.kind, known.get(column.name)) for column in kind.columns))


def _text(kind: Kind, value: Any) -> str:  # noqa: ANN401  any JSON
    if value is None:
        return ""
    match kind.control:
        case Control.FIXED | Control.CHECK | Control.SWITCH:
            return "true" if value else "false"
        case Control.NUMBER:
            return str(int(value)) if value == int(value) else json.dumps(value)
        case Control.WORDS:
            return ", ".join(value)
        case Control.LINES:
            return "\n".join(value)
        case _:
            return str(value)


def read(kind: Kind, typed: Typed) -> Any:  # noqa: ANN401  any JSON
    """The value that was meant. Raises Unreadable; whether it is allowed is for the registry to say."""
    if kind.is_nullable and not typed.is_own:
        return None
    match kind.control:
        case Control.RANKS:
            return list(dict.fromkeys(typed.words))
        case Control.TABLE:
            return _table_of(kind, typed.rows)
        case _:
            return _value(kind, typed.text)


def _table_of(kind: Kind, rows: Sequence[Row]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        if kind.has_all and not any(row.cells):
            continue
        if not row.key:
            raise Unreadable(f"Say what the row with {', '.join(filter(None, row.cells))} is for.")
        if row.key in found:
            raise Unreadable(f"{row.key} stands there twice.")
        found[row.key] = _row(kind, row)
    return found


def _row(kind: Kind, row: Row) -> Any:  # noqa: ANN401  any JSON
    values: dict[str, Any] = {}
    for column, cell in zip(kind.columns, row.cells, strict=True):
        try:
            values[column.name] = _value(column.kind, cell)
        except Unreadable as error:
            place = f"{row.key}, {column.label.lower()}" if column.label else row.key
            raise Unreadable(f"{place}: {error}") from error
    return values[SINGLE] if kind.is_single else values


def _value(kind: Kind, text: str) -> Any:  # noqa: ANN401  any JSON
    match kind.control:
        case Control.FIXED | Control.CHECK | Control.SWITCH:
            return text == "true"
        case Control.NUMBER:
            return _number(kind, text)
        case Control.WORDS:
            return [word for part in text.split(",") if (word := part.strip())]
        case Control.LINES:
            return [line for part in text.split("\n") if (line := part.strip())]
        case Control.AREA:
            return text
        case _:
            return text.strip()


def _number(kind: Kind, text: str) -> float:
    plain = text.strip().replace(",", ".")
    try:
        if len(plain) > _HIGHEST_COUNT:
            raise ValueError
        return int(plain) if kind.is_whole else float(plain)
    except ValueError as error:
        what = "a whole number" if kind.is_whole else "a number"
        given = f", not {text.strip()[:40]!r}" if plain else ""
        raise Unreadable(f"This must be {what}{given}.") from error


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser sent of a form: every value of each name."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The last value of a name; "" where there is none. Browsers end lines with CR LF."""
        found = self.values.get(name, ())
        return found[-1].replace("\r\n", "\n") if found else ""

    def typed(self, key: str, kind: Kind) -> Typed | None:
        """What stood in a control; None: the form did not have it."""
        if key not in self.values:
            return None
        if kind.is_nullable and self.one(key if kind.control is Control.SWITCH else f"{key}.own") in _NOT_OWN:
            return AS_EVERYWHERE
        match kind.control:
            case Control.RANKS:
                return Typed(words=tuple(dict.fromkeys(filter(None, self.values[key]))))
            case Control.TABLE:
                return Typed(rows=tuple(self._rows(key, kind)))
            case _:
                return Typed(self.one(key))

    def _rows(self, key: str, kind: Kind) -> Iterator[Row]:
        """The field of the key itself says how many rows there are; empty ones are those that nobody filled in."""
        count = self.one(key)
        for number in range(min(int(count), _LINE) if count.isdecimal() and len(count) < len(str(_LINE)) else 0):
            cells = tuple(self.one(f"{key}.{number}.{column.name}") for column in kind.columns)
            row = Row(self.one(f"{key}.{number}.key"), cells)
            if row.key or any(cells):
                yield row
