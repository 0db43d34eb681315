"""Verification's look at the disk: quickly at many items, closely at one. The cache is mended here too."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from metarr.errors import Wait
from metarr.library import evidence, placement, reconcile
from metarr.library.reconcile import WRITING, Action, DiscrepancyKind
from metarr.library.wanted import videos
from metarr.model.media import ItemKind
from metarr.model.published import Finding
from metarr.model.writer import NAMES, Writer, judge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from metarr.library.placement import Placed, Plan
    from metarr.library.reconcile import Desired, Operation
    from metarr.library.wanted import Wanted
    from metarr.model.media import ItemId
    from metarr.model.published import Owned
    from metarr.model.verification import Known
    from metarr.model.writer import Evidence
    from metarr.settings import Settings
    from metarr.store.blobs import Blobs

_ENOUGH = 3  # repairs of one file in a week: somebody works against us
_ROOT_DELAY = timedelta(minutes=5)
# A foreign file is publishing's to replace, after its backup stands in the recycle bin.
_REPAIRING = (WRITING - {Action.BACKUP_REPLACE}) | {Action.RECYCLE, Action.ADOPT, Action.FORGET, Action.REFRESH}
_BY_SOMEBODY = frozenset(
    {
        DiscrepancyKind.CHANGED_BY_OTHER,
        DiscrepancyKind.CORRUPT,
        DiscrepancyKind.NFO_INVALID,
        DiscrepancyKind.FOREIGN_IN_PLACE,
    }
)
_DEEDS: Mapping[DiscrepancyKind | None, str] = {
    DiscrepancyKind.MISSING_IN_LIBRARY: "deletes",
    DiscrepancyKind.WRONG_NAME: "renames",
}


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of an item's files: repairs of late, who was found to write them, and all hashes that we wrote."""

    repairs: Mapping[str, int]
    writers: Mapping[str, str]
    ours: Collection[str]


@dataclass(frozen=True, slots=True)
class Check:
    """What a close look found. `plan` holds what is to be done about it, `cache` what was wrong there.

    `contested`: paths whose repair was given up, and why. `lost`: paths whose bytes are nowhere any more.
    """

    plan: Plan
    cache: tuple[Finding, ...]
    differences: tuple[Finding, ...]
    contested: Mapping[str, str]
    lost: tuple[str, ...]

    def findings(self, placed: Placed) -> tuple[Finding, ...]:
        """Everything found, with what was repaired of it."""
        done = {applied.operation.path for applied in placed.done}
        return (*self.cache, *(replace(one, is_repaired=one.path in done) for one in self.differences))


def check_root(root: Path) -> None:
    """Raises Wait when the library's folder is gone, or empty as an unmounted one is."""
    try:
        with os.scandir(root) as entries:
            reason = None if next(entries, None) is not None else "it is empty"
    except OSError as error:
        reason = error.strerror
    if reason is not None:
        message = f"{root}: {reason}; check that the share is mounted and readable by this user"
        raise Wait(message, cause=f"root:{root}", delay=_ROOT_DELAY)


def suspects(root: Path, items: Iterable[Known], blobs: Blobs, *, is_deep: bool) -> list[ItemId]:
    """The items that need a close look: for all others a file's size, time and inode are as we left them."""
    start = os.fspath(root) + os.sep
    cached: set[str] = set()
    return [
        one.item_id
        for one in items
        if not one.is_as_wanted
        or (is_deep and one.is_due)
        or not all(_is_as_left(start + file.path, file) and _is_cached(file, blobs, cached) for file in one.files)
    ]


def _is_as_left(path: str, row: Owned) -> bool:
    try:
        now = os.lstat(path)
    except OSError:
        return False
    is_same = (now.st_size, now.st_mtime_ns, now.st_ino) == (row.size, row.mtime_ns, row.inode)
    return is_same and stat.S_ISREG(now.st_mode)


def _is_cached(row: Owned, blobs: Blobs, known: set[str]) -> bool:
    if row.sha256 not in known and not blobs.holds(row.sha256, row.extension, row.size):
        return False
    known.add(row.sha256)
    return True


def check(wanted: Wanted, settings: Settings, blobs: Blobs, past: Past, *, is_deep: bool, is_repairing: bool) -> Check:
    """Look closely at one item, and mend the cache where that is allowed."""
    plan = placement.plan(wanted, settings, blobs, is_deep=is_deep)
    cache = tuple(mend(plan, blobs, is_deep=is_deep, is_repairing=is_repairing))
    contested = {one.path: _give_up(one, past) for one in plan.operations if _is_contested(one, past)}
    broken = {
        one.path: f"{one.reason}; its bytes are not in the cache any more"
        for one in plan.operations
        if one.action in WRITING and one.desired and not _is_at_hand(one, plan, blobs)
    }
    operations = reconcile.leave(plan.operations, broken | contested)
    differences = tuple(_finding(plan, one, contested, past) for one in operations if one.discrepancy)
    left = {row.sha256 for row in wanted.owned if row.path in contested}
    allowed = _REPAIRING if is_repairing else {Action.REFRESH}
    todo = tuple(one for one in operations if one.action in allowed and not _is_renamed(one, left))
    lost = tuple(one.path for one in cache if not one.is_repaired and one.detail == _NOWHERE)
    return Check(replace(plan, operations=todo), cache, differences, contested, lost)


