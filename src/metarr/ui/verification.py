"""Verification: the runs with their figures, what they found and who wrote it, and one run beside the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from metarr.actions import phases, targets, verifications
from metarr.api.deps import Id, Number
from metarr.jobs import flows
from metarr.jobs.triggers import Order
from metarr.library.reconcile import DiscrepancyKind
from metarr.model.job import JobKind
from metarr.model.media import ItemId
from metarr.model.writer import NAMES, Writer
from metarr.store import findings, items, libraries
from metarr.store import verifications as stored
from metarr.store.findings import Against, Wanted
from metarr.ui.framing import back, house_of, show
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.media import Library
    from metarr.model.verification import Verification
    from metarr.store.db import Row, Tx

router = Router(include_in_schema=False)
_SHOWN = 50
_RUNS = 12
KINDS: Final = {
    DiscrepancyKind.MISSING_IN_LIBRARY: "missing",
    DiscrepancyKind.CHANGED_BY_OTHER: "changed by somebody else",
    DiscrepancyKind.HASH_MISMATCH: "damaged",
    DiscrepancyKind.CORRUPT: "not readable",
    DiscrepancyKind.NFO_INVALID: "NFO that no player reads",
    DiscrepancyKind.WRONG_NAME: "wrong name",
    DiscrepancyKind.ORPHANED: "ours, and nobody's any more",
    DiscrepancyKind.OUTDATED: "not what is wanted now",
    DiscrepancyKind.FOREIGN_IN_PLACE: "somebody else's in its place",
    "missing_in_cache": "missing in the cache",
}
_REPAIRED = {"yes": True, "no": False}
_AGAINST = {Against.NEW: "new", Against.SAME: "still there", Against.GONE: "gone since"}
Word = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the list. `about`: the item or the library; `earlier`: what the one before of the same scope found;
    `is_broken_off`: it neither ended nor goes on.
    """

    row: Verification
    about: str
    earlier: int | None
    progress: float | None
    is_broken_off: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What the list shows. `repairs`: by library, whether what is found is put back."""

    runs: Sequence[Run]
    next_run: int | None
    found: Sequence[Row]
    libraries: Sequence[Library]
    repairs: Mapping[int, bool]


@dataclass(frozen=True, slots=True)
class One:
    """A run and the one before it, how many findings stand how to those, and a page of them."""

    run: Run
    earlier: Verification | None
    counts: Mapping[Against, int]
    found: Sequence[Row]
    library: Library


def _sought(library: Number = None, kind: Word = "", writer: Word = "", repaired: Word = "") -> Wanted:
    """What the filter asks for; words that mean nothing ask for nothing."""
    return Wanted(
        library_id=library or None,
        kind=kind if kind in KINDS else None,
        writer=writer if writer in set(Writer) else None,
        is_repaired=_REPAIRED.get(repaired),
    )


Sought = Annotated[Wanted, Depends(_sought)]


@router.get("/verification", dependencies=[READ])
async def list_runs(request: Request, wanted: Sought, before: Number = None, runs: Number = None) -> HTMLResponse:
    """The page. `before`: where the next page of findings begins; `runs`: that of the runs."""

    def look(tx: Tx) -> Seen:
        found = verifications.page(tx, library_id=wanted.library_id, before=runs, limit=_RUNS)
        known = libraries.everything(tx)
        return Seen(
            runs=_runs(tx, found.verifications),
            next_run=found.before,
            found=findings.page(tx, wanted, before, _SHOWN + 1),
            libraries=known,
            repairs={one.id: libraries.settings_of(tx, one.id).verification.auto_repair for one in known},
        )

    seen = await house_of(request).store.read(look)
    kept = _query(wanted)
    return await show(
        request,
        "verification.html",
        "verification",
        seen=seen,
        **_shown(wanted, "/verification", kept, seen.found),
        is_first=before is None,
        is_first_run=runs is None,
        next_runs=f"/verification?{urlencode({**kept, 'runs': seen.next_run})}" if seen.next_run else "",
    )


@router.get("/verification/{run_id}", dependencies=[READ])
async def one_run(
    request: Request, run_id: Id, sought: Sought, against: Word = "", before: Number = None
) -> HTMLResponse:
    """One run, and how it differs from the one before."""
    standing = Against(against) if against in set(Against) else None

    def look(tx: Tx) -> One:
        row = stored.get(tx, run_id)
        earlier = stored.previous(tx, row)
        other = None if earlier is None else earlier.id
        [run] = _runs(tx, [row])
        return One(
            run=run,
            earlier=earlier,
            counts={one: findings.count(tx, Wanted(run_id, other, one)) for one in Against},
            found=findings.page(tx, replace(sought, run=run_id, other=other, against=standing), before, _SHOWN + 1),
            library=libraries.get(tx, row.library_id),
        )

    seen = await house_of(request).store.read(look)
    kept = _query(sought) | ({"against": standing} if standing else {})
    return await show(
        request,
        "verification_run.html",
        "verification",
        seen=seen,
        **_shown(sought, f"/verification/{run_id}", kept, seen.found),
        is_first=before is None,
        standing=standing,
        standings=_AGAINST,
    )


@router.post("/verification", dependencies=[OPERATE])
async def verify(
    request: Request,
    library: Annotated[int, Form(ge=0, le=2**63 - 1)] = 0,
    how: Annotated[str, Form(max_length=10)] = "quick",
) -> RedirectResponse:
    """Compare a library, or every one: by sizes and times, or byte by byte."""

    def submit(tx: Tx) -> int:
        known = [libraries.get(tx, library)] if library else libraries.everything(tx)
        order = Order(JobKind.VERIFY, is_deep=how == "deep")
        return sum(phases.submit(tx, order, targets.Target(one)).jobs for one in known)

    count = await house_of(request).store.write(submit)
    said = (
        "There is no library to verify." if not count else "Every byte is compared." if how == "deep" else "It begins."
    )
    return back(request, said, "/verification", is_fault=not count)


def _runs(tx: Tx, rows: Sequence[Verification]) -> list[Run]:
    names: dict[int, str] = {one.id: one.name for one in libraries.everything(tx)}
    titles = items.titles(tx, [ItemId(row.item_id) for row in rows if row.item_id is not None])
    return [_run(tx, row, names, titles) for row in rows]


def _run(tx: Tx, row: Verification, names: Mapping[int, str], titles: Mapping[int, str]) -> Run:
    about = names.get(row.library_id, "") if row.item_id is None else titles.get(row.item_id, f"item {row.item_id}")
    if row.ended_at is None:
        job = flows.one(tx, row.id)
        open_states = {"running", "pending", "waiting"}
        goes_on = job is not None and job.row["state"] in open_states
        return Run(row, about, None, job.row["progress"] if job is not None else None, not goes_on)
    earlier = stored.previous(tx, row)
    return Run(row, about, None if earlier is None else earlier.found, None, is_broken_off=False)


def _query(wanted: Wanted) -> dict[str, str | int]:
    """The filter as the address has it."""
    repaired = next((word for word, is_so in _REPAIRED.items() if is_so is wanted.is_repaired), "")
    values = {"library": wanted.library_id, "kind": wanted.kind, "writer": wanted.writer, "repaired": repaired}
    return {name: value for name, value in values.items() if value}


def _shown(wanted: Wanted, place: str, kept: Mapping[str, str | int], found: Sequence[Row]) -> dict[str, Any]:
    """What both pages show of findings."""
    following = {**kept, "before": found[_SHOWN - 1]["id"]} if len(found) > _SHOWN else None
    return {
        "found": found[:_SHOWN],
        "wanted": wanted,
        "repaired": kept.get("repaired", ""),
        "kinds": KINDS,
        "writers": NAMES,
        "first": f"{place}?{urlencode(kept)}",
        "next": f"{place}?{urlencode(following)}" if following else "",
    }
