"""Titles and names as they are searched: without case, accents and the spellings that keyboards lack. Pure."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def folded(text: str) -> str:
    """`Amélie` and `AMELIE` are one, as are `Straße` and `strasse`; blanks between words are single."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())
