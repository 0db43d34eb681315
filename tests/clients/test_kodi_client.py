from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from metarr.clients.kodi import (
    Entry,
    InvalidParams,
    KodiClient,
    NoSuchMethod,
    Patience,
    RpcError,
    Texture,
    picture_address,
)
from metarr.clients.kodi.dialect import Dialect, read_dialect
from metarr.demo.kodi_server import KodiServer
from metarr.errors import BadCredentials, InvalidInput, Transient, Wait
from metarr.model.media import ItemKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@asynccontextmanager
async def client_of(server: KodiServer, *, password: str | None = None) -> AsyncIterator[KodiClient]:
    client = KodiClient("den", server.url, "kodi", password)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def answering(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/jsonrpc", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_it_tells_which_kodi_it_is_and_where_its_videos_are(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, remote_prefix="/films") as server, client_of(server) as client:
        assert await client.version() == (20, 1)
        assert await client.sources() == ("/films/",)
        assert await client.video_speed() is None
        assert "updatedata" in await client.permissions()
        assert not await client.is_scanning()


async def test_the_spelling_is_asked_for_once(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, is_modern=True) as server, client_of(server) as client:
        await client.below(ItemKind.MOVIE, [str(tmp_path)])
        await client.below(ItemKind.MOVIE, [str(tmp_path)])
        assert sum(name == "JSONRPC.Introspect" for name, _ in server.calls) == 4  # one batch, four namespaces
        asked = next(params for name, params in server.calls if name == "VideoLibrary.GetMovies")
        assert "playCount" in asked["properties"]


@pytest.mark.parametrize("password", [None, "wrong"], ids=["without a password", "with a wrong one"])
async def test_a_rejected_login_is_for_the_owner(tmp_path: Path, password: str | None) -> None:
    async with KodiServer(tmp_path, password="right") as server, client_of(server, password=password) as client:
        with pytest.raises(BadCredentials, match="den") as rejected:
            await client.is_scanning()
        assert "wrong" not in str(rejected.value)
        assert "right" not in str(rejected.value)


async def test_the_right_login_is_let_in(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="paß:wort") as server, client_of(server, password="paß:wort") as client:
        assert not await client.is_scanning()


async def test_a_dropped_connection_is_waited_for(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server, client_of(server) as client:
        server.is_offline = True
        with pytest.raises(Wait, match="den") as waiting:
            await client.is_scanning()
    assert waiting.value.cause == "player:den"


async def test_an_answer_that_never_comes_is_waited_for() -> None:
    over = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    async with answering(hang) as url:
        client = KodiClient("den", url, patience=Patience(0.05))
        with pytest.raises(Wait, match="does not answer"):
            await client.is_scanning()
        over.set()
        await client.close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, "<html>a router</html>", id="a page"),
        pytest.param(200, "[]", id="no answers"),
        pytest.param(200, '"text"', id="a text"),
        pytest.param(503, "", id="a gateway's error"),
        pytest.param(307, "", id="a redirection"),
    ],
)
async def test_what_is_not_kodi_is_named(status: int, body: str) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, headers={"Location": "/jsonrpc"} if status == 307 else {})

    async with answering(answer) as url:
        client = KodiClient("den", url)
        with pytest.raises(Transient, match="is this address Kodi's"):
            await client.is_scanning()
        await client.close()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        pytest.param(-32601, NoSuchMethod, id="an unknown method"),
        pytest.param(-32602, InvalidParams, id="wrong parameters"),
        pytest.param(-32100, RpcError, id="anything else"),
    ],
)
async def test_errors_have_types(tmp_path: Path, code: int, error: type[RpcError]) -> None:
    async with KodiServer(tmp_path) as server, client_of(server) as client:
        server.faults["Files.GetSources"] = code
        with pytest.raises(error, match=r"Files\.GetSources") as raised:
            await client.sources()
    assert type(raised.value) is error
    assert raised.value.code == code


