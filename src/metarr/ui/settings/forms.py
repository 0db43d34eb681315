"""Forms made from the settings registry, and the change that a submitted one asks for. Pure.

A form carries the values that it was made from: what a person touched is what differs from them. So what nobody touched
is never stored, and who was overtaken sees their own words beside what somebody else has stored meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from metarr.ui.settings.kinds import AS_EVERYWHERE, Control, Kind, Row, Typed, Unreadable, kind_of, read, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.actions.settings import Setting
    from metarr.ui.settings.kinds import Sent, Words

_UNIT = re.compile(r"(Seconds|Days|Hours)$")


@dataclass(frozen=True, slots=True)
class Field:
    """A setting with its control. `unit`: of its number; `everywhere`: what it is where it is as everywhere."""

    key: str
    label: str
    help: str
    default: Any
    kind: Kind
    unit: str = ""
    everywhere: Any = None


@dataclass(frozen=True, slots=True)
class Line:
    """A field as a page shows it. `theirs`: what somebody else has stored, where this person had something else in
    mind; None: nobody has.
    """

    field: Field
    typed: Typed
    is_default: bool
    fault: str = ""
    theirs: str | None = None

    @property
    def part(self) -> str:
        """Of its section: what stands before the dot."""
        return self.field.key.rpartition(".")[0]

    @property
    def default(self) -> str:
        """In words."""
        return worded(self.field, self.field.default)

    @property
    def everywhere(self) -> str:
        """In words."""
        return worded(self.field, self.field.everywhere)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Of a table: with an empty one at the end, where rows can be added."""
        kind = self.field.kind
        return self.typed.rows if kind.has_all else (*self.typed.rows, Row("", ("",) * len(kind.columns)))

    @property
    def left(self) -> tuple[str, ...]:
        """Of known words: those that do not stand in the order yet."""
        return tuple(word for word in self.field.kind.choices if word not in self.typed.words)


def fields_of(settings: Iterable[Setting], words: Words, everywhere: Mapping[str, Any] | None = None) -> list[Field]:
    """The fields of these settings. `words`: what can be chosen from, by key, where the schema does not say it."""
    return [
        Field(
            key=one.key,
            label=one.label,
            help=one.help,
            default=one.default,
            kind=kind_of(one.json_schema, words.get(one.key, ())),
            unit=_unit(one.key),
            everywhere=(everywhere or {}).get(one.key),
        )
        for one in settings
    ]


def _unit(key: str) -> str:
    found = _UNIT.search(key)
    return found[0].lower() if found else ""


def lines(
    fields: Sequence[Field],
    was: Mapping[str, Any],
    now: Mapping[str, Any],
    sent: Sent,
    faults: Mapping[str, str],
) -> list[Line]:
    """The form with what this person wrote; what they did not touch is what is stored now."""
    return [_line(field, at(was, field.key), at(now, field.key), sent, faults) for field in fields]


def _line(field: Field, was: Any, now: Any, sent: Sent, faults: Mapping[str, str]) -> Line:  # noqa: ANN401  any JSON
    kind = field.kind
    typed = sent.typed(field.key, kind)
    is_touched = typed is not None and typed != written(kind, was)
    shown = typed if typed is not None and is_touched else written(kind, now)
    return Line(
        field=field,
        typed=_to_begin_with(field) if shown == AS_EVERYWHERE else shown,
        is_default=shown == written(kind, field.default),
        fault=faults.get(field.key, ""),
        theirs=worded(field, now) if is_touched and now != was else None,
    )


def _to_begin_with(field: Field) -> Typed:
    """What is as everywhere begins, when it gets a value of its own, with that of everywhere."""
    if field.everywhere is None:
        return AS_EVERYWHERE
    return replace(written(replace(field.kind, is_nullable=False), field.everywhere), is_own=False)


def reworked(fields: Sequence[Field], sent: Sent, deed: str) -> Sent:
    """The form after a button in it: `reset:KEY`, `remove:KEY:2`, `up:KEY:2`, `down:KEY:2`. Others change nothing."""
    name, _, rest = deed.partition(":")
    key, _, place = rest.partition(":")
    field = next((one for one in fields if one.key == key), None)
    typed = None if field is None else sent.typed(key, field.kind)
    if field is None or typed is None:
        return sent
    if name == "reset":
        return _with(sent, field, written(field.kind, field.default))
    number = int(place) if place.isdecimal() and len(place) <= len(str(_MOST)) else _MOST
    return _with(sent, field, _moved(typed, name, number))


