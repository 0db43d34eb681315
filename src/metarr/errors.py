"""The error tree. The type of an error says what the caller should do; its text says what, where and the way out.

    MetarrError
    ├── InvalidInput      the caller asked for something that cannot be: tell them, change nothing
    │   ├── NotFound      the thing named does not exist
    │   ├── Conflict      it exists, but in a state that forbids this
    │   │   └── Outdated  somebody changed it since the caller last read it: read again, then decide
    │   ├── Unauthenticated  who asks is not known: log in, or send a key
    │   └── Forbidden     who asks may not do this: another role or key can
    ├── Transient         a fault of this very request: try again later; spends an attempt
    │   └── Throttled     too many attempts at a secret: the caller waits before the next
    ├── Permanent         trying again will not help: dead letter, a person decides
    │   └── BadCredentials  the other side rejects our user, password or key: disable it and tell the owner
    └── Wait              not this request's fault (provider down, root gone, player off): snooze, spends no attempt

`ClaimLost` stands beside them: the job is no longer ours, drop the work and write nothing.
"""

from __future__ import annotations

from datetime import timedelta


class MetarrError(Exception):
    """Base of every error that this program raises on purpose. Its text can be stored and shown, whatever it names."""

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


def shown(text: str) -> str:
    r"""Text that can be encoded: bytes of a path that are no UTF-8 stand as `\xe9`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class InvalidInput(MetarrError):
    """The request itself is wrong. The text names the thing and the way out."""


class NotFound(InvalidInput):
    """What the request names does not exist."""


class Conflict(InvalidInput):
    """What the request names is in a state that forbids it."""


class Outdated(Conflict):
    """It was changed since the caller read it. Nothing was done."""


class Unauthenticated(InvalidInput):
    """Whoever asks did not say who they are, or not convincingly."""


class Forbidden(InvalidInput):
    """Whoever asks is known, and may not do this."""


class Transient(MetarrError):
    """Trying the same again later may work. `retry_after` is the other side's own wish, if it stated one."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Throttled(Transient):
    """Too many wrong passwords came; `retry_after` says when the next one is looked at."""


class Permanent(MetarrError):
    """Trying the same again will fail the same way."""


class BadCredentials(Permanent):
    """The other side rejects our user, password or key. The text names it, never the credentials."""


class Wait(MetarrError):
    """The world is not ready: snooze for `delay` without spending an attempt.

    `cause` is a stable key ("tmdb:unreachable", "root:/media"); there is one health line per cause.
    """

    def __init__(self, message: str, *, cause: str, delay: timedelta) -> None:
        super().__init__(message)
        self.cause = cause
        self.delay = delay


class ClaimLost(MetarrError):
    """This worker no longer holds the job: someone else took it over, or it was cancelled."""
