"""A change of items by a person: said of each, followed to the end, and reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, load, run, show
from metarr.model.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.cli.client import Client
    from metarr.cli.report import Report

ItemName = Annotated[str, typer.Argument(help="The item's number, or a path that holds one item.")]


def change(names: Sequence[str], method: str, what: str, body: object, data: Data, *, is_json: bool) -> None:
    """Say it of each item, follow what comes of it, and end with the code that says how that went."""
    from metarr.cli import report
    from metarr.cli.follow import follow
    from metarr.cli.session import connected

    async def work(client: Client) -> list[Report]:
        numbers = [await item_number(client, name) for name in names]
        done = []
        for number in numbers:
            submitted = await client.change(method, f"/items/{number}/{what}".rstrip("/"), body)
            summary = await follow(client, submitted.scope)
            done.append(await report.collect(client, submitted.library_id, submitted.scope, summary))
        return done

    found = run(connected(load(data), work))
    for one in found:
        for line in [one.model_dump_json(by_alias=True)] if is_json else report.lines(one):
            show(line)
    code = max(one.exit_code for one in found)
    if code:
        raise typer.Exit(code)


async def item_number(client: Client, name: str) -> int:
    """The one item that a person means. Raises NotFound, InvalidInput."""
    from metarr.api.item_shapes import Found
    from metarr.cli.client import as_target
    from metarr.errors import InvalidInput

    found = await client.post("/items/find", Found, {"target": as_target(name)})
    if len(found.item_ids) != 1:
        numbers = ", ".join(map(str, found.item_ids[:10])) or "none"
        raise InvalidInput(f"{name} holds {counted(len(found.item_ids), 'item')} ({numbers}); name one by its number.")
    return found.item_ids[0]
