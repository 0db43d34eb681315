"""One function for publishing, verification and the dry run: what must lie there, what does, and what follows. Pure.

Its laws (`tests/library/test_reconcile.py`): a plan that was carried out leaves nothing to do; the order of the
inputs does not matter; a file that is neither wanted nor ours is in no plan; nothing of ours that somebody changed
since is recycled. A file of ours that was renamed is still ours: the very file (inode, size, time) with the very bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from metarr.model.published import Owned, Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from metarr.model.published import Recycled


class Action(StrEnum):
    """What is done about one path."""

    CREATE = "create"
    REPLACE = "replace"  # ours, other content is wanted now
    ADOPT = "adopt"  # the wanted bytes lie there already, not by us: only a row
    BACKUP_REPLACE = "backup_replace"  # a foreign file: into cache and recycle bin first
    KEEP = "keep"  # locked, the user's, or edited since we published it
    HOLD = "hold"  # needs the owner's confirmation
    RESTORE = "restore"  # we published it, it is missing or broken
    RECYCLE = "recycle"  # ours, no longer wanted
    REFRESH = "refresh"  # the content is right, only our row is not
    FORGET = "forget"  # no longer wanted and no longer ours: only the row goes


WRITING = frozenset({Action.CREATE, Action.REPLACE, Action.BACKUP_REPLACE, Action.RESTORE})


class DiscrepancyKind(StrEnum):
    """How a library can differ from what was published."""

    MISSING_IN_LIBRARY = "missing_in_library"
    CHANGED_BY_OTHER = "changed_by_other"
    HASH_MISMATCH = "hash_mismatch"  # size and times are as we left them, the bytes are not: nobody's edit, but damage
    CORRUPT = "corrupt"
    NFO_INVALID = "nfo_invalid"  # somebody's text, which no player reads
    WRONG_NAME = "wrong_name"  # ours lies beside it under another name
    ORPHANED = "orphaned"
    OUTDATED = "outdated"  # ours, but not what is wanted now
    FOREIGN_IN_PLACE = "foreign_in_place"


@dataclass(frozen=True, slots=True)
class Desired:
    """A file that must lie at `path` (relative to the root). Its blob has the extension of the path.

    `source` says in words where it comes from ("tmdb", "nfo"). `as_it_was`: with this owner, mode and time.
    `is_ours` False: it is the owner's, put back. `new_folders`: how many of the folders right above it may be made.
    """

    path: str
    sha256: str
    size: int
    purpose: Purpose
    rank: int = 0
    source: str = ""
    as_it_was: Recycled | None = None
    is_ours: bool = True
    new_folders: int = 0

    @property
    def extension(self) -> str:
        return self.path.rpartition(".")[2].lower()


@dataclass(frozen=True, slots=True)
class Observed:
    """What lies at a path. `sha256` None: no regular file (a link, a folder), which is never touched.

    `is_intact` False: no program left it like that on purpose (empty, cut short). `is_valid` False: no NFO can be read
    in it.
    """

    path: str
    size: int
    mtime_ns: int
    inode: int
    sha256: str | None
    is_intact: bool
    is_valid: bool = True


def _identity(path: str) -> str:
    return path


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner allows.

    `confirmed`: the first publishing of the library was accepted. `locked`: paths to leave alone. `replace_foreign`:
    also pictures that we did not publish may be replaced (an NFO may always, for it was read as evidence before).
    `cleanup`: recycle what is ours and no longer wanted. `key`: paths with one key are one file (on file systems that
    ignore letter case).
    """

    confirmed: bool
    locked: frozenset[str] = frozenset()
    replace_foreign: bool = False
    cleanup: bool = True
    key: Callable[[str], str] = field(default=_identity)


@dataclass(frozen=True, slots=True)
class Operation:
    """One decision. `observed` is what it was based on: when that changes before it is carried out, it is void."""

    action: Action
    path: str
    reason: str
    desired: Desired | None = None
    observed: Observed | None = None
    discrepancy: DiscrepancyKind | None = None

    @property
    def before(self) -> str | None:
        """The sha256 of what lies there."""
        return self.observed.sha256 if self.observed else None


class _HasPath(Protocol):
    @property
    def path(self) -> str: ...


T = TypeVar("T", bound=_HasPath)
_UNMOVED: Mapping[str, Observed] = {}


def plan(
    desired: Iterable[Desired],
    observed: Iterable[Observed],
    owned: Iterable[Owned],
    rules: Rules,
    moved: Mapping[str, Observed] = _UNMOVED,
) -> tuple[Operation, ...]:
    """What to do, by path. Paths where everything is as it should be do not appear.

    `moved`: where the file of a row lies that is gone from its own path.
    """
    wanted, seen, rows = _by_key(desired, rules), _by_key(observed, rules), _by_key(owned, rules)
    locked = frozenset(rules.key(path) for path in rules.locked)
    found = []
    for key in wanted.keys() | rows.keys():
        want, there, row = wanted.get(key), seen.get(key), rows.get(key)
        if want is not None:
            operation = _wanted(want, there, row, rules, is_locked=key in locked)
        else:
            operation = _unwanted(rows[key], there, rules, is_locked=key in locked)
        if operation is not None:
            found.append(operation)
    known = wanted.keys() | rows.keys() | locked
    strays = {path: one for path, one in moved.items() if rules.cleanup and rules.key(one.path) not in known}
    return tuple(sorted(_renamed(found, strays, rows, rules), key=lambda operation: operation.path))


def is_damaged(there: Observed, row: Owned) -> bool:
    """Whether what lies there is ours gone bad, which is nobody's work: nothing of it is worth keeping."""
    is_other = there.sha256 is not None and there.sha256 != row.sha256
    return is_other and (_same_file(there, row) or not there.is_intact)


