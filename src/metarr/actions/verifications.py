"""Looking at what verification found: the runs, one of them, and how it differs from the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.model.verification import compare
from metarr.store import findings, verifications

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.published import Finding
    from metarr.model.verification import Compared, Verification
    from metarr.store.db import Tx


@dataclass(frozen=True, slots=True)
class Page:
    """`before`: where the next page begins; None: this was the last."""

    verifications: Sequence[Verification]
    before: int | None


def page(tx: Tx, *, library_id: int | None, item_id: int | None = None, before: int | None, limit: int) -> Page:
    """Runs, newest first; `item_id`: those of one item alone."""
    found = verifications.page(tx, library_id=library_id, item_id=item_id, before=before, limit=limit + 1)
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def compared(tx: Tx, run_id: int) -> tuple[Verification, Verification | None, Compared]:
    """A run, the one before it of the same scope, and what each found; without one before, all is new."""
    run = verifications.get(tx, run_id)
    earlier = verifications.previous(tx, run)
    before: list[Finding] = [] if earlier is None else findings.found_by(tx, earlier.id)
    return run, earlier, compare(findings.found_by(tx, run.id), before)
