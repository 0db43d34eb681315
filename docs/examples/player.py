"""A whole player: Leinwand, which shows what it was told to show, and says so when it is asked.

PUT, DELETE, GET /films?path=/its/path/to/the/video.mkv;  GET /status -> {"playing": false}
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from metarr.clients.media_server import MediaServerClient, Unknown
from metarr.errors import MetarrError, Wait
from metarr.model.paths import to_remote
from metarr.players.base import Activity, Checked, Confirmation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aiohttp

    from metarr.players.base import Change, Memory, PlayerSettings


class Leinwand:
    """It keeps no play states, so `Memory` stays empty. Faults are the client's: Wait, BadCredentials, Transient."""

    def __init__(self, settings: PlayerSettings, session: aiohttp.ClientSession | None = None) -> None:
        token = settings.token.get_secret_value() if settings.token else ""
        headers = {"Authorization": f"Bearer {token}"}
        self._client = MediaServerClient("Leinwand", settings.name, settings.url, headers, session=session)
        self._mappings = settings.mappings

    @property
    def name(self) -> str:
        return self._client.name

    async def sync(
        self, changes: Sequence[Change], _memory: Memory, *, is_manual: bool = False
    ) -> tuple[Confirmation, ...]:
        """One answer per change, in order. Only a person's wish interrupts what is playing."""
        if not is_manual and await self.activity() is Activity.PLAYING:
            raise Wait(f"{self.name} is playing", cause=f"player:{self.name}", delay=timedelta(minutes=1))
        for change in changes:
            method = "DELETE" if change.is_removed else "PUT"
            for video in change.videos:
                await self._client.send(method, "/films", self._place(video))
        return tuple([await self._confirmation(change) for change in changes])

    async def activity(self) -> Activity:
        is_playing = await self._client.get("/status", {}, lambda said: bool(said["playing"]))
        return Activity.PLAYING if is_playing else Activity.IDLE

    async def check(self) -> tuple[Checked, ...]:
        """What is wrong is an answer here, not an error."""
        try:
            await self.activity()
        except MetarrError as error:
            return (Checked("address", is_well=False, message=str(error)),)
        return (Checked("address", is_well=True, message="it answers"),)

    async def sees(self, _folders: Sequence[str]) -> Mapping[str, bool]:
        """Leinwand cannot be asked for folders, so none is in the answer."""
        return {}

    async def close(self) -> None:
        await self._client.close()

    def _place(self, video: str) -> dict[str, str]:
        return {"path": to_remote(video, self._mappings)}

    async def _confirmation(self, change: Change) -> Confirmation:
        shown = [await self._shows(video) for video in change.videos]
        detail = f"{self.name} shows {sum(shown)} of {len(shown)} videos"
        return Confirmation(change.item_id, any(shown), frozenset(), detail)

    async def _shows(self, video: str) -> bool:
        try:
            return await self._client.get("/films", self._place(video), lambda said: bool(said["shown"]))
        except Unknown:
            return False
