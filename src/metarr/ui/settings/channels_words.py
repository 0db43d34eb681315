"""The words of messages: a template per event, what it makes of the latest such events, and the way back to ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from metarr.actions import channels
from metarr.actions import settings as settings_actions
from metarr.errors import InvalidInput, MetarrError, NotFound
from metarr.model.event import EventType
from metarr.phases.notify.words import DEFAULT
from metarr.settings import MessageTemplate
from metarr.store import settings
from metarr.ui.framing import back, house_of
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.channels_events import GROUPS, event_name
from metarr.ui.settings.entered import checked, faults_of, texts
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.notifiers.base import Message
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_PAGE = "/settings/channels/words"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a template makes of the latest events, or why it cannot be used."""

    message: Message | None
    fault: str = ""


@router.get(_PAGE, dependencies=[ADMIN])
async def overview(request: Request) -> HTMLResponse:
    """Every event, and whether it is told of in words of one's own."""
    now = await house_of(request).store.read(settings.load)
    own = now.notification.templates
    return await SETTINGS.show(request, "settings_words.html", event_groups=GROUPS, own=own, called=event_name)


@router.get(f"{_PAGE}/{{kind}}", dependencies=[ADMIN])
async def one(request: Request, kind: EventType) -> HTMLResponse:
    """One event's words."""
    _assert_told(kind)
    now = await house_of(request).store.read(settings.load)
    known = now.notification.templates.get(kind, MessageTemplate())
    return await _page(request, kind, {"title": known.title, "body": known.body})


@router.post(f"{_PAGE}/{{kind}}", dependencies=[ADMIN])
async def change(request: Request, kind: EventType) -> Response:
    """Show what was typed, keep it, or go back to our own words."""
    _assert_told(kind)
    house, form = house_of(request), await texts(request)
    typed = {name: form.get(name, "").replace("\r\n", "\n") for name in ("title", "body")}
    if form.get("deed") == "preview":
        return await _page(request, kind, typed)
    is_own = form.get("deed") != "default" and any(typed.values())
    patch = {"templates": {kind.value: typed if is_own else None}}
    try:
        checked(MessageTemplate, typed)
        await house.store.write(lambda tx: settings_actions.change(tx, "notification", patch, house.conditions))
    except InvalidInput as fault:
        return await _page(request, kind, typed, fault)
    said = f"{event_name(kind)}: {'your words are saved' if is_own else 'told in our own words'}."
    return back(request, said, f"{_PAGE}/{kind.value}")


async def _page(
    request: Request, kind: EventType, typed: Mapping[str, str], fault: MetarrError | None = None
) -> HTMLResponse:
    def look(tx: Tx) -> tuple[Preview, bool]:
        return _preview(tx, kind, typed), kind in settings.load(tx).notification.templates

    preview, is_own = await house_of(request).store.read(look)
    refused = faults_of(fault) if isinstance(fault, InvalidInput) else {}
    values = {"kind": kind, "typed": typed, "default": DEFAULT, "is_own": is_own, "called": event_name}
    return await SETTINGS.show(request, "settings_words_of.html", fault, preview=preview, faults=refused, **values)


def _preview(tx: Tx, kind: EventType, typed: Mapping[str, str]) -> Preview:
    try:
        return Preview(channels.preview(tx, kind, checked(MessageTemplate, typed)))
    except InvalidInput as fault:
        return Preview(None, " ".join(faults_of(fault).values()) or str(fault))


def _assert_told(kind: EventType) -> None:
    if kind not in channels.known_events():
        raise NotFound(f"{kind} is told to pages only; it has no words.")
