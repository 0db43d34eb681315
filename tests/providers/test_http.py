"""Outcomes of asking a provider, over a real loopback server; limiter and breaker on a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import Fault, TmdbServer
from metarr.errors import MetarrError, Transient, Wait
from metarr.providers.base import BadKey
from metarr.providers.http import FAILURES_TO_OPEN, OPEN_SECONDS, Breaker, Endpoint, JsonClient, Limiter, retry_after

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SINTEL = "/movie/45745"
BUNNY = "/movie/10378"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.a-long-read-access-token"


class Clock:
    """Time that stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server() -> AsyncIterator[TmdbServer]:
    async with TmdbServer(FILMS, key=TOKEN) as running:
        yield running


@pytest.fixture
async def client(server: TmdbServer, clock: Clock) -> AsyncIterator[JsonClient]:
    made = _client(server, clock)
    yield made
    await made.close()


def _client(server: TmdbServer, clock: Clock, key: str | None = TOKEN, timeout: float = 5.0) -> JsonClient:
    return JsonClient(
        Endpoint(
            name="tmdb",
            url=server.url,
            api_key=None if key is None else SecretStr(key),
            key_setting="METARR_TMDB_API_KEY",
            requests_per_second=1_000_000,
            probe="/authentication",
            timeout_seconds=timeout,
            max_body=20_000,
        ),
        clock,
    )


def _only(path: str, fault: Fault) -> dict[str, Fault]:
    return {f"/3{path}": fault}


async def test_an_answer_is_its_json_object(client: JsonClient) -> None:
    answer = await client.get(SINTEL)
    assert answer is not None
    assert answer["title"] == "Sintel"


async def test_what_the_provider_does_not_know_is_absent_and_no_fault(client: JsonClient) -> None:
    assert [await client.get("/movie/1") for _ in range(FAILURES_TO_OPEN + 1)] == [None] * (FAILURES_TO_OPEN + 1)
    assert client.health().paused_for is None


async def test_a_short_key_travels_in_the_query_and_a_token_in_the_header(server: TmdbServer, clock: Clock) -> None:
    for key in ("0123456789abcdef0123456789abcdef", TOKEN):
        server.key = key
        client = _client(server, clock, key)
        assert await client.get(SINTEL) is not None
        await client.close()


@pytest.mark.parametrize("key", ["0123456789abcdef0123456789abcdef", "wrong-token", None], ids=["v3", "v4", "none"])
async def test_a_refused_key_names_the_setting_and_never_the_key(
    server: TmdbServer, clock: Clock, key: str | None
) -> None:
    client = _client(server, clock, key)
    with pytest.raises(BadKey, match="METARR_TMDB_API_KEY") as caught:
        await client.get(SINTEL)
    await client.close()
    assert key is None or key not in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=502),
        Fault(body="<html>a captive portal</html>"),
        Fault(body="[1, 2]"),
        Fault(body=f'{{"title": "{"x" * 30_000}"}}'),
        Fault(is_cut=True),
        Fault(status=301, location="/3/movie/653"),
        Fault(delay=5.0),
    ],
    ids=["500", "502", "HTML", "a list", "too long", "cut off", "a redirect", "too slow"],
)
async def test_a_fault_of_one_request_is_transient_and_of_all_requests_a_reason_to_wait(
    server: TmdbServer, clock: Clock, fault: Fault
) -> None:
    client = _client(server, clock, timeout=0.2)
    server.fault = _only(SINTEL, fault).get
    with pytest.raises(Transient, match=SINTEL):
        await client.get(SINTEL)
    server.fault = lambda _path: fault
    with pytest.raises(Wait) as caught:
        await client.get(SINTEL)
    await client.close()
    assert caught.value.cause == "tmdb:unreachable"
    assert server.calls["/3/movie/653"] == 0, "a redirect would carry the key elsewhere"


async def test_errors_of_a_broken_connection_do_not_carry_the_key(server: TmdbServer, clock: Clock) -> None:
    server.key = key = "0123456789abcdef0123456789abcdef"
    server.fault = lambda _path: Fault(is_cut=True)
    client = _client(server, clock, key)
    with pytest.raises(MetarrError) as caught:
        await client.get(SINTEL)
    await client.close()
    error: BaseException | None = caught.value
    while error is not None:
        assert key not in f"{error} {error!r}"
        error = error.__cause__


async def test_a_full_quota_waits_as_long_as_the_provider_says_and_asks_nobody_meanwhile(
    server: TmdbServer, client: JsonClient, clock: Clock
) -> None:
    server.fault = _only(SINTEL, Fault(status=429, retry_after="7")).get
    with pytest.raises(Wait) as caught:
        await client.get(SINTEL)
    assert (caught.value.cause, caught.value.delay) == ("tmdb:quota", timedelta(seconds=7))
    with pytest.raises(Wait):
        await client.get(BUNNY)
    assert server.calls[f"/3{BUNNY}"] == 0
    clock.now += 7
    assert await client.get(BUNNY) is not None


