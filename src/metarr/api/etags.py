"""Entity tags: a reader learns at once that nothing is new, and nobody overwrites what another has changed meanwhile.

RFC 9110: https://www.rfc-editor.org/rfc/rfc9110.html#name-conditional-requests
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated

from fastapi import Header

from metarr.errors import Outdated

if TYPE_CHECKING:
    from pydantic import JsonValue

_BYTES = 16  # of the digest: two representations of one thing do not meet by chance
_ETAG = "The answer's `ETag` header of an earlier reading"

IfMatch = Annotated[str | None, Header(max_length=1000, description=f"{_ETAG}: change only what is still as it was")]
IfNoneMatch = Annotated[str | None, Header(max_length=1000, description=f"{_ETAG}: answer 304 if nothing has changed")]


def etag_of(value: JsonValue) -> str:
    """The strong tag of a representation, the same for the same document whatever the order of its keys."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.blake2b(canonical.encode(), digest_size=_BYTES).hexdigest()}"'


def check(if_match: str | None, current: str) -> None:
    """Raises Outdated unless the caller knows the present state. Call it in the transaction that changes it."""
    if if_match is not None and not matches(if_match, current):
        raise Outdated("It was changed since you read it. Read it again, and repeat your change if it is still wanted.")


def matches(header: str, current: str) -> bool:
    """Whether the header's list of tags holds the present one, or says that any will do."""
    tags = [tag.strip() for tag in header.split(",")]
    return "*" in tags or current in tags
