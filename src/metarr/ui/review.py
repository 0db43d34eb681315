"""The review queue: what a scan or the providers were not sure about, with the evidence, and every way to answer."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import FastAPI, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from metarr.actions import identities, waiting
from metarr.api.deps import LARGEST, Id, Number
from metarr.errors import InvalidInput, NotFound
from metarr.model.media import ExternalIds, ItemKind
from metarr.store import artwork, items
from metarr.store import libraries as stored
from metarr.ui.framing import back, house_of, show
from metarr.ui.item.previews import fetched
from metarr.web.access import OPERATE, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.identities import Candidates
    from metarr.actions.phases import Submitted
    from metarr.model.media import Item, Library
    from metarr.store.db import Row, Tx

router = Router(include_in_schema=False)
_SHOWN = 20
_REMEMBERED = 5000  # addresses of pictures
SOURCES = ("tmdb", "imdb", "tvdb", "tvmaze")
_PAGES = {
    "tmdb": {"movie": "https://www.themoviedb.org/movie/{}", "series": "https://www.themoviedb.org/tv/{}"},
    "tvdb": {
        "series": "https://www.thetvdb.com/dereferrer/series/{}",
        "movie": "https://www.thetvdb.com/dereferrer/movie/{}",
    },
    "tvmaze": {"series": "https://www.tvmaze.com/shows/{}"},
    "imdb": {"movie": "https://www.imdb.com/title/{}/", "series": "https://www.imdb.com/title/{}/"},
}
Text = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class Offer:
    """What an item could be. `number`: of the offer in the question, from 1; `ids`: source, id, and its page there."""

    number: int
    title: str
    year: int | None
    score: float | None
    source: str
    ids: tuple[tuple[str, str, str | None], ...]
    place: str = ""  # the file or folder that says so
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for an answer. `told`: evidence that names no id."""

    row: Row
    library: str
    offers: tuple[Offer, ...]
    told: tuple[Mapping[str, object], ...]
    poster: str | None
    has_key: bool  # the first that can be accepted by one key


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue."""

    questions: tuple[Question, ...]
    after: int | None
    total: int
    libraries: Sequence[Library]


class Pictures:
    """Addresses of posters that pages of ours have named, by a name that says nothing: only these are fetched."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()

    def named(self, url: object) -> str | None:
        """Where a page finds it; None: there is none."""
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            return None
        name = hashlib.sha256(url.encode(errors="surrogatepass")).hexdigest()
        self._known[name] = url
        self._known.move_to_end(name)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return f"/review/pictures/{name}.webp"

    def address(self, name: str) -> str:
        """Raises NotFound where no page has named it since the program started."""
        if name not in self._known:
            raise NotFound("No page shows this picture any more; load the page again.")
        return self._known[name]


def install(app: FastAPI) -> None:
    """What pages have named, in this program."""
    app.state.offered_pictures = Pictures()


@router.get("/review/pictures/{name}.webp", dependencies=[READ])
async def poster(request: Request, name: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]) -> Response:
    """The poster of something that an item could be."""
    return await fetched(request, _pictures(request).address(name))


@router.get("/review", dependencies=[READ])
async def review(
    request: Request, library: Number = None, after: Annotated[int, Query(ge=0, le=LARGEST)] = 0
) -> HTMLResponse:
    """The queue, oldest first."""
    pictures = _pictures(request)
    queue = await house_of(request).store.read(lambda tx: _queue(tx, library, after, pictures))
    return await show(request, "review.html", "review", queue=queue, library=library, after=after, sources=SOURCES)


@router.get("/review/{item_id}", dependencies=[READ])
async def search(
    request: Request,
    item_id: Id,
    title: Annotated[str, Query(max_length=200)] = "",
    year: Annotated[str, Query(max_length=10)] = "",
) -> HTMLResponse:
    """What providers find for an item, by its own title or by other words."""
    house = house_of(request)
    item = await house.store.read(lambda tx: items.get(tx, item_id))
    found, fault = None, ""
    try:
        found = await identities.candidates(house, item_id, title or None, _year(year))
    except InvalidInput as error:
        fault = str(error)
    offers = () if found is None else _found(item, found, _pictures(request))
    faults = {} if found is None else found.faults
    return await show(
        request,
        "review_search.html",
        "review",
        item=item,
        offers=offers,
        faults=faults,
        fault=fault,
        sources=SOURCES,
        title_asked=title or item.metadata.title,
        year_asked=year or item.metadata.year or "",
    )


@router.post("/review/{item_id}/accept", dependencies=[OPERATE])
async def accept(request: Request, item_id: Id, number: Annotated[int, Form(ge=1, le=1000)]) -> RedirectResponse:
    """The item is what an offer says."""

    def choose(tx: Tx) -> tuple[str, Submitted]:
        begun = identities.choose(tx, item_id, number)
        return items.get(tx, item_id).metadata.title or f"Item {item_id}", begun

    name, begun = await house_of(request).store.write(choose)
    return back(request, f"{name} is identified; its metadata is fetched.", "/review", work=begun.scope)


