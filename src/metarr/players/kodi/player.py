"""The port's side of Kodi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.clients.kodi import RpcError
from metarr.errors import Wait
from metarr.model.paths import to_remote
from metarr.players.base import Activity
from metarr.players.kodi.checking import checks
from metarr.players.kodi.paths import as_folder
from metarr.players.kodi.targets import targets_of
from metarr.players.kodi.visit import BUSY_DELAY, Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.clients.kodi import KodiClient
    from metarr.model.paths import PathMapping
    from metarr.players.base import Change, Checked, Confirmation, Memory


class KodiPlayer:
    """One Kodi."""

    def __init__(self, client: KodiClient, mappings: Sequence[PathMapping] = ()) -> None:
        self._client = client
        self._mappings = tuple(mappings)

    @property
    def name(self) -> str:
        """What the owner calls it."""
        return self._client.name

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def activity(self) -> Activity:
        """What a video does; music does not mind a refresh."""
        speed = await self._client.video_speed()
        if speed is None:
            return Activity.IDLE
        return Activity.PLAYING if speed else Activity.PAUSED

    async def sync(
        self, changes: Sequence[Change], memory: Memory, *, is_manual: bool = False
    ) -> tuple[Confirmation, ...]:
        """Remove, refresh and scan what the changes need; then read back."""
        if not is_manual and await self.activity() is Activity.PLAYING:
            raise Wait(f"{self.name} is playing", cause=f"player:{self.name}:playing", delay=BUSY_DELAY)
        return await Visit(self._client, memory, targets_of(changes, self._mappings)).run()

    async def check(self) -> tuple[Checked, ...]:
        """The connection test."""
        return tuple([one async for one in checks(self._client, self._mappings)])

    async def sees(self, folders: Sequence[str]) -> dict[str, bool]:
        """Whether Kodi can list them. It lists only what lies in one of its sources."""
        return {folder: await self._lists(to_remote(folder, self._mappings)) for folder in folders}

    async def sources(self) -> Sequence[str]:
        """Its sources of videos."""
        return await self._client.sources()

    async def _lists(self, folder: str) -> bool:
        try:
            await self._client.list_directory(as_folder(folder))
        except RpcError:
            return False
        return True
