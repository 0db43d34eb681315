"""`metarr verifications`: earlier runs of verification, and what one of them found beside the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show
from metarr.model.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.api.verifications import Comparison, Verification, VerificationPage
    from metarr.cli.client import Client

_SIGNS = {"new": "+", "same": " ", "gone": "-"}


def verifications(
    number: Annotated[
        int | None, typer.Argument(help="One run: what it found, and what changed since the last.")
    ] = None,
    *,
    library: Annotated[int | None, typer.Option(help="Only runs of this library, by its number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many, the newest first.")] = 20,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List what verification found. With a number: that run beside the one before (+ new, - gone)."""
    from metarr.api.verifications import Comparison, VerificationPage
    from metarr.cli.session import connected

    if number is not None:

        async def compare(client: Client) -> Comparison:
            return await client.get(f"/verifications/{number}/comparison", Comparison)

        found = run(connected(load(data), compare, is_looking=True))
        for line in [found.model_dump_json(by_alias=True)] if is_json else comparison_lines(found):
            show(line)
        return

    async def listed(client: Client) -> VerificationPage:
        return await client.get("/verifications", VerificationPage, library=library, limit=limit)

    for one in run(connected(load(data), listed, is_looking=True)).verifications:
        show(one.model_dump_json(by_alias=True) if is_json else line_of(one))


def line_of(one: Verification) -> str:
    """A run in a line."""
    when = f"{one.started_at.astimezone():%Y-%m-%d %H:%M}"
    what = f"library {one.library_id}" if one.item_id is None else f"item {one.item_id}"
    how = "" if one.is_repairing else ", without repairs"
    state = "" if one.ended_at is not None else " (not complete)"
    figures = f"{one.checked} checked, {counted(one.found, 'difference')}, {one.repaired} repaired"
    return f"{one.id:>6}  {when}  {what}  {one.mode}{how}: {figures}{state}"


def comparison_lines(found: Comparison) -> Iterator[str]:
    """What one run found, with what changed since the run before it."""
    yield line_of(found.verification)
    yield "the first of its kind" if found.previous is None else f"before: {line_of(found.previous).lstrip()}"
    for name, sign in _SIGNS.items():
        for one in getattr(found, name):
            is_done = " [repaired]" if one.is_repaired and name != "gone" else ""
            yield f"{sign} {one.kind:18} {one.path}  ({one.detail}){is_done}"