@router.post("/review/{item_id}/ids", dependencies=[OPERATE])
async def by_id(request: Request, item_id: Id, source: Text, value: Text) -> RedirectResponse:
    """The item is what this id names; of several sources they stand beside each other."""
    sources, values = source.split(), value.split()
    if not values or len(sources) != len(values):
        raise InvalidInput("Name a source and the id that it gives, such as tmdb and 603.")
    begun = await house_of(request).store.write(
        lambda tx: identities.set_identity(tx, item_id, dict(zip(sources, values, strict=True)))
    )
    return _on(request, f"Item {item_id} is identified; its metadata is fetched.", begun)


@router.post("/review/{item_id}/local", dependencies=[OPERATE])
async def local(request: Request, item_id: Id) -> RedirectResponse:
    """No provider knows it."""
    begun = await house_of(request).store.write(lambda tx: identities.mark_local(tx, item_id))
    return _on(request, "Marked as local: no provider is asked about it.", begun)


@router.post("/review/questions/{question_id}/ignore", dependencies=[OPERATE])
async def ignore(request: Request, question_id: Id) -> RedirectResponse:
    """The question is left unanswered."""
    await house_of(request).store.write(lambda tx: identities.ignore(tx, question_id))
    return back(request, "Left as it is.", "/review")


def _on(request: Request, said: str, begun: Submitted) -> RedirectResponse:
    """Back to the page, or to the queue where the page was the search that has ended."""
    is_search = "/review/" in request.headers.get("referer", "")
    answer = back(request, said, "/review", work=begun.scope if begun.jobs else None)
    if is_search:
        answer.headers["Location"] = "/review"
    return answer


def _pictures(request: Request) -> Pictures:
    pictures: Pictures = request.app.state.offered_pictures
    return pictures


def _queue(tx: Tx, library: int | None, after: int, offered: Pictures) -> Queue:
    page = identities.questions(tx, library_id=library, after=after, limit=_SHOWN)
    known = stored.everything(tx)
    names = {one.id: one.name for one in known}
    pictures = artwork.first_pictures(tx, [row["item_id"] for row in page.questions])
    questions: list[Question] = []
    has_key = False
    for row in page.questions:
        offers, told = _offers(row, offered)
        is_first = bool(offers) and not has_key
        has_key = has_key or is_first
        poster = pictures.get(row["item_id"], {}).get("poster")
        questions.append(Question(row, names.get(row["library_id"], ""), offers, told, poster, is_first))
    total = waiting.counts(tx).get("review", 0)
    return Queue(tuple(questions), page.after, total, known)


def _offers(row: Row, offered: Pictures) -> tuple[tuple[Offer, ...], tuple[Mapping[str, object], ...]]:
    """What can be accepted, numbered as `identities.choose` does; and the evidence that names nothing."""
    evidence = row["evidence"] if row["subject"] == "identity" else []
    offers = [one for one in evidence if one.get("ids")]
    told = tuple(one for one in evidence if not one.get("ids"))
    return tuple(_offer(number, one, row["kind"], offered) for number, one in enumerate(offers, 1)), told


def _offer(number: int, one: Mapping[str, object], kind: str, offered: Pictures) -> Offer:
    ids = one["ids"] if isinstance(one["ids"], dict) else {}
    year, score = one.get("year"), one.get("score")
    return Offer(
        number=number,
        title=str(one.get("title") or ""),
        year=year if isinstance(year, int) else None,
        score=float(score) if isinstance(score, int | float) else None,
        source=str(one.get("source") or ""),
        ids=_linked(ids, kind),
        place=str(one.get("text") or ""),
        picture=offered.named(one.get("picture")),
    )


def _linked(ids: Mapping[str, object], kind: str) -> tuple[tuple[str, str, str | None], ...]:
    """Each id with its page there, where pages can be named by an id."""
    linked = []
    for source, value in ids.items():
        page = _PAGES.get(source, {}).get(kind)
        linked.append((source, str(value), page.format(value) if page else None))
    return tuple(linked)


def _found(item: Item, found: Candidates, offered: Pictures) -> tuple[Offer, ...]:
    kind = ItemKind.SERIES if item.kind is ItemKind.SERIES else ItemKind.MOVIE
    return tuple(
        Offer(
            number,
            one.hit.title,
            one.hit.year,
            one.score,
            provider,
            _linked(_of(one.hit.ids), kind),
            picture=offered.named(one.hit.picture),
        )
        for number, (provider, one) in enumerate(found.ranked, 1)
    )


def _of(ids: ExternalIds) -> dict[str, object]:
    return dict(ids.as_dict())


def _year(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("9999") else None
