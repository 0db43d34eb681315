"""What a player is to the sync phase: something that is told about changes and answers what it shows afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from metarr.model.paths import PathMapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.media import ItemId


class Activity(StrEnum):
    """What the player does now."""

    PLAYING = "playing"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Change:
    """An item whose files changed. All paths are absolute and ours; the player maps them.

    `videos`: its video files (a disc: its folder). `artwork`: pictures whose content changed, head shots included.
    `is_removed`: `videos` left the library. A renamed file is two changes of one item, one of them removed: that
    carries the owner's play state over.
    """

    item_id: ItemId
    folder: str
    videos: tuple[str, ...]
    artwork: tuple[str, ...] = ()
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the player shows of an item after the sync: `art_seen` are the types of its own pictures.

    `detail` says in a sentence what was done, or why the item is not seen and what to do.
    """

    item_id: ItemId
    seen: bool
    art_seen: frozenset[str]
    detail: str


class Player(Protocol):
    """A media player. Raises Wait while it is off, scanning or playing, BadCredentials when it rejects us."""

    @property
    def name(self) -> str: ...

    async def sync(self, changes: Sequence[Change], *, is_manual: bool = False) -> tuple[Confirmation, ...]:
        """Tell the player and read back; one answer per change, in order. A manual sync also runs during playback."""
        ...

    async def activity(self) -> Activity: ...

    async def close(self) -> None: ...


class PlayerSettings(BaseModel):
    """A player as the owner configures it. `mappings`: where it sees our folders under other paths."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: str = "kodi"
    name: str = Field(min_length=1)
    url: str
    user: str | None = None
    password: SecretStr | None = None
    mappings: tuple[PathMapping, ...] = ()
