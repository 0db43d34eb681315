"""Whom events are told to: the list of channels, each with its address, its events, and a test."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from metarr.actions import channels
from metarr.api.channels import ChannelPatch, ChannelToAdd, tagged_channel
from metarr.api.deps import Id
from metarr.errors import InvalidInput, MetarrError, Outdated
from metarr.model.event import NOTABLE
from metarr.store import channels as stored
from metarr.store import health
from metarr.store.channels import NewChannel
from metarr.store.holding import hold
from metarr.ui.framing import back, house_of, onward
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.channels_events import GROUPS, SERVICES, event_name
from metarr.ui.settings.entered import checked, faults_of, still, texts, ticked
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.channels import Shown, Tested
    from metarr.actions.installation import Installation
    from metarr.store.db import Row, Tx

router = Router(include_in_schema=False)
_PAGE = "/settings/channels"
_OF_CONFIGURATION = {"name", "url", "events"}  # of a channel that it names


@dataclass(frozen=True, slots=True)
class Line:
    """A channel in the list. `waits`: how many events it is yet to be told of; `trouble`: what is wrong, since when."""

    channel: Shown
    waits: int
    trouble: Row | None


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in a channel's form. The address is never put back.

    `version`: of the channel that it was made of; empty: as it is now.
    """

    name: str = ""
    events: frozenset[str] = frozenset(NOTABLE)
    is_enabled: bool = True
    has_posters: bool = True
    faults: Mapping[str, str] = field(default_factory=dict)
    tested: Tested | None = None
    has_typed_address: bool = False
    version: str = ""


@router.get(_PAGE, dependencies=[ADMIN])
async def overview(request: Request) -> HTMLResponse:
    """Every channel."""
    return await _list(request)


@router.post(_PAGE, dependencies=[ADMIN])
async def act(request: Request) -> Response:
    """Test a channel, switch it on or off, or tell all of them now what is gathered."""
    house, form = house_of(request), await texts(request)
    deed = form.get("deed", "")
    if deed == "deliver":
        count = await house.store.write(channels.deliver_now)
        return back(request, f"Told now: {count} waited." if count else "Nothing waits to be told.", _PAGE)
    channel_id = _number(form.get("channel", ""))
    if deed == "test":
        tested = await channels.test(house, channel_id)
        return back(request, tested.message, _PAGE) if tested.is_well else await _list(request, channel_id, tested)
    patch = {"is_enabled": deed == "on"}
    channel = await house.store.write(lambda tx: channels.change(tx, house, channel_id, patch))
    said = "is told from now on" if channel.is_enabled else "is told nothing any more"
    return back(request, f"{channel.name} {said}.", _PAGE)


@router.get(f"{_PAGE}/new", dependencies=[ADMIN])
async def blank(request: Request) -> HTMLResponse:
    """The form for a new channel."""
    return await _form(request, None, Entered())


@router.post(f"{_PAGE}/new", dependencies=[ADMIN])
async def add(request: Request) -> Response:
    """Add it, or try its address first."""
    house, form, events = house_of(request), await texts(request), await ticked(request, "event")
    try:
        wanted = checked(ChannelToAdd, _values(form, events))
        if form.get("deed") == "test":
            tested = await channels.try_out(wanted.name, wanted.url)
            return await _form(request, None, _typed(form, events, tested=tested))
        channels.check_events(wanted.events)
        new = NewChannel(wanted.name, wanted.url, wanted.events, wanted.is_enabled, wanted.has_posters)
        await house.store.write(lambda tx: channels.add(tx, house, new))
    except InvalidInput as fault:
        return await _form(request, None, _typed(form, events, fault), fault)
    return onward(request, _PAGE, f"{wanted.name} is told from now on.")


@router.get(f"{_PAGE}/{{channel_id}}", dependencies=[ADMIN])
async def one(request: Request, channel_id: Id) -> HTMLResponse:
    """One channel's form."""
    channel = await _channel(request, channel_id)
    entered = Entered(channel.name, frozenset(channel.events), channel.is_enabled, channel.has_posters)
    return await _form(request, channel, entered)


