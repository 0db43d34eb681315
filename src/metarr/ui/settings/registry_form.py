"""The form of some settings of a section, from the page to the registry and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request, Response
from pydantic import ValidationError

from metarr.actions import settings as actions
from metarr.errors import InvalidInput, MetarrError, Outdated
from metarr.section import Section
from metarr.store.settings import WrongSettings
from metarr.ui.framing import house_of, onward, own
from metarr.ui.settings import forms
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.forms import Field, Line
from metarr.ui.settings.kinds import Sent, Words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from metarr.store.db import Tx

SAVE: Final = "save"
_OVERTAKEN = (
    "Somebody has changed these settings since this page was opened. Nothing of yours was stored: look at what they "
    "stored, and save again if yours is still wanted."
)
_MOST_FIELDS = 5000
_UNLIKE = "String should match pattern"
_NOT_SO = "It is not written as it must be; the text beside it says how."


@dataclass(frozen=True, slots=True)
class Form:
    """Which settings it has. `section`: its name in addresses; `keys` None: all of them."""

    section: str
    keys: Collection[str] | None = None

    @property
    def name(self) -> str:
        """The section's field in `Settings`."""
        return actions.sections()[self.section]

    def fields(self, words: Words) -> list[Field]:
        """What it consists of."""
        [group] = [one for one in actions.described() if one.name == self.section]
        return forms.fields_of((one for one in group.settings if self.has(one.key)), words)

    def has(self, key: str) -> bool:
        """Whether the setting of this key belongs to it."""
        return self.keys is None or key in self.keys


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it stands. `was`: the values it was made from, as the page carries them; `patch`: the change of them
    that it asks for, as far as it can be read; `sent`: all that the browser sent.
    """

    lines: Sequence[Line]
    was: str
    patch: Mapping[str, Any]
    sent: Sent

    @property
    def parts(self) -> list[tuple[str, list[Line]]]:
        """Its lines by the part of the section that they belong to ("": the section itself), in order."""
        return [(part, list(lines)) for part, lines in groupby(self.lines, lambda line: line.part)]


async def sent_of(request: Request) -> Sent:
    """What the browser sent."""
    async with request.form(max_fields=_MOST_FIELDS) as form:
        values: dict[str, list[str]] = {}
        for name, value in form.multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value)
    return Sent(values)


def document_of(section: Section) -> dict[str, Any]:
    """A section as forms know it: JSON, camelCase."""
    return section.model_dump(mode="json", by_alias=True)


def was_of(model: type[Section], sent: Sent) -> dict[str, Any]:
    """The values that a form was made from. Raises InvalidInput where it carries none, which no page of ours does."""
    try:
        return document_of(model.model_validate_json(sent.one("was"), by_alias=True, by_name=False))
    except ValidationError as error:
        raise InvalidInput("The form is not complete. Open the page again.") from error


def sheet(
    fields: Sequence[Field],
    was: Mapping[str, Any],
    now: Mapping[str, Any],
    sent: Sent,
    faults: Mapping[str, str],
) -> Sheet:
    """The form to be shown."""
    patch = forms.patch(fields, was, forms.wanted(fields, was, sent).values)
    return Sheet(forms.lines(fields, was, now, sent, faults), carried(was), patch, sent)


def carried(values: Mapping[str, Any]) -> str:
    """The values that a form was made from, as its page carries them."""
    return json.dumps(values, ensure_ascii=False)


def blank(fields: Sequence[Field], now: Mapping[str, Any]) -> Sheet:
    """The form of what is stored."""
    return sheet(fields, now, now, Sent(), {})


def faults_of(error: MetarrError, prefix: str) -> dict[str, str]:
    """What is wrong by the keys of a section."""
    faults = error.faults if isinstance(error, WrongSettings) else {}
    friendly = {key: _NOT_SO if text.startswith(_UNLIKE) else text for key, text in faults.items()}
    return {key.removeprefix(f"{prefix}."): text for key, text in friendly.items()}


async def _nothing(_request: Request, _form: Sheet) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Page:
    """A page with a form. `words`: what can be chosen from; `values`: what else its template shows; `beside`: what it
    shows of the form as it stands.
    """

    form: Form
    template: str
    words: Words
    values: Mapping[str, Any] = field(default_factory=dict)
    beside: Callable[[Request, Sheet], Awaitable[Mapping[str, Any]]] = _nothing

    async def show(self, request: Request) -> Response:
        """As it is stored."""
        now = document_of(await house_of(request).store.read(self._section))
        return await self._answer(request, blank(self.form.fields(self.words), now))

    async def submit(self, request: Request) -> Response:
        """Store what was changed; or do in the form what one of its buttons says, and store nothing."""
        sent, fields = await sent_of(request), self.form.fields(self.words)
        try:
            was = was_of(actions.model_of(self.form.section), sent)
        except InvalidInput as error:
            now = document_of(await house_of(request).store.read(self._section))
            return await self._answer(request, blank(fields, now), error)
        if sent.one("deed") != SAVE:
            again = forms.reworked(fields, sent, sent.one("deed"))
            return await self._answer(request, sheet(fields, was, was, again, forms.wanted(fields, was, again).faults))
        wanted = forms.wanted(fields, was, sent)
        if wanted.faults:
            wrong = InvalidInput("Nothing was stored: some fields hold what they cannot.")
            return await self._answer(request, sheet(fields, was, was, sent, wanted.faults), wrong)
        try:
            await self._store(request, was, forms.patch(fields, was, wanted.values))
        except MetarrError as error:
            return await self._refused(request, fields, was, sent, error)
        said = "Stored." if wanted.values else "Nothing was changed."
        return onward(request, own(str(request.url)), said)

    async def _store(self, request: Request, was: Mapping[str, Any], patch: Mapping[str, Any]) -> None:
        house = house_of(request)

        def body(tx: Tx) -> None:
            if document_of(self._section(tx)) != was:
                raise Outdated(_OVERTAKEN)
            actions.change(tx, self.form.name, patch, house.conditions)

        if patch:
            await house.store.write(body)

    async def _refused(
        self, request: Request, fields: Sequence[Field], was: Mapping[str, Any], sent: Sent, error: MetarrError
    ) -> Response:
        if isinstance(error, Outdated):
            now = document_of(await house_of(request).store.read(self._section))
            return await self._answer(request, replace(sheet(fields, was, now, sent, {}), was=carried(now)), error)
        faults = forms.placed(fields, faults_of(error, actions.key_of(self.form.section)))
        return await self._answer(request, sheet(fields, was, was, sent, faults), error)

    async def _answer(self, request: Request, form: Sheet, fault: MetarrError | None = None) -> Response:
        beside = await self.beside(request, form)
        return await SETTINGS.show(
            request, self.template, fault, form=form, address=request.url.path, **self.values, **beside
        )

    def _section(self, tx: Tx) -> Section:
        return actions.section(tx, self.form.name)
