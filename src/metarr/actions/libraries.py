"""Libraries: adding one, what it has of its own, moving its root, and forgetting it."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr.actions import phase_config, roots
from metarr.errors import Conflict, InvalidInput
from metarr.jobs import desk, ledger, triggers
from metarr.jobs.triggers import Order
from metarr.library.naming import Profile
from metarr.model.audit import Deed
from metarr.model.job import JobKind, NewJob, Priority, Trigger
from metarr.model.media import LibraryKind
from metarr.settings import LibraryOverrides
from metarr.store import audit, facts, health, items, libraries, mappings, overview

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from metarr.actions.roots import Kept
    from metarr.jobs.policy import Conditions
    from metarr.model.media import Library
    from metarr.store.db import Store, Tx
    from metarr.store.overview import ItemCounts

_SAMPLE = 2000  # videos that are looked for at a new root
_LOOKS, _BETWEEN_LOOKS = 50, 0.2  # seconds; how long jobs that were asked to stop get


def add(tx: Tx, root: str, kind: str, name: str | None = None) -> Library:
    """Keep a library at a root as `roots.check_root` has it. Raises Conflict where it meets another library."""
    if kind not in set(LibraryKind):
        raise InvalidInput(f"Libraries of the kind {kind!r} cannot be added; this version knows: movies, tv.")
    _check_apart(tx, root)
    _check_name(tx, name)
    taken = {library.name for library in libraries.everything(tx)}
    library = libraries.add(tx, name or _free_name(root, taken), LibraryKind(kind), root)
    audit.record(tx, Deed.LIBRARY_ADDED, library.name, path=root)
    return library


def confirm(tx: Tx, library_id: int) -> None:
    """The owner allows publishing to replace what it did not write; what was held back for that is published now."""
    library = libraries.get(tx, library_id)
    libraries.confirm(tx, library.id)
    if library.is_confirmed:
        return
    audit.record(tx, Deed.LIBRARY_CONFIRMED, library.name)
    needs = items.needs(tx, items.of_library(tx, library.id))
    publish = NewJob(JobKind.PUBLISH, Priority.AUTOMATED, library_id=library.id, is_bulk=True, trigger=Trigger.PERSON)
    ledger.submit_together(tx, (replace(publish, item_id=need.item_id) for need in needs if need.is_published))


@dataclass(frozen=True, slots=True)
class Change:
    """What a library is to have of its own; None: as it is. `overrides`: only what is set in it changes."""

    name: str | None = None
    profiles: Sequence[str] | None = None
    languages: Sequence[str] | None = None
    overrides: LibraryOverrides | None = None


def change(tx: Tx, library_id: int, wanted: Change, conditions: Callable[[Tx], Conditions]) -> Listed:
    """Change what a library has of its own, and submit what follows from that. Raises NotFound, Conflict.

    Languages count from the next enrichment on: what is known already stays as it is.
    """
    library = libraries.get(tx, library_id)
    _check_name(tx, wanted.name, library)
    before, own = conditions(tx), libraries.overridden(tx).get(library.id, LibraryOverrides())
    patch = wanted.overrides or LibraryOverrides()
    overrides = own.model_copy(update={name: getattr(patch, name) for name in patch.model_fields_set})
    changed = libraries.change(
        tx,
        library,
        name=wanted.name,
        profiles=None if wanted.profiles is None else _profiles(wanted.profiles),
        languages=None if wanted.languages is None else tuple(dict.fromkeys(wanted.languages)),
        overrides=overrides,
    )
    audit.record(tx, Deed.LIBRARY_CHANGED, library.name, settings=_named(wanted))
    now = conditions(tx)
    if changed.profiles != library.profiles or _written(overrides) != _written(own):
        libraries.outdate(tx, library.id)
        phase_config.complete(tx, library.id, now)
    phase_config.submit_possible(tx, before, now)
    return shown(tx, library.id)


def _named(wanted: Change) -> list[str]:
    """What a change names."""
    own = () if wanted.overrides is None else wanted.overrides.model_fields_set
    return sorted({name for name in ("name", "profiles", "languages") if getattr(wanted, name) is not None} | {*own})


def _written(own: LibraryOverrides) -> object:
    """What decides about the files that are published."""
    return own.actor_pictures, own.movie_sets_folder


def _profiles(names: Sequence[str]) -> list[str]:
    unknown = [name for name in names if name not in set(Profile)]
    if unknown or not names:
        raise InvalidInput(f"A library needs profiles out of: {', '.join(Profile)}.")
    return [profile.value for profile in Profile if profile in names]


def _check_name(tx: Tx, name: str | None, mine: Library | None = None) -> None:
    if name is None:
        return
    if name.startswith(os.sep) or (name.isascii() and name.isdigit()):
        raise InvalidInput(f"{name!r} would be taken for a path or an item's number; choose another name.")
    if any(one.name == name and (mine is None or one.id != mine.id) for one in libraries.everything(tx)):
        raise Conflict(f"There is a library called {name!r} already; give this one another name.")


async def remove(store: Store, library_id: int, confirmation: str) -> None:
    """Forget a library: its rows, nothing on disk. Its jobs are cancelled first. Raises NotFound, Conflict.

    `confirmation`: its name, so that nobody loses choices and edits by a slip.
    """

    def stop(tx: Tx) -> Library:
        library = libraries.get(tx, library_id)
        if confirmation != library.name:
            raise InvalidInput(
                f"All that is known of the library {library.name!r} would be forgotten: edits, choices, history. "
                f"Nothing on disk is touched. Confirm it by its name (confirm={library.name})."
            )
        desk.cancel_library(tx, library.id)
        return library

    def forget(tx: Tx) -> list[int]:
        running = desk.running_in(tx, library_id)
        if not running:
            triggers.resume(tx, library.id)
            health.clear(tx, f"root:{library.root}")
            libraries.remove(tx, library.id)
            audit.record(tx, Deed.LIBRARY_REMOVED, library.name, path=library.root)
        return running

    library = await store.write(stop)
    for _ in range(_LOOKS):
        if not await store.write(forget):
            return
        await asyncio.sleep(_BETWEEN_LOOKS)
    raise Conflict(f"Jobs of {library.name} still run; they were asked to stop. Try again in a moment.")


@dataclass(frozen=True, slots=True)
class Relocation:
    """What moving a library's root comes to. `is_done` False: it was only tried."""

    root: str
    kept: Kept
    warnings: tuple[str, ...]
    is_done: bool


