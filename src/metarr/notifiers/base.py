"""What a notifier is to the notify phase: one channel that takes a message or says why it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

CHANNEL_LIMIT: Final = timedelta(seconds=10)  # one slow channel is in nobody's way


class Severity(StrEnum):
    """How the message is meant; channels turn it into a colour or a sign."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Message:
    """What to say. `image` is the path of a picture on disk; channels that cannot show one leave it out."""

    title: str
    body: str
    severity: Severity = Severity.INFO
    image: str | None = None


class Notifier(Protocol):
    """A channel. Its address is a secret and appears in no error."""

    @property
    def name(self) -> str: ...

    async def send(self, message: Message) -> None:
        """Deliver within CHANNEL_LIMIT, or raise Transient or BadCredentials."""
        ...

    async def close(self) -> None: ...
