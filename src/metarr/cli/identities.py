"""`metarr review`, `identity`, `local` and `order`: what waits for a person, and the person's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from metarr.cli.changing import ItemName, change, item_number
from metarr.cli.common import Data, Json, load, run, show, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.api.item_shapes import OpenQuestion
    from metarr.cli.client import Client

_PAGE = 500
Ids = Annotated[list[str] | None, typer.Argument(help="What it is: tmdb:603, imdb:tt0133093, tvdb:73739, tvmaze:123.")]
Choice = Annotated[int | None, typer.Option(min=1, help="The number of what `metarr review` offers.")]
Undo = Annotated[bool, typer.Option("--undo", help="Look for them at the providers again.")]
OrderName = Annotated[str | None, typer.Argument(help="aired, dvd, absolute, tmdb:GROUP or tvdb:NAME.")]


def review(
    *,
    library: str | None = None,
    ignore: Annotated[int | None, typer.Option(min=1, help="Leave the question of this number unanswered.")] = None,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List what waits for a person to decide, with the evidence; or leave a question unanswered."""
    from metarr.cli.session import connected

    if ignore is not None:
        run(connected(load(data), lambda client: client.send("POST", f"/review/{ignore}/ignore"), is_looking=True))
        return
    questions = run(connected(load(data), lambda client: _questions(client, library), is_looking=True))
    for one in questions:
        for line in [one.model_dump_json(by_alias=True)] if is_json else _lines(one):
            show(line)


def identity(
    item: ItemName, ids: Ids = None, *, choice: Choice = None, data: Data = None, is_json: Json = False
) -> None:
    """Say what an item is, by an id or by what the review queue offers."""
    pairs = dict(_pair(text) for text in ids or ())
    if bool(pairs) == (choice is not None):
        raise typer.BadParameter("Name either ids (tmdb:603) or a --choice of what `metarr review` offers.")
    body = {"choice": choice} if choice is not None else {"ids": pairs}
    change([item], "POST", "identity", body, data, is_json=is_json)


def local(
    items: Annotated[list[str], typer.Argument(help="Items' numbers, or paths that hold one item each.")],
    *,
    undo: Undo = False,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Mark items that no provider knows (home videos): they are published from what is known here."""
    change(items, "DELETE" if undo else "POST", "local", None, data, is_json=is_json)


def order(item: ItemName, name: OrderName = None, *, data: Data = None, is_json: Json = False) -> None:
    """Set the order that the numbers in a show's files are of; without a name, list the ones that there are."""
    if name is not None:
        change([item], "PUT", "episode-order", {"order": name}, data, is_json=is_json)
        return
    from metarr.api.item_shapes import KnownOrders
    from metarr.cli.session import connected

    async def work(client: Client) -> KnownOrders:
        return await client.get(f"/items/{await item_number(client, item)}/episode-orders", KnownOrders)

    known = run(connected(load(data), work, is_looking=True))
    for one in known.orders:
        show(one.model_dump_json(by_alias=True) if is_json else f"{one.key:32} {one.name}")
    for fault in known.faults.values():
        tell(fault)


async def _questions(client: Client, library: str | None) -> list[OpenQuestion]:
    from metarr.api.item_shapes import Found, QuestionPage

    library_id = None
    if library is not None:
        library_id = (await client.post("/items/find", Found, {"target": library})).library_id
    page = await client.get("/review", QuestionPage, library=library_id, limit=_PAGE)
    questions = page.questions
    while page.after is not None:
        page = await client.get("/review", QuestionPage, library=library_id, limit=_PAGE, after=page.after)
        questions += page.questions
    return questions


def _lines(question: OpenQuestion) -> Iterator[str]:
    """A question for a person: what can be chosen has a number."""
    yield f"{question.title or question.folder} (item {question.item_id}, question {question.id}): {question.reason}"
    if question.path is not None:
        yield f"    {question.path}"
    number = 0
    for one in question.evidence:
        number += bool(one.get("ids"))
        yield f"    {f'{number}.' if one.get('ids') else '-':>3} {_offer(one)}"


def _offer(one: dict[str, Any]) -> str:
    ids = " ".join(f"{source}:{value}" for source, value in (one.get("ids") or {}).items())
    year = f"({one['year']})" if one.get("year") else ""
    score = f"score {one['score']}" if one.get("score") is not None else ""
    words = (one.get("title") or "", year, ids, score, one.get("text") or "")
    return "  ".join(str(word) for word in words if word)


def _pair(text: str) -> tuple[str, str]:
    source, colon, value = text.partition(":")
    if not colon:
        raise typer.BadParameter(f"{text!r} is no id: name its source too, as in tmdb:603.")
    return source, value