def lost(plan: Plan, blobs: Blobs) -> tuple[str, ...]:
    """The paths whose wanted bytes are neither in the cache nor in the library, from where they go back into it."""
    missing = _not_held(plan, blobs)
    if missing:
        list(mend(plan, blobs, is_deep=False, is_repairing=True))
        missing = _not_held(plan, blobs)
    return tuple(one.path for one in missing)


def _not_held(plan: Plan, blobs: Blobs) -> list[Desired]:
    wanted = [one.desired for one in plan.operations if one.action in WRITING and one.desired]
    cached = [one for one in wanted if one.sha256 not in plan.texts]
    return [one for one in cached if not blobs.holds(one.sha256, one.extension, one.size)]


def _is_renamed(operation: Operation, left: Collection[str]) -> bool:
    """Whether it would take away the only copy, under another name, of what is not restored."""
    return operation.action is Action.RECYCLE and operation.discrepancy is None and operation.before in left


def _is_contested(operation: Operation, past: Past) -> bool:
    return operation.action is Action.RESTORE and past.repairs.get(operation.path, 0) >= _ENOUGH


def _give_up(operation: Operation, past: Past) -> str:
    writer = Writer(past.writers.get(operation.path, Writer.UNKNOWN))
    deed = _DEEDS.get(operation.discrepancy, "writes over")
    return f"repaired three times in a week, and left alone now: {NAMES[writer]} {deed} it again and again"


def _is_at_hand(operation: Operation, plan: Plan, blobs: Blobs) -> bool:
    want = operation.desired
    return want is None or want.sha256 in plan.texts or blobs.verify(want.sha256, want.extension)


def _finding(plan: Plan, operation: Operation, contested: Mapping[str, str], past: Past) -> Finding:
    kind = operation.discrepancy
    if kind not in _BY_SOMEBODY or operation.before is None:
        writer = past.writers.get(operation.path) if operation.path in contested else None
        return Finding(str(kind), operation.path, operation.reason, is_repaired=False, writer=writer)
    writer, why = judge(_evidence(plan.wanted, operation, past))
    detail = f"{operation.reason}; last written by {NAMES[writer]} ({why})"
    return Finding(str(kind), operation.path, detail, is_repaired=False, writer=writer)


def _evidence(wanted: Wanted, operation: Operation, past: Past) -> Evidence:
    root = Path(wanted.library.root)
    beside = [root / path for path in videos(wanted)]
    importer = Writer.RADARR if wanted.item.kind is ItemKind.MOVIE else Writer.SONARR
    return evidence.collect(root / operation.path, beside, importer, was_ours=operation.before in past.ours)


# --- the cache --------------------------------------------------------------------------------------------------------

_MISSING = "missing_in_cache"
_NOWHERE = "neither in the cache nor in the library"


def mend(plan: Plan, blobs: Blobs, *, is_deep: bool, is_repairing: bool) -> Iterator[Finding]:
    """Bytes that the cache lost or that went bad there go back into it, if they lie intact anywhere else."""
    needed = {one.desired.sha256 for one in plan.operations if one.desired and one.action in WRITING}
    for row in plan.wanted.owned:
        if is_deep or row.sha256 in needed:
            is_whole = blobs.verify(row.sha256, row.extension)
        else:
            is_whole = blobs.holds(row.sha256, row.extension, row.size)
        if is_whole:
            continue
        data = _elsewhere(plan, row)
        if is_repairing:
            blobs.remove(row.sha256, row.extension)  # a bad one would pass for a good one of its size
        if data is None:
            yield Finding(_MISSING, row.path, _NOWHERE, is_repaired=False)
        elif is_repairing:
            blobs.put(data, row.extension)
            yield Finding(_MISSING, row.path, "put back from the library", is_repaired=True)
        else:
            yield Finding(_MISSING, row.path, "whole in the library", is_repaired=False)


def _elsewhere(plan: Plan, row: Owned) -> bytes | None:
    """The bytes of a row from outside the cache: rendered just now, at their place, or under another name."""
    if row.sha256 in plan.texts:
        return plan.texts[row.sha256]
    places = (row.path, *(one.path for one in plan.operations if one.before == row.sha256))
    found = (_read(Path(plan.wanted.library.root) / path, row) for path in places)
    return next((data for data in found if data is not None), None)


def _read(place: Path, row: Owned) -> bytes | None:
    try:
        status = place.lstat()
        data = place.read_bytes() if stat.S_ISREG(status.st_mode) and status.st_size == row.size else b""
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == row.sha256 else None
