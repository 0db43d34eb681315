"""Messages through Apprise: Discord, Telegram, ntfy, e-mail and its hundred others, each by an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from metarr.errors import BadCredentials, InvalidInput, Transient
from metarr.notifiers.base import CHANNEL_LIMIT, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apprise import Apprise

    from metarr.notifiers.base import Message

_KINDS: Final[Mapping[Severity, str]] = {  # https://appriseit.com/library/: NotifyType
    Severity.INFO: "info",
    Severity.SUCCESS: "success",
    Severity.WARNING: "warning",
    Severity.ERROR: "failure",
}
_STATUS: Final = re.compile(r"\berror=(\d{3})\b")  # how Apprise's plugins log an HTTP status
_REJECTED: Final = frozenset({"401", "403"})


class AppriseChannel:
    """One address. Of what Apprise logs, only the HTTP status is repeated: the rest may hold the address."""

    def __init__(self, name: str, sender: Apprise) -> None:
        self._name = name
        self._sender = sender

    @property
    def name(self) -> str:
        """What the owner calls it."""
        return self._name

    async def close(self) -> None:
        """Nothing is held open."""

    async def send(self, message: Message) -> None:
        """Deliver, or tell by the HTTP status whether trying again can help."""
        with await self._sender.async_notify(
            title=message.title,
            body=message.body,
            notify_type=_KINDS[message.severity],
            attach=message.image,
            timeout=CHANNEL_LIMIT.total_seconds(),
        ) as result:
            if result:
                return
            is_late = bool(result.timeout_count)
            statuses = {status for entry in result.logs() for status in _STATUS.findall(entry.message)}
        if statuses & _REJECTED:
            raise BadCredentials(f"channel {self._name!r}: the service rejects its key or password; set a new address")
        if is_late:
            raise Transient(f"channel {self._name!r} did not answer within {CHANNEL_LIMIT.total_seconds():.0f} s")
        reason = f"the service answered HTTP {', '.join(sorted(statuses))}" if statuses else "the message was not taken"
        raise Transient(f"channel {self._name!r}: {reason}; send a test to see whether the address still works")


def build(name: str, address: str) -> AppriseChannel:
    """The channel at this address."""
    import apprise

    sender = apprise.Apprise()
    if not sender.add(address):
        scheme = address.partition("://")[0] if "://" in address else "none"
        raise InvalidInput(
            f"channel {name!r}: Apprise cannot use this address (scheme {scheme!r}); see https://appriseit.com/services/"
        )
    return AppriseChannel(name, sender)
