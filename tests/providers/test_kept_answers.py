"""Answers from earlier: who asks again within days costs no call, and who asks at the same time shares one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from pydantic import SecretStr

from clocks import Clock
from metarr.errors import MetarrError, Transient, Wait
from metarr.providers.base import Ask, BadKey, Surroundings
from metarr.providers.endpoint import Endpoint
from metarr.providers.http import JsonClient
from metarr.store import answers, schema
from metarr.store.answers import Answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from metarr.store.db import Store

KEY = "a-secret-key"
FRESH = Ask(is_fresh=True)


class Provider:
    """On loopback: counts its calls, answers as told, and holds its answers back while `held` is set."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status, self.text = 200, '{"version": 1}'
        self.held: asyncio.Event | None = None

    async def reply(self, request: web.Request) -> web.Response:
        self.calls.append(request.path_qs)
        if request.path == "/probe":
            return web.json_response({})
        if self.held is not None:
            await self.held.wait()
        return web.Response(status=self.status, text=self.text)


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """Answers are kept alike on both databases: tests/store/test_answers.py."""
    return sqlite_store


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def runner(provider: Provider) -> AsyncIterator[web.AppRunner]:
    app = web.Application()
    app.router.add_get("/{path:.*}", provider.reply)
    made = web.AppRunner(app, shutdown_timeout=0.1)
    await made.setup()
    await web.TCPSite(made, "127.0.0.1", 0).start()
    yield made
    await made.cleanup()


@pytest.fixture
async def client(runner: web.AppRunner, store: Store) -> AsyncIterator[JsonClient]:
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    made = JsonClient(
        Endpoint("loopback", url, SecretStr(KEY), "KEY", 1_000_000, "/probe", lambda key: ({}, {"key": key})),
        Surroundings(Answers(store)),
        Clock(),
    )
    yield made
    await made.close()


def _asked(provider: Provider) -> int:
    return sum(not call.startswith("/probe") for call in provider.calls)


async def test_the_same_question_within_a_week_costs_one_call(
    provider: Provider, client: JsonClient, store: Store
) -> None:
    first = await client.get("/a", {"x": "1", "y": "2"}, Ask())
    first["changed"] = "by its reader"
    assert await client.get("/a", {"y": "2", "x": "1"}, Ask()) == {"version": 1}
    store.skew += timedelta(days=6, hours=23)
    assert await client.get("/a", {"x": "1", "y": "2"}, Ask()) == {"version": 1}
    assert _asked(provider) == 1
    store.skew += timedelta(hours=2)
    await client.get("/a", {"x": "1", "y": "2"}, Ask())
    assert _asked(provider) == 2


async def test_other_questions_are_other_answers(provider: Provider, client: JsonClient) -> None:
    for path, query in (("/a", {}), ("/b", {}), ("/a", {"x": "1"}), ("/a", {"x": "2"}), ("/a", {"x": "1&y=2"})):
        await client.get(path, query, Ask())
    assert _asked(provider) == 5


async def test_what_is_unknown_today_is_asked_again_tomorrow(
    provider: Provider, client: JsonClient, store: Store
) -> None:
    provider.status = 404
    assert await client.get("/a", {}, Ask()) is None
    assert await client.get("/a", {}, Ask()) is None
    assert _asked(provider) == 1
    provider.status = 200
    store.skew += timedelta(days=1, minutes=1)
    assert await client.get("/a", {}, Ask()) == {"version": 1}


async def test_a_fresh_answer_is_asked_for_and_kept_for_the_others(provider: Provider, client: JsonClient) -> None:
    await client.get("/a", {}, Ask())
    provider.text = '{"version": 2}'
    assert await client.get("/a", {}, FRESH) == {"version": 2}
    assert await client.get("/a", {}, Ask()) == {"version": 2}
    assert _asked(provider) == 2


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [(500, "{}", Transient), (200, "<html>", Transient), (401, "{}", BadKey), (429, "{}", Wait)],
    ids=["500", "HTML", "a refused key", "429"],
)
async def test_only_good_answers_are_kept(
    provider: Provider, client: JsonClient, store: Store, status: int, text: str, expected: type[MetarrError]
) -> None:
    provider.status, provider.text = status, text
    with pytest.raises(expected):
        await client.get("/a", {}, Ask())
    with store.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.answer)) == 0


