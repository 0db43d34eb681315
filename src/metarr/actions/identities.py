"""What an item is, by a person's word: which film or show, one that no provider knows, or whose numbers its files have.

A person's word beats all evidence, settles the question about the item, and starts what follows from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from metarr.actions.phases import Submitted, watched
from metarr.errors import Conflict, InvalidInput, Transient, Wait
from metarr.jobs import ledger, triggers
from metarr.jobs.summary import Scope
from metarr.jobs.triggers import Order
from metarr.model.job import JobKind, Priority
from metarr.model.media import USER, ExternalIds, Identity, ItemKind
from metarr.phases.enrich.finding import hits_of, wanted_title
from metarr.phases.enrich.match import match
from metarr.providers.base import Ask, BadKey
from metarr.store import files, identities, items, libraries, reviews, settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.actions.installation import Installation
    from metarr.model.job import NewJob
    from metarr.model.media import Item, LibraryId
    from metarr.phases.enrich.match import Ranked
    from metarr.store.db import Row, Tx

AIRED = "aired"
# TMDB's episode groups have ids of 24 hexadecimal digits; TVDB names its orders ("dvd", "absolute", "alternate" ...).
_ORDER = re.compile(r"aired|dvd|absolute|tmdb:[0-9a-f]{24}|tvdb:[a-z]{1,20}")


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """Some of what waits for a person; `after` asks for the next page, None: this was the last."""

    questions: Sequence[Row]
    after: int | None


def questions(tx: Tx, *, library_id: int | None = None, after: int = 0, limit: int = 100) -> QuestionPage:
    """The review queue, oldest first, with the evidence."""
    rows = reviews.open_questions(tx, library_id=library_id, after=after, limit=limit + 1)
    return QuestionPage(rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What an item could be, best first, each with the provider that found it; and who could not answer, with why."""

    ranked: tuple[tuple[str, Ranked], ...]
    faults: Mapping[str, str]


async def candidates(house: Installation, item_id: int, title: str | None, year: int | None) -> Candidates:
    """What the providers find by a person's words, or by what the item is called. Raises NotFound, InvalidInput."""
    item, own_files = await house.store.read(lambda tx: (items.get(tx, item_id), files.of_item(tx, item_id)))
    if item.kind not in {ItemKind.MOVIE, ItemKind.SERIES}:
        raise InvalidInput(f"Item {item_id} is a {item.kind}: it is what its show or its movies say that it is.")
    wanted = wanted_title(item.metadata, item.kind, own_files)
    if title and title.strip():
        wanted = replace(wanted, titles=(title.strip(),), year=year)
    elif year is not None:
        wanted = replace(wanted, year=year)
    if not wanted.titles:
        raise InvalidInput(f"Item {item_id} has no title to look for; name one.")
    languages = await house.store.read(lambda tx: _languages(tx, item))
    ask = Ask(languages, Priority.USER)
    found: list[tuple[str, Ranked]] = []
    faults: dict[str, str] = {}
    for name, source in house.providers.items():
        try:
            hits = await hits_of(source, item.kind, wanted, ask)
        except (BadKey, Transient, Wait) as error:
            faults[name] = str(error)
            continue
        found += [(name, one) for one in match(wanted, hits or ()).ranked]
    found.sort(key=lambda pair: -pair[1].score)
    return Candidates(tuple(found), faults)


def set_identity(tx: Tx, item_id: int, ids: Mapping[str, Any]) -> Submitted:
    """The item is what these ids name, and nothing else. Its metadata is fetched anew, what is below it as well."""
    known = _checked(ids)
    item = identities.reidentify(tx, items.get(tx, item_id), known, USER, Identity.IDENTIFIED)
    return _submitted(tx, item.library_id, [_enrich(item)])


def choose(tx: Tx, item_id: int, number: int) -> Submitted:
    """The item is what the open question about it offers under that number, counted from 1."""
    rows = reviews.open_questions(tx, item_id=item_id)
    offers = [one for row in rows if row["subject"] == "identity" for one in row["evidence"] if one.get("ids")]
    if not 1 <= number <= len(offers):
        raise InvalidInput(f"There is no choice {number} for item {item_id}; the review queue offers {len(offers)}.")
    return set_identity(tx, item_id, offers[number - 1]["ids"])


def mark_local(tx: Tx, item_id: int) -> Submitted:
    """No provider knows it (a home video): it is never asked about, and published from what is known here.

    A show takes its seasons and episodes along. What providers said about it was about something else, and goes.
    """
    there = make_local(tx, item_id)
    order = Order(JobKind.PUBLISH)
    new = [triggers.item_job(order, one.library_id, one.id) for one in there]
    return _submitted(tx, items.get(tx, item_id).library_id, new)


