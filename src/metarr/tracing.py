"""The seam of traces: what is worth a span says so here, and nothing comes of it until the program switches them on.

Whoever collects traces sees kinds, numbers, routes and outcomes; never a title, a path, a query or a key.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from typing import TypeAlias

    Facts: TypeAlias = Mapping[str, "str | int | float | bool"]

_WORD = re.compile(r"[A-Za-z][A-Za-z_-]*")
_LONGEST_WORD = 20  # letters; what is longer is somebody's name for something


class Role(Enum):
    """Where a span stands: asked by somebody, asking somebody, or taken from the queue."""

    ANSWER = auto()
    QUESTION = auto()
    JOB = auto()


class Span(Protocol):
    """Something that takes its time."""

    def note(self, facts: Facts, name: str | None = None) -> None:
        """What turned out meanwhile. `name`: a better one."""


class Tracer(Protocol):
    """Where spans go. `workflow`: the first job of the one it belongs to; without, it belongs to the span around it."""

    def span(self, name: str, role: Role, facts: Facts, workflow: int | None) -> AbstractContextManager[Span]: ...

    def began(self, workflow: int, since: datetime, facts: Facts) -> None:
        """The span that all those of a workflow stand below: from its trigger to when it was first worked on."""


class _Off:
    """Costs nothing: one object that stands for every span."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was begun."""

    def note(self, facts: Facts, name: str | None = None) -> None:
        """Nobody wants to know."""


_OFF = _Off()
_tracer: Tracer | None = None


def switch(tracer: Tracer | None) -> None:
    """From now on spans go there; None: nowhere. It is one for the process, as its log is."""
    global _tracer  # noqa: PLW0603  as above
    _tracer = tracer


def current() -> Tracer | None:
    """Where spans go, for those whose facts cost something to find."""
    return _tracer


def span(name: str, role: Role, facts: Facts, workflow: int | None = None) -> AbstractContextManager[Span]:
    """The time that the block takes. An error that leaves it is noted by its kind."""
    return _OFF if _tracer is None else _tracer.span(name, role, facts, workflow)


def call(method: str, path: str, whom: Facts) -> AbstractContextManager[Span]:
    """A question over HTTP."""
    if _tracer is None:
        return _OFF
    route = pattern(path)
    facts = {"http.request.method": method, "url.template": route, **whom}
    return _tracer.span(f"{method} {route}", Role.QUESTION, facts, None)


def pattern(path: str) -> str:
    """A path without what differs from one thing to the next: whatever is no plain word, and the query."""
    plain = path.partition("?")[0]
    return "/".join(part if not part or _is_word(part) else "{id}" for part in plain.split("/")) or "/"


def _is_word(part: str) -> bool:
    return len(part) <= _LONGEST_WORD and _WORD.fullmatch(part) is not None


def together(names: Sequence[str]) -> str:
    """The different ones of many, in their order."""
    return ", ".join(dict.fromkeys(names))
