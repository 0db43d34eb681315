"""What the log consists of: levels, and the lines of its files. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
FILE: Final = "metarr.log"
FILES_KEPT: Final = 4  # older ones, each with a number behind its name
_OWN = frozenset({"event", "level", "timestamp", "exception", "job", "phase", "item"})


@dataclass(frozen=True, slots=True)
class Logged:
    """One line. `job`, `phase`, `item`: what it is about; `more`: what else was said; `traceback`: of an error."""

    at: datetime
    level: str
    event: str
    job: int | None
    phase: str | None
    item: int | None
    more: Mapping[str, Any]
    traceback: str | None


def read(line: str) -> Logged | None:
    """A line of a file; None: it is none, as after a crash in its middle."""
    try:
        found = json.loads(line)
        at = datetime.fromisoformat(found["timestamp"])
        return Logged(
            at=at,
            level=str(found["level"]),
            event=str(found["event"]),
            job=_number(found.get("job")),
            phase=None if found.get("phase") is None else str(found["phase"]),
            item=_number(found.get("item")),
            more={str(name): value for name, value in found.items() if name not in _OWN},
            traceback=None if found.get("exception") is None else str(found["exception"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
