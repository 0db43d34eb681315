"""Reading the audit log: page by page, or all of it as a file."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from metarr.actions.showing import shown
from metarr.model.audit import WORDS, Deed
from metarr.store import audit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from metarr.actions.installation import Installation
    from metarr.model.audit import Entry, Wanted
    from metarr.store.db import Tx

_AT_ONCE = 500
_NAMES = ("id", "at", "lastAt", "deed", "what", "who", "userId", "address", "result", "times", "more")
# What spreadsheets would work out: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@")


class Form(StrEnum):
    """How it is exported."""

    JSONL = "jsonl"
    CSV = "csv"


class Said(Protocol):
    """What a line says of what was done."""

    @property
    def deed(self) -> Deed: ...
    @property
    def what(self) -> str: ...
    @property
    def more(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `before`: what asks for the next page; None: this was the last."""

    entries: Sequence[Entry]
    before: int | None


def page(tx: Tx, wanted: Wanted, *, before: int | None, limit: int) -> Page:
    """Lines older than `before`, newest first."""
    found = audit.page(tx, wanted, before=before, limit=limit + 1)
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


async def export(house: Installation, wanted: Wanted, form: Form) -> AsyncIterator[str]:
    """All of it, newest first, some lines at a time. That it was exported is the newest line."""
    await house.store.write(lambda tx: audit.record(tx, Deed.AUDIT_EXPORTED))
    before: int | None = None
    yield in_form((), form, has_head=True)
    while True:
        start = before
        found = await house.store.read(lambda tx: page(tx, wanted, before=start, limit=_AT_ONCE))  # noqa: B023  awaited
        yield in_form(map(document, found.entries), form)
        before = found.before
        if before is None:
            return


def in_form(documents: Iterable[Mapping[str, Any]], form: Form, *, has_head: bool = False) -> str:
    """Lines as a file has them."""
    if form is Form.JSONL:
        return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in documents)
    text = io.StringIO()
    writer = csv.writer(text)
    if has_head:
        writer.writerow(_NAMES)
    writer.writerows([_cell(one[name]) for name in _NAMES] for one in documents)
    return text.getvalue()


def document(entry: Entry) -> dict[str, Any]:
    """A line as it leaves the program."""
    values = (
        *(entry.id, entry.at.isoformat(), entry.last_at.isoformat(), entry.deed.value, entry.what, entry.who),
        *(entry.user_id, entry.address, entry.result.value, entry.times, dict(entry.more)),
    )
    return dict(zip(_NAMES, values, strict=True))


def in_words(entry: Said) -> str:
    """What was done, for a person."""
    words = f"{WORDS[entry.deed]}: {entry.what}" if entry.what else WORDS[entry.deed]
    more = ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in entry.more.items())
    return shown(f"{words} ({more})" if more else words)


def _value(value: Any) -> str:  # noqa: ANN401  any JSON
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _cell(value: Any) -> str:  # noqa: ANN401  any JSON
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text
