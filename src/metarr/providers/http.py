"""The one way providers are asked over HTTP: a limiter, a circuit breaker, and outcomes told apart.

Absent (404) is `None`. A refused key is `BadKey`. A provider that is down, out of reach or has had enough of us is
`Wait`: no job pays for it. Only a fault of this very request, while the provider answers others, is `Transient`.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp

from metarr.errors import Transient, Wait
from metarr.providers.base import BadKey, Health

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import SecretStr

FAILURES_TO_OPEN = 5
SUCCESSES_TO_CLOSE = 2  # one good answer may be luck
OPEN_SECONDS = 300.0
UNREACHABLE_SECONDS = 30.0  # how long to wait after no connection at all
QUOTA_SECONDS = 10.0  # after a 429 that states no time of its own
_CONNECTIONS = 20  # TMDB allows 20 per address: https://www.themoviedb.org/talk/62c7c1b258361b005fd2e747
LONGEST_PAUSE = timedelta(hours=1)  # a provider's wish beyond this is taken for a mistake
_SHORT_KEY_LENGTH = 32  # https://developer.themoviedb.org/docs/authentication-application


class Limiter:
    """Token bucket, shared by all callers of the process. Slots are given in the order of asking."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._interval = 1.0 / per_second
        self._burst = max(1.0, per_second / 4) * self._interval  # a quarter of a second's worth at once
        self._clock = clock
        self._next = clock() - self._burst

    def reserve(self) -> float:
        """Seconds to wait until the caller's slot."""
        now = self._clock()
        self._next = max(self._next, now - self._burst) + self._interval
        return max(0.0, self._next - now)


class Breaker:
    """Closed until five failures in a row; open for five minutes; then single probes, two good ones close it.

    Every admission carries the episode it belongs to, so that a late answer cannot close or open a newer one.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._episode = 0
        self._failures = 0
        self._successes = 0
        self._open_until: float | None = None
        self._is_probing = False

    @property
    def open_for(self) -> float:
        """Seconds until the next probe may go out; 0 when requests may go out now."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    def admit(self) -> int | None:
        """Leave for one request, to be handed back to one of the three methods below; None: not now."""
        if self._open_until is not None:
            if self._is_probing or self.open_for > 0:
                return None
            self._is_probing = True
        return self._episode

    def succeeded(self, episode: int) -> None:
        if episode != self._episode:
            return
        self._failures = 0
        if self._open_until is None:
            return
        self._is_probing = False
        self._successes += 1
        if self._successes >= SUCCESSES_TO_CLOSE:
            self._start(open_until=None)

    def failed(self, episode: int) -> None:
        if episode != self._episode:
            return
        self._failures += 1
        if self._open_until is not None or self._failures >= FAILURES_TO_OPEN:
            self._start(open_until=self._clock() + OPEN_SECONDS)

    def released(self, episode: int) -> None:
        """The request came to nothing that says anything about the provider (cancelled, over quota)."""
        if episode == self._episode:
            self._is_probing = False

    def _start(self, *, open_until: float | None) -> None:
        self._episode += 1
        self._failures = self._successes = 0
        self._is_probing = False
        self._open_until = open_until


class _Fault(Exception):
    """Something went wrong with one request; whose fault it is remains to be seen."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom to ask and how. `probe` is a cheap path that a working provider always answers."""

    name: str
    url: str
    api_key: SecretStr | None
    key_setting: str  # what a person sets to change the key
    requests_per_second: float
    probe: str
    timeout_seconds: float = 20.0
    connect_seconds: float = 5.0
    max_body: int = 8 * 1024 * 1024  # bytes; the longest TMDB answers are below one megabyte


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def message(self) -> str:
        """The provider's own words about an error, if it has any."""
        try:
            words = json.loads(self.body)
        except ValueError:
            return ""
        return str(words.get("status_message") or "")[:200] if isinstance(words, dict) else ""


