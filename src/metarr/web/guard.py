"""Who may talk to the server before there are accounts: this machine, or whoever carries the key.

Also on loopback a web page of somebody else must get nothing: the Host header is checked against DNS rebinding, and a
request that changes something is refused when another site's page sent it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from metarr.model.access import OWNER
from metarr.web import BASE
from metarr.web.problems import problem
from metarr.webhooks import Source

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SENDING = frozenset({"POST", "PUT"})
_WEBHOOKS = tuple(f"{BASE}/webhooks/{source}" for source in Source)
_HEADERS = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)


@dataclass(frozen=True, slots=True)
class Access:
    """`keys`: any of them opens. `needs_key`: without one nothing does. `is_local`: only this machine is served."""

    keys: tuple[str, ...] = field(repr=False)
    needs_key: bool
    is_local: bool


class Guard:
    """Stands before every route, the page's own included."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with headers that protect the page, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        request = HTTPConnection(scope)
        refusal = self._refusal(request, scope["method"])
        request.state.caller = OWNER
        if refusal is None:
            await self._app(scope, receive, protected)
            return
        status, detail = refusal
        # A browser asks its user for a password then, which is the key.
        headers = {"WWW-Authenticate": 'Basic realm="Metarr"'} if status is HTTPStatus.UNAUTHORIZED else {}
        await problem(status, detail, headers)(scope, receive, protected)

    def _refusal(self, request: HTTPConnection, method: str) -> tuple[HTTPStatus, str] | None:
        host = request.headers.get("host", "")
        if self._access.is_local and _name(host) not in _LOCAL_NAMES:
            return HTTPStatus.MISDIRECTED_REQUEST, f"This server answers to localhost only, not to {host!r}."
        if self._access.needs_key and not self._is_known(request):
            return HTTPStatus.UNAUTHORIZED, "Send the key (METARR_API_KEY) in the header X-Api-Key."
        if method not in _READING and _is_foreign(request, host):
            return HTTPStatus.FORBIDDEN, "Another site's page may change nothing here."
        return None

    def _is_known(self, request: HTTPConnection) -> bool:
        given = _given(request).encode()
        # All are compared, so that the time taken says nothing.
        return any([hmac.compare_digest(given, key.encode()) for key in self._access.keys])  # noqa: C419


def _given(request: HTTPConnection) -> str:
    """The key in the header, as a password, or (of a webhook, whose sender may do no better) in the address."""
    key = request.headers.get("x-api-key") or _password(request.headers.get("authorization", ""))
    is_webhook = request.scope["method"] in _SENDING and request.scope["path"].startswith(_WEBHOOKS)
    return key or (request.query_params.get("apikey", "") if is_webhook else "")


def _is_foreign(request: HTTPConnection, host: str) -> bool:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return True
    return request.headers.get("sec-fetch-site") == "cross-site"


def _name(host: str) -> str:
    """The host's name without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _password(authorization: str) -> str:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
