"""The form of all fields: each with its source, its lock, and what every provider says beside it.

What a person changed is what differs from what the page showed. Where somebody else was quicker, nothing is stored:
the form comes back with both words, and with theirs where this person had changed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Form, Query, Request, Response
from pydantic import ValidationError

from metarr.actions import editing, explain
from metarr.actions.editing import Edit
from metarr.api.deps import Id
from metarr.errors import InvalidInput, MetarrError, Outdated
from metarr.model.words import counted
from metarr.store import locks, said
from metarr.store.documents import dumped
from metarr.store.locks import EVERYTHING
from metarr.ui.framing import back, house_of
from metarr.ui.item import fields
from metarr.ui.item.framed import Head, answer, changed, head_of, show_item, work_of
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.explain import Field
    from metarr.actions.phases import Submitted
    from metarr.store.db import Tx
    from metarr.ui.item.fields import Entry

router = Router(include_in_schema=False)
_TYPED = "typed"  # the choice beside those of the providers' words
_VALUE, _WAS, _PICK, _LOCK, _WAS_LOCKED = "value.", "was.", "pick.", "lock.", "was-locked."


@dataclass(frozen=True, slots=True)
class Word:
    """What a provider says of a field, as text. `is_same`: it is what the item has."""

    provider: str
    text: str
    is_same: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A field in the form. `text`: what stands in it; `was`: what is stored; `theirs`: what another person wrote."""

    entry: Entry
    text: str
    was: str
    source: str | None
    is_locked: bool
    words: tuple[Word, ...]
    picked: str = ""
    wants_lock: bool = False
    theirs: str | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole form, and what is said of the item beside it."""

    head: Head
    lines: tuple[Line, ...]
    others: tuple[Field, ...]  # what identification says
    answers: Sequence[said.Said]
    own_locks: Mapping[str, bool]


class _Wrong(InvalidInput):
    """What is wrong, field by field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("Nothing was stored: some fields hold what they cannot.")
        self.faults = faults


@router.get("/items/{item_id}/edit", dependencies=[READ])
async def get_form(request: Request, item_id: Id) -> Response:
    """The page."""
    return await _page(request, await house_of(request).store.read(lambda tx: _sheet(tx, item_id)))


@router.post("/items/{item_id}/edit", dependencies=[OPERATE])
async def save(request: Request, item_id: Id) -> Response:
    """Store what was changed, lock it, and publish it."""
    async with request.form() as sent:
        form = {name: value for name, value in sent.items() if isinstance(value, str)}
    sheet = await house_of(request).store.read(lambda tx: _sheet(tx, item_id))
    try:
        wanted = _edit(sheet, form)
        lock = {line.entry.name: line.wants_lock for line in _with(sheet, form) if _is_relocked(line, form)}
        done = await changed(
            request, item_id, form.get("version", ""), lambda tx: editing.save(tx, item_id, wanted, lock)
        )
    except MetarrError as fault:
        sheet = await house_of(request).store.read(lambda tx: _sheet(tx, item_id))
        faults = fault.faults if isinstance(fault, _Wrong) else {}
        lines = tuple(replace(line, fault=faults.get(line.entry.name, "")) for line in _with(sheet, form))
        return await _page(request, replace(sheet, lines=lines), fault)
    return back(request, _said(done, wanted, lock), f"/items/{item_id}/edit", work=done.scope if done.jobs else None)


@router.post("/items/{item_id}/lock", dependencies=[OPERATE])
async def set_lock(
    request: Request,
    item_id: Id,
    target: Annotated[str, Query(max_length=100)],
    locked: Annotated[bool, Form()],
) -> Response:
    """Lock or free one thing, or everything (`*`)."""

    async def again(fault: MetarrError) -> Response:
        return await _page(request, await house_of(request).store.read(lambda tx: _sheet(tx, item_id)), fault)

    done = changed(request, item_id, "", lambda tx: editing.set_locks(tx, item_id, {target: locked}))
    return await answer(request, done, "Locked." if locked else "Free.", f"/items/{item_id}/edit", again)


async def _page(request: Request, sheet: Sheet, fault: MetarrError | None = None) -> Response:
    is_outdated = isinstance(fault, Outdated)
    everything = sheet.own_locks.get(EVERYTHING, False)
    return await show_item(
        request,
        "item_edit.html",
        sheet.head,
        fault,
        sheet=sheet,
        is_outdated=is_outdated,
        is_all_locked=everything,
        written=fields.written,
    )


