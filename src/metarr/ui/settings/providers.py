"""The metadata providers: whether each is asked, how it is, its key, its limits, and a test in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from metarr.actions import provider_settings, providers
from metarr.errors import InvalidInput, MetarrError
from metarr.store import health
from metarr.ui.framing import back, house_of
from metarr.ui.settings.area import SETTINGS
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.installation import Installation
    from metarr.actions.provider_settings import ProviderSetting
    from metarr.actions.providers import ProviderState, Tested
    from metarr.providers.base import Provider
    from metarr.store.db import Row, Tx

router = Router(include_in_schema=False)
_PAGE = "/settings/providers"
_SWITCH = "enabled"
_FIELDS = 40  # that a form may have


@dataclass(frozen=True, slots=True)
class Control:
    """One setting in a form. `text`: what stands in it; "" for secrets, always."""

    setting: ProviderSetting
    text: str
    fault: str = ""

    @property
    def is_address(self) -> bool:
        """Whether it says where the provider is: only the configuration can."""
        return not self.setting.can_change and self.setting.key.lower().endswith("url")

    @property
    def kind(self) -> str:
        """Which control shows it: "secret", "check", "number" or "text"."""
        if self.setting.is_secret:
            return "secret"
        return {"boolean": "check", "number": "number"}.get(self.setting.json_schema.get("type", ""), "text")


@dataclass(frozen=True, slots=True)
class Card:
    """A provider with everything that can be said and set of it. `troubles`: what is wrong with it, since when."""

    provider: Provider[Any]
    state: ProviderState
    switch: ProviderSetting
    controls: tuple[Control, ...]
    abilities: tuple[str, ...]
    troubles: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent of one provider's form, and what came of it."""

    name: str = ""
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: InvalidInput | None = None
    tested: Tested | None = None

    def fault_of(self, name: str, key: str) -> str:
        """What is wrong with this field; the action's text begins with its name."""
        whose, _, words = str(self.fault or "").partition(": ")
        return words if name == self.name and whose == f"{name}.{key}" else ""


@router.get(_PAGE, dependencies=[ADMIN])
async def overview(request: Request) -> HTMLResponse:
    """Every provider."""
    return await _page(request, Sent())


@router.post(_PAGE, dependencies=[ADMIN])
async def change(request: Request) -> Response:
    """Switch one on or off, save what was entered, or try it first and save it when it is accepted."""
    async with request.form(max_files=0, max_fields=_FIELDS) as sent:
        form = {key: str(value) for key, value in sent.items()}
    house, name, deed = house_of(request), form.get("name", ""), form.get("deed", "save")
    try:
        patch = await _patch(house, name, deed, form)
        tested = await _test(house, name, patch) if deed == "test" else None
        if patch and (tested is None or tested.is_well):
            await house.store.write(lambda tx: provider_settings.change(tx, house, name, patch))
    except InvalidInput as fault:
        return await _page(request, Sent(name, form, fault))
    if tested is not None and not tested.is_well:
        return await _page(request, Sent(name, form, tested=tested))
    return back(request, _said(providers.named(name).title, patch, tested), _PAGE)


async def _patch(house: Installation, name: str, deed: str, form: Mapping[str, str]) -> dict[str, Any]:
    """What differs from what is set: what nobody touched stays a default."""
    if deed in {"on", "off"}:
        return {_SWITCH: deed == "on"}
    known = await house.store.read(lambda tx: provider_settings.shown(tx, house, name))
    patch: dict[str, Any] = {}
    for setting in known:
        if setting.can_change and setting.key != _SWITCH:
            patch |= _entered(setting, form)
    return patch


def _entered(setting: ProviderSetting, form: Mapping[str, str]) -> dict[str, Any]:
    text = form.get(setting.key, "").strip()
    if setting.is_secret:
        if text:
            return {setting.key: text}
        return {setting.key: None} if setting.is_set and form.get(f"{setting.key}-remove") else {}
    if text == _text(setting):
        return {}
    kind = setting.json_schema.get("type")
    if kind == "boolean":
        return {setting.key: bool(text)}
    words = [word.strip() for word in text.split(",") if word.strip()]
    return {setting.key: (words if kind == "array" else text) or None}


async def _test(house: Installation, name: str, patch: Mapping[str, Any]) -> Tested:
    if not patch:
        return await providers.test(house, name)
    draft = await house.store.read(lambda tx: provider_settings.draft(tx, house, name, patch))
    return await providers.test_draft(name, draft)


def _said(title: str, patch: Mapping[str, Any], tested: Tested | None) -> str:
    if _SWITCH in patch:
        return f"{title} is asked from now on." if patch[_SWITCH] else f"{title} is not asked any more."
    saved = f"{title}: saved." if patch else f"{title}: nothing was changed."
    return saved if tested is None else " ".join((tested.message, *([saved] if patch else [])))


async def _page(request: Request, sent: Sent) -> HTMLResponse:
    house = house_of(request)
    cards = await house.store.read(lambda tx: _cards(tx, house, sent))
    fault: MetarrError | None = sent.fault
    return await SETTINGS.show(request, "settings_providers.html", fault, cards=cards, sent=sent)


def _cards(tx: Tx, house: Installation, sent: Sent) -> list[Card]:
    lines = health.lines(tx)
    return [_card(tx, house, one, lines, sent) for one in providers.listed(tx, house)]


def _card(tx: Tx, house: Installation, state: ProviderState, lines: Sequence[Row], sent: Sent) -> Card:
    name = state.name
    known = provider_settings.shown(tx, house, name)
    form = sent.form if name == sent.name and sent.form.get("deed") not in {"on", "off"} else None
    return Card(
        provider=providers.named(name),
        state=state,
        switch=next(one for one in known if one.key == _SWITCH),
        controls=tuple(
            Control(one, _standing(one, form), sent.fault_of(name, one.key)) for one in known if one.key != _SWITCH
        ),
        abilities=providers.abilities(name),
        troubles=[line for line in lines if line["cause"].startswith(f"{name}:")],
    )


def _standing(setting: ProviderSetting, form: Mapping[str, str] | None) -> str:
    """What stands in the field: what was typed, else what is set; never a secret."""
    if setting.is_secret:
        return ""
    if form is None or not setting.can_change:
        return _text(setting)
    return form.get(setting.key, "")


def _text(setting: ProviderSetting) -> str:
    match setting.value:
        case None:
            return ""
        case bool():
            return "true" if setting.value else ""
        case float():
            return f"{setting.value:g}"
        case list() | tuple():
            return ", ".join(map(str, setting.value))
        case _:
            return str(setting.value)
