"""What a person means by a target: an item's number, a path inside a library, or a library's name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.errors import NotFound
from metarr.store import files, items, libraries

if TYPE_CHECKING:
    from metarr.model.media import ItemId, Library
    from metarr.store.db import Tx


@dataclass(frozen=True, slots=True)
class Target:
    """A whole library, or some items of it. `path`: what was named, relative to the root; None where no path was."""

    library: Library
    item_ids: tuple[ItemId, ...] = ()
    path: str | None = None

    @property
    def is_library(self) -> bool:
        """The whole library is meant."""
        return not self.item_ids and not self.path


def resolve(tx: Tx, text: str) -> Target:
    """Find out what `text` names; a path must be absolute. Raises NotFound."""
    if text.startswith(os.sep):
        return _at_path(tx, text)
    named = next((library for library in libraries.everything(tx) if library.name == text), None)
    if named is not None:
        return Target(named)
    if text.isascii() and text.isdigit():
        item = items.get(tx, int(text))
        return Target(libraries.get(tx, item.library_id), (item.id,), item.folder)
    known = ", ".join(repr(library.name) for library in libraries.everything(tx)) or "none"
    raise NotFound(f"{text!r} is neither an item's number, nor a path, nor a library (there are: {known}).")


def _at_path(tx: Tx, text: str) -> Target:
    path = os.path.normpath(text)
    library = libraries.containing(tx, path)
    relative = None if library is None else os.path.relpath(path, library.root)
    if library is None:
        # The same place under another name, through a link.
        path = os.path.realpath(text)
        for known in libraries.everything(tx):
            root = os.path.realpath(known.root)
            if os.path.commonpath([root, path]) == root:
                library, relative = known, os.path.relpath(path, root)
    if library is None or relative is None:
        raise NotFound(f"{text} lies in no library. Add its library first: metarr run FOLDER")
    relative = "" if relative == os.curdir else relative
    return Target(library, _items_below(tx, library, relative) if relative else (), relative)


def _items_below(tx: Tx, library: Library, relative: str) -> tuple[ItemId, ...]:
    """The items at or below a path; for a video file, the item that it belongs to."""
    found = items.places(tx, library.id, below=relative)
    if found:
        return tuple(sorted(found.values()))
    parent = os.path.dirname(relative)  # noqa: PTH120  names may be no UTF-8
    near = items.places(tx, library.id, below=parent)
    return tuple(
        item_id
        for item_id in sorted(near.values())
        if any(file.path == relative for file in files.of_item(tx, item_id))
    )
