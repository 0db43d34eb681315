"""The commands that ask for work and follow it: a whole run, one phase by hand, and the plan of what would be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.api.item_shapes import Found, ItemPage, Plan
from metarr.api.library_shapes import AddedLibrary
from metarr.api.shapes import Submitted
from metarr.cli import report
from metarr.cli.client import as_target
from metarr.cli.follow import follow
from metarr.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from metarr.cli.client import Client
    from metarr.cli.report import Report

_PHASE_CONFIG = "/settings/phase-config"


@dataclass(frozen=True, slots=True)
class Run:
    """`metarr run`. `say` tells a person what was changed on the way."""

    path: str
    kind: str
    is_auto_select: bool
    is_confirmed: bool
    say: Callable[[str], None]

    async def __call__(self, client: Client) -> Report:
        """Add the library if it is new, scan, and follow the chain to its end."""
        library_id = await self._library(client)
        if self.is_confirmed:
            await client.send("POST", f"/libraries/{library_id}/confirm")
        if self.is_auto_select:
            await client.send("PATCH", _PHASE_CONFIG, {"enrichment": {"autoSelectAssets": True}})
            self.say("Artwork is chosen automatically from now on (enrichment.autoSelectAssets).")
        return await Phase("scan", self.path)(client)

    async def _library(self, client: Client) -> int:
        try:
            found = await client.post("/items/find", Found, {"target": self.path})
        except NotFound:
            new = {"path": self.path, "kind": self.kind}
            added = await client.post("/libraries", AddedLibrary, new)
            self.say(f"Added the library {added.library.name!r} at {added.library.root}")
            for warning in added.warnings:
                self.say(f"Warning: {warning}")
            return added.library.id
        return found.library_id


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase by hand.

    `is_alone`: no successors. `is_forced`: a scan accepts what is missing. `is_deep`: a verification reads every byte.
    """

    kind: str
    target: str
    is_alone: bool = False
    is_forced: bool = False
    is_deep: bool = False

    async def __call__(self, client: Client) -> Report:
        """Submit it, follow it, and tell what it came to."""
        order = {
            "target": as_target(self.target),
            "only": self.is_alone,
            "acceptMissing": self.is_forced,
            "deep": self.is_deep,
        }
        submitted = await client.post(f"/jobs/{self.kind}", Submitted, order)
        summary = await follow(client, submitted.scope)
        return await report.collect(client, submitted.library_id, submitted.scope, summary)


async def plans(client: Client, target: str) -> list[Plan]:
    """What publishing would do to each item that the target names. Changes nothing."""
    found = await client.post("/items/find", Found, {"target": as_target(target)})
    item_ids = list(found.item_ids)
    if not item_ids and not found.path:
        page = await client.get("/items", ItemPage, library=found.library_id, limit=500)
        item_ids = [item.id for item in page.items]
        while page.after is not None:
            page = await client.get("/items", ItemPage, library=found.library_id, limit=500, after=page.after)
            item_ids += [item.id for item in page.items]
    if not item_ids:
        raise NotFound(f"No item is known at {target}. Scan it first: metarr scan {target}")
    return [await client.get(f"/items/{item_id}/plan", Plan) for item_id in item_ids]


def plan_lines(plan: Plan) -> Iterator[str]:
    """A plan for a person."""
    yield f"{plan.title} (item {plan.item_id}), in {plan.root}:"
    if plan.waits_for is not None:
        yield f"    nothing for now: {plan.waits_for}; later:"
    for operation in plan.operations:
        sizes = f"{operation.size_before or 0:,} → {operation.size or 0:,} bytes"
        yield f"    {operation.action:14} {operation.path}  ({operation.reason}; {sizes})"
        yield from (f"        {line}" for line in (operation.diff or "").splitlines())
    if not plan.operations:
        yield "    nothing to do"
