"""Counts as people say them. Pure."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """As in "1 film", "2,000 films"; `many` where the plural is not made by an s."""
    return f"{number:,} {chosen(number, one, many)}"


def chosen(number: int, one: str, many: str = "") -> str:
    """The same without the number: "file is", "files are"."""
    return one if number == 1 else many or f"{one}s"
