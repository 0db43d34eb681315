"""Taking secrets, and names where they are not wanted, out of texts that leave the installation. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN: Final = "(hidden)"
_SHORTEST = 4  # characters: what is shorter stands in too many words by chance
_DIGITS = 10
# Secrets that nobody told us of, by what they look like.
_SHAPES: Final = (
    (re.compile(r"sealed:[\w=-]+"), HIDDEN),
    (re.compile(r"metarr_[\w-]{20,}"), HIDDEN),
    (re.compile(r"(?<=://)[^/@\s\"']+@"), f"{HIDDEN}@"),
    (
        re.compile(r"(?i)\b((?:api_?-?key|(?:x-plex-|access_)?token|password|passwd|pin|secret)=)[^&\s\"'\\]+"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic) [\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
)
_QUOTED = re.compile(r"'[^'\n]+'|\"[^\"\n]+\"|“[^”\n]+”")
_PATH = re.compile(r"(?<![\w:/.…-])/[^\n\"',;]+")


class Redaction:
    """`secrets`: every value that must not get out; `names`: what is called differently, None: names may be seen.

    `key`: makes the same name the same word in every text of this installation, and of no other.
    """

    def __init__(self, secrets: Iterable[str], names: Iterable[str] | None = None, key: str = "") -> None:
        self._key = key.encode("utf-8", "surrogatepass")
        self._secrets = _any_of(form for secret in secrets for form in _forms(secret))
        self.has_names = names is None
        self._names = None if names is None else _any_of(names)

    def without_secrets(self, text: str) -> str:
        """The text without anything that is a secret, or looks like one."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        for shape, instead in _SHAPES:
            text = shape.sub(instead, text)
        return text

    def text(self, text: str) -> str:
        """The same; and where names are not wanted, without known names, paths and quoted words."""
        text = self.without_secrets(text)
        if self.has_names:
            return text
        if self._names is not None:
            text = self._names.sub(self._hashed, text)
        return _PATH.sub(self._hashed, _QUOTED.sub(self._hashed, text))

    def name(self, name: str) -> str:
        """A title, a path or the like: as it is, or the word that stands for it."""
        return self.text(name) if self.has_names else self._word(name)

    def document(self, value: Any, *, is_named: bool = False) -> Any:  # noqa: ANN401  any JSON
        """The same of every text in a document. `is_named`: texts are names of people's things."""
        if isinstance(value, str):
            return self.name(value) if is_named else self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.document(one, is_named=is_named) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.document(one, is_named=is_named) for one in value]
        return value

    def _hashed(self, match: re.Match[str]) -> str:
        return self._word(match[0])

    def _word(self, name: str) -> str:
        if not name:
            return name
        digest = hmac.new(self._key, name.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"name-{digest.hexdigest()[:_DIGITS]}"


def _forms(secret: str) -> Iterator[str]:
    """A secret as texts may have it: in JSON, in addresses, in a form's body."""
    if len(secret) >= _SHORTEST:
        plain = secret.encode("utf-8", "replace").decode()
        yield from (secret, json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
        yield from (quote(plain), quote(plain, safe=""), quote_plus(plain))


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """The longest first: what holds another is not cut in two."""
    found = sorted({text for text in texts if text.strip()}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found))) if found else None