_MOST = 1000


def _moved(typed: Typed, name: str, number: int) -> Typed:
    rows, words = list(typed.rows), list(typed.words)
    if name == "remove":
        del rows[number : number + 1], words[number : number + 1]
    goal = number - 1 if name == "up" else number + 1
    if name in {"up", "down"} and 0 <= goal < len(words) and number < len(words):
        words[number], words[goal] = words[goal], words[number]
    return replace(typed, rows=tuple(rows), words=tuple(words))


def _with(sent: Sent, field: Field, typed: Typed) -> Sent:
    """The form with this in one of its controls."""
    key = field.key
    values = {name: one for name, one in sent.values.items() if name != key and not name.startswith(f"{key}.")}
    return replace(sent, values={**values, **fragments(key, field.kind, typed)})


def fragments(key: str, kind: Kind, typed: Typed) -> Mapping[str, Sequence[str]]:
    """What a browser sends of a control, by name."""
    own = {f"{key}.own": ["yes" if typed.is_own else "no"]} if kind.is_nullable else {}
    match kind.control:
        case Control.RANKS:
            return own | {key: ["", *typed.words]}
        case Control.TABLE:
            cells = {
                f"{key}.{number}.{name}": [cell]
                for number, row in enumerate(typed.rows)
                for name, cell in zip(("key", *(one.name for one in kind.columns)), (row.key, *row.cells), strict=True)
            }
            return own | {key: [str(len(typed.rows))]} | cells
        case Control.FIXED:
            return {}
        case _:
            return own | {key: [typed.text]}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a submitted form asks for: new values by key, and what is wrong by key."""

    values: Mapping[str, Any]
    faults: Mapping[str, str]


def wanted(fields: Sequence[Field], was: Mapping[str, Any], sent: Sent) -> Wanted:
    """What was touched, read."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in fields:
        typed, before = sent.typed(field.key, field.kind), at(was, field.key)
        if typed is None or field.kind.control is Control.FIXED or typed == written(field.kind, before):
            continue
        try:
            value = read(field.kind, typed)
        except Unreadable as error:
            faults[field.key] = str(error)
            continue
        if value != before:
            values[field.key] = value
    return Wanted(values, faults)


def patch(fields: Sequence[Field], was: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7396) that leads from the old values to these; defaults are a null, as nothing set."""
    found: dict[str, Any] = {}
    for field in fields:
        if field.key in values:
            _put(found, field.key, _step(field, at(was, field.key), values[field.key]))
    return found


def _step(field: Field, before: Any, value: Any) -> Any:  # noqa: ANN401  any JSON
    if value == field.default:
        return None
    if field.kind.control is not Control.TABLE or before is None:
        return value
    gone = {name: None for name in before if name not in value}
    return gone | {name: one for name, one in value.items() if name not in before or before[name] != one}


def _put(document: dict[str, Any], key: str, value: Any) -> None:  # noqa: ANN401  any JSON
    *parents, last = key.split(".")
    for part in parents:
        document = document.setdefault(part, {})
    document[last] = value


def at(document: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401  any JSON
    """The value of a dotted key."""
    found: Any = document
    for part in key.split("."):
        found = found[part]
    return found


def placed(fields: Sequence[Field], faults: Mapping[str, str]) -> dict[str, str]:
    """Faults by the field that has to show them: what lies deeper says where. What belongs to no field is left out."""
    found: dict[str, list[str]] = {}
    for key, text in faults.items():
        field = next((one for one in fields if key == one.key or key.startswith(f"{one.key}.")), None)
        if field is not None:
            inner = key.removeprefix(field.key).removeprefix(".").removesuffix(".[key]").replace(".", ", ")
            found.setdefault(field.key, []).append(f"{inner}: {text}" if inner else text)
    return {key: "; ".join(texts) for key, texts in found.items()}


def worded(field: Field, value: Any) -> str:  # noqa: ANN401  any JSON
    """A value as a sentence has it."""
    if value is None:
        return "as everywhere"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(_pair(name, one) for name, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    text = written(replace(field.kind, is_nullable=False), value).text
    return f"{text} {field.unit}".strip() or "empty"


def _pair(name: str, value: Any) -> str:  # noqa: ANN401  any JSON
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return f"{name} {' '.join(map(str, inner))}"