@pytest.mark.parametrize("days", [8, 29], ids=["a week", "nearly a month"])
async def test_an_old_answer_stands_in_for_a_provider_out_of_reach(
    runner: web.AppRunner, client: JsonClient, store: Store, days: int
) -> None:
    await client.get("/a", {}, Ask())
    store.skew += timedelta(days=days)
    await runner.cleanup()
    assert await client.get("/a", {}, Ask()) == {"version": 1}
    assert client.health().state == "unreachable"
    with pytest.raises(Wait):
        await client.get("/b", {}, Ask())
    with pytest.raises(Wait):
        await client.get("/a", {}, FRESH)


async def test_an_answer_older_than_a_month_stands_in_for_nobody(
    runner: web.AppRunner, client: JsonClient, store: Store
) -> None:
    await client.get("/a", {}, Ask())
    store.skew += timedelta(days=31)
    await runner.cleanup()
    with pytest.raises(Wait):
        await client.get("/a", {}, Ask())


async def test_a_key_is_neither_in_the_key_of_an_answer_nor_in_its_body(client: JsonClient, store: Store) -> None:
    await client.get("/a", {"x": "1"}, Ask())
    with store.engine.connect() as connection:
        (row,) = connection.execute(sa.select(schema.answer))
    assert row.key == "loopback /a?x=1"
    assert KEY not in repr(row)


async def test_very_long_answers_are_given_and_not_kept(
    provider: Provider, client: JsonClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST", 100)
    provider.text = '["' + "x" * 100 + '"]'
    assert await client.get("/a", {}, Ask()) == await client.get("/a", {}, Ask()) == ["x" * 100]
    assert _asked(provider) == 2


async def _on_the_way(provider: Provider, *asks: asyncio.Task[Any]) -> None:
    """Until the provider has the question, and everybody else waits, too."""
    while not provider.calls:
        await asyncio.wait(asks, timeout=0.01)
    await asyncio.wait(asks, timeout=0.05)


async def test_who_asks_the_same_at_the_same_time_shares_one_call_but_not_one_object(
    provider: Provider, client: JsonClient
) -> None:
    provider.held = asyncio.Event()
    asks = [asyncio.create_task(client.get("/a", {}, ask)) for ask in (Ask(), FRESH, Ask(priority=10))]
    await _on_the_way(provider, *asks)
    provider.held.set()
    first, second, third = await asyncio.gather(*asks)
    assert first == second == third == {"version": 1}
    assert first is not second
    assert second is not third
    assert _asked(provider) == 1


async def test_one_of_several_that_gives_up_does_not_take_the_answer_from_the_others(
    provider: Provider, client: JsonClient
) -> None:
    provider.held = asyncio.Event()
    asks = [asyncio.create_task(client.get("/a", {}, FRESH)) for _ in range(3)]
    await _on_the_way(provider, *asks)
    asks[0].cancel()
    await asyncio.wait(asks[:1])
    provider.held.set()
    assert await asyncio.gather(*asks[1:]) == [{"version": 1}] * 2
    assert asks[0].cancelled()
    assert _asked(provider) == 1


async def test_a_call_that_nobody_wants_any_more_ends_and_the_next_one_is_new(
    provider: Provider, client: JsonClient
) -> None:
    provider.held = asyncio.Event()
    asks = [asyncio.create_task(client.get("/a", {}, FRESH)) for _ in range(2)]
    await _on_the_way(provider, *asks)
    for ask in asks:
        ask.cancel()
    await asyncio.wait(asks)
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if "_fetch_and_keep" in repr(task)]
    provider.held = None
    assert await client.get("/a", {}, Ask()) == {"version": 1}
    assert _asked(provider) == 2
