"""`metarr items`, `edit`, `monitor`, `unmonitor`, `people` and `collections`: looking at items, and changing them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metarr.cli.changing import ItemName, change, item_number
from metarr.cli.common import Data, Json, load, run, show
from metarr.model.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metarr.api.bulk import BulkResult
    from metarr.api.item_shapes import ItemDetails, ItemLine
    from metarr.cli.client import Client

app = typer.Typer(help="Items: list, show, and the same for many.", no_args_is_help=True)
Where = Annotated[
    list[str] | None,
    typer.Argument(help="Filters as in the API: kind=movie state=missing genre=Western yearFrom=1990 library=1."),
]
Items = Annotated[list[str], typer.Argument(help="Items' numbers, or paths that hold one item each.")]
Limit = Annotated[int, typer.Option(min=1, help="How many to show.")]
_PAGE = 500
_VALUE_SHOWN = 200  # characters
_LISTS = frozenset({"genres", "studios", "countries", "tags"})
_DOCUMENTS = frozenset({"cast", "crew", "ratings"})


@app.command("list")
def list_items(
    where: Where = None,
    *,
    sort: Annotated[str, typer.Option(help="title, year, added, rating, changed or number.")] = "title",
    descending: Annotated[bool, typer.Option("--descending", help="The last first.")] = False,
    limit: Limit = 50,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List items."""
    from metarr.cli.session import connected

    query = {**_pairs(where), "sort": sort, "descending": str(descending).lower()}
    found = run(connected(load(data), lambda client: _some(client, query, limit), is_looking=True))
    for one in found:
        show(one.model_dump_json(by_alias=True) if is_json else _line(one))


@app.command("show")
def show_item(item: ItemName, *, data: Data = None, is_json: Json = False) -> None:
    """Show what is known about an item."""
    from metarr.cli.session import connected

    found = run(connected(load(data), lambda client: _details(client, item), is_looking=True))
    for line in [found.model_dump_json(by_alias=True)] if is_json else _lines(found):
        show(line)


