"""What waits for a person: what the navigation counts, and what the centre, the dashboard and the API list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from metarr.actions.remedies import is_passing, remedy
from metarr.jobs import desk
from metarr.model.access import Right
from metarr.store import health, libraries, overview, reviews, verifications

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from metarr.store.db import Tx

_ALL = frozenset(Right)


class NeedKind(StrEnum):
    """What a need is about, which decides where it is dealt with."""

    REVIEW = "review"
    """Questions about what something is."""
    ARTWORK = "artwork"
    """Items for which nobody has chosen artwork."""
    JOBS = "jobs"
    """Jobs that failed for good."""
    PUBLISHING = "publishing"
    """A library whose first publishing is to be confirmed."""
    PLAYER = "player"
    """A player that refuses us, is gone, or was not told in time."""
    PROVIDER = "provider"
    """A provider that refuses its key, or does not answer."""
    CHANNEL = "channel"
    """A channel of notifications that was switched off."""
    VERIFICATION = "verification"
    """Differences that the last verification of a library did not put back."""
    ITEM = "item"
    """An item whose files another program keeps changing."""
    HEALTH = "health"
    """Anything else that work waits for."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something for a person to decide or to mend. `number`: how much of it, where that can be counted.

    `words` follow the number; `remedy`: what to do, where that is more than looking at it; `right`: what whoever deals
    with it needs; `subject`: the name or number of what it is about; `since`: when it began, where that is known;
    `is_health`: work waits for it, which the health of the system says, too.
    """

    kind: NeedKind
    right: Right
    words: str
    number: int | None = None
    remedy: str = ""
    subject: str = ""
    since: datetime | None = None
    is_health: bool = False


def counts(tx: Tx, rights: Collection[Right] = _ALL) -> Mapping[str, int]:
    """By the place where they are dealt with; nothing waits where there is no number. "needs": of these rights, all
    but choices of artwork, which are no trouble, and which to count would slow down every page.
    """
    pressing = list(_pressing(tx))
    found = {need.kind.value: need.number for need in pressing if need.kind in {NeedKind.REVIEW, NeedKind.JOBS}}
    found["needs"] = sum(1 for need in pressing if need.right in rights)
    return {place: number for place, number in found.items() if number}


def needs(tx: Tx, choices: int | None = None) -> tuple[Need, ...]:
    """Everything, the most pressing first. `choices`: how many items await a choice of artwork, if that is known."""
    choices = overview.count_awaiting_choice(tx) if choices is None else choices
    words = "item awaits a choice of artwork" if choices == 1 else "items await a choice of artwork"
    artwork = [Need(NeedKind.ARTWORK, Right.OPERATE, words, choices)] if choices else []
    return (*_pressing(tx), *artwork)


def _pressing(tx: Tx) -> Iterator[Need]:
    yield from _of_health(tx)
    for library in libraries.unconfirmed(tx):
        words = f"The first publishing of {library.name} awaits a confirmation"
        yield Need(NeedKind.PUBLISHING, Right.ADMIN, words, subject=str(library.id))
    numbers = (
        (NeedKind.JOBS, desk.count_failed(tx), "job failed for good", "jobs failed for good"),
        (NeedKind.REVIEW, reviews.count_open(tx), "doubtful match or file", "doubtful matches and files"),
    )
    for kind, number, one, many in numbers:
        if number:
            yield Need(kind, Right.OPERATE, one if number == 1 else many, number)
    yield from _of_verification(tx)


def _of_health(tx: Tx) -> Iterator[Need]:
    for line in health.lines(tx):
        if is_passing(line["cause"]):
            continue
        kind, words, right, subject = remedy(line["cause"])
        yield Need(NeedKind(kind), right, line["message"], None, words, subject, line["since"], is_health=True)


def _of_verification(tx: Tx) -> Iterator[Need]:
    for run in verifications.unsolved(tx):
        number, name = run.found - run.repaired, libraries.get(tx, run.library_id).name
        words = f"difference in {name} was not put back" if number == 1 else f"differences in {name} were not put back"
        yield Need(NeedKind.VERIFICATION, Right.OPERATE, words, number, "", str(run.id), run.ended_at)
