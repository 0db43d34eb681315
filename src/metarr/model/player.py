"""Players as the chain sees them: groups, how far each is with an item, and the pace at which they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from metarr.model.media import ExternalIds, ItemId, ItemKind, LibraryId

# Jellyfin takes up reported paths after 60 s of quiet; what needs longer than these needs a person.
_LOOK_AGAIN: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))


class Shown(StrEnum):
    """What a player shows of an item, as far as is known.

    PENDING: it is yet to be told, or asked again. CONFIRMED: it shows the item; ART_CONFIRMED: with its pictures.
    NOT_SEEN: told, and it does not show it. REMOVED: it shows it no more, as it should. STILL_SHOWN: it should not.
    EXPIRED: it was off for so long that it is told of this with the next change only.
    """

    PENDING = "pending"
    CONFIRMED = "confirmed"
    ART_CONFIRMED = "art_confirmed"
    NOT_SEEN = "not_seen"
    REMOVED = "removed"
    STILL_SHOWN = "still_shown"
    EXPIRED = "expired"


CONFIRMED = frozenset({Shown.CONFIRMED, Shown.ART_CONFIRMED})
AS_WISHED = frozenset({Shown.CONFIRMED, Shown.ART_CONFIRMED, Shown.REMOVED})


class GroupMode(StrEnum):
    """Whether the players of a group are told all at once or one after another."""

    PARALLEL = "parallel"
    SEQUENTIAL = "sequential"


@dataclass(frozen=True, slots=True)
class Facts:
    """An item as players need it. Paths are absolute and ours.

    `folder`: the movie's or the whole show's; `title`, `year`, `ids`: the movie's, or the show's. `videos`: those that
    are there; of a missing item, those that were, without those that are another item's now. `art`: the kinds of
    pictures that players should show. `line`: the last of the item's history.
    """

    item_id: ItemId
    kind: ItemKind
    library_id: LibraryId
    folder: str
    title: str
    year: int | None
    ids: ExternalIds
    season: int | None
    episode: int | None
    is_missing: bool
    revision: int
    videos: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    art: frozenset[str] = frozenset()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What a player was told of last: the item's folder and its videos, absolute; and which line of its history.

    Lines of one item are written one after another, so none appears later before that one, as by the clock some could.
    """

    folder: str
    videos: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a player was told of an item and showed then.

    `asked`: of the request that this answers; what was asked for since stays to be told, unless that was by itself and
    the files are still those of this `revision`. `again`: ask it again then. `folder` None: what it was told of stays.
    """

    item_id: ItemId
    asked: datetime | None
    state: Shown
    art: frozenset[str] = frozenset()
    detail: str = ""
    revision: int = 0
    folder: str | None = None
    videos: tuple[str, ...] = ()
    line: int = 0
    again: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How a player's changes are gathered, by what they belong to: a movie, or a whole show."""

    settle: timedelta
    gather: timedelta
    longest: timedelta
    per_minute: int  # how often a player is told at most; 0: as often as there is something to tell


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that a player is yet to be told of. `top`: the movie, or the show it belongs to."""

    item_id: ItemId
    top: ItemId
    since: datetime
    asked: datetime
    not_before: datetime | None = None
    is_manual: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """What a player is told of now, by a person's wish and otherwise; and when to look again, if ever."""

    by_hand: tuple[ItemId, ...] = ()
    others: tuple[ItemId, ...] = ()
    next_at: datetime | None = None


def due(
    waiting: Iterable[Waiting], told: Mapping[ItemId, datetime], last: datetime | None, pace: Pace, now: datetime
) -> Due:
    """What a player is told of now. `told`: when it last answered about a movie or show; `last`: told at all.

    What a person asked for goes at once. Otherwise the first change of a movie or show goes after the settle delay,
    and what follows soon after it was told is gathered until it has been quiet for a while, with a longest wait.
    """
    rows = list(waiting)
    times = _times(rows, told, pace)
    allowed = now if last is None or not pace.per_minute else last + timedelta(minutes=1) / pace.per_minute
    by_hand = tuple(row.item_id for row in rows if row.is_manual and row.not_before is None)
    ready = {row.item_id for row in rows if times[row.item_id] <= now} - set(by_hand) if allowed <= now else set()
    left = [times[row.item_id] for row in rows if row.item_id not in ready and row.item_id not in by_hand]
    next_at = max(min(left), allowed) if left else None
    return Due(by_hand, tuple(row.item_id for row in rows if row.item_id in ready), next_at)


def _times(rows: Collection[Waiting], told: Mapping[ItemId, datetime], pace: Pace) -> dict[ItemId, datetime]:
    """When each may be told of; what belongs together goes together."""
    together: dict[ItemId, list[Waiting]] = {}
    for row in rows:
        if row.not_before is None:
            together.setdefault(row.top, []).append(row)
    of_top = {top: _time(group, told.get(top), pace) for top, group in together.items()}
    return {row.item_id: row.not_before or of_top[row.top] for row in rows}


def _time(group: Collection[Waiting], told: datetime | None, pace: Pace) -> datetime:
    first = min(row.since for row in group)
    if told is None or first - told >= pace.gather:
        return first + pace.settle
    return min(max(row.asked for row in group) + pace.gather, first + pace.longest)


def look_again(tries: int) -> timedelta | None:
    """How long until a player that was told `tries` times in vain is asked again; None: not by itself."""
    return _LOOK_AGAIN[tries - 1] if tries <= len(_LOOK_AGAIN) else None
