"""Messages on a Kodi's screen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from yarl import URL

from metarr.clients.kodi import KodiClient, RpcError
from metarr.errors import InvalidInput, Transient, Wait
from metarr.notifiers.base import CHANNEL_LIMIT, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.notifiers.base import Message

SCHEMES: Final[Mapping[str, str]] = {"kodi-screen": "http", "kodi-screens": "https"}
_ICONS: Final[Mapping[Severity, str]] = {  # the three that GUI.ShowNotification knows
    Severity.INFO: "info",
    Severity.SUCCESS: "info",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
}


class KodiScreen:
    """One screen. The picture is left out: it lies on our disk, which Kodi cannot read."""

    def __init__(self, client: KodiClient) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """What the owner calls it."""
        return self._client.name

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def send(self, message: Message) -> None:
        """Show the message; a screen that is off is no reason to wait for it."""
        try:
            async with asyncio.timeout(CHANNEL_LIMIT.total_seconds()):
                await self._client.notify(message.title, message.body, _ICONS[message.severity])
        except TimeoutError as error:
            raise Transient(f"channel {self.name!r} did not answer in time: is that Kodi on?") from error
        except (Wait, RpcError) as error:
            raise Transient(str(error)) from error


def build(name: str, address: str) -> KodiScreen:
    """The screen at `kodi-screen://user:password@host:port`."""
    try:
        url = URL(address)
    except ValueError:
        url = URL()
    if not url.host:
        raise InvalidInput(f"channel {name!r} needs an address like kodi-screen://user:password@192.168.1.20:8080")
    plain = str(URL.build(scheme=SCHEMES[url.scheme], host=url.host, port=url.explicit_port or 8080))
    return KodiScreen(KodiClient(name, plain, url.user, url.password))
