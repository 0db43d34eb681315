"""The stream of an open page: what became of the work that was begun there, and what waits for a person."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from patience import PATIENCE
from plain_browser import sent
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import aiohttp

    from running import Running


async def _messages(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    """Each by its name, with what it says."""
    name = ""
    async for line in answer.content:
        key, _, value = line.decode().strip().partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, json.loads(value)


async def _toasts(house: Running, query: str, count: int) -> list[dict[str, str]]:
    """The first toasts of a page that follows this."""
    found: list[dict[str, str]] = []
    async with asyncio.timeout(PATIENCE), house.client.get(f"{house.app.url}/live?{query}") as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        async for name, told in _messages(answer):
            found += [told] if name == "toast" else []
            if len(found) == count:
                break
    return found


async def test_a_page_hears_what_became_of_what_it_began_and_what_needs_a_person(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "Sintel (2010)")
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films"), "name": "Films"})
        begun = await sent(house, "/libraries/1/scan", "/")
        [told] = await _toasts(house, f"work={begun.work}&work=nonsense", 1)
        assert told == {"text": "Films: 1 new", "kind": "good", "address": "/jobs", "work": begun.work}
        await house.until_idle()
        await sent(house, "/items/1/publish", "/items/1")
        verified = await sent(house, "/items/1/verify", "/items/1")
        [told] = await _toasts(house, f"work={verified.work}", 1)
        assert (told["text"].startswith("Sintel"), told["address"]) == (True, "/items/1")


async def test_numbers_of_the_navigation_stay_fresh(data: Path) -> None:
    async with running(data, is_working=False) as house, house.client.get(f"{house.app.url}/live?review=3") as answer:
        async for name, told in _messages(answer):
            assert (name, "review" in told) == ("waiting", False)
            break
