"""What the doctor says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    WELL = "well"
    """Looked at, and as it should be."""
    NOTICE = "notice"
    """No fault, but worth knowing."""
    WARNING = "warning"
    """Work goes on, but not as well as it could."""
    FAULT = "fault"
    """Something does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found. `about`: which library, provider or player; `fix`: what to do; "" where nothing is to be done."""

    level: Level
    about: str
    words: str
    fix: str = ""


def well(about: str, words: str) -> Finding:
    """As it should be."""
    return Finding(Level.WELL, about, words)