async def test_textures_are_those_of_the_picture_and_of_no_namesake(tmp_path: Path) -> None:
    names = ("a_b.jpg", "a_b.jpg.png", "A_B.jpg")
    async with KodiServer(tmp_path) as server, client_of(server) as client:
        for name in names:
            (tmp_path / name).write_bytes(b"picture")
            server.library.picture(tmp_path / name)
        (texture,) = await client.textures_of([str(tmp_path / "a_b.jpg")])
        assert texture == Texture(1, str(tmp_path / "a_b.jpg"))
        await client.remove_textures([texture])
        assert [path.name for path, _ in server.library.textures.values()] == ["a_b.jpg.png", "A_B.jpg"]


async def test_a_texture_that_is_gone_already_is_no_fault(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server, client_of(server) as client:
        await client.remove_textures([Texture(1, "/a"), Texture(2, "/b")])
        server.faults["Textures.RemoveTexture"] = -32100
        with pytest.raises(RpcError):
            await client.remove_textures([Texture(1, "/a")])


@pytest.mark.parametrize(
    "address",
    ["192.168.1.20:8080", "ftp://kodi", "http://", "http://kodi:pw@host:8080", "http://host:99999"],
    ids=["no scheme", "another scheme", "no host", "credentials inside", "no such port"],
)
def test_an_unusable_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InvalidInput, match="den") as refused:
        KodiClient("den", address)
    assert "pw" not in str(refused.value)


@pytest.mark.parametrize(
    ("wrapped", "address"),
    [
        pytest.param("image://%2fmedia%2fHeat%20(1995)%2fposter.jpg/", "/media/Heat (1995)/poster.jpg", id="a file"),
        pytest.param("image://smb%3a%2f%2fnas%2f100%25.jpg/", "smb://nas/100%.jpg", id="a share"),
        pytest.param("DefaultVideo.png", "DefaultVideo.png", id="not wrapped"),
    ],
)
def test_a_picture_address_is_unwrapped(wrapped: str, address: str) -> None:
    assert picture_address(wrapped) == address


async def test_a_source_of_several_folders_counts_as_those() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if isinstance(asked, list):
            return web.json_response([{"id": one["id"], "error": {"code": -32099, "message": "no"}} for one in asked])
        sources = [{"file": "multipath://%2fa%20b%2f/smb%3a%2f%2fnas%2fc%2f/"}, {"file": "/d/"}]
        return web.json_response({"id": asked["id"], "result": {"sources": sources}})

    async with answering(answer) as url:
        client = KodiClient("den", url)
        assert await client.sources() == ("/a b/", "smb://nas/c/", "/d/")
        await client.close()


def test_keys_and_properties_are_spelled_and_values_are_not() -> None:
    dialect = Dialect({"movieid": "movieId", "playcount": "playCount", "startswith": "startsWith"})
    rule = {"field": "playcount", "operator": "startswith", "value": "startswith"}
    asked = {"movieid": 1, "properties": ["playcount", "title"], "title": "movieid", "filter": {"or": [rule]}}
    assert dialect.spell(asked) == {
        "movieId": 1,
        "properties": ["playCount", "title"],
        "title": "movieid",
        "filter": {"or": [{"field": "playCount", "operator": "startsWith", "value": "startswith"}]},
    }


@pytest.mark.realdata
@pytest.mark.parametrize("release", ["Leia", "Matrix"])
def test_released_kodis_spell_as_we_write(release: str, shared_data: Path) -> None:
    path = shared_data / "6_specs" / "kodi_jsonrpc" / f"Introspect-{release}.json"
    schema = json.loads(path.read_text("utf-8"))
    dialect = read_dialect([schema.get("result", schema)])
    words = ("movieid", "playcount", "lastplayed", "userrating", "textureid", "displaytime", "ignorenfo")
    assert [dialect.words[word] for word in words] == list(words)
    assert "VideoLibrary.RefreshMovie" in dialect.methods


