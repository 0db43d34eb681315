"""Where a page of a list ended, as a text that means something to us alone; what comes back is not believed."""

from __future__ import annotations

import base64
import binascii
import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from metarr.actions.showing import storable
from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST = 2**63 - 1  # what a database counts to
WRONG = "`after` must be the value that the page before this one gave."


def written(*parts: object) -> str:
    """The cursor that holds these."""
    plain = [one.isoformat() if isinstance(one, datetime) else one for one in parts]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def read(cursor: str, *kinds: Callable[[object], object]) -> list[object]:
    """Its parts, each checked by its kind. Raises InvalidInput."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded.encode()))
        return [kind(part) for kind, part in zip(kinds, list(parts), strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidInput(WRONG) from error


def number(part: object) -> int:
    """A whole number that a database knows."""
    if not isinstance(part, int) or isinstance(part, bool) or abs(part) > _LARGEST:
        raise TypeError(part)
    return part


def fraction(part: object) -> float:
    """A number."""
    if not isinstance(part, int | float) or not math.isfinite(part):
        raise TypeError(part)
    return float(part)


def text(part: object) -> str:
    """A text that a database takes."""
    if not isinstance(part, str):
        raise TypeError(part)
    return storable(part)


def instant(part: object) -> datetime:
    """A time."""
    return datetime.fromisoformat(text(part)).astimezone(UTC)


def truth(part: object) -> bool:
    """Yes or no."""
    if not isinstance(part, bool):
        raise TypeError(part)
    return part


def or_none(kind: Callable[[object], object]) -> Callable[[object], object]:
    """The same, or nothing."""
    return lambda part: None if part is None else kind(part)