async def test_an_announced_downtime_waits_as_long_as_announced(server: TmdbServer, client: JsonClient) -> None:
    server.fault = lambda _path: Fault(status=503, retry_after="120")
    with pytest.raises(Wait) as caught:
        await client.get(SINTEL)
    assert (caught.value.cause, caught.value.delay) == ("tmdb:unreachable", timedelta(seconds=120))


async def test_nobody_listening_is_a_reason_to_wait(server: TmdbServer, client: JsonClient) -> None:
    await server.__aexit__()
    with pytest.raises(Wait, match="cannot be reached") as caught:
        await client.get(SINTEL)
    assert caught.value.cause == "tmdb:unreachable"


async def test_repeated_failures_open_the_breaker_and_a_recovered_provider_closes_it(
    server: TmdbServer, client: JsonClient, clock: Clock
) -> None:
    server.fault = _only(SINTEL, Fault(status=500)).get
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(Transient):
            await client.get(SINTEL)
    asked = client.health().calls
    with pytest.raises(Wait):
        await client.get(BUNNY)
    assert client.health().calls == asked
    assert client.health().paused_for == timedelta(seconds=OPEN_SECONDS)
    clock.now += OPEN_SECONDS
    assert await client.get(BUNNY) is not None
    assert await client.get(BUNNY) is not None
    assert client.health().paused_for is None


async def test_a_probe_that_says_nothing_about_the_provider_makes_room_for_the_next(
    server: TmdbServer, client: JsonClient, clock: Clock
) -> None:
    server.fault = _only(SINTEL, Fault(status=500)).get
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(Transient):
            await client.get(SINTEL)
    clock.now += OPEN_SECONDS
    server.key = "another"
    with pytest.raises(BadKey):
        await client.get(BUNNY)
    server.key = TOKEN
    assert await client.get(BUNNY) is not None


def test_the_breaker_probes_one_by_one_and_closes_after_two_good_answers(clock: Clock) -> None:
    breaker = _opened(clock)
    assert breaker.admit() is None
    clock.now += OPEN_SECONDS
    first = breaker.admit()
    assert first is not None
    assert breaker.admit() is None, "one probe at a time"
    breaker.succeeded(first)
    second = breaker.admit()
    assert second is not None
    assert breaker.admit() is None, "one good answer may be luck"
    breaker.succeeded(second)
    assert breaker.admit() is not None
    assert breaker.admit() is not None


def test_a_failed_probe_opens_the_breaker_anew(clock: Clock) -> None:
    breaker = _opened(clock)
    clock.now += OPEN_SECONDS
    probe = breaker.admit()
    assert probe is not None
    breaker.failed(probe)
    assert breaker.admit() is None
    assert breaker.open_for == OPEN_SECONDS


def test_an_abandoned_probe_makes_room_for_the_next(clock: Clock) -> None:
    breaker = _opened(clock)
    clock.now += OPEN_SECONDS
    probe = breaker.admit()
    assert probe is not None
    breaker.released(probe)
    assert breaker.admit() is not None


def test_a_late_answer_of_an_earlier_episode_changes_nothing(clock: Clock) -> None:
    breaker = Breaker(clock)
    late = breaker.admit()
    assert late is not None
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(late)
    clock.now += OPEN_SECONDS
    breaker.succeeded(late)
    breaker.succeeded(late)
    assert breaker.admit() is not None
    assert breaker.admit() is None, "still probing"


def test_a_success_in_between_keeps_the_breaker_closed(clock: Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(3 * FAILURES_TO_OPEN):
        episode = breaker.admit()
        assert episode is not None
        breaker.failed(episode)
        breaker.succeeded(episode)
    assert breaker.admit() is not None


def _opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES_TO_OPEN):
        episode = breaker.admit()
        assert episode is not None
        breaker.failed(episode)
    return breaker


@given(per_second=st.floats(0.5, 100), pauses=st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_the_limiter_keeps_its_rate_and_the_order_of_asking(per_second: float, pauses: list[float]) -> None:
    clock = Clock()
    limiter = Limiter(per_second, clock)
    slots = []
    for pause in pauses:
        clock.now += pause
        slots.append(clock.now + limiter.reserve())
    assert slots == sorted(slots)
    burst = max(1.0, per_second / 4)
    for first, slot in enumerate(slots):
        within_a_second = sum(1 for later in slots[first:] if later < slot + 1 - 1e-6)
        assert within_a_second <= per_second + burst + 1


def test_an_idle_limiter_lets_the_next_call_through_at_once(clock: Clock) -> None:
    limiter = Limiter(2.0, clock)
    assert limiter.reserve() == 0
    assert limiter.reserve() == pytest.approx(0.5)
    clock.now += 60
    assert limiter.reserve() == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("5", timedelta(seconds=5)),
        (" 0 ", timedelta()),
        ("Fri, 06 Mar 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Fri, 06 Mar 2026 11:00:00 GMT", timedelta()),
        ("99999999999999", timedelta(hours=1)),
        ("soon", None),
        ("-3", None),
    ],
    ids=["absent", "seconds", "no time", "a date", "a date gone by", "absurdly long", "a word", "negative"],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, expected: timedelta | None) -> None:
    assert retry_after(value, datetime(2026, 3, 6, 12, 0, 0, tzinfo=UTC)) == expected
