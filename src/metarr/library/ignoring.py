"""What the owner wants left alone: `.plexignore` files and patterns of the settings. Pure; `folders` reads the files.

As Plex has it ("Special Keyword File/Folder Exclusion"): one pattern a line, `#` begins a comment, `*` and `?` stand
for characters of one name. Without a slash a pattern is about names at any depth below its file's folder, with one
about paths from there. A folder that matches is left out whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PLEX_FILE = ".plexignore"


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of one file. `folder`: where it lies, relative to the root."""

    folder: str
    names: re.Pattern[str] | None
    paths: re.Pattern[str] | None

    def match(self, path: str) -> bool:
        """Whether a path, relative to the root and below the folder, is left out."""
        inside = path[len(self.folder) + 1 :] if self.folder else path
        if self.paths is not None and self.paths.fullmatch(inside):
            return True
        return self.names is not None and self.names.fullmatch(inside.rpartition("/")[2]) is not None


@lru_cache(maxsize=256)
def parse(lines: tuple[str, ...], folder: str = "") -> Patterns:
    """Lines of a file, or patterns of the settings."""
    wanted = [line.strip() for line in lines]
    wanted = [line for line in wanted if line and not line.startswith("#")]
    # A slash at the end only says that a folder is meant.
    paths = [line.strip("/") for line in wanted if "/" in line.rstrip("/")]
    names = [line.rstrip("/") for line in wanted if "/" not in line.rstrip("/")]
    return Patterns(folder, _expression(names), _expression(paths))


def hides(rules: Iterable[Patterns], path: str) -> bool:
    """Whether any of these leaves the path out."""
    return any(rule.match(path) for rule in rules)


def _expression(patterns: Iterable[str]) -> re.Pattern[str] | None:
    parts = [_part(pattern) for pattern in patterns if pattern]
    return re.compile("|".join(parts), re.IGNORECASE | re.DOTALL) if parts else None


def _part(pattern: str) -> str:
    words = {"*": "[^/]*", "?": "[^/]"}
    # Many stars in a row say no more than one, and would make the search slow.
    return "".join(words.get(character, re.escape(character)) for character in re.sub(r"\*+", "*", pattern))
