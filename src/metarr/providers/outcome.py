"""What a provider's answer means: the one place that reads statuses, error bodies and `Retry-After`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

LONGEST_PAUSE = timedelta(hours=1)  # a provider's wish beyond this is taken for a mistake
# Where providers say what is wrong: TMDB, TVDB and TVmaze, OMDb, Fanart.tv
_WORDS = ("status_message", "message", "Error", "error message")
_LONGEST_WORDS = 200


class Verdict(Enum):
    """What an answer is."""

    OK = auto()
    ABSENT = auto()  # the provider answered: it does not know the thing
    BAD_KEY = auto()
    QUOTA = auto()  # it has had enough of us for now
    FAULT = auto()


def by_status(status: int, _body: Any = None) -> Verdict:  # noqa: ANN401  whatever JSON a provider sends
    """What the status alone says. `Endpoint.judge` of a provider that has its own ways ends with this."""
    match status:
        case HTTPStatus.OK:
            return Verdict.OK
        case HTTPStatus.NOT_FOUND:
            return Verdict.ABSENT
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Verdict.BAD_KEY
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Verdict.QUOTA
        case _:
            return Verdict.FAULT


def words_of(body: Any) -> str:  # noqa: ANN401  whatever JSON a provider sends
    """The provider's own words about an error, if it has any."""
    if not isinstance(body, dict):
        return ""
    return next((str(body[name])[:_LONGEST_WORDS] for name in _WORDS if body.get(name)), "")


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """`Retry-After` as seconds or as an HTTP date (RFC 9110, 10.2.3); None if it is absent or nonsense."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        # Long before the number of digits becomes a problem
        return min(timedelta(seconds=int(text[:9])), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), LONGEST_PAUSE)
