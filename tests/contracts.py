"""What every provider and every player must keep to, as checks that take one, and a server on loopback to play both."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import pytest
from aiohttp import web

from metarr.errors import BadCredentials, Transient, Wait
from metarr.model.media import ExternalIds
from metarr.providers.base import Ask, BadKey, MovieSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from metarr.model.play import PlayState
    from metarr.players.base import Change, Player
    from metarr.providers.base import Answer, Connection

SECRET = "sesame-open-4711"
UNKNOWN = ExternalIds(imdb="tt9999999", tmdb=999_999_999)


@dataclass
class Loopback:
    """Answers by one function, unless it is told to refuse, to fail, to be busy, or to talk nonsense."""

    answer: Callable[[web.Request], Awaitable[web.Response]]
    trouble: int | None = None  # a status
    is_talking_nonsense: bool = False
    asked: list[str] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path_qs}")
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return web.json_response({}, status=401)
        if self.trouble is not None:
            return web.json_response({}, status=self.trouble)
        if self.is_talking_nonsense:
            return web.json_response(json.loads('["a list", "of words"]'))
        return await self.answer(request)


# --- providers --------------------------------------------------------------------------------------------------------


async def movie_source(
    connection: Connection, server: Loopback, known: ExternalIds, elsewhere: Callable[[str], Connection]
) -> Answer:
    """The laws of a source of movies; the answer about the known one. `elsewhere`: the same with another key."""
    assert isinstance(connection, MovieSource)
    await connection.check()
    answer = await connection.movie(known, Ask())
    assert answer is not None
    assert answer.metadata.title
    assert await connection.movie(UNKNOWN, Ask()) is None
    server.asked.clear()
    assert await connection.movie(ExternalIds(), Ask()) is None
    assert server.asked == [], "it has no id, and asked all the same"
    await _refusal(elsewhere("wrong-key-0815"), known)
    server.is_talking_nonsense = True
    with pytest.raises(Transient):
        await connection.movie(known, Ask())
    server.is_talking_nonsense = False
    for status in (429, 503):
        server.trouble = status
        fresh = elsewhere(SECRET)
        assert isinstance(fresh, MovieSource)
        with pytest.raises(Wait):
            await fresh.movie(known, Ask(is_fresh=True))
        await fresh.close()
    server.trouble = None
    return answer


async def _refusal(stranger: Connection, known: ExternalIds) -> None:
    assert isinstance(stranger, MovieSource)
    with pytest.raises(BadKey) as refused:
        await stranger.movie(known, Ask())
    assert "wrong-key-0815" not in str(refused.value)
    await stranger.close()


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


async def player(told: Player, server: Loopback, present: Sequence[Change], gone: Change, stranger: Player) -> None:
    """The laws of a player. `present`: several changes of items that are there; `stranger`: one with a wrong secret."""
    notes = Notes()
    assert all(one.is_well for one in await told.check())
    for _ in range(2):  # told twice is as good as told once
        answers = await told.sync(present, notes)
        assert [one.item_id for one in answers] == [change.item_id for change in present]
        assert all(one.seen and one.detail for one in answers)
    (answer,) = await told.sync([gone], notes)
    assert not answer.seen
    assert await told.sync([], notes) == ()
    assert notes.states == {}
    with pytest.raises(BadCredentials) as refused:
        await stranger.sync(present, notes)
    assert "wrong-key-0815" not in str(refused.value)
    server.trouble = 503
    with pytest.raises((Wait, Transient)):
        await told.sync(present, notes)
    assert not all(one.is_well for one in await told.check())
    server.trouble = None


async def waits_for_playback(told: Player, change: Change, begin: Callable[[], Any]) -> None:
    """While it plays only a person's wish is told."""
    begin()
    with pytest.raises(Wait):
        await told.sync([change], Notes())
    (answer,) = await told.sync([change], Notes(), is_manual=True)
    assert answer.seen
