"""`metarr library …`: what one library has of its own, where its folder lies, and forgetting it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show
from metarr.model.words import counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from metarr.api.library_shapes import CheckedFolder, ListedLibrary
    from metarr.cli.client import Client

app = typer.Typer(
    help="Libraries: list, check, settings of their own, pause, relocate, remove.", invoke_without_command=True
)
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


@app.command()
def profiles(
    name: Name,
    wanted: Annotated[list[str], typer.Argument(help="For whom files are named: kodi jellyfin plex.")],
    *,
    data: Data = None,
) -> None:
    """Say for which players this library's files are named. What is published is named anew."""
    _change(name, lambda client, one: client.send("PATCH", f"/libraries/{one}", {"profiles": wanted}), data)


@app.command()
def rename(name: Name, new: Annotated[str, typer.Argument(help="Its new name.")], *, data: Data = None) -> None:
    """Give a library another name."""
    _change(name, lambda client, one: client.send("PATCH", f"/libraries/{one}", {"name": new}), data)


@app.command("set")
def override(
    name: Name,
    setting: Annotated[str, typer.Argument(help="A setting that libraries can have of their own: autoSelectAssets.")],
    value: Annotated[str | None, typer.Argument(help="As JSON: true, 5, []; without it: as everywhere.")] = None,
    *,
    data: Data = None,
) -> None:
    """Let a library have a setting of its own."""
    try:
        given = None if value is None else json.loads(value)
    except ValueError:
        given = value
    patch = {"overrides": {setting: given}}
    _change(name, lambda client, one: client.send("PATCH", f"/libraries/{one}", patch), data)


@app.command()
def check(path: Annotated[str, typer.Argument(help="A folder.")], *, data: Data = None, is_json: Json = False) -> None:
    """Say what would have to be known before a folder becomes a library. Adds and writes nothing."""
    from metarr.api.library_shapes import CheckedFolder
    from metarr.cli.client import absolute
    from metarr.cli.session import connected

    async def work(client: Client) -> CheckedFolder:
        return await client.post("/libraries/check", CheckedFolder, {"path": absolute(path)})

    found = run(connected(load(data), work, is_looking=True))
    for line in [found.model_dump_json(by_alias=True)] if is_json else _check_lines(found):
        show(line)


@app.command()
def relocate(
    name: Name,
    path: Annotated[str, typer.Argument(help="Where the library's folder lies now.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be found there.")] = False,
    data: Data = None,
) -> None:
    """Move a library's root. Everything is known again by its place below it."""
    from metarr.api.library_shapes import Relocation
    from metarr.cli.client import absolute
    from metarr.cli.session import connected

    async def work(client: Client) -> Relocation:
        order = {"path": absolute(path), "dryRun": dry_run}
        return await client.post(f"/libraries/{(await numbered(client, name)).id}/relocate", Relocation, order)

    found = run(connected(load(data), work, is_looking=True))
    kept = found.kept
    there = f"{kept.found} of {counted(kept.checked, 'video')}"
    show(f"Below {found.root}: {there}; {kept.differing} of another size")
    for line in (*(f"  missing: {one}" for one in kept.missing), *found.warnings):
        show(line)
    show("It is moved; the next scan looks at everything." if found.is_done else "Nothing was changed.")


@app.command()
def remove(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Forget a library with its edits, choices and history. Nothing on disk is touched."""
    from urllib.parse import quote

    from metarr.cli.session import connected

    question = f"Forget {name!r} with all edits, choices and history (nothing on disk is touched)?"
    if not yes and not typer.confirm(question, err=True):
        raise typer.Exit(1)

    async def work(client: Client) -> None:
        found = await numbered(client, name)
        await client.send("DELETE", f"/libraries/{found.id}?confirm={quote(name)}")

    run(connected(load(data), work, is_looking=True))
    show(f"{name} is forgotten.")


def _change(name: str, request: Callable[[Client, int], Awaitable[object]], data: Data) -> None:
    from metarr.cli.session import connected

    async def work(client: Client) -> ListedLibrary:
        found = await numbered(client, name)
        await request(client, found.id)
        return next(library for library in await _all(client) if library.id == found.id)

    show(_line(run(connected(load(data), work, is_looking=True))))


async def numbered(client: Client, name: str) -> ListedLibrary:
    """The library of this name. Raises NotFound."""
    from metarr.errors import NotFound

    found = next((library for library in await _all(client) if library.name == name), None)
    if found is None:
        raise NotFound(f"There is no library called {name!r}; see: metarr library")
    return found


async def _all(client: Client) -> list[ListedLibrary]:
    from metarr.api.library_shapes import ListedLibrary

    return await client.get_list("/libraries", ListedLibrary)


def _line(library: ListedLibrary) -> str:
    wanted = " ".join(library.languages) or "as everywhere"
    state = "  enrichment is paused" if library.is_paused else ""
    own = library.overrides.model_dump(mode="json", by_alias=True, exclude_none=True)
    settings = f", own settings: {json.dumps(own)}" if own else ""
    named = ", named for " + " ".join(library.profiles)
    return (
        f"{library.id:>4}  {library.name}  {library.root}  {counted(library.counts.items, 'item')}, languages: {wanted}"
        f"{named}{settings}{state}"
    )


def _check_lines(found: CheckedFolder) -> Iterator[str]:
    known = {True: "yes", False: "no", None: "nothing there tells"}
    yield found.root
    yield f"    can be written: {known[found.is_writable]}"
    yield f"    network file system: {found.network or 'no'}"
    yield f"    names that differ in case only are one: {known[found.folds_case]}"
    yield f"    names that differ in accents' encoding only are one: {known[found.folds_accents]}"
    if found.free is not None:
        yield f"    free: {found.free:,} bytes"
    yield from (f"Warning: {warning}" for warning in found.warnings)
    if found.meets is not None:
        yield f"Warning: the library {found.meets!r} has files of it already."
