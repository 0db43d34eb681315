"""`metarr undo`, `metarr release` and `metarr bin …`: putting back what publishing did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.changing import ItemName, change
from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from metarr.api.recycling import RecycledPage
    from metarr.cli.client import Client
    from metarr.cli.report import Report

app = typer.Typer(help="The recycle bin: list what was replaced or removed, and put it back.")
Whole = Annotated[bool, typer.Option("--workflow", help="Every job of its workflow, not this one alone.")]


def undo(
    job: Annotated[int, typer.Argument(help="The job's number, as `metarr jobs` shows it.")],
    *,
    whole: Whole = False,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Put the files back that a job wrote, replaced or removed. Its items wait until `metarr release`."""
    _follow(f"/jobs/{job}/undo?workflow={str(whole).lower()}", _nothing, data, is_json=is_json)


def release(item: ItemName, *, data: Data = None, is_json: Json = False) -> None:
    """Publish an item again that an undo put on hold."""
    change([item], "POST", "release", None, data, is_json=is_json)


@app.command("list")
def list_bin(
    *,
    item: Annotated[int | None, typer.Option(help="Only what belonged to this item.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many, the newest first.")] = 100,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List what can be put back, newest first."""
    from metarr.api.recycling import RecycledPage
    from metarr.cli.session import connected

    async def work(client: Client) -> RecycledPage:
        return await client.get("/recycle-bin", RecycledPage, limit=limit, **({} if item is None else {"item": item}))

    for file in run(connected(load(data), work, is_looking=True)).files:
        when = f"{file.recycled_at.astimezone():%Y-%m-%d %H:%M}"
        words = f"{file.id:>6}  {when}  {file.size:>9}  {file.path}  ({file.reason})"
        show(file.model_dump_json(by_alias=True) if is_json else words)


@app.command("restore")
def restore(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Numbers, as `metarr bin list` shows them; or items by path: the newest of each of their files."
        ),
    ],
    *,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Put files back where they were; what lies there now goes into the bin."""

    async def numbers(client: Client) -> list[int]:
        found = [int(name) for name in names if _is_number(name)]
        for name in names:
            found += [] if _is_number(name) else await of_item(client, name)
        return found

    _follow("/recycle-bin/restore", numbers, data, is_json=is_json)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


async def of_item(client: Client, name: str) -> list[int]:
    """What lies in the bin of an item: of each path the newest. Raises NotFound when there is nothing."""
    from metarr.api.recycling import RecycledPage
    from metarr.cli.changing import item_number
    from metarr.errors import NotFound

    page = await client.get("/recycle-bin", RecycledPage, item=await item_number(client, name), limit=500)
    newest = {file.path: file.id for file in reversed(page.files)}
    if not newest:
        raise NotFound(f"Nothing of {name} lies in the recycle bin. metarr bin list")
    return list(newest.values())


async def _nothing(_: Client) -> None:
    """No body is sent."""


def _follow(path: str, body: Callable[[Client], Awaitable[object]], data: Data, *, is_json: bool) -> None:
    from metarr.cli import report
    from metarr.cli.follow import follow
    from metarr.cli.session import connected

    async def work(client: Client) -> Report:
        submitted = await client.change("POST", path, await body(client))
        summary = await follow(client, submitted.scope)
        return await report.collect(client, submitted.library_id, submitted.scope, summary)

    done = run(connected(load(data), work))
    for line in [done.model_dump_json(by_alias=True)] if is_json else report.lines(done):
        show(line)
    if done.exit_code:
        raise typer.Exit(done.exit_code)
