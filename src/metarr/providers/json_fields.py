"""Reading the JSON of providers: what is empty, null or of another type is not known. Pure."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]  # Any: what JSON holds

_MOST_DIGITS = 18  # no id or count is longer, and databases hold no more
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEAR = re.compile(r"(\d{4})(-\d{2}-\d{2})?")


def dict_(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def dicts(value: object) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    return [found for entry in value if (found := text(entry))] if isinstance(value, list) else []


def text(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def number(value: object) -> int | None:
    """A whole number, also where it comes as text."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return int(value) if abs(value) < 10**_MOST_DIGITS else None  # JSON as Python reads it knows Infinity and NaN


def decimal(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def date(value: object) -> str | None:
    """An ISO date, or None for "", null and anything else."""
    found = text(value)
    return found if found is not None and _DATE.fullmatch(found) else None


def year(value: object) -> int | None:
    """The year of an ISO date, or of a year alone."""
    match = _YEAR.fullmatch(text(value) or "")
    return int(match[1]) if match else None


def names(value: object) -> tuple[str, ...]:
    """The `name` of every entry, each once."""
    found = (text(entry.get("name")) for entry in dicts(value))
    return tuple(dict.fromkeys(name for name in found if name))
