from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from metarr.app import logs
from metarr.demo.kodi_server import KodiServer
from metarr.errors import BadCredentials, InvalidInput, Transient
from metarr.notifiers import build
from metarr.notifiers.apprise import AppriseChannel
from metarr.notifiers.base import Message, Severity
from metarr.notifiers.kodi_screen import KodiScreen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# Apprise itself imports imghdr, which Python 3.11 and 3.12 warn about
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "s3cr3t-token"
HELLO = Message("Heat (1995)", "published", Severity.SUCCESS)


@asynccontextmanager
async def webhook(status: int = 200) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """A service that Apprise's json:// posts to, and what it received."""
    received: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.StreamResponse:
        received.append(await request.json())
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"json://127.0.0.1:{runner.addresses[0][1]}/{SECRET}", received
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("severity", "kind"),
    [
        (Severity.INFO, "info"),
        (Severity.SUCCESS, "success"),
        (Severity.WARNING, "warning"),
        (Severity.ERROR, "failure"),
    ],
    ids=str,
)
async def test_a_message_arrives_through_apprise(severity: Severity, kind: str) -> None:
    async with webhook() as (address, received):
        await build("hook", address).send(Message("Heat (1995)", "published", severity))
    (got,) = received
    assert (got["title"], got["message"], got["type"]) == ("Heat (1995)", "published", kind)


async def test_a_picture_goes_along(tmp_path: Path) -> None:
    poster = tmp_path / "poster.jpg"
    poster.write_bytes(b"\xff\xd8\xff")
    async with webhook() as (address, received):
        await build("hook", address).send(Message("Heat", "published", image=str(poster)))
    assert [one["filename"] for one in received[0]["attachments"]] == ["poster.jpg"]


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        pytest.param(401, BadCredentials, "rejects its key", id="a wrong key"),
        pytest.param(403, BadCredentials, "rejects its key", id="a forbidden one"),
        pytest.param(429, Transient, "HTTP 429", id="too many messages"),
        pytest.param(500, Transient, "HTTP 500", id="a broken service"),
    ],
)
async def test_a_refusal_says_what_to_do_and_keeps_the_address_secret(
    status: int, error: type[Exception], text: str
) -> None:
    async with webhook(status) as (address, _):
        with pytest.raises(error, match=text) as refused:
            await build("hook", address).send(HELLO)
    assert "'hook'" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.usefixtures("own_log")
async def test_a_refusal_is_known_where_only_errors_are_logged() -> None:
    logs.configure("error")
    async with webhook(401) as (address, _):
        with pytest.raises(BadCredentials):
            await build("hook", address).send(HELLO)


async def test_a_service_that_is_gone_may_come_back() -> None:
    async with webhook() as (address, _):
        pass
    with pytest.raises(Transient, match="not taken") as refused:
        await build("hook", address).send(HELLO)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "address", [f"carrier-pigeon://{SECRET}", SECRET, "kodi-screen://"], ids=["unknown", "none", "empty"]
)
def test_an_unusable_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InvalidInput, match="'hook'") as refused:
        build("hook", address)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        pytest.param("kodi-screen://host", KodiScreen, id="a screen"),
        pytest.param("KODI-SCREENS://u:p@host:443", KodiScreen, id="a screen over HTTPS"),
        pytest.param("ntfy://topic", AppriseChannel, id="anything else"),
    ],
)
def test_the_scheme_chooses_the_notifier(address: str, kind: type) -> None:
    channel = build("hook", address)
    assert type(channel) is kind
    assert channel.name == "hook"


@pytest.mark.parametrize(
    ("severity", "icon"),
    [(Severity.SUCCESS, "info"), (Severity.WARNING, "warning"), (Severity.ERROR, "error")],
    ids=str,
)
async def test_a_message_is_shown_on_a_kodi(tmp_path: Path, severity: Severity, icon: str) -> None:
    async with KodiServer(tmp_path, password="p w") as server:
        channel = build("tv", server.url.replace("http://", "kodi-screen://kodi:p%20w@"))
        await channel.send(Message("Heat (1995)", "published", severity))
        await channel.close()
    assert server.messages == [("Heat (1995)", "published", icon)]


async def test_a_kodi_that_is_off_or_rejects_us_is_told_apart(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="right") as server:
        channel = build("tv", server.url.replace("http://", f"kodi-screen://kodi:{SECRET}@"))
        with pytest.raises(BadCredentials) as rejected:
            await channel.send(HELLO)
        server.is_offline = True
        with pytest.raises(Transient) as off:
            await channel.send(HELLO)
        await channel.close()
    assert SECRET not in str(rejected.value) + str(off.value)
