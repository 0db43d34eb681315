"""Text that can be shown and stored: names that are no UTF-8 must break neither JSON nor a page, nor the database."""

from __future__ import annotations

import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FIRST_BYTE, _LAST_BYTE = 0xDC80, 0xDCFF  # how Python carries single bytes in a file name, PEP 383


def shown(text: str) -> str:
    r"""The text with every byte that is no UTF-8 as a backslash escape: `Caf\xe9.mkv`."""
    return _SURROGATE.sub(_escape, text)


def shown_in(document: Any) -> Any:  # noqa: ANN401  any JSON document
    """The same for every text in a document."""
    if isinstance(document, str):
        return shown(document)
    if isinstance(document, dict):
        return {shown_in(key): shown_in(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [shown_in(part) for part in document]
    return document


def storable(text: str) -> str:
    """A person's text, unless it holds what neither XML nor PostgreSQL takes. Raises ValueError, as validators do."""
    if _UNSTORABLE.search(text):
        raise ValueError("control characters and halves of characters are not allowed")
    return text


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if _FIRST_BYTE <= code <= _LAST_BYTE else f"\\u{code:04x}"
