"""What puts back what a run did: the same operations as publishing's, towards what lay there before. Pure.

A file that somebody changed since the run is left alone, unless its return was asked for by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.library.naming import ACTORS
from metarr.library.reconcile import Action, Desired, Operation
from metarr.model.artwork import BlobOrigin
from metarr.model.published import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metarr.library.reconcile import Observed
    from metarr.model.published import HistoryLine, Owned, Recycled


@dataclass(frozen=True, slots=True)
class Touched:
    """A path as a run left it. `after`: the sha256 of what it wrote there; `kept`: what it took away, if anything."""

    path: str
    after: str | None
    kept: Recycled | None
    was_adopted: bool = False  # it lay there before the run, which only claimed it as ours


def touched(lines: Iterable[HistoryLine], kept: Iterable[Recycled]) -> tuple[Touched, ...]:
    """From a run's lines of history and its rows of the recycle bin, both oldest first."""
    first: dict[str, Recycled] = {}
    for row in kept:
        first.setdefault(row.path, row)
    last: dict[str, HistoryLine] = {}
    adopted: set[str] = set()
    for line in lines:
        if line.action == Action.ADOPT and line.path not in last:
            adopted.add(line.path)
        last[line.path] = line
    return tuple(
        Touched(path, line.after, first.get(path), path in adopted and path not in first) for path, line in last.items()
    )


def plan(
    paths: Iterable[Touched], observed: Mapping[str, Observed], owned: Mapping[str, Owned], *, is_named: bool = False
) -> tuple[Operation, ...]:
    """What to do, by path. `is_named`: a person named the file, so it returns whatever lies in its place now."""
    found = (_one(one, observed.get(one.path), owned.get(one.path), is_named=is_named) for one in paths)
    return tuple(sorted((one for one in found if one is not None), key=lambda operation: operation.path))


def _one(one: Touched, there: Observed | None, row: Owned | None, *, is_named: bool) -> Operation | None:
    sha256 = there.sha256 if there else None
    if one.kept is None:
        return _created(one, there, row)
    want = _before(one.kept)
    if there is None:
        return Operation(Action.RESTORE, one.path, "it was removed, and is put back", want)
    if sha256 == one.kept.sha256:
        return Operation(Action.FORGET, one.path, "it lies there again already", want, there) if row else None
    if sha256 is not None and sha256 in {one.after, row.sha256 if row else None}:
        return Operation(Action.REPLACE, one.path, "what lay there before is put back", want, there)
    if is_named and sha256 is not None:
        reason = "what lay there before is put back; what lies there now goes to the recycle bin"
        return Operation(Action.BACKUP_REPLACE, one.path, reason, want, there)
    return Operation(Action.KEEP, one.path, "somebody changed it since", want, there)


def _created(one: Touched, there: Observed | None, row: Owned | None) -> Operation | None:
    if row is None:
        return None
    if there is None or one.was_adopted:
        return Operation(Action.FORGET, one.path, "it is not ours any more", None, there)
    if there.sha256 == one.after:
        return Operation(Action.RECYCLE, one.path, "it was not there before", None, there)
    return Operation(Action.KEEP, one.path, "somebody changed it since", None, there)


def _before(kept: Recycled) -> Desired:
    is_actor = f"/{ACTORS}/" in f"/{kept.path}"
    other = Purpose.ACTOR if is_actor else Purpose.ARTWORK
    return Desired(
        kept.path,
        kept.sha256,
        kept.size,
        Purpose.NFO if kept.extension == "nfo" else other,
        source="recycle bin",
        as_it_was=kept,
        is_ours=kept.origin is BlobOrigin.PROVIDER,
    )