class JsonClient:
    """One provider's session. Made outside a loop, opened by the first request."""

    def __init__(self, endpoint: Endpoint, clock: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._limiter = Limiter(endpoint.requests_per_second, clock)
        self._breaker = Breaker(clock)
        self._quota_until = 0.0
        self._session: aiohttp.ClientSession | None = None
        self._calls = 0

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def health(self) -> Health:
        pause = max(self._breaker.open_for, self._quota_until - self._clock())
        return Health(calls=self._calls, paused_for=timedelta(seconds=pause) if pause > 0 else None)

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """The answer's JSON object, or None if the provider knows no such thing (404)."""
        episode = self._admit()
        try:
            answer = await self._ask(path, params or {})
        except _Fault as fault:
            self._breaker.failed(episode)
            raise await self._verdict(fault) from fault
        except Wait as wait:
            if wait.cause == self._cause("unreachable"):
                self._breaker.failed(episode)
            raise
        else:
            self._breaker.succeeded(episode)
            return answer
        finally:
            self._breaker.released(episode)

    def _admit(self) -> int:
        name = self._endpoint.name
        quota = self._quota_until - self._clock()
        if quota > 0:
            raise self._wait("quota", f"{name} asked us to slow down", quota)
        episode = self._breaker.admit()
        if episode is None:
            pause = max(self._breaker.open_for, 1.0)
            raise self._wait("unreachable", f"{name} failed repeatedly and is left alone for now", pause)
        return episode

    async def _verdict(self, fault: _Fault) -> Transient | Wait:
        """Whose fault was it? A provider that does not answer its probe either is down, and no job pays for that."""
        name = self._endpoint.name
        try:
            await self._ask(self._endpoint.probe, {})
        except _Fault:
            return self._wait("unreachable", f"{name} does not work at the moment: {fault}", UNREACHABLE_SECONDS)
        except Wait as wait:
            return wait
        except BadKey:
            pass  # it answers, so it works
        return Transient(f"{name}: {fault}; it answers other questions, so this one is asked again later")

    async def _ask(self, path: str, params: Mapping[str, str]) -> dict[str, Any] | None:
        reply = await self._send(path, params)
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        self._refuse(path, reply)
        try:
            answer = json.loads(reply.body)
        except ValueError as error:
            raise _Fault(f"the answer to {path} is not JSON") from error
        if not isinstance(answer, dict):
            raise _Fault(f"the answer to {path} is not a JSON object")
        return answer

    def _refuse(self, path: str, reply: _Reply) -> None:
        """Raise what an answer other than 200 means."""
        name, status = self._endpoint.name, reply.status
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            words = reply.message() or "no reason given"
            raise BadKey(f"{name} refuses the API key ({status}: {words}). Check {self._endpoint.key_setting}.")
        wish = retry_after(reply.headers.get("Retry-After"), datetime.now(UTC))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            pause = QUOTA_SECONDS if wish is None else wish.total_seconds()
            self._quota_until = max(self._quota_until, self._clock() + pause)
            raise self._wait("quota", f"{name} has had enough requests for now (429)", pause)
        if status == HTTPStatus.SERVICE_UNAVAILABLE and wish is not None:
            raise self._wait("unreachable", f"{name} is down for a while (503)", wish.total_seconds())
        if status != HTTPStatus.OK:
            words = reply.message()
            raise _Fault(f"status {status} for {path}" + (f" ({words})" if words else ""))

    async def _send(self, path: str, params: Mapping[str, str]) -> _Reply:
        await asyncio.sleep(self._limiter.reserve())
        self._calls += 1
        headers, query = self._credentials()
        try:
            # Redirects are refused: they would carry the key elsewhere.
            async with self._opened().get(
                self._endpoint.url + path, params={**params, **query}, headers=headers, allow_redirects=False
            ) as response:
                return _Reply(response.status, await self._read(path, response), response.headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # No network, no name, nobody listening. The error's own text names the host only, never the query.
            text = f"{self._endpoint.name} cannot be reached: {error}"
            raise self._wait("unreachable", text, UNREACHABLE_SECONDS) from error
        except TimeoutError as error:
            raise _Fault(f"no answer to {path} within {self._endpoint.timeout_seconds:g} s") from error
        except aiohttp.ClientError as error:
            # Only the kind of error: texts of aiohttp may contain the whole address, and that may contain the key.
            raise _Fault(f"the connection broke during {path} ({type(error).__name__})") from None

    async def _read(self, path: str, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._endpoint.max_body:
                raise _Fault(f"the answer to {path} is longer than {self._endpoint.max_body} bytes")
        return bytes(body)

    def _credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and query parameters: a short key travels in the query, a token in the header."""
        if self._endpoint.api_key is None:
            raise BadKey(f"{self._endpoint.name} needs an API key. Set {self._endpoint.key_setting}.")
        key = self._endpoint.api_key.get_secret_value()
        if len(key) == _SHORT_KEY_LENGTH:
            return {}, {"api_key": key}
        return {"Authorization": f"Bearer {key}"}, {}

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(
                total=self._endpoint.timeout_seconds, sock_connect=self._endpoint.connect_seconds
            )
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit_per_host=_CONNECTIONS),
                timeout=timeout,
                headers={"Accept": "application/json"},
            )
        return self._session

    def _cause(self, what: str) -> str:
        return f"{self._endpoint.name}:{what}"

    def _wait(self, what: str, text: str, seconds: float) -> Wait:
        return Wait(text, cause=self._cause(what), delay=timedelta(seconds=seconds))


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """`Retry-After` as seconds or as an HTTP date (RFC 9110, 10.2.3); None if it is absent or nonsense."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        # Long before the number of digits becomes a problem
        return min(timedelta(seconds=int(text[:9])), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), LONGEST_PAUSE)
