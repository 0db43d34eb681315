"""Adding a library: prove that its root can be used, say what is wrong with it, and keep it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.jobs import ledger
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import LibraryKind
from metarr.store import facts, items, libraries, overview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.media import Library
    from metarr.store.db import Tx
    from metarr.store.overview import ItemCounts


def check_root(path: str) -> tuple[str, tuple[str, ...]]:
    """The path as it is kept (absolute, links and letters as given), and warnings. Raises InvalidInput or NotFound."""
    if not path or "\0" in path:
        raise InvalidInput("A library needs the path of a folder.")
    root = os.path.normpath(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111  names may be no UTF-8
    try:
        with os.scandir(root) as entries:
            is_empty = next(entries, None) is None
    except FileNotFoundError as error:
        raise NotFound(f"{root} does not exist. Check the spelling, and that its disk or share is mounted.") from error
    except NotADirectoryError as error:
        raise InvalidInput(f"{root} is not a folder. Name the folder that holds the movies.") from error
    except OSError as error:
        raise InvalidInput(
            f"{root} cannot be read ({error.strerror}). Give the user that runs Metarr read access to it."
        ) from error
    warnings = []
    if is_empty:
        warnings.append(f"{root} is empty. Check that its disk or share is mounted.")
    if not os.access(root, os.W_OK):
        warnings.append(f"{root} cannot be written: scanning works, publishing will have to wait until it can be.")
    return root, tuple(warnings)


def add(tx: Tx, root: str, kind: str, name: str | None = None) -> Library:
    """Keep a library at a root that `check_root` returned. Raises Conflict where it meets another library."""
    if kind not in set(LibraryKind):
        raise InvalidInput(f"Libraries of the kind {kind!r} cannot be added; this version knows: movies, tv.")
    existing = libraries.everything(tx)
    real = os.path.realpath(root)
    for library in existing:
        other = os.path.realpath(library.root)
        if os.path.commonpath([real, other]) in {real, other}:
            raise Conflict(f"{root} and the library {library.name!r} at {library.root} are the same files.")
    return libraries.add(tx, name or _free_name(root, {library.name for library in existing}), LibraryKind(kind), root)


def confirm(tx: Tx, library_id: int) -> None:
    """The owner allows publishing to replace what it did not write; what was held back for that is published now."""
    library = libraries.get(tx, library_id)
    libraries.confirm(tx, library.id)
    if library.is_confirmed:
        return
    needs = items.needs(tx, items.of_library(tx, library.id))
    ledger.submit_many(
        tx,
        [
            NewJob(JobKind.PUBLISH, Priority.AUTOMATED, item_id=need.item_id, library_id=library.id, is_bulk=True)
            for need in needs
            if need.is_published
        ],
    )


def set_languages(tx: Tx, library_id: int, languages: Sequence[str]) -> Library:
    """The languages wanted in this library, in order; none: as everywhere. What is known already stays as it is."""
    library = libraries.get(tx, library_id)
    libraries.set_languages(tx, library.id, tuple(dict.fromkeys(languages)))
    return libraries.get(tx, library.id)


@dataclass(frozen=True, slots=True)
class Listed:
    """A library in a list. `is_paused`: its enrichment as a whole waits for a person."""

    library: Library
    counts: ItemCounts
    is_paused: bool


def listed(tx: Tx) -> list[Listed]:
    """Every library with how far its items are."""
    counts = overview.item_counts(tx)
    paused = facts.paused(tx)
    return [
        Listed(library, counts.get(library.id, overview.ItemCounts()), library.id in paused)
        for library in libraries.everything(tx)
    ]


def _free_name(root: str, taken: set[str]) -> str:
    base = os.path.basename(root) or root  # noqa: PTH119  names may be no UTF-8
    names = [base, *(f"{base} {number}" for number in range(2, len(taken) + 2))]
    return next(name for name in names if name not in taken)