@app.command()
def bulk(
    action: Annotated[str, typer.Argument(help="scan, enrich, publish, sync, verify, lock, unlock, monitor, …")],
    where: Where = None,
    *,
    fields: Annotated[
        list[str] | None, typer.Option("--set", help="For edit: a field and its value, genres=Western.")
    ] = None,
    targets: Annotated[
        list[str] | None, typer.Option("--target", help="For lock and unlock: a field, artwork.poster, * for all.")
    ] = None,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Do the same to all items that match. Without filters that is every item."""
    from metarr.cli.session import connected

    pairs = _pairs(where)
    many = {name: value if isinstance(value, list) else [value] for name, value in pairs.items() if name == "kind"}
    body = {"action": action, "filter": {**pairs, **many}, **({"targets": targets} if targets else {})}
    if fields:
        body["fields"] = edited(fields)
    done = run(connected(load(data), lambda client: _bulk(client, body)))
    for line in [done.model_dump_json(by_alias=True)] if is_json else _told(done):
        show(line)
    if done.failed:
        raise typer.Exit(1)


def edit(
    item: ItemName,
    fields: Annotated[list[str], typer.Argument(help="title=Heat year=1995 genres=Crime,Drama plot= (empties it).")],
    *,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Set fields of an item; they are locked from then on."""
    change([item], "PATCH", "metadata", edited(fields), data, is_json=is_json)


def monitor(items: Items, *, data: Data = None, is_json: Json = False) -> None:
    """Ask for the items' metadata again as time goes by."""
    change(items, "PATCH", "", {"isMonitored": True}, data, is_json=is_json)


def unmonitor(items: Items, *, data: Data = None, is_json: Json = False) -> None:
    """Leave the items' metadata as it is, unless somebody asks."""
    change(items, "PATCH", "", {"isMonitored": False}, data, is_json=is_json)


def people(
    search: Annotated[str, typer.Argument(help="Words of the name.")] = "",
    *,
    limit: Limit = 50,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List actors, directors and writers."""
    from metarr.api.item_shapes import PeoplePage
    from metarr.cli.session import connected

    async def work(client: Client) -> PeoplePage:
        return await client.get("/people", PeoplePage, search=search, limit=min(limit, _PAGE))

    for one in run(connected(load(data), work, is_looking=True)).people:
        ids = " ".join(f"{source}:{value}" for source, value in one.ids.items())
        show(one.model_dump_json(by_alias=True) if is_json else f"{one.id:>7}  {one.name}  {ids}".rstrip())


def collections(*, limit: Limit = 50, data: Data = None, is_json: Json = False) -> None:
    """List sets of movies."""
    from metarr.api.item_shapes import CollectionPage
    from metarr.cli.session import connected

    async def work(client: Client) -> CollectionPage:
        return await client.get("/collections", CollectionPage, limit=min(limit, _PAGE))

    for one in run(connected(load(data), work, is_looking=True)).collections:
        missing = f", {one.missing} missing" if one.missing else ""
        words = f"{one.item.id:>7}  {one.item.title}  ({counted(one.movies, 'movie')}{missing})"
        show(one.model_dump_json(by_alias=True) if is_json else words)


def edited(fields: Sequence[str]) -> dict[str, Any]:
    """What a person sets: names with commas between them become a list, cast and crew are JSON, nothing empties."""
    found: dict[str, Any] = {}
    for name, text in _pairs(fields).items():
        value = text if isinstance(text, str) else text[-1]
        if name in _LISTS:
            found[name] = [part.strip() for part in value.split(",") if part.strip()]
        elif name in _DOCUMENTS or value.startswith("{"):
            found[name] = _document(name, value)
        else:
            found[name] = value or None
    return found


def _document(name: str, text: str) -> Any:  # noqa: ANN401  any JSON
    try:
        return json.loads(text or "[]")
    except ValueError as error:
        raise typer.BadParameter(f"{name} is no JSON: {error}.") from error


def _pairs(words: Sequence[str] | None) -> dict[str, str | list[str]]:
    """`name=value` words; a name that comes twice has both values."""
    found: dict[str, str | list[str]] = {}
    for word in words or ():
        name, sign, value = word.partition("=")
        if not sign:
            raise typer.BadParameter(f"{word!r} is no pair: write name=value.")
        before = found.get(name)
        both = [*before, value] if isinstance(before, list) else [before, value] if before is not None else value
        found[name] = both
    return found


async def _some(client: Client, query: dict[str, Any], limit: int) -> list[ItemLine]:
    from metarr.api.item_shapes import ItemPage

    found: list[ItemLine] = []
    after: str | None = None
    while True:
        page = await client.get("/items", ItemPage, **query, limit=min(limit - len(found), _PAGE), after=after)
        found += page.items
        after = page.after
        if after is None or len(found) >= limit:
            return found


async def _details(client: Client, item: str) -> ItemDetails:
    from metarr.api.item_shapes import ItemDetails

    return await client.get(f"/items/{await item_number(client, item)}", ItemDetails)


async def _bulk(client: Client, body: dict[str, Any]) -> BulkResult:
    from metarr.api.bulk import BulkResult
    from metarr.cli.follow import follow

    done = await client.post("/items/bulk", BulkResult, body)
    if done.jobs:
        await follow(client, done.scope)
    return done


def _told(done: BulkResult) -> Iterator[str]:
    yield f"{counted(done.items, 'item')}, {counted(done.jobs, 'job')}, {len(done.failed)} failed"
    for one in done.failed:
        yield f"    item {one.item_id}: {one.error}"


def _line(one: ItemLine) -> str:
    year = "" if one.year is None else f" ({one.year})"
    place = "" if one.episode_number is None else f" {one.season_number}x{one.episode_number:02}"
    return f"{one.id:>7}  {one.kind:10}  {one.state:24}  {one.title}{year}{place}"


def _lines(found: ItemDetails) -> Iterator[str]:
    """An item for a person."""
    item = found.item
    yield f"{item.metadata.get('title') or item.folder}: {item.kind} {item.id}, {found.state}, in {found.library.name}"
    for name, value in item.metadata.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lock = " (locked)" if name in item.locks else ""
        yield f"{name:>20}  {text if len(text) <= _VALUE_SHOWN else text[: _VALUE_SHOWN - 1] + '…'}{lock}"
    for file in found.files:
        yield f"{file.role:>20}  {file.path}"
    for player in found.players:
        yield f"{player.name:>20}  {player.state} {player.detail}".rstrip()
