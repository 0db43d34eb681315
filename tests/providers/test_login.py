"""A provider that wants a login: one token for all, renewed when it is refused or old, and never shown."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from clocks import Clock
from metarr.errors import MetarrError, Wait
from metarr.providers.base import Ask, BadKey, Surroundings
from metarr.providers.endpoint import Endpoint, Login
from metarr.providers.http import JsonClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = "a-secret-key"


class Provider:
    """Like TVDB: POST /login with the key gives a token, which everything else asks for."""

    def __init__(self) -> None:
        self.logins: list[Any] = []
        self.asked = 0
        self.login_answer: tuple[int, Any] | None = None
        self.valid: set[str] = set()
        self.is_locked = False

    async def login(self, request: web.Request) -> web.Response:
        self.logins.append(await request.json())
        if self.login_answer is not None:
            status, body = self.login_answer
            return web.json_response(body, status=status)
        if self.logins[-1] != {"apikey": KEY}:
            return web.json_response({"status": "failure", "message": "Unauthorized"}, status=401)
        token = f"token-{len(self.logins)}"
        self.valid = {token}
        return web.json_response({"status": "success", "data": {"token": token}})

    async def reply(self, request: web.Request) -> web.Response:
        self.asked += 1
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.is_locked or token not in self.valid:
            return web.json_response({"status": "failure", "message": "Unauthorized"}, status=401)
        return web.json_response({"data": {"id": 1}})


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def url(provider: Provider) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/login", provider.login)
    app.router.add_get("/{path:.*}", provider.reply)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def client(url: str, clock: Clock) -> AsyncIterator[JsonClient]:
    made = _client(url, clock)
    yield made
    await made.close()


def _token(answer: Any) -> str | None:
    return answer.get("data", {}).get("token") if isinstance(answer, dict) else None


def _client(url: str, clock: Clock, key: str = KEY) -> JsonClient:
    login = Login(body=lambda key: {"apikey": key}, token=_token)
    return JsonClient(
        Endpoint("tvdb", url, SecretStr(key), "METARR_TVDB_API_KEY", 1_000_000, "/probe", login=login),
        Surroundings(),
        clock,
    )


async def test_many_who_need_the_token_log_in_once(provider: Provider, client: JsonClient) -> None:
    answers = await asyncio.gather(*(client.get(f"/{number}", {}, Ask()) for number in range(8)))
    assert answers == [{"data": {"id": 1}}] * 8
    assert provider.logins == [{"apikey": KEY}]


async def test_a_refused_token_is_renewed_once_for_all(provider: Provider, client: JsonClient) -> None:
    await client.get("/1", {}, Ask())
    provider.valid = set()
    await asyncio.gather(*(client.get(f"/{number}", {}, Ask()) for number in range(8)))
    assert len(provider.logins) == 2


async def test_a_token_that_is_refused_though_it_is_new_is_a_refused_key(
    provider: Provider, client: JsonClient
) -> None:
    provider.is_locked = True
    with pytest.raises(BadKey, match="METARR_TVDB_API_KEY"):
        await client.get("/1", {}, Ask())
    assert (len(provider.logins), provider.asked) == (2, 2)


async def test_a_token_is_renewed_before_it_ends(provider: Provider, client: JsonClient, clock: Clock) -> None:
    await client.get("/1", {}, Ask())
    clock.now += timedelta(days=24).total_seconds()
    await client.get("/2", {}, Ask())
    assert len(provider.logins) == 1
    clock.now += timedelta(days=2).total_seconds()
    await client.get("/3", {}, Ask())
    assert len(provider.logins) == 2


async def test_a_refused_login_is_a_refused_key_that_is_not_shown(url: str, clock: Clock, provider: Provider) -> None:
    client = _client(url, clock, "another-secret")
    with pytest.raises(BadKey, match="Unauthorized") as caught:
        await client.get("/1", {}, Ask())
    await client.close()
    assert "another-secret" not in str(caught.value)
    assert provider.asked == 0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((500, {}), Wait),
        ((200, {"data": {}}), Wait),
        ((200, {"data": {"token": "two words\r\nX-Evil: 1"}}), Wait),
        ((200, ["token"]), Wait),
        ((429, {}), Wait),
    ],
    ids=["500", "no token", "a token that cannot be sent", "a list", "429"],
)
async def test_a_login_that_does_not_work_is_the_provider_being_down(
    provider: Provider, client: JsonClient, answer: tuple[int, Any], expected: type[MetarrError]
) -> None:
    provider.login_answer = answer
    with pytest.raises(expected):
        await client.get("/1", {}, Ask())
    assert provider.asked == 0
    provider.login_answer = None


async def test_whoever_gives_up_while_logging_in_leaves_it_to_the_next(provider: Provider, client: JsonClient) -> None:
    task = asyncio.create_task(client.get("/1", {}, Ask()))
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await client.get("/2", {}, Ask()) == {"data": {"id": 1}}
