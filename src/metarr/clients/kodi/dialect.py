"""How a Kodi spells its parameters. The newest development source writes them in camel case (`movieId`) and has
`VideoLibrary.Refresh` in place of `RefreshMovie`; so the spelling of every word is asked of Kodi itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.clients.kodi.rpc import Call, Json

_NAMESPACES: Final = ("VideoLibrary", "Textures", "GUI", "Files")
_NAMING_KEYS: Final = frozenset({"properties", "field", "operator"})  # their values are words of the schema
# 70 kB and 20 ms were measured on Kodi 20.1
QUESTIONS: Final[Sequence[Call]] = tuple(
    ("JSONRPC.Introspect", {"filter": {"id": name, "type": "namespace"}}) for name in _NAMESPACES
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How this Kodi spells things: lower-case word -> its own spelling, and the methods that it has."""

    words: Mapping[str, str] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()

    def spell(self, value: Json) -> Json:
        """The value with every key, and every name of a property, filter field or operator, as this Kodi spells it."""
        if isinstance(value, dict):
            return {
                self._word(key): self._named(part) if key in _NAMING_KEYS else self.spell(part)
                for key, part in value.items()
            }
        return [self.spell(part) for part in value] if isinstance(value, list) else value

    def has(self, method: str) -> bool:
        """Whether the method exists. A Kodi that told of none forbids the question, and is taken for a released one."""
        return not self.methods or method in self.methods

    def _named(self, names: Json) -> Json:
        return [self._word(name) for name in names] if isinstance(names, list) else self._word(names)

    def _word(self, word: str) -> str:
        return self.words.get(word, word)


def read_dialect(schemas: Sequence[Mapping[str, Json]]) -> Dialect:
    """What Introspect's answers say about spelling and methods."""
    words: dict[str, str] = {}

    def collect(node: Json) -> None:
        if isinstance(node, list):
            for part in node:
                collect(part)
        elif isinstance(node, dict):
            named = [node.get("name"), *(node.get("properties") or ()), *(node.get("enums") or ())]
            words.update({word.lower(): word for word in named if isinstance(word, str)})
            for part in node.values():
                collect(part)

    collect(list(schemas))
    return Dialect(words, frozenset(method for schema in schemas for method in schema.get("methods", ())))
