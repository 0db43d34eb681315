"""Every notifier, held against the laws of all notifiers, before a service on loopback."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

import contracts
from answering import Answering
from bad_line import BadLine
from contracts import SECRET, WRONG
from metarr.demo.kodi_server import KodiServer
from metarr.notifiers import build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aiohttp import web

# Apprise itself imports imghdr, which Python 3.11 and 3.12 warn about
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def _hook(request: web.Request) -> tuple[int, Any]:
    return (200 if request.path == f"/{SECRET}" else 401), {}


# Another end by the folder that it may use, and how its address is written: the line's host and port, and the secret.
_KINDS: Final[Mapping[str, tuple[Callable[[Path], Any], str]]] = {
    "apprise": (lambda _: Answering(_hook), "json://{place}/{secret}"),
    "kodi_screen": (lambda folder: KodiServer(folder, password=SECRET), "kodi-screen://kodi:{secret}@{place}"),
}


@pytest.mark.parametrize("kind", _KINDS)
async def test_it_keeps_to_what_every_notifier_must(kind: str, tmp_path: Path) -> None:
    make, address = _KINDS[kind]
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(make(tmp_path))
        line = await stack.enter_async_context(BadLine(server.url))
        place = line.url.removeprefix("http://")
        told, stranger = (build("hook", address.format(place=place, secret=secret)) for secret in (SECRET, WRONG))
        stack.push_async_callback(told.close)
        stack.push_async_callback(stranger.close)
        await contracts.notifier(told, stranger, line)
