"""`/api/v1/channels`: whom events are told to, a test of each, and the words that are sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Body, Response
from pydantic import AfterValidator, ConfigDict, Field

from metarr.actions import channels
from metarr.api import etags
from metarr.api.deps import House, Id
from metarr.api.etags import IfMatch, Tagged
from metarr.api.shapes import Shape, Text
from metarr.model.event import NOTABLE, EventType
from metarr.model.words import is_name
from metarr.settings import MessageTemplate
from metarr.store import channels as stored
from metarr.store.channels import NewChannel
from metarr.store.holding import hold
from metarr.web.access import ADMIN, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.installation import Installation
    from metarr.store.db import Tx

router = Router(prefix="/channels", tags=["channels"])
_ADDRESS = "json://192.168.1.20:8080/hook"


def _printable(text: str) -> str:
    if not is_name(text):
        raise ValueError("a name is made of characters that can be seen")
    return text.strip()


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]
Address = Annotated[
    str,
    Field(min_length=4, max_length=2000, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*://[^\x00-\x1f\x7f]+$"),
    Field(description="Apprise's address of the service (appriseit.com/services), or kodi-screen://user:password@host"),
]
Events = Annotated[list[EventType], Field(max_length=100)]


class Channel(Shape):
    """A channel without its address, which holds credentials. `service`: the address's scheme."""

    id: int
    name: Text
    service: Text
    events: list[EventType]
    is_enabled: bool
    is_fixed: bool
    """The process configuration names it: its name, address and events are changed there."""
    has_posters: bool


class ChannelToAdd(Shape):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "phone", "url": _ADDRESS, "hasPosters": False}]}
    )

    name: Name
    url: Address
    events: Events = Field(default_factory=lambda: list(NOTABLE))
    is_enabled: bool = True
    has_posters: bool = True
    """Send the poster of the item along, where the service can show one."""


class ChannelPatch(Shape):
    """What is not named stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"isEnabled": False}]})

    name: Name | None = None
    url: Address | None = None
    events: Events | None = None
    is_enabled: bool | None = None
    has_posters: bool | None = None


class ChannelToTry(Shape):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"url": _ADDRESS}]})

    url: Address


class Tested(Shape):
    is_well: bool
    message: Text


class Preview(Shape):
    title: Text
    body: Text
    severity: str


class KnownEvent(Shape):
    type: EventType
    is_default: bool
    """Whether a new channel is told of it."""


class Delivered(Shape):
    channels: int


@router.get("", dependencies=[READ])
async def list_channels(house: House) -> list[Channel]:
    """Every channel, by name."""
    return [Channel.model_validate(one) for one in await house.store.read(lambda tx: channels.listed(tx, house))]


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[ADMIN])
async def add_channel(house: House, new: ChannelToAdd, response: Response) -> Channel:
    """Tell this service, too. It hears of what happens from now on."""
    channels.check_events(new.events)
    wanted = NewChannel(new.name, new.url, new.events, new.is_enabled, new.has_posters)
    added = await house.store.write(lambda tx: tagged_channel(tx, house, channels.add(tx, house, wanted).id))
    return added.answer(response)


@router.get("/events", dependencies=[READ])
async def list_channel_events() -> list[KnownEvent]:
    """What channels can be told of."""
    return [KnownEvent(type=kind, is_default=kind in NOTABLE) for kind in channels.known_events()]


@router.post("/test", dependencies=[ADMIN])
async def try_channel(wanted: ChannelToTry) -> Tested:
    """Send a test message to an address before it is stored."""
    return Tested.model_validate(await channels.try_out("the channel", wanted.url))


@router.post("/preview", dependencies=[ADMIN])
async def preview_template(
    house: House,
    kind: Annotated[EventType, Body(examples=[EventType.SCAN_COMPLETED])],
    template: Annotated[MessageTemplate, Body(examples=[{"title": "{{ event }}", "body": "{{ count }} in all"}])],
) -> Preview:
    """What a template makes of the latest event of a type, or of an example. Templates are notification settings."""
    return Preview.model_validate(await house.store.read(lambda tx: channels.preview(tx, kind, template)))


@router.post("/deliver", status_code=HTTPStatus.ACCEPTED, dependencies=[ADMIN])
async def deliver_now(house: House) -> Delivered:
    """Tell what is gathered, without waiting for more."""
    return Delivered(channels=await house.store.write(channels.deliver_now))


@router.get("/{channel_id}", dependencies=[READ])
async def get_channel(house: House, channel_id: Id, response: Response) -> Channel:
    """One channel."""
    return (await house.store.read(lambda tx: tagged_channel(tx, house, channel_id))).answer(response)


@router.patch("/{channel_id}", dependencies=[ADMIN])
async def change_channel(
    house: House, channel_id: Id, patch: ChannelPatch, response: Response, if_match: IfMatch = None
) -> Channel:
    """Change what is named. One that is switched on again hears of what happens from then on."""
    wanted: dict[str, Any] = patch.model_dump(exclude_none=True)
    channels.check_events(wanted.get("events", ()))

    def change(tx: Tx) -> Tagged[Channel]:
        hold(tx, "channel", channel_id)
        etags.check(if_match, tagged_channel(tx, house, channel_id).tag)
        channels.change(tx, house, channel_id, wanted)
        return tagged_channel(tx, house, channel_id)

    return (await house.store.write(change)).answer(response)


@router.delete("/{channel_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def remove_channel(house: House, channel_id: Id) -> None:
    """Tell it nothing any more."""
    await house.store.write(lambda tx: channels.remove(tx, channel_id))


@router.post("/{channel_id}/test", dependencies=[ADMIN])
async def test_channel(house: House, channel_id: Id) -> Tested:
    """Send a test message."""
    return Tested.model_validate(await channels.test(house, channel_id))


def tagged_channel(tx: Tx, house: Installation, channel_id: int) -> Tagged[Channel]:
    shown = Channel.model_validate(channels.one(tx, house, channel_id))
    return etags.tagged(shown, stored.get(tx, channel_id).url)
