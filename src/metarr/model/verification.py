"""A run of verification: what was compared, how closely, and how it differs from the run before. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from metarr.model.media import ItemId
    from metarr.model.published import Finding, Owned


class Mode(StrEnum):
    """How closely files are looked at."""

    QUICK = "quick"  # size, time and inode
    DEEP = "deep"  # every byte, but for files that were read in the last days


@dataclass(frozen=True, slots=True)
class Verification:
    """One run, by its job's number. `ended_at` None: it runs, or was broken off."""

    id: int
    library_id: int
    item_id: int | None
    mode: Mode
    is_repairing: bool
    started_at: datetime
    ended_at: datetime | None
    checked: int  # items
    found: int
    repaired: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of an item that was published, as far as a quick look compares it.

    `is_due`: files of it were not read for so long that a deep look is for them.
    """

    item_id: ItemId
    is_as_wanted: bool  # nothing changed that publishing depends on
    is_due: bool
    files: tuple[Owned, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs side by side: what only the later one found, what only the earlier one found, and what both found."""

    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    same: tuple[Finding, ...]


def compare(now: Iterable[Finding], before: Iterable[Finding]) -> Compared:
    """A finding is the same when its kind and its path are, repaired or not."""
    later = {(finding.path, finding.kind): finding for finding in now}
    earlier = {(finding.path, finding.kind): finding for finding in before}
    return Compared(
        new=tuple(later[key] for key in sorted(later.keys() - earlier.keys())),
        gone=tuple(earlier[key] for key in sorted(earlier.keys() - later.keys())),
        same=tuple(later[key] for key in sorted(later.keys() & earlier.keys())),
    )
