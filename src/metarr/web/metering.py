"""How requests are answered, in numbers, as Prometheus collects them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Histogram

from metarr import tracing
from metarr.tracing import Role

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from metarr.tracing import Span

# Seconds: the goals are 50 ms for a page, and a second for what touches the disk.
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_ENDLESS = "text/event-stream"


class Metering:
    """Stands before the guard, and times what goes through. `registry`: for whoever collects."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "metarr_http_request_seconds",
            "How long requests took, by route.",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=_BOUNDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Streams of events are not timed: they last as long as a page is open."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        with tracing.span(method, Role.ANSWER, {"http.request.method": method}) as span:
            await self._time(scope, receive, send, span)

    async def _time(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        begun = time.perf_counter()
        status, is_endless = 500, False

        async def noted(message: Message) -> None:
            nonlocal status, is_endless
            if message["type"] == "http.response.start":
                kinds = [value for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
                is_endless = any(kind.startswith(_ENDLESS.encode()) for kind in kinds)
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = _route(scope)
            span.note({"http.route": route, "http.response.status_code": status}, f"{scope['method']} {route}")
            if not is_endless:
                labels = (scope["method"], route, str(status))
                self._requests.labels(*labels).observe(time.perf_counter() - begun)


def _route(scope: Scope) -> str:
    """As the route is declared, so that there are only so many; what no route fits is one."""
    path = getattr(scope.get("route"), "path", None)
    return "other" if path is None else str(path)
