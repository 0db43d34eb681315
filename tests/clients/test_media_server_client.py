"""The client of the media servers: what goes out, and what each kind of answer means."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from metarr.clients.media_server import MediaServerClient, Unknown
from metarr.errors import Permanent, Transient, Wait

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@asynccontextmanager
async def answering(answer: Callable[[web.Request], web.Response]) -> AsyncIterator[str]:
    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def asked(answer: Callable[[web.Request], web.Response], *, below: str = "") -> object:
    async with answering(answer) as url:
        client = MediaServerClient("Plex", "attic", url + below, {"X-Plex-Token": "secret"})
        try:
            return await client.get("/things", {"path": "/a b/ü&c"}, lambda told: told["value"])
        finally:
            await client.close()


async def test_what_goes_out_arrives() -> None:
    def answer(request: web.Request) -> web.Response:
        told = [request.path, request.query["path"], request.headers["X-Plex-Token"], request.headers["Accept"]]
        return web.json_response({"value": told})

    assert await asked(answer) == ["/things", "/a b/ü&c", "secret", "application/json"]
    assert await asked(answer, below="/plex/") == ["/plex/things", "/a b/ü&c", "secret", "application/json"]


@pytest.mark.parametrize(
    ("status", "headers", "error", "words"),
    [
        (404, {}, Unknown, "HTTP 404 to /things"),
        (405, {}, Unknown, "HTTP 405"),
        (302, {"Location": "http://127.0.0.1:1/"}, Permanent, "HTTP 302 to /things: is this address"),
        (400, {}, Permanent, "HTTP 400"),
        (429, {"Retry-After": "7"}, Transient, "HTTP 429"),
        (500, {"Retry-After": "soon"}, Transient, "HTTP 500"),
    ],
    ids=["unknown", "another verb", "a redirect, which would take the token along", "refused", "too many", "a fault"],
)
async def test_what_an_answer_means(status: int, headers: dict[str, str], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        await asked(lambda _request: web.Response(status=status, headers=headers))
    assert type(caught.value) is error
    assert "secret" not in str(caught.value)
    if isinstance(caught.value, Transient):
        assert caught.value.retry_after == (timedelta(seconds=7) if status == 429 else None)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b'{"other": 1}', b"\xff\xfe", b'{"value"'],
    ids=["empty", "a page", "a list", "null", "another shape", "no text", "cut off"],
)
async def test_an_answer_of_another_shape_is_told(body: bytes) -> None:
    with pytest.raises(Transient, match=r"is this its address|no text"):
        await asked(lambda _request: web.Response(body=body, content_type="application/json", charset="utf-8"))


async def test_a_server_without_tls_is_told() -> None:
    async with answering(lambda _request: web.Response()) as url:
        client = MediaServerClient("Plex", "attic", url.replace("http:", "https:"), {})
        with pytest.raises(Wait, match="certificate"):
            await client.send("PUT", "/things")
        await client.close()


async def test_a_shared_session_stays_open() -> None:
    async with answering(lambda _request: web.json_response({"value": 1})) as url, aiohttp.ClientSession() as session:
        client = MediaServerClient("Plex", "attic", url, {}, session=session)
        assert await client.get("/", {}, lambda told: told["value"]) == 1
        await client.close()
        assert not session.closed
