"""What the next page says: a form's answer sends the browser back to the page, and tells it by a cookie what was done.

A cookie rather than the address: no link from another site can put words into our mouth, and none stays in the history.
It lives for a minute, is read by the server alone, and goes with the page that shows it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import Request
    from fastapi.responses import Response

COOKIE: Final = "metarr_said"
PART: Final = "Metarr-Part"  # the header of scripts that fetch a part of a page, and show nothing else of it
_LONGEST = 600  # characters of what is said: browsers keep cookies of at most 4096 bytes
_LASTS = 60  # seconds


@dataclass(frozen=True, slots=True)
class Flash:
    """`said`: as a toast, or as a notice without scripts; `work`: what was begun, so that its end is told."""

    said: str
    is_fault: bool = False
    work: str = ""


def written(flash: Flash) -> str:
    """As the cookie's value."""
    said = flash.said if len(flash.said) <= _LONGEST else f"{flash.said[: _LONGEST - 1]}…"
    short = asdict(flash) | {"said": said}
    text = json.dumps(short, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return base64.urlsafe_b64encode(text).decode()


def read(value: str) -> Flash | None:
    """What a cookie says; None: it says nothing that we wrote."""
    try:
        found = json.loads(base64.urlsafe_b64decode(value))
    except (binascii.Error, ValueError, RecursionError):
        return None
    match found:
        case {"said": str(said), "is_fault": bool(is_fault), "work": str(work)}:
            return Flash(said, is_fault, work)
        case _:
            return None


def give(answer: Response, request: Request, flash: Flash) -> None:
    """The next page says it."""
    is_safe = request.url.scheme == "https"
    answer.set_cookie(
        COOKIE, written(flash), max_age=_LASTS, path="/", secure=is_safe, httponly=True, samesite="strict"
    )


def taken(request: Request) -> Flash | None:
    """What this page is to say."""
    return read(request.cookies.get(COOKIE, "")) if is_shown(request) else None


def is_shown(request: Request) -> bool:
    """Whether this page shows it, and it is over."""
    return COOKIE in request.cookies and PART not in request.headers


def forget(answer: Response) -> None:
    """It was said."""
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
