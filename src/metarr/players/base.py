"""What a player is to the sync phase: something that is told about changes and answers what it shows afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from metarr.model.media import ExternalIds, ItemKind
from metarr.model.paths import PathMapping

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from metarr.model.media import ItemId
    from metarr.model.play import PlayState


class Activity(StrEnum):
    """What the player does now."""

    PLAYING = "playing"
    PAUSED = "paused"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Change:
    """An item whose files changed. All paths are absolute and ours; the player maps them.

    `kind`: movie, series, season or episode. `folder`: the movie's or the whole show's. `videos`: the item's own video
    files (a disc: its folder; several episodes may share one); none for a series or a season. `artwork`: pictures whose
    content changed, head shots included. `ids`: the movie's, or the show's. `is_removed`: `videos` (of a series or a
    movie: all of it) left the library. A renamed or upgraded file is two changes of one item, one of them removed:
    that carries the owner's play state over.
    """

    item_id: ItemId
    folder: str
    videos: tuple[str, ...]
    artwork: tuple[str, ...] = ()
    is_removed: bool = False
    kind: ItemKind = ItemKind.MOVIE
    title: str = ""
    year: int | None = None
    ids: ExternalIds = field(default_factory=ExternalIds)
    season: int | None = None
    episode: int | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the player shows of an item after the sync: `art_seen` are the types of its own pictures.

    `detail` says in a sentence what was done, or why the item is not seen and what to do.
    """

    item_id: ItemId
    seen: bool
    art_seen: frozenset[str]
    detail: str


class Memory(Protocol):
    """Play states that a sync put at risk, by the player's own name for the video (its path there, or its id).

    They are kept in the database from before the player is told until they are known to be back, so that a process
    that dies half way loses nothing: the next sync of the player repairs what it finds here first.
    """

    async def remember(self, states: Mapping[str, PlayState]) -> None: ...

    async def recall(self) -> Mapping[str, PlayState]: ...

    async def forget(self, names: Collection[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that a connection test looked at (address, port, credentials, permission, version, paths).

    `message` says what is wrong and the way out, or in a few words that it is well.
    """

    what: str
    is_well: bool
    message: str


class Player(Protocol):
    """A media player. Raises Wait while it is off, scanning or playing, BadCredentials when it rejects us."""

    @property
    def name(self) -> str: ...

    async def sync(
        self, changes: Sequence[Change], memory: Memory, *, is_manual: bool = False
    ) -> tuple[Confirmation, ...]:
        """Tell the player and read back; one answer per change, in order. A manual sync also runs during playback."""
        ...

    async def activity(self) -> Activity: ...

    async def check(self) -> tuple[Checked, ...]:
        """The connection test. What is wrong is an answer, not an error; it stops at the first thing that is."""
        ...

    async def sees(self, folders: Sequence[str]) -> Mapping[str, bool]:
        """Whether the player reaches these folders of ours, mapped to its paths: the proof of its path mappings.

        A folder that the player has no way to tell about is left out.
        """
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Sourced(Protocol):
    """A player that can say which folders it takes its videos from: what path mappings are suggested from."""

    async def sources(self) -> Sequence[str]:
        """As it names them."""
        ...


class PlayerSettings(BaseModel):
    """A player as the owner configures it. `mappings`: where it sees our folders under other paths.

    `user`, `password`: Kodi's. `token`: Jellyfin's API key, Plex's token. `tcp_port`: Kodi's second port, by which it
    tells what happens (WebSocket and raw JSON-RPC); 0: not used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: str = "kodi"
    name: str = Field(min_length=1)
    url: str
    user: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    tcp_port: int = Field(default=9090, ge=0, le=65535)
    mappings: tuple[PathMapping, ...] = ()
