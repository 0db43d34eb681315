"""The one way providers are asked over HTTP: kept answers, one call for all who ask the same, and a circuit breaker.

Absent is `None`. A refused key is `BadKey`. A provider that is down, out of reach or has had enough of us is `Wait`: no
job pays for it. Only a fault of this very request, while the provider answers others, is `Transient`.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from metarr.errors import Transient, Wait
from metarr.model.job import Priority
from metarr.providers.base import Ask, BadKey, Health
from metarr.providers.breaker import Breaker
from metarr.providers.endpoint import Endpoint, Login
from metarr.providers.flights import Flights
from metarr.providers.outcome import Verdict, by_status
from metarr.providers.wire import UNREACHABLE, UNREACHABLE_SECONDS, Fault, Reply, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metarr.model.answer import Kept
    from metarr.providers.base import Surroundings

__all__ = ["Endpoint", "HttpConnection", "Login", "Verdict", "by_status"]  # all that a provider's module needs

_LONG_PAUSE = timedelta(minutes=1)  # shorter ones are waited for, for the sake of a newer answer


class JsonClient:
    """What a provider asks through. Made outside a loop; `close` it inside."""

    def __init__(
        self,
        endpoint: Endpoint,
        surroundings: Surroundings,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._endpoint = endpoint
        self._answers = surroundings.answers
        self._wire = Wire(endpoint, surroundings.lease, clock, wall)
        self._breaker = Breaker(clock)
        self._flights = Flights[Reply | None]()
        self._is_reachable = True

    async def retire(self) -> None:
        await self._wire.retire()

    async def close(self) -> None:
        await self._flights.close()
        await self._wire.close()

    def health(self) -> Health:
        pause = max(self._breaker.open_for, self._wire.paused_for)
        state = "paused" if pause > 0 else "ok"
        if self._breaker.open_for > 0 or not self._is_reachable:
            state = UNREACHABLE
        return Health(
            calls=self._wire.calls,
            paused_for=timedelta(seconds=pause) if pause > 0 else None,
            state=state,
            calls_today=self._wire.calls_today,
            per_second=self._endpoint.requests_per_second,
        )

    async def check(self) -> None:
        """Ask for nothing in particular, now, to prove address and key. Raises BadKey, Wait or Transient."""
        await self._fetch(self._endpoint.probe, {}, Priority.USER)

    async def get(self, path: str, params: Mapping[str, str], ask: Ask) -> Any:  # noqa: ANN401  whatever JSON it sends
        """The answer's JSON, an object or a list, the caller's own; None if the provider does not know the thing."""
        key = f"{self._endpoint.name} {path}?{urlencode(sorted(params.items()))}"
        kept = await self._answers.get(key) if self._answers is not None and not ask.is_fresh else None
        if kept is not None and kept.is_fresh:
            return _decoded(kept)
        try:
            reply = await self._flights.join(key, partial(self._fetch_and_keep, key, path, params, ask.priority))
        except Wait as wait:
            if kept is None or not kept.is_usable or not self._is_long(wait):
                raise
            return _decoded(kept)
        return None if reply is None else reply.own_json()

    def _is_long(self, wait: Wait) -> bool:
        return self._is_unreachable(wait) or wait.delay > _LONG_PAUSE

    def _is_unreachable(self, wait: Wait) -> bool:
        return wait.cause == f"{self._endpoint.name}:{UNREACHABLE}"

    async def _fetch_and_keep(self, key: str, path: str, params: Mapping[str, str], priority: int) -> Reply | None:
        reply = await self._fetch(path, params, priority)
        if self._answers is not None:
            await self._answers.put(key, None if reply is None else reply.body)
        return reply

    async def _fetch(self, path: str, params: Mapping[str, str], priority: int) -> Reply | None:
        self._wire.mind_pause()
        episode = self._breaker.admit()
        if episode is None:
            raise self._left_alone()
        try:
            reply = await self._wire.ask(path, params, priority)
        except Fault as fault:
            self._breaker.failed(episode)
            raise await self._verdict(fault, priority) from fault
        except Wait as wait:
            if self._is_unreachable(wait):
                self._is_reachable = False
                self._breaker.failed(episode)
            raise
        else:
            self._breaker.succeeded(episode)
            self._is_reachable = True
            return reply
        finally:
            self._breaker.released(episode)

    async def _verdict(self, fault: Fault, priority: int) -> Transient | Wait:
        """Whose fault was it? A provider that does not answer its probe either is down, and no job pays for that."""
        name = self._endpoint.name
        if self._breaker.open_for > 0:
            return self._left_alone()
        try:
            await self._wire.ask(self._endpoint.probe, {}, priority)
        except Fault:
            self._is_reachable = False
            return self._wire.wait(UNREACHABLE, f"{name} does not work at the moment: {fault}", UNREACHABLE_SECONDS)
        except Wait as wait:
            return wait
        except BadKey:
            pass  # it answers, so it works
        return Transient(f"{name}: {fault}; it answers other questions, so this one is asked again later")

    def _left_alone(self) -> Wait:
        pause = max(self._breaker.open_for, 1.0)
        return self._wire.wait(UNREACHABLE, f"{self._endpoint.name} failed repeatedly and is left alone for now", pause)


class HttpConnection:
    """What every provider that is asked over HTTP can do; its own module adds what it knows."""

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings) -> None:
        self._client = JsonClient(endpoint, surroundings)

    async def check(self) -> None:
        await self._client.check()

    def health(self) -> Health:
        return self._client.health()

    async def retire(self) -> None:
        await self._client.retire()

    async def close(self) -> None:
        await self._client.close()


def _decoded(kept: Kept) -> Any:  # noqa: ANN401  whatever JSON a provider sent
    return None if kept.body is None else json.loads(kept.body)
