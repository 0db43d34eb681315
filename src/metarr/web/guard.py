"""Stands before every route: who is asking, is it us who are meant, whose page sent it, is it short enough.

What a route needs of its caller is compared in `access`; here it is only found out who that is. No token stands in
forms against forged requests: a browser says itself, in headers that no page can write, whose page sends a request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request

from metarr.errors import MetarrError
from metarr.model.access import COMMAND_LINE
from metarr.model.audit import Agent
from metarr.phases.enrich.images import MAX_BYTES
from metarr.store import audit
from metarr.store.db import DatabaseFault
from metarr.web import BASE, asking
from metarr.web.problems import PROBLEM_TYPES, fitting, problem, problem_of

if TYPE_CHECKING:
    from starlette.responses import JSONResponse, Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from metarr.actions.entrance import Entrance
    from metarr.model.access import Caller
    from metarr.web.hosts import Hosts

log = structlog.get_logger()
_LARGEST = 1 << 20  # bytes of a request's body
_LARGEST_WEBHOOK = 8 << 20  # the rename of a long show lists every file
_PICTURE = re.compile(rf"({BASE}|/items)/.+/upload")
_HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_ONLY_HTTPS = b"max-age=31536000"  # a year; https://www.rfc-editor.org/rfc/rfc6797


class Guard:
    """Stands before every route, the pages' own included."""

    def __init__(self, app: ASGIApp, entrance: Entrance, hosts: Hosts) -> None:
        self._app = app
        self._entrance = entrance
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with headers that protect the page, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        protected = _protected(request, send)
        try:
            refusal = await self._refusal(request)
        except MetarrError as error:
            refusal = problem_of(error)
        except DatabaseFault:
            log.exception("who is asking cannot be looked up")
            refusal = problem("unavailable", "The database cannot be reached just now. Try again soon.")
        if refusal is not None:
            answer = await self._fitting(scope, refusal)
            await answer(scope, receive, protected)
            return
        await self._app(scope, _measured(receive, _most(request)), protected)

    async def _fitting(self, scope: Scope, refusal: JSONResponse) -> Response:
        """For people a page, which asks the database nothing: whoever they are, they stay before the door."""
        request = Request({**scope, "app": self._app})
        request.state.caller = None
        return await fitting(request, refusal)

    async def _refusal(self, request: HTTPConnection) -> JSONResponse | None:
        """Why it goes no further. Leaves who is asking in the request's state."""
        request.state.caller = None
        host = request.headers.get("host", "")
        if not self._hosts.answers_to(host):
            return problem("misdirected", self._hosts.refusal(host))
        most = _most(request)
        if _stated(request) > most:
            return problem("too-large", _too_large(most), {"Connection": "close"})
        is_changing = request.scope["method"] not in asking.READING
        if is_changing and asking.is_foreign(request):
            return problem("foreign-page", "Another site's page may change nothing here.")
        caller = await self._entrance.caller(asking.shown(request))
        request.state.caller = caller
        audit.act_as(_agent(request, caller))
        is_session = caller is not None and caller.session_id is not None
        if is_changing and is_session and not asking.is_own(request):
            return problem(
                "foreign-page",
                "With a session of a browser, only Metarr's own pages may change something; a program sends a key.",
            )
        return None


def _agent(request: HTTPConnection, caller: Caller | None) -> Agent:
    """Who is written down for what this request does."""
    if caller is None:
        return Agent("", asking.address_of(request))
    return Agent(caller.name, "" if caller is COMMAND_LINE else asking.address_of(request), caller.user_id)


def _most(request: HTTPConnection) -> int:
    """Bytes that a body may have."""
    if asking.is_webhook(request):
        return _LARGEST_WEBHOOK
    return MAX_BYTES if _PICTURE.fullmatch(request.scope["path"]) else _LARGEST


def _stated(request: HTTPConnection) -> int:
    """Bytes that a body says it has."""
    text = request.headers.get("content-length", "")
    return int(text[:20]) if text.isascii() and text.isdigit() else 0


def _too_large(most: int) -> str:
    return f"The body is longer than {most} bytes, which is the most here."


def _measured(receive: Receive, most: int) -> Receive:
    """Bodies that do not say how long they are end where they are too long."""
    received = 0

    async def measured() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise HTTPException(PROBLEM_TYPES["too-large"].status, _too_large(most), {"Connection": "close"})
        return message

    return measured


def _protected(request: HTTPConnection, send: Send) -> Send:
    """Answers go out with the headers that tell browsers what no page of ours needs."""

    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            own = {name.lower() for name, _ in headers}
            ours = dict(_HEADERS)
            if request.scope["path"].startswith(f"{BASE}/"):
                ours[b"cache-control"] = b"no-store"
            if request.scope["scheme"] == "https":
                ours[b"strict-transport-security"] = _ONLY_HTTPS
            message["headers"] = [*headers, *((name, value) for name, value in ours.items() if name not in own)]
        await send(message)

    return protected
