"""Entity tags: a reader learns at once that nothing is new, and nobody overwrites what another has changed meanwhile.

RFC 9110: https://www.rfc-editor.org/rfc/rfc9110.html#name-conditional-requests
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from fastapi import Header

from metarr.errors import Outdated

if TYPE_CHECKING:
    from fastapi import Response
    from pydantic import JsonValue

    from metarr.api.shapes import Shape

ShapeT = TypeVar("ShapeT", bound="Shape")
_BYTES = 16  # of the digest: two representations of one thing do not meet by chance
_ETAG = "The answer's `ETag` header of an earlier reading"

IfMatch = Annotated[str | None, Header(max_length=1000, description=f"{_ETAG}: change only what is still as it was")]
IfNoneMatch = Annotated[str | None, Header(max_length=1000, description=f"{_ETAG}: answer 304 if nothing has changed")]


@dataclass(frozen=True, slots=True)
class Tagged(Generic[ShapeT]):
    """Something that people change, as it is shown, and its tag."""

    shown: ShapeT
    tag: str

    def answer(self, response: Response) -> ShapeT:
        """What is shown; its tag stands in the header."""
        response.headers["ETag"] = self.tag
        return self.shown


def tagged(shown: ShapeT, *unseen: JsonValue) -> Tagged[ShapeT]:
    """With its tag, which leaves out what changes by itself. `unseen`: what people change of it, and never see."""
    document: JsonValue = shown.model_dump(mode="json", by_alias=True, exclude=set(shown.passing))
    return Tagged(shown, etag_of([document, *unseen]))


def etag_of(value: JsonValue) -> str:
    """The strong tag of a representation, the same for the same document whatever the order of its keys."""
    return f'"{_digest(value)}"'


def of_parts(guarded: JsonValue, rest: JsonValue) -> str:
    """The tag of a representation of which only a part is what people change: the rest, such as the jobs that are
    about a thing, changes by itself, and must not stand in their way.
    """
    return f'"{_digest(guarded)}.{_digest(rest)}"'


def check(if_match: str | None, current: str) -> None:
    """Raises Outdated unless the caller knows the present state. Call it in the transaction that changes it."""
    if if_match is None:
        return
    known = [_guarded(tag) for tag in _tags(if_match)]
    if "*" not in known and _guarded(current) not in known:
        raise Outdated("It was changed since you read it. Read it again, and repeat your change if it is still wanted.")


def matches(if_none_match: str, current: str) -> bool:
    """Whether the caller has seen all of it, or says that anything will do."""
    known = [tag.removeprefix("W/") for tag in _tags(if_none_match)]
    return "*" in known or current in known


def _tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]


def _guarded(tag: str) -> str:
    return tag.partition(".")[0].strip('"')


def _digest(value: JsonValue) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=_BYTES).hexdigest()