@router.post(f"{_PAGE}/{{channel_id}}", dependencies=[ADMIN])
async def change(request: Request, channel_id: Id) -> Response:
    """Change it, try it as it would be, or remove it."""
    house, channel = house_of(request), await _channel(request, channel_id)
    form, events = await texts(request), await ticked(request, "event")
    try:
        if form.get("deed") == "remove":
            await house.store.write(lambda tx: channels.remove(tx, channel_id))
            return onward(request, _PAGE, f"{channel.name} is removed.")
        if form.get("deed") == "test":
            tested = await _tested(house, channel, form.get("url", ""))
            return await _form(request, channel, _typed(form, events, tested=tested))
        patch = _patch(channel, form, events)
        await house.store.write(lambda tx: _save(tx, house, channel_id, patch, form.get("version", "")))
    except Outdated as fault:
        return await _form(request, channel, replace(_typed(form, events), version=""), fault)
    except InvalidInput as fault:
        return await _form(request, channel, _typed(form, events, fault), fault)
    return onward(request, _PAGE, f"{patch.get('name', channel.name)} is changed.")


def _save(tx: Tx, house: Installation, channel_id: int, patch: Mapping[str, Any], version: str) -> None:
    hold(tx, "channel", channel_id)
    still(version, tagged_channel(tx, house, channel_id).tag)
    channels.change(tx, house, channel_id, patch)


async def _tested(house: Installation, channel: Shown, typed: str) -> Tested:
    if not typed:
        return await channels.test(house, channel.id)
    wanted = checked(ChannelPatch, {"url": typed})
    return await channels.try_out(channel.name, str(wanted.url))


def _patch(channel: Shown, form: Mapping[str, str], events: Sequence[str]) -> dict[str, Any]:
    """What the form says of a channel; of one that the configuration names, only what it leaves open."""
    values = _values(form, events)
    if not values["url"]:
        del values["url"]
    if channel.is_fixed:
        values = {name: value for name, value in values.items() if name not in _OF_CONFIGURATION}
    patch = checked(ChannelPatch, values).model_dump(exclude_unset=True)
    channels.check_events(patch.get("events", ()))
    return patch


def _values(form: Mapping[str, str], events: Sequence[str]) -> dict[str, Any]:
    flags = {name: bool(form.get(name)) for name in ("isEnabled", "hasPosters")}
    return {"name": form.get("name", ""), "url": form.get("url", ""), "events": list(events), **flags}


def _typed(
    form: Mapping[str, str], events: Sequence[str], fault: InvalidInput | None = None, tested: Tested | None = None
) -> Entered:
    has_address = bool(form.get("url"))
    return Entered(
        name=form.get("name", ""),
        events=frozenset(events),
        is_enabled=bool(form.get("isEnabled")),
        has_posters=bool(form.get("hasPosters")),
        faults=faults_of(fault),
        tested=tested,
        has_typed_address=has_address,
        version=form.get("version", ""),
    )


async def _channel(request: Request, channel_id: int) -> Shown:
    house = house_of(request)
    return await house.store.read(lambda tx: channels.one(tx, house, channel_id))


async def _form(
    request: Request, channel: Shown | None, entered: Entered, fault: MetarrError | None = None
) -> HTMLResponse:
    def look(tx: Tx) -> str:
        return entered.version or ("" if channel is None else tagged_channel(tx, house, channel.id).tag)

    house = house_of(request)
    values = {"event_groups": GROUPS, "services": SERVICES, "usual": frozenset(NOTABLE), "called": event_name}
    values |= {"channel": channel, "entered": entered, "version": await house.store.read(look)}
    return await SETTINGS.show(request, "settings_channel.html", fault, **values)


async def _list(request: Request, tried: int = 0, tested: Tested | None = None) -> HTMLResponse:
    house = house_of(request)
    lines = await house.store.read(lambda tx: _lines(tx, house))
    return await SETTINGS.show(
        request, "settings_channels.html", lines=lines, tried=tried, tested=tested, called=event_name
    )


def _lines(tx: Tx, house: Installation) -> list[Line]:
    troubles = {line["cause"]: line for line in health.lines(tx)}
    waiting = channels.waiting(tx)
    return [
        Line(known, waiting.get(known.id, 0), troubles.get(stored.cause(known.name)))
        for known in channels.listed(tx, house)
    ]


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > len("9223372036854775807") - 1:
        raise InvalidInput("Which channel is meant? Open the page anew.")
    return int(text)