def _sheet(tx: Tx, item_id: int) -> Sheet:
    head = head_of(tx, item_id)
    answers = said.of_item(tx, item_id)
    known = {field.name: field for field in explain.fields_of(head.item, answers)}
    entries = [one for one in fields.ENTRIES if head.item.kind in one.kinds or one.name in known]
    return Sheet(
        head=head,
        lines=tuple(_line(entry, known.get(entry.name)) for entry in entries),
        others=tuple(field for name, field in known.items() if name not in fields.EDITABLE),
        answers=tuple(answers.values()),
        own_locks=locks.own(tx, item_id),
    )


def _line(entry: Entry, field: Field | None) -> Line:
    if field is None:
        return Line(entry, "", "", None, is_locked=False, words=())
    text = fields.written(entry.name, field.value)
    words = [(provider, fields.written(entry.name, word)) for provider, word in field.said.items()]
    return Line(
        entry=entry,
        text=text,
        was=text,
        source=field.source,
        is_locked=field.is_locked,
        words=tuple(Word(provider, word, word == text) for provider, word in words),
        wants_lock=field.is_locked,
    )


def _with(sheet: Sheet, form: Mapping[str, str]) -> tuple[Line, ...]:
    """The form with what this person wrote. What they did not touch is what is stored now."""
    return tuple(_filled(line, form) for line in sheet.lines)


def _filled(line: Line, form: Mapping[str, str]) -> Line:
    name = line.entry.name
    picked = _picked(form, name)
    if _WAS + name not in form:
        return line
    shown = fields.plain(form[_WAS + name])
    is_touched = bool(picked) or fields.plain(form.get(_VALUE + name, shown)) != shown
    return replace(
        line,
        text=fields.plain(form.get(_VALUE + name, "")) if is_touched else line.was,
        picked=picked,
        wants_lock=_LOCK + name in form if _is_relocked(line, form) else line.is_locked,
        theirs=line.was if is_touched and fields.plain(line.was) != shown else None,
    )


def _picked(form: Mapping[str, str], name: str) -> str:
    """The provider whose word is to be taken; "" for what stands in the field."""
    picked = form.get(_PICK + name, _TYPED)
    return "" if picked == _TYPED else picked


def _is_relocked(line: Line, form: Mapping[str, str]) -> bool:
    """Whether this person wants its lock to be another than the page showed."""
    name = line.entry.name
    return _WAS + name in form and (_LOCK + name in form) != (form.get(_WAS_LOCKED + name) == "yes")


def _edit(sheet: Sheet, form: Mapping[str, str]) -> Edit:
    """What was changed. Raises InvalidInput that knows the fields."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for line in sheet.lines:
        name = line.entry.name
        try:
            values |= _value(sheet, line, form)
        except ValueError as error:
            faults[name] = str(error)
    if faults:
        raise _Wrong(faults)
    try:
        return Edit(**values)
    except ValidationError as error:
        raise _Wrong({str(one["loc"][0]): str(one["msg"]) for one in error.errors()}) from error


def _value(sheet: Sheet, line: Line, form: Mapping[str, str]) -> dict[str, Any]:
    """What is wanted of one field, as an edit takes it; nothing where nothing was changed."""
    name = line.entry.name
    picked = _picked(form, name)
    if picked:
        word = next((one.metadata for one in sheet.answers if one.provider == picked), None)
        document = dumped(word) if word is not None else {}
        if name not in document:
            raise ValueError(f"{picked} says nothing of it any more")
        return {name: fields.taken(name, document[name])}
    text, shown = (form.get(part + name) for part in (_VALUE, _WAS))
    if text is None or shown is None or fields.plain(text) == fields.plain(shown):
        return {}
    return {name: fields.read(name, fields.plain(text), sheet.head.item.metadata)}


def _said(done: Submitted, wanted: Edit, lock: Mapping[str, bool]) -> str:
    count = len(wanted.model_fields_set)
    if not count and not lock:
        return "Nothing was changed."
    return work_of(done, f"{counted(count, 'field')} stored and locked" if count else "Locks stored")
