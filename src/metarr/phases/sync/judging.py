"""From what is known of items to what a player is told, and from its answers to what it is taken to show. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr.errors import shown
from metarr.model.media import ItemKind
from metarr.model.player import AS_WISHED, Result, Shown, look_again
from metarr.players.base import Change

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from metarr.model.media import ItemId
    from metarr.model.player import Facts, Told
    from metarr.players.base import Confirmation

_WITHOUT_VIDEOS = frozenset({ItemKind.SEASON, ItemKind.SERIES})


@dataclass(frozen=True, slots=True)
class Telling:
    """What a player is told of one item. `asked`: of the request that this answers; `tries`: those in vain before."""

    facts: Facts
    changes: tuple[Change, ...]
    asked: datetime | None
    tries: int = 0


def changes(facts: Facts, told: Told | None, elsewhere: Collection[str]) -> tuple[Change, ...]:
    """What to tell of an item: what left the library since the player was told, then what is there.

    `elsewhere`: videos that belong to another item by now; nobody removes those.
    """
    now = Change(
        item_id=facts.item_id,
        folder=facts.folder,
        videos=facts.videos,
        artwork=facts.pictures,
        kind=facts.kind,
        title=facts.title,
        year=facts.year,
        ids=facts.ids,
        season=facts.season,
        episode=facts.episode,
    )
    there = () if facts.is_missing else facts.videos
    known = told.videos if told is not None else facts.videos if facts.is_missing else ()
    gone = tuple(video for video in known if video not in there and video not in elsewhere)
    folder = told.folder if told is not None else facts.folder
    left = replace(now, folder=folder, videos=gone, artwork=(), is_removed=True)
    if facts.is_missing:
        return (left,) if gone or facts.kind in _WITHOUT_VIDEOS else ()
    return (left, now) if gone else (now,)


def judged(telling: Telling, answers: Sequence[Confirmation]) -> Result:
    """What a player is taken to show of an item by its answers, one per change of it; and when to ask it again."""
    last = answers[-1] if answers else None
    lingers = any(answer.seen for change, answer in zip(telling.changes, answers, strict=True) if change.is_removed)
    art = last.art_seen if last is not None else frozenset()
    state = _state(telling.facts, last, lingers=lingers)
    again = None if state in AS_WISHED else look_again(telling.tries + 1)
    facts = telling.facts
    result = Result(
        item_id=facts.item_id,
        asked=telling.asked,
        state=state if again is None else Shown.PENDING,
        art=art,
        detail="; ".join(_details(answers)) or "its video is another item's now",
        revision=facts.revision,
        again=again,
    )
    if again is not None:
        return result  # what it was told before stays, so that it is told the whole again
    return replace(result, folder=facts.folder, videos=() if facts.is_missing else facts.videos, line=facts.line)


def _details(answers: Sequence[Confirmation]) -> Iterator[str]:
    """Each once, the latest word first."""
    yield from dict.fromkeys(shown(answer.detail) for answer in reversed(answers) if answer.detail)


def _state(facts: Facts, last: Confirmation | None, *, lingers: bool) -> Shown:
    if lingers:
        return Shown.STILL_SHOWN
    if facts.is_missing or last is None:
        return Shown.REMOVED
    if not last.seen:
        return Shown.NOT_SEEN
    return Shown.ART_CONFIRMED if last.art_seen and facts.art <= last.art_seen else Shown.CONFIRMED


def by_item(
    tellings: Sequence[Telling], answers: Sequence[Confirmation]
) -> Iterator[tuple[Telling, Sequence[Confirmation]]]:
    """The answers of each item: a player answers every change, in order."""
    start = 0
    for telling in tellings:
        end = start + len(telling.changes)
        yield telling, answers[start:end]
        start = end


def counted(results: Mapping[ItemId, Result]) -> dict[str, int]:
    """How many items came to which state."""
    found: dict[str, int] = {}
    for result in results.values():
        found[result.state.value] = found.get(result.state.value, 0) + 1
    return dict(sorted(found.items()))


def in_words(name: str, counts: Mapping[str, int]) -> str:
    """What telling a player came to, for people."""
    parts = (f"{count} {state.replace('_', ' ')}" for state, count in counts.items())
    return f"{name}: {', '.join(parts)}" if counts else f"{name}: nothing to tell"
