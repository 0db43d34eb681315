"""`/api/v1/verifications`: what was compared, what differed, and how that changed since the run before."""

from __future__ import annotations

from datetime import datetime

from metarr.actions import verifications
from metarr.api import shapes
from metarr.api.deps import House, Id, Limit, Number
from metarr.model.verification import Mode
from metarr.store import findings
from metarr.store import verifications as stored
from metarr.web.access import READ
from metarr.web.routing import Router

router = Router(prefix="/verifications", tags=["verifications"])


class Verification(shapes.Shape):
    """One run, by its job's number. `endedAt`: null while it runs, or when it was broken off."""

    id: int
    library_id: int
    item_id: int | None
    mode: Mode
    is_repairing: bool
    started_at: datetime
    ended_at: datetime | None
    checked: int
    """Items."""
    found: int
    """Differences."""
    repaired: int


class VerificationPage(shapes.Shape):
    """`before`: where the next page begins; null: this was the last."""

    verifications: list[Verification]
    before: int | None


class VerificationDetails(Verification):
    findings: list[shapes.Finding]


class Difference(shapes.Shape):
    kind: str
    path: shapes.Text
    detail: shapes.Text
    writer: str | None
    is_repaired: bool


class Comparison(shapes.Shape):
    """`previous`: the complete run of the same library or item before this one; null: there is none."""

    verification: Verification
    previous: Verification | None
    new: list[Difference]
    gone: list[Difference]
    same: list[Difference]


@router.get("", dependencies=[READ])
async def list_verifications(
    house: House, library: Number = None, item: Number = None, before: Number = None, limit: Limit = 100
) -> VerificationPage:
    """Runs of verification, newest first; with `item` those of one item alone."""
    found = await house.store.read(
        lambda tx: verifications.page(tx, library_id=library, item_id=item, before=before, limit=limit)
    )
    return VerificationPage.model_validate(found)


@router.get("/{verification_id}", dependencies=[READ])
async def get_verification(house: House, verification_id: Id) -> VerificationDetails:
    """One run with everything it found."""
    run, found = await house.store.read(
        lambda tx: (stored.get(tx, verification_id), findings.of_run(tx, verification_id))
    )
    differences = [shapes.Finding.model_validate(finding) for finding in found]
    return VerificationDetails(**Verification.model_validate(run).model_dump(), findings=differences)


@router.get("/{verification_id}/comparison", dependencies=[READ])
async def compare_verification(house: House, verification_id: Id) -> Comparison:
    """What a run found that the one before did not, what it no longer found, and what both found."""
    run, earlier, compared = await house.store.read(lambda tx: verifications.compared(tx, verification_id))
    return Comparison(
        verification=Verification.model_validate(run),
        previous=None if earlier is None else Verification.model_validate(earlier),
        **{
            name: [Difference.model_validate(one) for one in getattr(compared, name)]
            for name in ("new", "gone", "same")
        },
    )
