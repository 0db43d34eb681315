"""The registry of notifiers: a channel's address says by its scheme which one it is.

`kodi-screen://user:password@host:8080` (`kodi-screens://` for HTTPS) shows messages on a Kodi; every other address is
Apprise's: https://appriseit.com/services/ lists them (`discord://`, `tgram://`, `ntfy://`, `mailto://` ...).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.notifiers import apprise, kodi_screen

if TYPE_CHECKING:
    from metarr.notifiers.base import Notifier


def build(name: str, address: str) -> Notifier:
    """The notifier of this channel. Raises InvalidInput, without the address, for one that is no channel."""
    scheme = address.partition("://")[0].lower()
    return kodi_screen.build(name, address) if scheme in kodi_screen.SCHEMES else apprise.build(name, address)
