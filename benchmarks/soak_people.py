"""Everybody who asks the program for something during a soak: people before pages, programs, download managers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from soak_world import Told

_LIMIT = aiohttp.ClientTimeout(total=60)
_PAGES = (
    *("/", "/movies", "/movies?view=table", "/series", "/jobs", "/jobs/waiting", "/review", "/activity", "/settings"),
    *("/system", "/system/figures", "/system/logs", "/verification", "/recycle-bin", "/people", "/settings/players"),
)
_LISTS = ("/items?limit=50", "/jobs?limit=50", "/activity", "/health", "/jobs/summary", "/verifications", "/players")


@dataclass
class People:
    """`edits`: what a field of an item may be now, by item and field: several values where an answer got lost, None for
    what it was before.
    `delivered`: webhooks that were taken; `faults`: answers that no request should get; `statuses`: of all answers.
    """

    url: str
    client: aiohttp.ClientSession
    dice: random.Random
    edits: defaultdict[tuple[int, str], set[str | None]] = field(default_factory=lambda: defaultdict(lambda: {None}))
    delivered: int = 0
    faults: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    async def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  any JSON
        """The answer's JSON; None: it failed, or nobody answered."""
        status, answer = await self._send(method, f"/api/v1{path}", body)
        return answer if _is_well(status) else None

    async def must(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """The same of a request that has to succeed."""
        status, answer = await self._send(method, f"/api/v1{path}", body)
        if not _is_well(status):
            raise SystemExit(f"{method} {path}: {status} {answer}")
        return answer

    async def tell(self, told: Told) -> None:
        """A webhook. What is not taken is lost, as with the real ones."""
        status, _ = await self._send("POST", f"/api/v1/webhooks/{told.source}", told.payload)
        self.delivered += _is_well(status)

    async def _send(self, method: str, path: str, body: object = None) -> tuple[int | None, Any]:
        try:
            async with self.client.request(method, f"{self.url}{path}", json=body, timeout=_LIMIT) as answer:
                text = await answer.text()
                told = await answer.json() if answer.content_type.endswith("json") and text else text
        except (aiohttp.ClientError, TimeoutError) as error:
            self.statuses[type(error).__name__] += 1
            return None, None
        self.statuses[str(answer.status)] += 1
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
            self.faults.append(f"{method} {path} {body}: {answer.status} {text[:200]}")
        return answer.status, told

    # --- what they do -------------------------------------------------------------------------------------------------

    async def act(self) -> None:
        """Something, by chance."""
        if await self.ask("GET", "/health") is None:
            return  # nobody is at home
        acts: list[Callable[[], Awaitable[None]]] = [self._look, self._look, self._look, self._list, self._list]
        acts += [self._edit, self._edit, self._item_work, self._cancel, self._retry, self._watch, self._library_work]
        await self.dice.choice(acts)()

    async def _look(self) -> None:
        item = await self._item()
        pages = (*_PAGES, "/metrics", *(f"/items/{item}{tab}" for tab in ("", "/artwork", "/files", "/history")))
        await self._send("GET", self.dice.choice(pages))

    async def _list(self) -> None:
        item = await self._item()
        lists = (*_LISTS, f"/items/{item}", f"/items/{item}/plan", f"/items/{item}/explain", f"/jobs?item={item}")
        await self.ask("GET", self.dice.choice(lists))

    async def _edit(self) -> None:
        item, said = await self._item(), f"Said by hand {self.dice.randrange(10**9)}"
        self.edits[item, "plot"].add(said)
        status, _ = await self._send("PATCH", f"/api/v1/items/{item}/metadata", {"plot": said})
        if _is_well(status):
            self.edits[item, "plot"] = {said}
        elif status is not None:
            self.edits[item, "plot"].discard(said)

    async def _item_work(self) -> None:
        kind = self.dice.choice(("scan", "enrich", "publish", "sync", "verify", "refresh"))
        await self.ask("POST", f"/items/{await self._item()}/{kind}")

    async def _library_work(self) -> None:
        if self._luck(0.1):
            await self.ask(
                "POST", f"/libraries/{self.dice.randint(1, 2)}/{self.dice.choice(('scan', 'verify', 'sync'))}"
            )

    async def _cancel(self) -> None:
        for job in await self.jobs("running" if self._luck(0.5) else "pending"):
            await self.ask("POST", f"/jobs/{job['id']}/cancel")
            return

    async def _retry(self) -> None:
        for job in await self.jobs("failed"):
            await self.ask("POST", f"/jobs/{job['id']}/retry")
            return

    async def _watch(self) -> None:
        """The stream of events, until the visitor goes without a word."""
        try:
            async with self.client.get(f"{self.url}/api/v1/events", timeout=_LIMIT) as stream:
                async with asyncio.timeout(self.dice.uniform(0, 3)):
                    async for _ in stream.content:
                        pass
        except (aiohttp.ClientError, TimeoutError):
            return

    async def _item(self) -> int:
        found = await self.ask("GET", f"/items?limit=100&sort={self.dice.choice(('title', 'added'))}")
        return self.dice.choice(found["items"])["id"] if found and found["items"] else 1

    def _luck(self, part: float) -> bool:
        return self.dice.random() < part

    async def jobs(self, state: str) -> list[dict[str, Any]]:
        """Some jobs in a state."""
        found = await self.ask("GET", f"/jobs?state={state}&limit=200")
        jobs: list[dict[str, Any]] = found["jobs"] if found else []
        return jobs


def _is_well(status: int | None) -> bool:
    return status is not None and status < HTTPStatus.BAD_REQUEST
