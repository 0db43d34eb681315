"""One request and what it came to: session, credentials, limiter, pauses. Nothing here decides what follows from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import aiohttp

from metarr import tracing
from metarr.errors import Wait
from metarr.providers.base import BadKey, is_usable_key
from metarr.providers.limiter import Limiter
from metarr.providers.login import Token
from metarr.providers.outcome import Verdict, retry_after, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from metarr.providers.base import Lease
    from metarr.providers.endpoint import Endpoint, Login

UNREACHABLE = "unreachable"  # cause and state: no network, or a provider that is down
UNREACHABLE_SECONDS = 30.0  # how long to wait after no connection at all
_CONNECTIONS = 20  # TMDB allows 20 per address: https://www.themoviedb.org/talk/62c7c1b258361b005fd2e747
_REDIRECTS = frozenset(
    {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT}
)


class Fault(Exception):
    """Something went wrong with one request; whose fault it is remains to be seen."""


@dataclass(slots=True)
class Reply:
    """An answer as it was sent."""

    status: int
    body: bytes
    retry_after: str | None
    location: str | None = None  # of a redirect
    json: Any = None  # None: the body is none

    def own_json(self) -> Any:  # noqa: ANN401  whatever JSON a provider sends
        """The decoded body, a new one for every caller, who may change it."""
        decoded, self.json = self.json, None
        return json.loads(self.body) if decoded is None else decoded


@dataclass(slots=True)
class _Calls:
    """How many were made."""

    all: int = 0
    today: int = 0
    day: date | None = None

    def add(self, day: date) -> None:
        self.all += 1
        self.today = self.on(day) + 1
        self.day = day

    def on(self, day: date) -> int:
        return self.today if day == self.day else 0


class Wire:
    """The connection to one endpoint. Made outside a loop, opened by the first request."""

    def __init__(
        self, endpoint: Endpoint, lease: Lease | None, clock: Callable[[], float], wall: Callable[[], datetime]
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._wall = wall
        reserve = None if lease is None else partial(lease.reserve, endpoint.name)
        self._limiter = Limiter(endpoint.requests_per_second, clock, reserve)
        self._token = None if endpoint.login is None else Token(endpoint.login.lifetime, clock)
        self._paused_until = 0.0
        self._session: aiohttp.ClientSession | None = None
        self._under_way = 0
        self._is_retired = False
        self._calls = _Calls()

    @property
    def calls(self) -> int:
        return self._calls.all

    @property
    def calls_today(self) -> int:
        """Since midnight UTC."""
        return self._calls.on(self._wall().astimezone(UTC).date())

    @property
    def paused_for(self) -> float:
        """Seconds that the provider asked us to wait."""
        return max(0.0, self._paused_until - self._clock())

    async def retire(self) -> None:
        """Stay open only while a request is under way."""
        self._is_retired = True
        if not self._under_way:
            await self._hang_up()

    async def close(self) -> None:
        await self._limiter.close()
        await self._hang_up()

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def mind_pause(self) -> None:
        """Raise Wait while the provider wants to be left alone."""
        if self.paused_for > 0:
            raise self.wait("quota", f"{self._endpoint.name} asked us to slow down", self.paused_for)

    def wait(self, what: str, text: str, seconds: float) -> Wait:
        """A Wait for the cause `what`."""
        return Wait(text, cause=f"{self._endpoint.name}:{what}", delay=timedelta(seconds=seconds))

    async def ask(self, path: str, params: Mapping[str, str], priority: int) -> Reply | None:
        """A good answer; None: the provider does not know it. Raises BadKey, Wait, Fault."""
        secret = await self._secret(priority)
        reply = await self._get(path, params, secret, priority)
        verdict = self._judge(path, reply)
        if verdict is Verdict.BAD_KEY and self._token is not None and secret is not None:
            self._token.drop(secret)
            reply = await self._get(path, params, await self._secret(priority), priority)
            verdict = self._judge(path, reply)
        self._refuse(path, reply, verdict)
        return None if verdict is Verdict.ABSENT else reply

    async def _get(self, path: str, params: Mapping[str, str], secret: str | None, priority: int) -> Reply:
        if secret is not None:
            headers, query = self._endpoint.credentials(secret)
            return await self._send("GET", path, priority, params={**params, **query}, headers=headers)
        reply = await self._send("GET", path, priority, params=params)
        onward = self._onward(reply)
        return reply if onward is None else await self._send("GET", onward, priority)

    def _onward(self, reply: Reply) -> str | None:
        """Where a redirect leads within the same API. TVmaze answers like that when it is asked for another's id."""
        if reply.location is None or reply.status not in _REDIRECTS:
            return None
        own = self._endpoint.url.partition("://")[2]
        place = urljoin(f"{self._endpoint.url}/", reply.location).partition("://")[2]
        return place.removeprefix(own) if place.startswith(f"{own}/") else None

    async def _secret(self, priority: int) -> str | None:
        """What shows that we may ask; None where nobody wants to see it."""
        endpoint = self._endpoint
        if endpoint.api_key is None:
            if endpoint.needs_key:
                raise BadKey(f"{endpoint.name} needs an API key. Set {endpoint.key_setting}.")
            return None
        key = endpoint.api_key.get_secret_value().strip()
        if not is_usable_key(key):
            raise BadKey(
                f"The API key of {endpoint.name} is empty or holds spaces or special characters, as no key does. "
                f"Check {endpoint.key_setting}."
            )
        if endpoint.login is None or self._token is None:
            return key
        return await self._token.get(partial(self._log_in, endpoint.login, key, priority))

    async def _log_in(self, login: Login, key: str, priority: int) -> str:
        reply = await self._send("POST", login.path, priority, json=dict(login.body(key)))
        verdict = self._judge(login.path, reply)
        self._refuse(login.path, reply, verdict)
        token = login.token(reply.json) if verdict is Verdict.OK else None
        if token is None or not is_usable_key(token):
            raise Fault(f"the answer to {login.path} holds no token")
        return token

    def _judge(self, path: str, reply: Reply) -> Verdict:
        try:
            reply.json = json.loads(reply.body)
        except (ValueError, RecursionError) as error:
            if reply.status == HTTPStatus.OK:
                raise Fault(f"the answer to {path} is not JSON") from error
        verdict = self._endpoint.judge(reply.status, reply.json)
        if verdict is Verdict.OK and not isinstance(reply.json, self._endpoint.shape):
            raise Fault(f"the answer to {path} is JSON, but a {type(reply.json).__name__}")
        return verdict

    def _refuse(self, path: str, reply: Reply, verdict: Verdict) -> None:
        """Raise what is neither a good answer nor an absence."""
        if verdict in {Verdict.OK, Verdict.ABSENT}:
            return
        name, status = self._endpoint.name, reply.status
        words = self._without_key(words_of(reply.json))
        if verdict is Verdict.BAD_KEY:
            reason = words or "no reason given"
            raise BadKey(f"{name} refuses the API key ({status}: {reason}). Check {self._endpoint.key_setting}.")
        wish = retry_after(reply.retry_after, self._wall())
        if verdict is Verdict.QUOTA:
            pause = (self._endpoint.quota_pause(self._wall()) if wish is None else wish).total_seconds()
            self._paused_until = max(self._paused_until, self._clock() + pause)
            raise self.wait("quota", f"{name} has had enough requests for now ({words or status})", pause)
        if status == HTTPStatus.SERVICE_UNAVAILABLE and wish is not None:
            raise self.wait(UNREACHABLE, f"{name} is down for a while (503)", wish.total_seconds())
        raise Fault(f"status {status} for {path}" + (f" ({words})" if words else ""))

    async def _send(self, method: str, path: str, priority: int, **options: Any) -> Reply:  # noqa: ANN401  of aiohttp
        self._under_way += 1
        try:
            return await self._exchange(method, path, priority, **options)
        finally:
            self._under_way -= 1
            if self._is_retired and not self._under_way:
                await self._hang_up()

    async def _exchange(self, method: str, path: str, priority: int, **options: Any) -> Reply:  # noqa: ANN401  of aiohttp
        try:
            async with self._limiter.leave(priority):
                self.mind_pause()  # it may have begun while we waited for leave
                self._calls.add(self._wall().astimezone(UTC).date())
                with tracing.call(method, path, {"metarr.provider": self._endpoint.name}) as span:
                    reply = await self._request(method, path, options)
                    span.note({"http.response.status_code": reply.status})
                    return reply
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # No network, no name, nobody listening. The error's own text names the host only, never the query.
            text = f"{self._endpoint.name} cannot be reached: {error}"
            raise self.wait(UNREACHABLE, text, UNREACHABLE_SECONDS) from error
        except TimeoutError as error:
            raise Fault(f"no answer to {path} within {self._endpoint.timeout_seconds:g} s") from error
        except aiohttp.ClientError as error:
            # Only the kind of error: texts of aiohttp may contain the whole address, and that may contain the key.
            raise Fault(f"the connection broke during {path} ({type(error).__name__})") from None

    async def _request(self, method: str, path: str, options: Mapping[str, Any]) -> Reply:
        # Redirects are not followed: they would carry the key elsewhere.
        async with self._opened().request(
            method, self._endpoint.url + path, allow_redirects=False, **options
        ) as response:
            body = await self._read(path, response)
            sent = response.headers
            return Reply(response.status, body, sent.get("Retry-After"), sent.get("Location"))

    async def _read(self, path: str, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._endpoint.max_body:
                raise Fault(f"the answer to {path} is longer than {self._endpoint.max_body} bytes")
        return bytes(body)

    def _without_key(self, words: str) -> str:
        key = self._endpoint.api_key.get_secret_value().strip() if self._endpoint.api_key else ""
        return words.replace(key, "…") if key else words

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
