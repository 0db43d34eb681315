"""`metarr artwork` and `metarr explain`: what pictures are on offer, a person's choice of them, and why all is so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metarr.cli.changing import ItemName, change, item_number
from metarr.cli.common import Data, Json, load, run, show
from metarr.errors import InvalidInput
from metarr.model.artwork import ArtworkKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.api.artwork_shapes import ExplainedField, Explanation, KindOfArtwork, Offer
    from metarr.cli.client import Client

Candidate = Annotated[int, typer.Argument(help="The number that `metarr artwork list` shows.")]
Kind = Annotated[ArtworkKind, typer.Argument(help="The kind of artwork.")]
Rank = Annotated[int, typer.Option(min=0, max=19, help="Which of several of its kind; 0 is the first.")]
_OFFERS_SHOWN = 10
_VALUE_SHOWN = 200  # characters

app = typer.Typer(help="Artwork of an item: what is on offer, and a person's choice.", no_args_is_help=True)


@app.callback()
def _artwork() -> None:
    """Artwork of an item."""


@app.command("list")
def list_artwork(
    item: ItemName,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every candidate.")] = False,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Show what is chosen and what is on offer, best first, with scores."""
    from metarr.api.artwork_shapes import KindOfArtwork
    from metarr.cli.session import connected

    async def work(client: Client) -> list[KindOfArtwork]:
        return await client.get_list(f"/items/{await item_number(client, item)}/artwork", KindOfArtwork)

    limit = None if every else _OFFERS_SHOWN
    for kind in run(connected(load(data), work, is_looking=True)):
        for line in [kind.model_dump_json(by_alias=True)] if is_json else _kind_lines(kind, limit):
            show(line)


@app.command()
def choose(item: ItemName, candidate: Candidate, *, rank: Rank = 0, data: Data = None, is_json: Json = False) -> None:
    """Choose a candidate; its kind is locked from then on."""
    change([item], "POST", f"artwork/candidates/{candidate}/choose?rank={rank}", None, data, is_json=is_json)


@app.command()
def add(
    item: ItemName,
    kind: Kind,
    source: Annotated[str, typer.Argument(help="A picture file, or an address (https://…).")],
    *,
    rank: Rank = 0,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Choose a picture of your own; its kind is locked from then on."""
    if source.startswith(("http://", "https://")):
        body: object = {"url": source}
        what = "fetch"
    else:
        body, what = _read(source), "upload"
    change([item], "POST", f"artwork/{kind.value}/{what}?rank={rank}", body, data, is_json=is_json)


@app.command()
def remove(item: ItemName, kind: Kind, *, rank: Rank = 0, data: Data = None, is_json: Json = False) -> None:
    """Take a chosen picture away; its kind is locked from then on."""
    change([item], "DELETE", f"artwork/{kind.value}/{rank}", None, data, is_json=is_json)


@app.command()
def block(item: ItemName, candidate: Candidate, *, data: Data = None, is_json: Json = False) -> None:
    """Never choose a candidate; the next best takes its place."""
    change([item], "POST", f"artwork/candidates/{candidate}/block", None, data, is_json=is_json)


@app.command()
def unblock(item: ItemName, candidate: Candidate, *, data: Data = None, is_json: Json = False) -> None:
    """Let a candidate be chosen again."""
    change([item], "DELETE", f"artwork/candidates/{candidate}/block", None, data, is_json=is_json)


@app.command()
def lock(item: ItemName, kind: Kind, *, data: Data = None, is_json: Json = False) -> None:
    """Keep a kind of artwork as it is, whatever comes."""
    change([item], "PATCH", "locks", {f"artwork.{kind.value}": True}, data, is_json=is_json)


@app.command()
def unlock(item: ItemName, kind: Kind, *, data: Data = None, is_json: Json = False) -> None:
    """Let a kind of artwork be chosen automatically again."""
    change([item], "PATCH", "locks", {f"artwork.{kind.value}": False}, data, is_json=is_json)


def explain(item: ItemName, *, data: Data = None, is_json: Json = False) -> None:
    """Say where every field and picture of an item comes from, what each provider said, and why it was chosen."""
    from metarr.api.artwork_shapes import Explanation
    from metarr.cli.session import connected

    async def work(client: Client) -> Explanation:
        return await client.get(f"/items/{await item_number(client, item)}/explain", Explanation)

    found = run(connected(load(data), work, is_looking=True))
    for line in [found.model_dump_json(by_alias=True)] if is_json else explanation_lines(found):
        show(line)


def explanation_lines(found: Explanation) -> Iterator[str]:
    """An explanation for a person."""
    ids = " ".join(f"{source}:{value}" for source, value in found.ids.items()) or "no ids"
    year = "" if found.year is None else f" ({found.year})"
    yield f"{found.title}{year}: {found.kind} {found.item_id}, {found.identity}, {ids}"
    for piece in found.evidence:
        yield f"    evidence: {_shown(piece)}"
    for question in found.questions:
        yield f"    open question: {question.reason}"
    for answer in found.answers:
        yield f"    {answer.provider}: {answer.state}, asked {answer.at:%Y-%m-%d %H:%M} UTC"
    yield ""
    for field in found.fields:
        yield from _field_lines(field)
    for kind in found.artwork:
        if kind.slots or kind.offers:
            yield ""
            yield from _kind_lines(kind, _OFFERS_SHOWN)


def _field_lines(field: ExplainedField) -> Iterator[str]:
    lock = ", locked" if field.is_locked else ""
    yield f"{field.name}: {_shown(field.value)} [{field.source or 'nobody'}{lock}]"
    for provider, value in field.said.items():
        if value != field.value:
            yield f"    {provider} says: {_shown(value)}"


def _kind_lines(kind: KindOfArtwork, limit: int | None) -> Iterator[str]:
    yield f"{kind.kind}{' (locked)' if kind.is_locked else ''}: {len(kind.slots)} chosen, {len(kind.offers)} on offer"
    for slot in kind.slots:
        number = "-" if slot.candidate_id is None else str(slot.candidate_id)
        yield f"    chosen {slot.rank}: {number}, {slot.why}"
    for offer in kind.offers[:limit]:
        yield f"    {_offer(offer)}"
    if limit is not None and len(kind.offers) > limit:
        yield f"    and {len(kind.offers) - limit} more"


def _offer(offer: Offer) -> str:
    size = f"{offer.width}x{offer.height}" if offer.width and offer.height else "size unknown"
    score = "not scored" if offer.score is None else f"{offer.score:g} points"
    parts = ", ".join(f"{name} {value:g}" for name, value in offer.score_parts.items())
    state = "blocked" if offer.is_blocked else "" if offer.rank is None else f"chosen {offer.rank}"
    words = (f"{offer.id:>6}", offer.provider, size, offer.language or "no text", score, parts and f"({parts})", state)
    return "  ".join(word for word in words if word)


def _shown(value: Any) -> str:  # noqa: ANN401  any JSON
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE_SHOWN else text[: _VALUE_SHOWN - 1] + "…"


def _read(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{source} cannot be read: {error.strerror}.") from error
