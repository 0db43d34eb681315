"""The same folder has one path here and another on a player or a download manager: mapping one to the other. Pure.

The longest prefix wins, on whole path segments. Network addresses (`smb://nas/films`) are written plainly, without
percent-encoding, as Kodi shows and stores them; a remote side with backslashes is a Windows machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WINDOWS = re.compile(r"[A-Za-z]:\\|\\\\")


@dataclass(frozen=True, slots=True)
class PathMapping:
    """`local` is our folder, `remote` is how the other program names the same folder."""

    local: str
    remote: str


def to_remote(path: str, mappings: Sequence[PathMapping]) -> str:
    """Our path as the other program names it; unchanged where no mapping covers it."""
    return _swapped(path, ((mapping.local, mapping.remote) for mapping in mappings))


def to_local(path: str, mappings: Sequence[PathMapping]) -> str:
    """Another program's path as it is here; unchanged where no mapping covers it."""
    return _swapped(path, ((mapping.remote, mapping.local) for mapping in mappings))


def is_under(path: str, folder: str) -> bool:
    """Whether `path` is the folder itself or something inside it, on whole segments."""
    inner, outer = normalised(path), normalised(folder).rstrip("/")
    return inner == outer or inner.startswith(outer + "/")


def suggested(ours: Sequence[str], theirs: Sequence[str]) -> list[PathMapping]:
    """For each of our folders the mapping to one of theirs that ends like it, or like a folder above it.

    The one with the most names in common wins, and among those the longest of ours. None where nothing ends alike.
    """
    found: dict[str, PathMapping] = {}
    for folder in ours:
        parts = _parts(folder)
        heads = [parts[:end] for end in range(len(parts), 0, -1)]
        pairs = [(_common_tail(head, _parts(their)), head, their) for head in heads for their in theirs]
        best = max(pairs, key=lambda pair: (pair[0], len(pair[1])), default=None)
        if best is not None and best[0]:
            mapping = PathMapping("/" + "/".join(best[1]), best[2])
            found.setdefault(mapping.local, mapping)
    return [one for one in found.values() if normalised(one.local) != normalised(one.remote)]


def _parts(path: str) -> list[str]:
    return [part for part in normalised(path).rpartition("://")[2].split("/") if part]


def _common_tail(one: Sequence[str], other: Sequence[str]) -> int:
    """How many names two paths end with alike, whatever their letters' case."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].casefold() == pair[1].casefold(), pairs))


def normalised(path: str) -> str:
    """Single forward slashes, none at the end; the two after a scheme or before a Windows server stay."""
    if _WINDOWS.match(path):
        path = path.replace("\\", "/")
    scheme, separator, rest = path.rpartition("://")
    lead = "//" if not separator and rest.startswith("//") and not rest.startswith("///") else ""
    joined = re.sub(r"/+", "/", rest[len(lead) :]).rstrip("/")
    if separator or lead:
        return f"{scheme}{separator}{lead}{joined.lstrip('/')}"
    return joined or "/"


def _swapped(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    plain = normalised(path)
    covering = [(normalised(old), new) for old, new in pairs if is_under(plain, old)]
    if not covering:
        return plain
    old, new = max(covering, key=lambda pair: len(pair[0]))
    rest = plain[len(old.rstrip("/")) :].rstrip("/")
    if _WINDOWS.match(new):
        return new.rstrip("\\") + rest.replace("/", "\\")
    return normalised(new).rstrip("/") + rest or "/"
