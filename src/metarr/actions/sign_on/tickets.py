"""What a browser is given to bring back: sealed with the installation's key, good for ten minutes and one purpose."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from metarr.errors import Wait
from metarr.store.sealed import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.store.sealed import Vault

LASTS = 600  # seconds
_LONGEST = 6000  # characters; browsers keep cookies of at most 4096


class Purpose(StrEnum):
    """What a ticket is for; one for the other is none."""

    LOGIN = "login"
    """Somebody was sent to the provider."""
    LINK = "link"
    """Somebody was vouched for whom we do not know yet."""


def write(vault: Vault, purpose: Purpose, values: Mapping[str, Any]) -> str:
    """A ticket, in characters that cookies take."""
    text = json.dumps([purpose, int(time.time()), values])
    return vault.seal(text).removeprefix(PREFIX).rstrip("=")


def read(vault: Vault, purpose: Purpose, ticket: str) -> dict[str, Any] | None:
    """What we wrote; None: we did not, or it was for something else, or too long ago."""
    if not ticket or len(ticket) > _LONGEST or not ticket.isascii():
        return None
    try:
        found = json.loads(vault.open(PREFIX + ticket + "=" * (-len(ticket) % 4)))
    except Wait:  # it was not this installation's key that sealed it
        return None
    match found:
        case [str(wanted), int(written), dict(values)] if wanted == purpose and 0 <= time.time() - written + 1 <= LASTS:
            return values
        case _:
            return None
