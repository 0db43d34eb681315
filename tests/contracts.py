"""What every provider, player and notifier must keep to, as checks that take one, over a line that can be bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from bad_line import NONSENSE, Trouble
from metarr.errors import BadCredentials, Transient, Wait
from metarr.model.media import ExternalIds
from metarr.notifiers.base import Message
from metarr.players.base import Activity
from metarr.providers.base import (
    Ask,
    BadKey,
    CollectionSource,
    Finder,
    MovieSource,
    OrderSource,
    SeriesFinder,
    SeriesSource,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from bad_line import BadLine
    from metarr.model.play import PlayState
    from metarr.notifiers.base import Notifier
    from metarr.players.base import Change, Player
    from metarr.providers.base import Connection

SECRET = "sesame-open-4711"
WRONG = "wrong-key-0815"
BUSY, DOWN, GONE = "429", "503", "gone"


# --- providers --------------------------------------------------------------------------------------------------------


_NO_IDS = ExternalIds()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about."""

    ids: ExternalIds = _NO_IDS
    title: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One that connections with this capability answer. `nothing`: the answer about what they do not know."""

    capability: type
    ask: Callable[[Any, Subject], Awaitable[object]]
    unknown: Subject
    nothing: object = None


_FOREIGN = Subject(ExternalIds(imdb="tt9999999"), "Nothing is called so")
_NUMBER = 999_999_999
_STRANGE = Subject(ExternalIds(imdb="tt9999999", tmdb=_NUMBER, tvdb=_NUMBER, tvmaze=_NUMBER))
_ASK = Ask(is_fresh=True)
QUESTIONS: Final[Mapping[str, Question]] = {
    "movie": Question(MovieSource, lambda of, what: of.movie(what.ids, _ASK), _STRANGE),
    "series": Question(SeriesSource, lambda of, what: of.series(what.ids, _ASK), _STRANGE),
    "season": Question(SeriesSource, lambda of, what: of.season(what.ids, 1, _ASK), _STRANGE),
    "orders": Question(OrderSource, lambda of, what: of.orders(what.ids, _ASK), _STRANGE, ()),
    "collection": Question(CollectionSource, lambda of, what: of.collection(what.ids, _ASK), _STRANGE),
    "find_movie": Question(Finder, lambda of, what: of.find_movie(what.ids, _ASK), _FOREIGN),
    "find_series": Question(SeriesFinder, lambda of, what: of.find_series(what.ids, _ASK), _FOREIGN),
    "search_movie": Question(Finder, lambda of, what: of.search_movie(what.title, None, _ASK), _FOREIGN, ()),
    "search_series": Question(SeriesFinder, lambda of, what: of.search_series(what.title, None, _ASK), _FOREIGN, ()),
}


async def provider(
    name: str, known: Subject, connect: Callable[[str], Connection], line: BadLine, key: str | None = SECRET
) -> Any:
    """The laws of one question; the answer about what is known. `key`: None where nobody needs one."""
    question = QUESTIONS[name]
    connection = connect(key or SECRET)
    try:
        answer = await _answered(question, known, connection, line)
    finally:
        await connection.close()
    for trouble in (BUSY, DOWN, GONE):
        line.trouble = Trouble(trouble)
        with pytest.raises(Wait):
            await _once(question, known, connect(key or SECRET))
    line.trouble = None
    if key is not None:
        with pytest.raises(BadKey) as refused:
            await _once(question, known, connect(WRONG))
        assert WRONG not in str(refused.value)
    return answer


async def _answered(question: Question, known: Subject, connection: Connection, line: BadLine) -> object:
    await connection.check()
    probes = tuple(line.paths)
    answer = await question.ask(connection, known)
    assert answer not in (None, ())
    assert await question.ask(connection, question.unknown) == question.nothing
    asked = len(line.paths)
    if known.ids != _NO_IDS:
        assert await question.ask(connection, Subject()) == question.nothing
        assert len(line.paths) == asked, "it has no id, and asked all the same"
    for trouble in NONSENSE:
        line.trouble = Trouble(trouble, spared=probes)
        with pytest.raises(Transient):
            await question.ask(connection, known)
    return answer


async def _once(question: Question, known: Subject, connection: Connection) -> None:
    try:
        await question.ask(connection, known)
    finally:
        await connection.close()


# --- players ----------------------------------------------------------------------------------------------------------


@dataclass
class Notes:
    """What a player remembers while it is told."""

    states: dict[str, PlayState] = field(default_factory=dict)

    async def remember(self, states: Mapping[str, PlayState]) -> None:
        self.states.update(states)

    async def recall(self) -> Mapping[str, PlayState]:
        return dict(self.states)

    async def forget(self, names: Collection[str]) -> None:
        for name in names:
            self.states.pop(name, None)


async def player(
    told: Player, stranger: Player, line: BadLine, present: Sequence[Change], removed: Callable[[], Change]
) -> None:
    """The laws of a player. `present`: several changes of items that are there; `stranger`: one with a wrong secret.

    `removed` takes one of them out of the library.
    """
    notes = Notes()
    assert [one.message for one in await told.check() if not one.is_well] == []
    assert False not in (await told.sees([change.folder for change in present])).values()
    assert True not in (await told.sees(["/nowhere/at all"])).values()
    for _ in range(2):  # told twice is as good as told once
        answers = await told.sync(present, notes)
        assert [one.item_id for one in answers] == [change.item_id for change in present]
        assert all(one.seen and one.detail for one in answers)
    (answer,) = await told.sync([removed()], notes)
    assert not answer.seen
    assert await told.sync([], notes) == ()
    assert notes.states == {}
    with pytest.raises(BadCredentials) as refused:
        await stranger.sync(present, notes)
    assert WRONG not in str(refused.value)
    assert not all(one.is_well for one in await stranger.check())
    for trouble in (DOWN, *NONSENSE, GONE):
        line.trouble = Trouble(trouble)
        with pytest.raises((Wait, Transient)):
            await told.sync(present, notes)
        assert not all(one.is_well for one in await told.check())
    line.trouble = None


async def waits_for_playback(told: Player, change: Change, begin: Callable[[], Any]) -> None:
    """While it plays only a person's wish is told."""
    assert await told.activity() is Activity.IDLE
    begin()
    assert await told.activity() is Activity.PLAYING
    with pytest.raises(Wait):
        await told.sync([change], Notes())
    (answer,) = await told.sync([change], Notes(), is_manual=True)
    assert answer.seen


# --- notifiers --------------------------------------------------------------------------------------------------------


async def notifier(told: Notifier, stranger: Notifier, line: BadLine) -> None:
    """The laws of a notifier. `told` has SECRET in its address, `stranger` has WRONG."""
    await told.send(Message("Heat (1995)", "published"))
    with pytest.raises(BadCredentials) as refused:
        await stranger.send(Message("Heat (1995)", "published"))
    said = str(refused.value)
    for trouble in (BUSY, DOWN, GONE):
        line.trouble = Trouble(trouble)
        with pytest.raises(Transient) as failed:
            await told.send(Message("Heat (1995)", "published"))
        said += str(failed.value)
    line.trouble = None
    assert told.name in said
    assert SECRET not in said
    assert WRONG not in said
