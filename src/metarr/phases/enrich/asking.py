"""Asking every provider about one item, side by side: what each knows, who does not know it, whose answer is missing.

Seasons and episodes are asked about through their show, a season at a time: its answer is kept, so that twenty episodes
cost one call.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from metarr.errors import MetarrError, Wait
from metarr.model.media import ExternalIds, ItemKind, Metadata
from metarr.providers.base import BadKey, CollectionSource, MovieSource, SeriesSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from metarr.providers.base import Answer, Ask, Connection, SeasonAnswer

_CAPABILITIES: Mapping[ItemKind, type[Any]] = {
    ItemKind.MOVIE: MovieSource,
    ItemKind.SERIES: SeriesSource,
    ItemKind.SEASON: SeriesSource,
    ItemKind.EPISODE: SeriesSource,
    ItemKind.COLLECTION: CollectionSource,
}
_ABSOLUTE = "absolute"
_RECENT = 600.0  # seconds in which one fresh answer about a season is enough for all of its episodes


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about. `ids`: its own; of a season or an episode the show's, and `first_year` that of the show.

    `item`: what is known of it, above all its numbers. `is_new`: kept answers may be older than its file.
    """

    kind: ItemKind
    ids: ExternalIds
    item: Metadata
    first_year: int | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Replies:
    """By provider: what it said (None: it does not know the item), why it refuses our key, what went wrong."""

    answers: Mapping[str, Answer | None] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, MetarrError] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, Answer]:
        """The answers of those who know the item."""
        return {name: answer for name, answer in self.answers.items() if answer is not None}

    @property
    def fault(self) -> MetarrError | None:
        """The one that says best what to do: a wait names its end and spends no attempt."""
        return min(self.failed.values(), key=lambda error: not isinstance(error, Wait), default=None)

    def merged_with(self, later: Replies) -> Replies:
        """What was said later counts, and who could not answer later has not answered."""
        answers = {name: answer for name, answer in self.answers.items() if name not in later.failed}
        return Replies({**answers, **later.answers}, {**self.refused, **later.refused}, {**self.failed, **later.failed})


def kinds_of(connection: Connection) -> frozenset[ItemKind]:
    """The kinds of items about which a provider may know something."""
    return frozenset(kind for kind, capability in _CAPABILITIES.items() if isinstance(connection, capability))


async def ask_all(sources: Mapping[str, Connection], question: Question, ask: Ask) -> Replies:
    """Ask all of these at once. Who did not know the item is asked again by the ids that the others know it by."""
    replies = await _ask(sources, question, ask)
    ids = question.ids
    for answer in replies.known.values():
        ids = ids.merged_with(answer.metadata.ids)
    unknowing = {name: sources[name] for name, answer in replies.answers.items() if answer is None}
    if question.kind not in {ItemKind.MOVIE, ItemKind.SERIES} or ids == question.ids or not unknowing:
        return replies
    return replies.merged_with(await _ask(unknowing, replace(question, ids=ids), ask))


async def _ask(sources: Mapping[str, Connection], question: Question, ask: Ask) -> Replies:
    replies = await asyncio.gather(
        *(_one(source, question, ask) for source in sources.values()), return_exceptions=True
    )
    answers: dict[str, Answer | None] = {}
    refused: dict[str, str] = {}
    failed: dict[str, MetarrError] = {}
    for name, reply in zip(sources, replies, strict=True):
        if isinstance(reply, BadKey):
            refused[name] = str(reply)
        elif isinstance(reply, MetarrError):
            failed[name] = reply
        elif isinstance(reply, BaseException):
            raise reply  # a fault of ours
        else:
            answers[name] = reply
    return Replies(answers, refused, failed)


async def _one(source: Any, question: Question, ask: Ask) -> Answer | None:  # noqa: ANN401  one of _CAPABILITIES
    answer: Answer | None
    match question.kind:
        case ItemKind.MOVIE:
            answer = await source.movie(question.ids, ask)
        case ItemKind.COLLECTION:
            answer = await source.collection(question.ids, ask)
        case ItemKind.SERIES:
            answer = await source.series(question.ids, ask)
        case ItemKind.SEASON:
            season = question.item.season
            found = None if season is None else await source.season(question.ids, season, ask)
            answer = None if found is None else found.season
        case ItemKind.EPISODE:
            answer = await _episode(source, question, ask)
    return answer


async def _episode(source: SeriesSource, question: Question, ask: Ask) -> Answer | None:
    """An episode that a kept answer does not know may have been added since."""
    answer = await _search_episode(source, question, ask)
    if answer is None and question.is_new and not ask.is_fresh:
        return await _search_episode(source, question, replace(ask, is_fresh=True))
    return answer


async def _search_episode(source: SeriesSource, question: Question, ask: Ask) -> Answer | None:
    for season, order in _places(question, ask):
        found = await source.season(question.ids, season, replace(ask, order=order))
        answer = None if found is None else _pick(found, question.item)
        if answer is not None:
            return answer
    return None


def _places(question: Question, ask: Ask) -> Iterator[tuple[int, str | None]]:
    """In which season, by which order, to look: one that is numbered, else where its date or absolute number lies."""
    item = question.item
    if item.season is not None and item.episode is not None:
        yield item.season, ask.order
    elif item.absolute is not None:
        yield 1, _ABSOLUTE  # this order has one season
    elif item.premiered and item.premiered[:4].isdecimal():
        year = int(item.premiered[:4])
        first = question.first_year or year
        # A season a year is the rule for what is named by dates; some are numbered by the year itself.
        near = (year - first + 1, year - first, year - first + 2, year)
        yield from ((season, ask.order) for season in dict.fromkeys(near) if season > 0)


def _pick(found: SeasonAnswer, item: Metadata) -> Answer | None:
    if item.season is not None and item.episode is not None:
        return found.episodes.get(item.episode)
    if item.absolute is not None:
        return found.episodes.get(item.absolute)
    return next((one for one in found.episodes.values() if one.metadata.premiered == item.premiered), None)


class Recent:
    """Seasons that were asked about past the kept answers a moment ago: their other episodes need not do so again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[object, float] = {}

    def has(self, season: object) -> bool:
        """Whether it was asked about a moment ago."""
        return self._clock() - self._asked.get(season, -_RECENT) < _RECENT

    def add(self, season: object) -> None:
        """It was asked about now."""
        now = self._clock()
        self._asked = {one: at for one, at in self._asked.items() if now - at < _RECENT} | {season: now}