async def relocate(store: Store, library_id: int, path: str, *, is_dry_run: bool) -> Relocation:
    """The library's folder lies elsewhere now: everything is known again by its place below the root, and scanned.

    Raises NotFound, InvalidInput, and Conflict where another library is there, most files are not, or jobs run.
    """
    checked = await roots.patiently(roots.check_root, path)
    root = checked.root

    def look(tx: Tx) -> tuple[Library, list[tuple[str, int]], tuple[str, ...]]:
        library = libraries.get(tx, library_id)
        _check_apart(tx, root, library)
        return library, libraries.videos(tx, library.id, _SAMPLE), _left_behind(tx, library)

    library, videos, left = await store.read(look)
    kept = await roots.patiently(roots.compare, root, videos)
    if is_dry_run:
        return Relocation(root, kept, (*checked.warnings, *left), is_done=False)
    if kept.checked > 2 * kept.found:
        raise Conflict(
            f"Of {kept.checked} videos of {library.name} only {kept.found} lie below {root}. Name the folder that "
            "holds what the old root held; a library that holds something else is added anew."
        )

    def move(tx: Tx) -> None:
        running = desk.running_in(tx, library.id)
        if running:
            raise Conflict(f"Jobs of {library.name} run ({', '.join(map(str, running))}); cancel them, or wait.")
        libraries.change(tx, library, root=root)
        audit.record(tx, Deed.LIBRARY_MOVED, library.name, path=root, before=library.root)
        ledger.wake(tx, f"root:{library.root}")
        health.clear(tx, f"root:{library.root}")
        ledger.submit(tx, triggers.library_job(Order(JobKind.SCAN), library.id))

    await store.write(move)
    return Relocation(root, kept, (*checked.warnings, *left), is_done=True)


def _left_behind(tx: Tx, library: Library) -> tuple[str, ...]:
    """What else names the old root."""
    return tuple(
        f"Path mapping {one.id} of {one.source} leads to {one.local}; change it if that moved too."
        for one in mappings.everything(tx)
        if one.local == library.root or one.local.startswith(library.root.rstrip(os.sep) + os.sep)
    )


def meets(tx: Tx, root: str) -> str | None:
    """The name of a library that has files of this folder; None: it would be a new one."""
    return next((library.name for library in _meeting(tx, root)), None)


def _check_apart(tx: Tx, root: str, mine: Library | None = None) -> None:
    for library in _meeting(tx, root):
        if mine is None or library.id != mine.id:
            raise Conflict(f"{root} and the library {library.name!r} at {library.root} are the same files.")


def _meeting(tx: Tx, root: str) -> Iterator[Library]:
    real = os.path.realpath(root)
    for library in libraries.everything(tx):
        other = os.path.realpath(library.root)
        if os.path.commonpath([real, other]) in {real, other}:
            yield library


@dataclass(frozen=True, slots=True)
class Listed:
    """A library in a list. `is_paused`: its enrichment as a whole waits for a person."""

    library: Library
    counts: ItemCounts
    is_paused: bool
    overrides: LibraryOverrides


def listed(tx: Tx) -> list[Listed]:
    """Every library with how far its items are."""
    counts = overview.item_counts(tx)
    paused, own = facts.paused(tx), libraries.overridden(tx)
    return [
        Listed(
            library,
            counts.get(library.id, overview.ItemCounts()),
            library.id in paused,
            own.get(library.id, LibraryOverrides()),
        )
        for library in libraries.everything(tx)
    ]


def shown(tx: Tx, library_id: int) -> Listed:
    """One of them, or NotFound."""
    wanted = libraries.get(tx, library_id).id
    return next(one for one in listed(tx) if one.library.id == wanted)


def _free_name(root: str, taken: set[str]) -> str:
    base = os.path.basename(root) or root  # noqa: PTH119  names may be no UTF-8
    names = [base, *(f"{base} {number}" for number in range(2, len(taken) + 2))]
    return next(name for name in names if name not in taken)
