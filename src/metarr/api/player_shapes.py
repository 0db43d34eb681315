"""What the API takes and gives about players and their groups."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.config import JsonDict

from metarr.api.deps import LARGEST
from metarr.api.shapes import Shape, Text
from metarr.model.player import GroupMode, Shown
from metarr.model.words import is_name, is_plain
from metarr.players.base import Activity


def _printable(text: str) -> str:
    if not is_plain(text):
        raise ValueError("only characters that can be seen")
    return text


def _named(text: str) -> str:
    if not is_name(text):
        raise ValueError("a name is made of characters that can be seen")
    return text.strip()


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_named)]
Address = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_printable)]
Secret = Annotated[str, Field(max_length=1000), AfterValidator(_printable)]
FolderName = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_printable)]
Port = Annotated[int, Field(ge=0, le=65535)]
Kind = Literal["kodi", "jellyfin", "plex"]
Number = Annotated[int, Field(ge=1, le=LARGEST)]
_EXAMPLE: JsonDict = {"kind": "kodi", "name": "living room", "url": "http://192.168.1.20:8080", "user": "kodi"}
_GROUP: JsonDict = {"name": "upstairs", "mode": "sequential", "members": []}


class FolderMapping(Shape):
    """`local` is our folder, `remote` the player's name for it."""

    model_config = ConfigDict(extra="forbid")

    local: FolderName
    remote: FolderName


class ShownMapping(Shape):
    local: Text
    remote: Text


class Player(Shape):
    """A player without its secrets."""

    passing = frozenset({"counts", "troubles", "group_id", "told_at"})

    id: int
    name: Text
    kind: str
    url: Text
    user: Text | None
    has_password: bool
    has_token: bool
    tcp_port: int
    mappings: list[ShownMapping]
    is_enabled: bool
    is_fixed: bool
    """The environment says what it is; it cannot be changed here."""
    group_id: int | None
    counts: dict[str, int]
    """How many items are in which state."""
    troubles: list[Text]
    """What is wrong with it now."""
    told_at: datetime | None
    """When it was last told of anything."""


class NewPlayer(Shape):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    kind: Kind
    name: Name
    url: Address
    """Where its HTTP interface is, without user and password."""
    user: Secret | None = None
    """Kodi's."""
    password: Secret | None = None
    """Kodi's."""
    token: Secret | None = None
    """Jellyfin's API key, or Plex's token."""
    tcp_port: Port = 9090
    """Kodi's second port, by which it tells what happens; 0: not used."""
    mappings: Annotated[list[FolderMapping], Field(default_factory=list, max_length=100)]


class PlayerPatch(Shape):
    """What is not named stays. A secret that is an empty text is taken away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"isEnabled": False}]})

    name: Name | None = None
    url: Address | None = None
    user: Secret | None = None
    password: Secret | None = None
    token: Secret | None = None
    tcp_port: Port | None = None
    mappings: Annotated[list[FolderMapping], Field(max_length=100)] | None = None
    is_enabled: bool | None = None


class PlayerCheck(Shape):
    what: Text
    is_well: bool
    message: Text


class SeenFolder(Shape):
    library: Text
    local: Text
    remote: Text
    exists: bool
    """Whether it is a folder here."""
    is_seen: bool | None
    """Whether the player reaches it; null: it cannot tell."""


class PlayerTest(Shape):
    is_well: bool
    checks: list[PlayerCheck]
    folders: list[SeenFolder]
    suggestions: list[ShownMapping]
    """Mappings under which the player would see what it does not see now."""


class Group(Shape):
    id: int
    name: Text
    mode: GroupMode
    continues_on_error: bool
    skips_playing: bool
    is_shared: bool
    libraries: list[int] | None
    """Null: all of them."""
    members: list[int]


class NewGroup(Shape):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_GROUP]})

    name: Name
    mode: GroupMode = GroupMode.PARALLEL
    continues_on_error: bool = True
    """Sequential: one that cannot be told does not keep those after it from hearing."""
    skips_playing: bool = False
    """Sequential: one that plays is told later, the others now."""
    is_shared: bool = False
    """Its Kodis have one database: telling one is telling all."""
    libraries: Annotated[list[Number], Field(max_length=1000)] | None = None
    """Which libraries its players are told of; null: all."""
    members: Annotated[list[Number], Field(default_factory=list, max_length=1000)]
    """Its players, in the order in which they are told."""


class GroupPatch(Shape):
    """What is not named stays; `libraries`: null is all of them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"skipsPlaying": True}]})

    name: Name | None = None
    mode: GroupMode | None = None
    continues_on_error: bool | None = None
    skips_playing: bool | None = None
    is_shared: bool | None = None
    libraries: Annotated[list[Number], Field(max_length=1000)] | None = None
    members: Annotated[list[Number], Field(max_length=1000)] | None = None


class SyncOrder(Shape):
    """Exactly one of `itemIds`, `library` and `all`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"all": True}]})

    item_ids: Annotated[list[Number], Field(default_factory=list, max_length=10_000)]
    library: Number | None = None
    all: bool = False
    player: Number | None = None
    """Only this one."""


class Asked(Shape):
    """Of how many items how many players are told."""

    items: int
    players: int


class ShownItem(Shape):
    item_id: int
    kind: str
    title: Text
    year: int | None
    season: Annotated[int | None, Field(validation_alias="season_number")]
    episode: Annotated[int | None, Field(validation_alias="episode_number")]
    state: Shown
    art: list[str]
    detail: Text
    at: datetime
    waiting_since: datetime | None
    not_before: datetime | None
    """It is asked again then, as it did not show the item."""


class ShownItems(Shape):
    items: list[ShownItem]
    after: int | None
    """Asks for the next page; null: this was the last."""


class NowPlaying(Shape):
    activity: Activity | None
    """Null: it cannot be asked."""
    message: Text
    """Why not."""
