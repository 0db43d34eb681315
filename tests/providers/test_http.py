"""Outcomes of asking a provider, over a real loopback server, on a clock that the test moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from clocks import Clock
from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import Fault, TmdbServer
from metarr.errors import MetarrError, Transient, Wait
from metarr.providers.base import Ask, BadKey, Surroundings
from metarr.providers.breaker import FAILURES_TO_OPEN, OPEN_SECONDS
from metarr.providers.endpoint import Endpoint
from metarr.providers.http import JsonClient
from metarr.providers.outcome import Verdict
from metarr.providers.tmdb import credentials

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SINTEL = "/movie/45745"
BUNNY = "/movie/10378"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.a-long-read-access-token"


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


def _endpoint(server: TmdbServer, key: str | None = TOKEN, timeout: float = 5.0) -> Endpoint:
    return Endpoint(
        name="tmdb",
        url=server.url,
        api_key=None if key is None else SecretStr(key),
        key_setting="METARR_TMDB_API_KEY",
        requests_per_second=1_000_000,
        probe="/authentication",
        credentials=credentials,
        shape=dict,
        timeout_seconds=timeout,
        max_body=20_000,
    )


def _client(server: TmdbServer, clock: Clock, key: str | None = TOKEN, timeout: float = 5.0) -> JsonClient:
    return JsonClient(_endpoint(server, key, timeout), Surroundings(), clock)


async def _get(client: JsonClient, path: str) -> Any:
    return await client.get(path, {}, Ask())


def _only(path: str, fault: Fault) -> dict[str, Fault]:
    return {f"/3{path}": fault}


async def test_an_answer_is_its_json_object(client: JsonClient) -> None:
    answer = await _get(client, SINTEL)
    assert answer is not None
    assert answer["title"] == "Sintel"


async def test_what_the_provider_does_not_know_is_absent_and_no_fault(client: JsonClient) -> None:
    assert [await _get(client, "/movie/1") for _ in range(FAILURES_TO_OPEN + 1)] == [None] * (FAILURES_TO_OPEN + 1)
    assert client.health().paused_for is None


async def test_a_short_key_travels_in_the_query_and_a_token_in_the_header(server: TmdbServer, clock: Clock) -> None:
    for key in ("0123456789abcdef0123456789abcdef", TOKEN):
        server.key = key
        client = _client(server, clock, key)
        assert await _get(client, SINTEL) is not None
        await client.close()


@pytest.mark.parametrize("key", ["0123456789abcdef0123456789abcdef", "wrong-token", None], ids=["v3", "v4", "none"])
async def test_a_refused_key_names_the_setting_and_never_the_key(
    server: TmdbServer, clock: Clock, key: str | None
) -> None:
    client = _client(server, clock, key)
    with pytest.raises(BadKey, match="METARR_TMDB_API_KEY") as caught:
        await _get(client, SINTEL)
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
        await _get(client, SINTEL)
    server.fault = lambda _path: fault
    with pytest.raises(Wait) as caught:
        await _get(client, SINTEL)
    await client.close()
    assert caught.value.cause == "tmdb:unreachable"
    assert server.calls["/3/movie/653"] == 0, "a redirect would carry the key elsewhere"


async def test_errors_of_a_broken_connection_do_not_carry_the_key(server: TmdbServer, clock: Clock) -> None:
    server.key = key = "0123456789abcdef0123456789abcdef"
    server.fault = lambda _path: Fault(is_cut=True)
    client = _client(server, clock, key)
    with pytest.raises(MetarrError) as caught:
        await _get(client, SINTEL)
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
        await _get(client, SINTEL)
    assert (caught.value.cause, caught.value.delay) == ("tmdb:quota", timedelta(seconds=7))
    with pytest.raises(Wait):
        await _get(client, BUNNY)
    assert server.calls[f"/3{BUNNY}"] == 0
    clock.now += 7
    assert await _get(client, BUNNY) is not None


async def test_an_announced_downtime_waits_as_long_as_announced(server: TmdbServer, client: JsonClient) -> None:
    server.fault = lambda _path: Fault(status=503, retry_after="120")
    with pytest.raises(Wait) as caught:
        await _get(client, SINTEL)
    assert (caught.value.cause, caught.value.delay) == ("tmdb:unreachable", timedelta(seconds=120))


async def test_nobody_listening_is_a_reason_to_wait(server: TmdbServer, client: JsonClient) -> None:
    await server.__aexit__()
    with pytest.raises(Wait, match="cannot be reached") as caught:
        await _get(client, SINTEL)
    assert caught.value.cause == "tmdb:unreachable"


async def test_repeated_failures_open_the_breaker_and_a_recovered_provider_closes_it(
    server: TmdbServer, client: JsonClient, clock: Clock
) -> None:
    server.fault = _only(SINTEL, Fault(status=500)).get
    await _fail(client, FAILURES_TO_OPEN)
    asked = client.health().calls
    assert client.health().state == "unreachable"
    with pytest.raises(Wait):
        await _get(client, BUNNY)
    assert client.health().calls == asked
    assert client.health().paused_for == timedelta(seconds=OPEN_SECONDS)
    clock.now += OPEN_SECONDS
    assert await _get(client, BUNNY) is not None
    assert await _get(client, BUNNY) is not None
    assert client.health().paused_for is None


async def test_a_probe_that_says_nothing_about_the_provider_makes_room_for_the_next(
    server: TmdbServer, client: JsonClient, clock: Clock
) -> None:
    server.fault = _only(SINTEL, Fault(status=500)).get
    await _fail(client, FAILURES_TO_OPEN)
    clock.now += OPEN_SECONDS
    server.key = "another"
    with pytest.raises(BadKey):
        await _get(client, BUNNY)
    server.key = TOKEN
    assert await _get(client, BUNNY) is not None


async def _fail(client: JsonClient, times: int) -> None:
    for number in range(1, times + 1):
        with pytest.raises(Wait if number == FAILURES_TO_OPEN else Transient):
            await _get(client, SINTEL)


async def test_once_the_breaker_is_open_no_job_pays_for_the_provider(
    server: TmdbServer, client: JsonClient, clock: Clock
) -> None:
    server.fault = _only(SINTEL, Fault(status=500)).get
    await _fail(client, FAILURES_TO_OPEN)
    for _ in range(12):
        clock.now += OPEN_SECONDS
        with pytest.raises(Wait) as caught:
            await _get(client, SINTEL)
        assert caught.value.delay == timedelta(seconds=OPEN_SECONDS)


async def test_a_provider_that_is_down_for_an_hour_costs_nobody_an_attempt(
    server: TmdbServer, client: JsonClient, clock: Clock
) -> None:
    end = clock.now + 3600
    await server.__aexit__()
    outcomes = set()
    while clock.now < end:
        with pytest.raises(MetarrError) as caught:
            await _get(client, SINTEL)
        assert isinstance(caught.value, Wait)
        outcomes.add(caught.value.cause)
        clock.now += caught.value.delay.total_seconds()
    assert outcomes == {"tmdb:unreachable"}, "one cause, one line"
    await server.__aenter__()
    assert await _get(client, SINTEL) is not None


@pytest.mark.parametrize(
    "body",
    ["{", "", "NaN!", "[" * 100_000, '{"a": ' + "9" * 5000 + "}", "null", '"words"', "\ud800"[:0] + "\x00"],
    ids=["cut", "empty", "words", "absurdly deep", "absurdly long number", "null", "a text", "a zero byte"],
)
async def test_what_is_no_json_of_the_right_shape_is_a_fault_that_names_the_path(
    server: TmdbServer, clock: Clock, body: str
) -> None:
    client = JsonClient(replace(_endpoint(server), max_body=200_000), Surroundings(), clock)
    server.fault = _only(SINTEL, Fault(body=body)).get
    with pytest.raises(Transient, match=f"tmdb: .*{SINTEL}"):
        await _get(client, SINTEL)
    await client.close()


@pytest.mark.parametrize(
    "key",
    ["two words", "tab\tkey", "line\nkey: evil", "schlüssel", "key\x00", "", "   "],
    ids=["a space", "a tab", "a line break", "an umlaut", "a zero byte", "empty", "blank"],
)
async def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(
    server: TmdbServer, clock: Clock, key: str
) -> None:
    client = _client(server, clock, key)
    with pytest.raises(BadKey, match="METARR_TMDB_API_KEY") as caught:
        await _get(client, SINTEL)
    await client.close()
    assert not key.strip() or key not in str(caught.value)
    assert server.calls.total() == 0


async def test_blanks_around_a_key_do_not_matter(server: TmdbServer, clock: Clock) -> None:
    client = _client(server, clock, f" {TOKEN}\n")
    assert await _get(client, SINTEL) is not None
    await client.close()


async def test_a_provider_without_keys_is_asked_without_one(server: TmdbServer, clock: Clock) -> None:
    client = JsonClient(replace(_endpoint(server, None), needs_key=False), Surroundings(), clock)
    with pytest.raises(BadKey, match="refuses"):
        await _get(client, SINTEL)
    await client.close()
    assert server.calls[f"/3{SINTEL}"] == 1


async def test_the_words_of_a_provider_do_not_show_the_key(server: TmdbServer, clock: Clock) -> None:
    client = _client(server, clock, "a-wrong-key")
    server.fault = lambda _path: Fault(status=401, body='{"status_message": "a-wrong-key is unknown"}')
    with pytest.raises(BadKey, match="… is unknown"):
        await _get(client, SINTEL)
    await client.close()


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [(Verdict.BAD_KEY, BadKey), (Verdict.QUOTA, Wait), (Verdict.FAULT, Transient), (Verdict.ABSENT, None)],
)
async def test_a_provider_may_say_with_200_that_something_is_wrong(
    server: TmdbServer, clock: Clock, verdict: Verdict, expected: type[Exception] | None
) -> None:
    def judge(status: int, body: Any) -> Verdict:
        return verdict if "title" in body else Verdict.OK

    client = JsonClient(replace(_endpoint(server), judge=judge), Surroundings(), clock)
    if expected is None:
        assert await _get(client, SINTEL) is None
    else:
        with pytest.raises(expected):
            await _get(client, SINTEL)
    await client.close()


async def test_a_quota_without_a_time_of_its_own_pauses_as_long_as_the_provider_is_known_to(
    server: TmdbServer, clock: Clock
) -> None:
    endpoint = replace(_endpoint(server), quota_pause=lambda now: timedelta(hours=24 - now.hour))
    client = JsonClient(endpoint, Surroundings(), clock, lambda: datetime(2026, 3, 6, 20, tzinfo=UTC))
    server.fault = lambda _path: Fault(status=429)
    with pytest.raises(Wait) as caught:
        await _get(client, SINTEL)
    assert caught.value.delay == timedelta(hours=4)
    assert (client.health().state, client.health().paused_for) == ("paused", timedelta(hours=4))
    await client.close()


async def test_the_calls_of_a_day_begin_anew_at_midnight_utc(server: TmdbServer, clock: Clock) -> None:
    wall = [datetime(2026, 3, 6, 23, 59, tzinfo=UTC)]
    client = JsonClient(_endpoint(server), Surroundings(), clock, lambda: wall[0])
    await _get(client, SINTEL)
    await _get(client, BUNNY)
    health = client.health()
    assert (health.state, health.calls, health.calls_today, health.per_second) == ("ok", 2, 2, 1_000_000)
    wall[0] += timedelta(minutes=2)
    assert (client.health().calls, client.health().calls_today) == (2, 0)
    await _get(client, SINTEL)
    assert (client.health().calls, client.health().calls_today) == (3, 1)
    await client.close()


async def test_the_check_asks_for_nothing_in_particular(server: TmdbServer, client: JsonClient) -> None:
    await client.check()
    server.key = "another"
    with pytest.raises(BadKey):
        await client.check()
    assert server.calls == {"/3/authentication": 2}
