"""A library's root: the places below it, none of which leads out, and which names its file system takes for one."""

from __future__ import annotations

import os
import unicodedata
from datetime import timedelta
from functools import partial, reduce
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from metarr.errors import InvalidInput, Wait
from metarr.store.disk import is_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_AGAIN = timedelta(minutes=5)


def check_root(root: Path) -> None:
    if not is_folder(root):
        raise Wait(f"{root} is not there; check that it is mounted", cause=f"root:{root}", delay=_AGAIN)


class Ground:
    """A root and the places below it, each folder of which is checked once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._real = root.resolve()
        self._inside: set[str] = set()

    def place(self, path: str) -> Path:
        """The place of a relative path, which must be inside of the root also after following links of its folders."""
        pure = PurePosixPath(path)
        if not path or "\0" in path or pure.is_absolute() or ".." in pure.parts or str(pure) != path:
            raise InvalidInput(f"{path!r} is no plain path inside of {self.root}")
        place = self.root / pure
        folder = path.rpartition("/")[0]
        if folder not in self._inside:
            if not place.parent.resolve().is_relative_to(self._real):
                raise InvalidInput(f"{place} leads out of {self.root} through a link; add its real folder as a library")
            self._inside.add(folder)
        return place


def status_of(place: Path) -> os.stat_result | None:
    try:
        return place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def key_of(root: Path, path: str) -> Callable[[str], str]:
    """Paths with one key are one file below this root, as far as what lies at `path` can tell.

    Nothing is written to find out: it is asked for by names that differ in case, or in how accents are encoded (NFC,
    NFD), and is there under both or it is not. Where no part of the path has letters to vary, each name is its own.
    """
    folds: list[Callable[[str], str]] = []
    if any(_is_same(*names) for names in _varied(root, path, _other_form)):
        folds.append(partial(unicodedata.normalize, "NFC"))
    if any(_is_same(*names) for names in _varied(root, path, str.swapcase)):
        folds.append(str.casefold)
    return lambda text: reduce(lambda folded, fold: fold(folded), folds, text)


def _varied(root: Path, path: str, vary: Callable[[str], str]) -> Iterator[tuple[Path, Path]]:
    """Each part of the path, with the same under another name; the last part first."""
    for place in (root / path, *(root / above for above in PurePosixPath(path).parents if above.name)):
        if vary(place.name) != place.name:
            yield place, place.with_name(vary(place.name))


def _other_form(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFD", name) if name == composed else composed


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False
