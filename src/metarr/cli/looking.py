"""`metarr activity`, `metarr system`, `metarr clean`: what happened, what runs here, and tidying up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.api.activity import Entry, EntryPage
    from metarr.api.system import System
    from metarr.cli.client import Client


def activity(
    *,
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="Only this: scan_failed, webhook_received …; may be repeated.")
    ] = None,
    library: Annotated[int | None, typer.Option(help="Only of this library, by its number.")] = None,
    item: Annotated[int | None, typer.Option(help="Only of this item, by its number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How much, the newest first.")] = 50,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List what happened, newest first."""
    from metarr.api.activity import EntryPage
    from metarr.cli.session import connected

    async def work(client: Client) -> EntryPage:
        return await client.get("/activity", EntryPage, type=kind, library=library, item=item, limit=limit)

    for entry in run(connected(load(data), work, is_looking=True)).entries:
        show(entry.model_dump_json(by_alias=True) if is_json else _line(entry))


def system(*, data: Data = None, is_json: Json = False) -> None:
    """Say what runs here: version, database, sizes, workers."""
    from metarr.api.system import System
    from metarr.cli.session import connected

    async def work(client: Client) -> System:
        return await client.get("/system", System)

    found = run(connected(load(data), work, is_looking=True))
    for line in [found.model_dump_json(by_alias=True)] if is_json else _system_lines(found):
        show(line)


def clean(*, data: Data = None) -> None:
    """Tidy up: the recycle bin, the cache, and rows that have had their time."""
    from metarr.api.shapes import Started
    from metarr.cli.follow import follow
    from metarr.cli.session import connected

    async def work(client: Client) -> int:
        started = await client.post("/jobs/clean", Started)
        return len((await follow(client, started.scope)).failed)

    failed = run(connected(load(data), work))
    show("The clean-up failed; see: metarr jobs dead-letter" if failed else "Done.")
    if failed:
        raise typer.Exit(1)


def _line(entry: Entry) -> str:
    what = entry.title or (f"library {entry.library_id}" if entry.library_id else "")
    words = " ".join(entry.words.split())
    return f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}  {entry.type:24} {what}  {words}".rstrip()


def _system_lines(found: System) -> Iterator[str]:
    yield f"Metarr {found.version}, Python {found.python}, {found.platform}"
    sizes = found.sizes
    yield f"{found.database} at {sizes.revision}, {sizes.database:,} bytes; cache: {sizes.cache:,} bytes"
    if found.free is not None:
        yield f"free where the cache lies: {found.free:,} bytes"
    for one in found.workers:
        state = "" if one.is_alive else ", not seen lately"
        yield f"worker {one.id}: {one.running} of {one.slots} slots in use{state}"