def leave(operations: Iterable[Operation], reasons: Mapping[str, str]) -> tuple[Operation, ...]:
    """The same plan with these paths left as they are, each for its reason."""
    return tuple(
        replace(operation, action=Action.KEEP, reason=reasons[operation.path])
        if operation.path in reasons
        else operation
        for operation in operations
    )


def _by_key(things: Iterable[T], rules: Rules) -> dict[str, T]:
    found: dict[str, T] = {}
    for thing in sorted(things, key=lambda thing: (thing.path, repr(thing))):
        found.setdefault(rules.key(thing.path), thing)
    return found


def _renamed(
    operations: Iterable[Operation], moved: Mapping[str, Observed], rows: Mapping[str, Owned], rules: Rules
) -> Iterable[Operation]:
    """What would be restored because it is gone is put right where it only has another name."""
    for operation in operations:
        there = moved.get(operation.path) if operation.action is Action.RESTORE and not operation.observed else None
        if there is None or there.sha256 != rows[rules.key(operation.path)].sha256:
            yield operation
            continue
        reason = f"ours, but it lies there as {there.path}"
        yield replace(operation, reason=reason, discrepancy=DiscrepancyKind.WRONG_NAME)
        yield Operation(Action.RECYCLE, there.path, f"it is {operation.path} under another name", None, there)


def _wanted(
    want: Desired, there: Observed | None, row: Owned | None, rules: Rules, *, is_locked: bool
) -> Operation | None:
    if there is not None and there.sha256 == want.sha256:
        return _right(want, there, row, is_locked=is_locked)
    if is_locked:
        return Operation(Action.KEEP, want.path, "it is locked", want, there)
    if there is None:
        return _absent(want, row)
    if there.sha256 is None:
        reason = "a link or a folder lies there, which is left alone; remove it to publish here"
        return Operation(Action.KEEP, want.path, reason, want, there, DiscrepancyKind.FOREIGN_IN_PLACE)
    if row is None:
        return _foreign(want, there, rules)
    return _ours(want, there, row)


def _right(want: Desired, there: Observed, row: Owned | None, *, is_locked: bool) -> Operation | None:
    if row is None:
        action = Action.KEEP if is_locked else Action.ADOPT
        reason = "it is locked" if is_locked else "the wanted bytes lie there already"
        return Operation(action, want.path, reason, want, there)
    if row.sha256 == want.sha256 and _same_file(there, row):
        return None
    return Operation(
        Action.REFRESH, want.path, "its content is right, only its times or its place changed", want, there
    )


def _absent(want: Desired, row: Owned | None) -> Operation:
    missing = DiscrepancyKind.MISSING_IN_LIBRARY
    if row is None:
        return Operation(Action.CREATE, want.path, "it is not there yet", want, None, missing)
    return Operation(Action.RESTORE, want.path, "we published it, and it is gone", want, None, missing)


def _foreign(want: Desired, there: Observed, rules: Rules) -> Operation:
    kind = DiscrepancyKind.FOREIGN_IN_PLACE
    if want.purpose is not Purpose.NFO and not rules.replace_foreign:
        return Operation(Action.KEEP, want.path, "a picture that is not ours lies there", want, there, kind)
    if not rules.confirmed:
        reason = "it would replace a file that is not ours, and this library's first publishing is not confirmed"
        return Operation(Action.HOLD, want.path, reason, want, there, kind)
    reason = "a file that is not ours lies there; it goes to the recycle bin"
    return Operation(Action.BACKUP_REPLACE, want.path, reason, want, there, kind)


def _ours(want: Desired, there: Observed, row: Owned) -> Operation:
    if there.sha256 == row.sha256:
        reason = "what we published is no longer what is wanted"
        return Operation(Action.REPLACE, want.path, reason, want, there, DiscrepancyKind.OUTDATED)
    if _same_file(there, row):
        reason = "its bytes are not what we wrote, though its size and times are: it is damaged"
        return Operation(Action.RESTORE, want.path, reason, want, there, DiscrepancyKind.HASH_MISMATCH)
    if not there.is_intact:
        return Operation(Action.RESTORE, want.path, "it is broken", want, there, DiscrepancyKind.CORRUPT)
    if not there.is_valid:
        reason = "somebody wrote something that no player reads; restoring is for its owner to ask for"
        return Operation(Action.KEEP, want.path, reason, want, there, DiscrepancyKind.NFO_INVALID)
    reason = "somebody changed it since we published it; restoring is for its owner to ask for"
    return Operation(Action.KEEP, want.path, reason, want, there, DiscrepancyKind.CHANGED_BY_OTHER)


def _unwanted(row: Owned, there: Observed | None, rules: Rules, *, is_locked: bool) -> Operation:
    if there is None:
        return Operation(Action.FORGET, row.path, "it is no longer wanted, and gone already")
    if there.sha256 != row.sha256:
        reason = "it is no longer wanted, but somebody changed it since: it is theirs now"
        return Operation(Action.FORGET, row.path, reason, None, there)
    if is_locked or not rules.cleanup:
        reason = "it is locked" if is_locked else "it is no longer wanted, but cleaning up is switched off"
        return Operation(Action.KEEP, row.path, reason, None, there)
    return Operation(
        Action.RECYCLE, row.path, "we published it, and it is no longer wanted", None, there, DiscrepancyKind.ORPHANED
    )


def _same_file(there: Observed, row: Owned) -> bool:
    return (there.size, there.mtime_ns, there.inode) == (row.size, row.mtime_ns, row.inode)
