"""The HTTP server inside this program's own loop: which address, since when, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from metarr.errors import InvalidInput
from metarr.web.proxied import ProxyLogin

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from metarr.web.proxied import ProxyRules

_GRACE = 3  # seconds for requests that run


class _Server(uvicorn.Server):
    """Signals are the program's business: it has more to end than its server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def is_loopback(host: str) -> bool:
    """Whether this address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Take the address; port 0 is any free one. Raises InvalidInput."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(f"Cannot listen on {host}, port {port}: {reason}. Choose another with --port.") from error
    # Connections inherit it. asyncio sets it only on sockets that name their protocol, which these do not; an answer
    # in two pieces would wait 40 ms for the other side's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket) -> str:
    """Where this machine reaches the server."""
    host, port = listener.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  it is translated, not used
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"


@contextlib.asynccontextmanager
async def serving(
    app: ASGIApp, listener: socket.socket, proxies: Iterable[str] = (), login: ProxyRules | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """Serve while the block runs. The task ends early only by a fault.

    `proxies`: addresses and networks whose word about the sender (X-Forwarded-For, -Proto) is believed, besides this
    machine's own. `login`: how they say who is there, if they do; it is looked at first, for what they say of the
    sender hides who they are themselves.
    """
    forwarded: ASGIApp = ProxyHeadersMiddleware(app, ["127.0.0.1", "::1", *proxies])  # type: ignore[arg-type,assignment]  # the same protocol, in uvicorn's own types
    settings = uvicorn.Config(
        forwarded if login is None else ProxyLogin(forwarded, login),
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # done above
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        ws="none",
    )
    server = _Server(settings)
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield task
    finally:
        server.should_exit = True
        await asyncio.wait([task])