async def _conversation(answers: Callable[[web.WebSocketResponse], Awaitable[None]]) -> web.Application:
    """A second port whose every message is answered as told."""

    async def converse(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            await answers(socket)
        return socket

    app = web.Application()
    app.router.add_get("/jsonrpc", converse)
    return app


@asynccontextmanager
async def conversing(answers: Callable[[web.WebSocketResponse], Awaitable[None]]) -> AsyncIterator[KodiClient]:
    """A client of a Kodi whose HTTP is off and whose WebSocket answers so."""
    runner = web.AppRunner(await _conversation(answers))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = KodiClient("den", "http://127.0.0.1:9", tcp_port=runner.addresses[0][1], patience=Patience(0.1))
    try:
        yield client
    finally:
        await client.close()
        await runner.cleanup()


async def test_what_speaks_json_rpc_and_is_no_kodi_is_named() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        answers = [{"id": one["id"], "result": {}} for one in (asked if isinstance(asked, list) else [asked])]
        return web.json_response(answers if isinstance(asked, list) else answers[0])

    async with answering(answer) as url:
        client = KodiClient("den", url)
        with pytest.raises(Transient, match="is this address Kodi's"):
            await client.version()
        await client.close()


async def test_after_the_first_question_the_websocket_is_used(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server:
        client = KodiClient("den", server.url, tcp_port=server.tcp_port)
        assert await client.tells()
        await client.version()
        server.http_status = 500
        assert await client.version() == (20, 1)
        await client.close()


async def test_the_first_question_proves_the_password_although_the_websocket_has_none(tmp_path: Path) -> None:
    async with KodiServer(tmp_path, password="right") as server:
        client = KodiClient("den", server.url, "kodi", "wrong", tcp_port=server.tcp_port)
        with pytest.raises(BadCredentials):
            await client.version()
        await client.close()


async def test_a_websocket_of_another_kodi_on_that_machine_is_done_without(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server, KodiServer(tmp_path / "other") as other:
        client = KodiClient("den", server.url, tcp_port=other.tcp_port)
        assert not await client.tells()
        assert await client.sources() == (f"{tmp_path}/",)
        assert other.calls == []
        await client.close()


async def test_a_websocket_that_cannot_be_reached_is_done_without(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server:
        client = KodiClient("den", server.url, tcp_port=9)
        assert not await client.tells()
        assert await client.version() == (20, 1)
        await client.close()


async def test_a_websocket_that_says_nothing_is_not_waited_for_long() -> None:
    async def silent(_: web.WebSocketResponse) -> None:
        """Take the question, and leave it."""

    async with conversing(silent) as client:
        with pytest.raises(Wait, match="in time"):
            await client.version()


@pytest.mark.parametrize("text", ["hello?", '"hello?"', "[1]"], ids=["no JSON", "a text", "a number"])
async def test_a_websocket_that_speaks_something_else_is_given_up(text: str) -> None:
    async def babble(socket: web.WebSocketResponse) -> None:
        await socket.send_str(text)

    async with conversing(babble) as client:
        with pytest.raises(Wait, match="closed its connection"):
            await client.version()


async def test_a_websocket_that_breaks_off_is_waited_for() -> None:
    async def hang_up(socket: web.WebSocketResponse) -> None:
        await socket.close()

    async with conversing(hang_up) as client:
        with pytest.raises(Wait, match="den") as waiting:
            await client.version()
    assert waiting.value.cause == "player:den"


async def test_what_is_gone_already_is_passed_over_and_other_errors_are_not(tmp_path: Path) -> None:
    gone = Entry(ItemKind.MOVIE, 99, "/gone.mkv")
    async with KodiServer(tmp_path) as server, client_of(server) as client:
        await client.remove([gone])
        await client.refresh([gone])
        await client.set_details([(gone, {"playcount": 1})])
        server.faults["VideoLibrary.RemoveMovie"] = -32100
        with pytest.raises(RpcError, match="RemoveMovie"):
            await client.remove([gone])


async def test_hearing_that_a_scan_has_ended_needs_no_asking(tmp_path: Path) -> None:
    async with KodiServer(tmp_path) as server:
        client = KodiClient("den", server.url, tcp_port=server.tcp_port)
        assert await client.tells()
        await client.version()
        server.library.may_scan.clear()
        await client.scan(str(tmp_path))
        hearing = asyncio.create_task(client.ended(60))
        assert await client.is_scanning()
        server.library.may_scan.set()
        await hearing
        assert not await client.is_scanning()
        await client.close()
