"""Which providers are in use: by the configuration, else by what is stored, and a new connection when that changes."""

from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from metarr.errors import InvalidInput
from metarr.providers import PROVIDERS
from metarr.providers.base import Surroundings
from metarr.providers.live import Connections, Fixed, effective
from metarr.store.sealed import Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

VAULT = Vault()
KEY = "0123456789abcdef"
TVMAZE = ["tvmaze"]  # needs no key


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Connections]]:
    """Connections by what is fixed, closed at the end."""
    made: list[Connections] = []

    def one(fixed: Mapping[str, Any] | None = None, vault: Vault = VAULT) -> Connections:
        made.append(Connections(Fixed(fixed or {}), Surroundings(), vault))
        return made[-1]

    yield one
    for connections in made:
        await connections.close()


@pytest.mark.parametrize(
    ("fixed", "stored", "names"),
    [
        pytest.param({}, {}, TVMAZE, id="without any key only who needs none"),
        pytest.param({"tmdb": {"api_key": KEY}}, {}, ["tmdb", *TVMAZE], id="a key in the configuration"),
        pytest.param({}, {"tmdb": {"api_key": VAULT.seal(KEY)}}, ["tmdb", *TVMAZE], id="a stored key"),
        pytest.param({}, {"tvmaze": {"enabled": False}}, [], id="switched off"),
        pytest.param(
            {"tvmaze": {"enabled": "true"}}, {"tvmaze": {"enabled": False}}, TVMAZE, id="the configuration wins"
        ),
        pytest.param(
            {"tmdb": {"api_key": KEY}}, {"tmdb": {"enabled": False}}, TVMAZE, id="setting by setting, not as a whole"
        ),
        pytest.param({}, {"omdb": {"api_key": Vault().seal(KEY)}}, TVMAZE, id="a key that cannot be opened"),
        pytest.param(
            {"omdb": {"api_key": KEY}},
            {"omdb": {"api_key": Vault().seal(KEY)}},
            [*TVMAZE, "omdb"],
            id="one that need not be opened",
        ),
        pytest.param({}, {"tvmaze": {"colour": "red"}}, TVMAZE, id="a setting of another version"),
        pytest.param({}, {"tvmaze": {"enabled": "perhaps"}}, TVMAZE, id="a value that this version refuses"),
        pytest.param({}, {"nobody": {"api_key": "x"}}, TVMAZE, id="a provider of another version"),
    ],
)
async def test_who_can_be_asked(
    connect: Callable[..., Connections], fixed: Mapping[str, Any], stored: Mapping[str, Any], names: list[str]
) -> None:
    connections = connect(fixed)
    connections.learn(stored)
    assert list(connections) == names
    assert [name for name, _ in connections.items()] == names
    assert len(connections) == len(names)


async def test_a_change_makes_a_new_connection_and_nothing_else_does(connect: Callable[..., Connections]) -> None:
    connections = connect()
    connections.learn({"tmdb": {"api_key": VAULT.seal(KEY)}})
    first, neighbour = connections["tmdb"], connections["tvmaze"]
    connections.learn({"tmdb": {"api_key": VAULT.seal(KEY)}})  # sealed anew, but the same
    assert connections["tmdb"] is first
    connections.learn({"tmdb": {"api_key": VAULT.seal(KEY), "requests_per_second": 3.0}})
    assert connections["tmdb"] is not first
    assert connections["tmdb"].health().per_second == 3.0
    assert connections["tvmaze"] is neighbour
    connections.learn({})
    assert "tmdb" not in connections
    assert connections.get("tmdb") is None


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        pytest.param({"api_key": "two words"}, "METARR_TMDB_API_KEY", id="a key that can be none"),
        pytest.param({"api_key": "x" * 5000}, "METARR_TMDB_API_KEY", id="a key that is too long"),
        pytest.param({"requests_per_second": "inf"}, "METARR_TMDB_REQUESTS_PER_SECOND", id="no limit at all"),
        pytest.param({"certification_countries": ["Germany"]}, "METARR_TMDB_CERT", id="no country"),
    ],
)
def test_what_is_wrong_is_named_by_its_variable_and_never_shown(fixed: Mapping[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        effective(PROVIDERS["tmdb"], fixed, {}, VAULT)
    assert str(next(iter(fixed.values()))) not in str(caught.value)
    assert caught.value.__cause__ is None


def test_countries_are_written_as_iso_has_them() -> None:
    settings = effective(PROVIDERS["tmdb"], {"certification_countries": ["de", "US"]}, {}, VAULT)
    assert settings.model_dump()["certification_countries"] == ("DE", "US")


def test_addresses_of_the_configuration_are_known() -> None:
    addresses = Fixed({"tmdb": {"url": "http://10.0.0.5/3"}}).addresses
    assert "http://10.0.0.5/3" in addresses
    assert "https://api.tvmaze.com" in addresses


@dataclass
class Slow:
    """A TVmaze that answers once it may."""

    runner: web.AppRunner = field(init=False)
    url: str = ""
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, _request: web.Request) -> web.Response:
        self.asked.set()
        await self.may_answer.wait()
        return web.json_response({"id": 1, "name": "Keepers"})

    async def until(self, connections: int) -> None:
        """Return when so many are open, as seen from here."""
        server = self.runner.server
        assert server is not None
        for _ in range(500):
            if len(server.connections) == connections:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{len(server.connections)} connections are open")


@asynccontextmanager
async def slow() -> AsyncIterator[Slow]:
    double, app = Slow(), web.Application()
    app.router.add_get("/{path:.*}", double.answer)
    double.runner = web.AppRunner(app)
    await double.runner.setup()
    await web.TCPSite(double.runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{double.runner.addresses[0][1]}"
    yield double
    await double.runner.cleanup()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"requests_per_second": 3.0}, id="replaced"),
        pytest.param({"enabled": False}, id="switched off"),
    ],
)
async def test_a_former_connection_closes_when_nobody_uses_it_any_more(
    connect: Callable[..., Connections], change: Mapping[str, Any]
) -> None:
    async with slow() as server:
        connections, settings = connect(), {"url": server.url}
        connections.learn({"tvmaze": settings})
        former = connections["tvmaze"]
        server.may_answer.set()
        await former.check()
        await server.until(connections=1)
        server.may_answer.clear()
        server.asked.clear()
        running = asyncio.create_task(former.check())
        await server.asked.wait()
        await asyncio.to_thread(connections.learn, {"tvmaze": {**settings, **change}})  # as claims do
        await asyncio.sleep(0)
        await server.until(connections=1)
        server.may_answer.set()
        await running
        await server.until(connections=0)
        await former.check()
        await server.until(connections=0)


async def test_a_former_connection_that_is_idle_closes_at_once(connect: Callable[..., Connections]) -> None:
    async with slow() as server:
        connections = connect()
        server.may_answer.set()
        connections.learn({"tvmaze": {"url": server.url}})
        await connections["tvmaze"].check()
        await server.until(connections=1)
        connections.learn({"tvmaze": {"url": server.url, "requests_per_second": 3.0}})
        await server.until(connections=0)
        await connections["tvmaze"].check()
        await server.until(connections=1)
        gc.collect()
        assert len(connections._former) == 0, "none is kept that nobody holds"
