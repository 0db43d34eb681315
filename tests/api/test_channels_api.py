"""Channels over the API: kept secret, tested, changed, and told by their own words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from metarr.config import Config
from metarr.model.event import NOTABLE
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SECRET = "s3cret-of-the-owner"


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    async with running(data, is_working=False) as found:
        yield found


@pytest.fixture
async def service() -> AsyncIterator[tuple[str, list[Any]]]:
    """A service that takes messages, and what it took; it refuses those to /closed."""
    taken: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        if request.path.startswith("/closed"):
            return web.Response(status=401)
        taken.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/{any:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"json://user:{SECRET}@127.0.0.1:{runner.addresses[0][1]}", taken
    await runner.cleanup()


async def _add(house: Running, url: str, **more: object) -> dict[str, Any]:
    status, added = await house.ask("POST", "/channels", json={"name": "phone", "url": url, **more})
    assert status == 201, added
    return dict(added)


async def test_an_address_never_comes_out(house: Running, data: Path, service: tuple[str, list[Any]]) -> None:
    added = await _add(house, service[0])
    assert (added["service"], added["isFixed"], set(added["events"])) == ("json", False, {str(one) for one in NOTABLE})
    shown = [await house.get("/channels"), await house.get(f"/channels/{added['id']}"), added]
    assert SECRET not in repr(shown)
    assert not await asyncio.to_thread(_holds, data, SECRET.encode())


def _holds(data: Path, secret: bytes) -> bool:
    return any(secret in path.read_bytes() for path in data.glob("metarr.db*"))


async def test_a_test_message_says_whether_the_channel_works(house: Running, service: tuple[str, list[Any]]) -> None:
    url, taken = service
    added = await _add(house, url)
    assert await house.ask("POST", f"/channels/{added['id']}/test") == (
        200,
        {"isWell": True, "message": "phone took the message."},
    )
    assert [message["title"] for message in taken] == ["Metarr"]
    _, refused = await house.ask("POST", "/channels/test", json={"url": f"{url}/closed"})
    assert not refused["isWell"]
    assert SECRET not in refused["message"]


async def test_a_channel_is_changed_switched_off_and_removed(house: Running, service: tuple[str, list[Any]]) -> None:
    path = f"/channels/{(await _add(house, service[0]))['id']}"
    patch = {"name": "desk", "events": ["scan_failed"], "isEnabled": False, "hasPosters": False}
    status, changed = await house.ask("PATCH", path, json=patch)
    assert (status, {name: changed[name] for name in patch}) == (200, patch)
    status, _ = await house.ask("DELETE", path)
    assert (status, await house.get("/channels")) == (204, [])


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"name": "phone", "url": "nonsense://x"}, 422, "Apprise"),
        ({"name": "phone", "url": "no address"}, 422, "url"),
        ({"name": "  ", "url": "json://127.0.0.1"}, 422, "name"),
        ({"name": "phone", "url": "json://127.0.0.1", "events": ["scan_progress"]}, 422, "scan_progress"),
        ({"name": "phone", "url": "json://127.0.0.1", "events": ["dance"]}, 422, "events"),
        ({"name": "taken", "url": "json://127.0.0.1"}, 409, "taken"),
    ],
)
async def test_what_is_no_channel_is_refused(house: Running, body: dict[str, Any], status: int, words: str) -> None:
    await house.ask("POST", "/channels", json={"name": "taken", "url": "json://127.0.0.1"})
    found, problem = await house.ask("POST", "/channels", json=body)
    assert (found, len(await house.get("/channels"))) == (status, 1)
    assert words in problem["detail"]


async def test_a_channel_of_the_configuration_is_changed_there(data: Path, service: tuple[str, list[Any]]) -> None:
    assert Config(data=data, notify_urls=(service[0],)).notify_urls
    async with running(data, notify_urls=(service[0],), is_working=False) as house:
        [fixed] = await house.get("/channels")
        assert (fixed["name"], fixed["isFixed"]) == ("json-1", True)
        path = f"/channels/{fixed['id']}"
        assert (await house.ask("PATCH", path, json={"name": "phone"}))[0] == 409
        assert (await house.ask("DELETE", path))[0] == 409
        assert (await house.ask("PATCH", path, json={"isEnabled": False}))[1]["isEnabled"] is False
    async with running(data, notify_urls=(service[0],), is_working=False) as house:
        assert not (await house.get("/channels"))[0]["isEnabled"], "what the owner switched off stays off"
    async with running(data, is_working=False) as house:
        assert await house.get("/channels") == []


@pytest.mark.parametrize("text", ["{{", "{{ nothing }}"], ids=["no template", "a name that there is not"])
async def test_what_is_no_template_is_not_kept(house: Running, text: str) -> None:
    patch = {"templates": {"workflow_completed": {"title": "{{ first.data.counts.new }} new", "body": text}}}
    status, problem = await house.ask("PATCH", "/settings/notification", json=patch)
    assert (status, "template" in problem["detail"]) == (422, True)
    assert (await house.get("/settings/notification"))["templates"] == {}
    patch["templates"]["workflow_completed"]["body"] = "{{ count }}"
    status, changed = await house.ask("PATCH", "/settings/notification", json=patch)
    assert (status, changed["templates"]) == (200, patch["templates"])


async def test_a_template_is_tried_before_it_is_used(house: Running) -> None:
    ask = {"kind": "publishing_completed", "template": {"title": "{{ first.title }}!", "body": "{{ count }}"}}
    status, shown = await house.ask("POST", "/channels/preview", json=ask)
    assert (status, shown) == (200, {"title": "Sintel (2010)!", "body": "1", "severity": "info"})
    ask["template"] = {"title": "{{ nothing }}"}
    status, problem = await house.ask("POST", "/channels/preview", json=ask)
    assert status == 422
    assert "nothing" in problem["detail"]
