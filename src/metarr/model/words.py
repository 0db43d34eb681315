"""Counts as people say them, and what words may be made of. Pure."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """As in "1 film", "2,000 films"; `many` where the plural is not made by an s."""
    return f"{number:,} {chosen(number, one, many)}"


def chosen(number: int, one: str, many: str = "") -> str:
    """The same without the number: "file is", "files are"."""
    return one if number == 1 else many or f"{one}s"


# They have no width, and Persian, Indian scripts and emoji that are put together are written with them.
_JOINERS = str.maketrans("", "", "\u200c\u200d")


def is_plain(text: str) -> bool:
    """Whether all of it can be seen: no line breaks, no other control characters."""
    return text.translate(_JOINERS).isprintable()


def is_name(text: str) -> bool:
    """The same, and there is something to see."""
    return is_plain(text) and bool(text.translate(_JOINERS).strip())
