"""A running program that asks who comes, with an account of every role and a webhook key."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from metarr.model.access import Role
from running import TOKEN, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from running import Running

WORD = "correct horse"
OURS = {"Sec-Fetch-Site": "same-origin"}  # what browsers say of our own pages' requests
AS_OWNER = {"X-Api-Key": TOKEN}


@dataclass(frozen=True, slots=True)
class People:
    """`headers`: what each of them sends, by role, and as "webhook key" and "nobody"."""

    house: Running
    headers: Mapping[str, dict[str, str]]

    async def ask(self, who: str, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Status and body of one request of theirs, JSON or text; redirects are not followed."""
        headers = self.headers[who] | options.pop("headers", {})
        url = f"{self.house.app.url}{path}"
        client = self.house.client
        async with client.request(method, url, headers=headers, allow_redirects=False, **options) as answer:
            is_json = "json" in answer.content_type
            return answer.status, await (answer.json(content_type=None) if is_json else answer.text())


@asynccontextmanager
async def people(data: Path, **options: Any) -> AsyncIterator[People]:
    """The program with users called as their roles are."""
    async with running(data, is_working=False, loopback_auth=True, **options) as house:
        headers: dict[str, dict[str, str]] = {"nobody": {}}
        for role in Role:
            body = {"name": role.value, "password": WORD, "role": role.value}
            await house.ask("POST", "/users", json=body, headers=AS_OWNER)
            headers[role.value] = OURS | {"Cookie": await session(house, role.value)}
        _, key = await house.ask("POST", "/api-keys", json={"name": "Radarr", "scopes": ["webhook"]}, headers=AS_OWNER)
        headers["webhook key"] = {"X-Api-Key": key["key"]}
        yield People(house, headers)


async def session(house: Running, name: str) -> str:
    """The cookie of a fresh session."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        url = f"{house.app.url}/api/v1/login"
        async with client.post(url, json={"name": name, "password": WORD}) as answer:
            assert answer.status == 200, await answer.text()
            return answer.headers["Set-Cookie"].partition(";")[0]