def make_local(tx: Tx, item_id: int) -> list[Item]:
    """The same without the work that it leads to: returns what is to be published."""
    item = _reidentified(tx, items.get(tx, item_id), Identity.LOCAL)
    whole = [items.get(tx, one) for one in sorted({item.id, *items.below(tx, item.id)})]
    return [one for one in whole if one.missing_since is None]


def ignore(tx: Tx, question_id: int) -> int:
    """Leave a question unanswered: a file stays what it was taken for, an item is not asked about any more.

    Such an item is monitored no longer; it waits as it is until somebody says what it is. Returns the item's number.
    """
    row = reviews.get(tx, question_id)
    if row["subject"] == "identity":
        items.update(tx, row["item_id"], is_monitored=False)
    reviews.settle(tx, question_id)
    item_id: int = row["item_id"]
    return item_id


def unmark_local(tx: Tx, item_id: int) -> Submitted:
    """Providers may know it after all: it is looked for again. Raises Conflict where it was not local."""
    item = items.get(tx, item_id)
    if item.identity is not Identity.LOCAL:
        raise Conflict(f"Item {item_id} is not marked as local.")
    is_named = bool(identities.own_ids(item))
    item = _reidentified(tx, item, Identity.IDENTIFIED if is_named else Identity.GUESSED)
    return _submitted(tx, item.library_id, [_enrich(item)])


def set_episode_order(tx: Tx, item_id: int, order: str) -> Submitted:
    """The order that the numbers in a show's files are of; its folder is read again, its episodes are asked about.

    "aired" (the usual one), "dvd", "absolute", "tmdb:<id of an episode group>" or "tvdb:<name of an order>".
    """
    item = items.get(tx, item_id)
    if item.kind is not ItemKind.SERIES:
        raise InvalidInput(f"Item {item_id} is no show: only a show has an order of episodes.")
    if not _ORDER.fullmatch(order):
        raise InvalidInput(f"{order!r} is no order: aired, dvd, absolute, tmdb:GROUP (24 digits 0-f) or tvdb:NAME.")
    items.update(tx, item.id, episode_order=None if order == AIRED else order)
    for one in {item.id, *items.below(tx, item.id)}:
        items.update(tx, one, enriched_at=None)  # what was learnt was learnt about other numbers
    known = files.folder_fingerprints(tx, item.library_id)
    files.forget_folders(tx, item.library_id, [path for path in known if _is_in(path, item.folder)])
    scan = Order(JobKind.SCAN)
    job = triggers.folder_job(scan, item.library_id, item.folder) if item.folder else None
    return _submitted(tx, item.library_id, [job or triggers.library_job(scan, item.library_id)])


def _languages(tx: Tx, item: Item) -> tuple[str, ...]:
    return libraries.get(tx, item.library_id).languages or settings.load(tx).languages


def _checked(ids: Mapping[str, Any]) -> ExternalIds:
    """Raises InvalidInput naming what is no id."""
    found = ExternalIds.from_dict(ids)
    wrong = sorted(name for name, value in ids.items() if str(found.as_dict().get(name)) != str(value))
    if wrong:
        raise InvalidInput(
            f"{wrong[0]}: {ids[wrong[0]]!r} is no id; there are tmdb, tvdb, tvmaze (numbers) and imdb (tt1234567)."
        )
    if not found:
        raise InvalidInput("Name at least one id: tmdb, imdb, tvdb or tvmaze.")
    return found


def _reidentified(tx: Tx, item: Item, identity: Identity) -> Item:
    """The item without what providers said of it, known by the ids that its own files state."""
    return identities.reidentify(tx, item, identities.own_ids(item), item.provenance.get("ids", "name"), identity)


def _enrich(item: Item) -> NewJob:
    return triggers.item_job(Order(JobKind.ENRICH), item.library_id, item.id)


def _is_in(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _submitted(tx: Tx, library_id: LibraryId, wanted: Iterable[NewJob]) -> Submitted:
    """What was asked for, and what to watch until it ends."""
    new = list(wanted)
    scope = watched(tx, library_id)
    if len(new) == 1:
        job_id = ledger.submit(tx, new[0])
        if new[0].item_id is not None:
            scope = Scope(item_id=new[0].item_id, since=job_id)
        return Submitted(1, scope, library_id)
    return Submitted(ledger.submit_together(tx, new), scope, library_id)
