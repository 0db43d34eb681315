"""`metarr library …`: what one library has of its own: its languages, and whether its enrichment is paused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from metarr.api.shapes import ListedLibrary
    from metarr.cli.client import Client

app = typer.Typer(help="Libraries: list, languages, pause and resume.", invoke_without_command=True)
Name = Annotated[str, typer.Argument(help="The library's name.")]


@app.callback()
def list_libraries(context: typer.Context, *, data: Data = None, is_json: Json = False) -> None:
    """List the libraries."""
    if context.invoked_subcommand is not None:
        return
    from metarr.cli.session import connected

    for library in run(connected(load(data), _all, is_looking=True)):
        show(library.model_dump_json(by_alias=True) if is_json else _line(library))


@app.command()
def languages(
    name: Name,
    codes: Annotated[list[str] | None, typer.Argument(help="In order: de en original. None: as everywhere.")] = None,
    *,
    data: Data = None,
) -> None:
    """Say which languages this library's texts and pictures are wanted in, in order."""
    _change(name, lambda client, one: client.send("PATCH", f"/libraries/{one}", {"languages": codes or []}), data)


@app.command()
def pause(name: Name, *, data: Data = None) -> None:
    """Let the enrichment of the library as a whole wait. Single items, and other phases, go on."""
    _change(name, lambda client, one: client.send("POST", f"/libraries/{one}/pause"), data)


@app.command()
def resume(name: Name, *, data: Data = None) -> None:
    """Let it go on."""
    _change(name, lambda client, one: client.send("POST", f"/libraries/{one}/resume"), data)


def _change(name: str, request: Callable[[Client, int], Awaitable[object]], data: Data) -> None:
    from metarr.cli.session import connected
    from metarr.errors import NotFound

    async def work(client: Client) -> ListedLibrary:
        found = next((library for library in await _all(client) if library.name == name), None)
        if found is None:
            raise NotFound(f"There is no library called {name!r}; see: metarr library")
        await request(client, found.id)
        return next(library for library in await _all(client) if library.id == found.id)

    show(_line(run(connected(load(data), work, is_looking=True))))


async def _all(client: Client) -> list[ListedLibrary]:
    from metarr.api.shapes import ListedLibrary

    return await client.get_list("/libraries", ListedLibrary)


def _line(library: ListedLibrary) -> str:
    wanted = " ".join(library.languages) or "as everywhere"
    state = "  enrichment is paused" if library.is_paused else ""
    return f"{library.id:>4}  {library.name}  {library.root}  {library.counts.items} items, languages: {wanted}{state}"
