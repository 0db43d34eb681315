"""No path and no address that somebody sends leads out of the libraries and the cache, whatever it is made of."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiohttp import web

from metarr.store.db import Store, sqlite_url
from running import make_film, running
from stages import library as row_of_library
from stages import movie

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = "what nobody outside may read"
HASH = "a" * 64


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A data folder, a library with a link that leads out of it, and a folder beside them."""
    place = tmp_path_factory.mktemp("paths")
    for name in ("data", "films", "outside"):
        (place / name).mkdir()
    (place / "data" / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    (place / "outside" / "secret.txt").write_text(SECRET)
    make_film(place / "films", "Sintel (2010)")
    make_film(place / "outside", "Hidden (1999)")
    (place / "films" / "Way out (1999)").symlink_to(place / "outside")
    store = Store(sqlite_url(place / "data" / "metarr.db"))
    assert store.write_now(lambda tx: movie(tx, row_of_library(tx))) == 1
    store.close()
    return place


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(place: Path) -> AsyncIterator[Running]:
    async with running(place / "data", is_working=False) as found:
        status, added = await found.ask("POST", "/libraries", json={"path": str(place / "films")})
        assert status == 201, added
        yield found


def _tree(place: Path) -> dict[str, tuple[int, int]]:
    """Everything that is not ours to write."""
    files = [path for name in ("films", "outside") for path in sorted((place / name).rglob("*"))]
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in files}


async def _raw(house: Running, target: str) -> bytes:
    """The answer to an address that no client of ours would send as it is."""
    address = urlsplit(house.app.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("latin-1"))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


@pytest.mark.parametrize(
    "target",
    [
        "/static/../pages.py",
        "/static/%2e%2e/pages.py",
        "/static/..%2fpages.py",
        "/static/..%5cpages.py",
        "/static/%2e%2e%2f%2e%2e%2fconfig.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/....//pages.py",
        "/static/metarr.css%00.py",
        "/static/%c0%ae%c0%ae/pages.py",
        "/static/",
        "/static",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/api/v1/../../etc/passwd",
        "/api/v1/artwork/..%2f..%2fmetarr.db",
        f"/api/v1/artwork/{HASH}%00",
        f"/api/v1/artwork/{HASH}%2f..%2f..",
        f"/api/v1/artwork/{HASH}",
        "/api/v1/artwork/%2e%2e",
    ],
)
async def test_no_address_leads_to_files_that_are_not_served(house: Running, target: str) -> None:
    answer = await _raw(house, target)
    status = int(answer.split(b" ", 2)[1])
    assert status in {303, 307, 400, 404, 405, 422}, answer[:300]
    for word in (b"root:", b"import annotations", b"SQLite format"):
        assert word not in answer


_OUTSIDE = [
    "{place}/outside",
    "{films}-of-others",
    "{films}/../outside",
    "{films}/../../{name}/outside/secret.txt",
    "/etc/passwd",
    "/",
]
_ODD = [
    "{films}/\0",
    "{films}\0/Sintel (2010)",
    "\0",
    "../outside",
    "./films",
    "~",
    "",
    "{films}/%2e%2e/outside",
    "\ud800",
]


@pytest.mark.parametrize("text", [*_OUTSIDE, *_ODD])
async def test_no_target_lies_outside_of_the_libraries(house: Running, place: Path, text: str) -> None:
    before = _tree(place)
    target = text.format(place=place, films=place / "films", name=place.name)
    for path, body in (("/items/find", {"target": target}), ("/jobs/scan", {"target": target})):
        status, answer = await house.ask("POST", path, json=body)
        assert status in {404, 422} or (status < 300 and "%2e" in text), (path, answer)
        assert SECRET not in str(answer)
    assert _tree(place) == before


@pytest.mark.parametrize("text", ["../films", "films", "", "\0", "/nowhere/at/all", "{place}/outside/secret.txt"])
async def test_no_library_is_where_no_folder_is(house: Running, place: Path, text: str) -> None:
    status, answer = await house.ask("POST", "/libraries", json={"path": text.format(place=place)})
    assert status in {404, 422}, answer
    assert SECRET not in str(answer)


async def test_a_webhook_starts_nothing_outside_of_the_libraries(house: Running, place: Path) -> None:
    before = _tree(place)
    paths = [text.format(place=place, films=place / "films", name=place.name) for text in (*_OUTSIDE, *_ODD)]
    for folder in paths:
        event = {
            "eventType": "Download",
            "movie": {"title": "Hidden", "year": 1999, "folderPath": folder, "tmdbId": 1},
            "movieFile": {"relativePath": "../../outside/secret.txt", "path": f"{folder}/../secret.txt"},
            "deletedFiles": [{"path": str(place / "outside" / "secret.txt")}],
            "isUpgrade": True,
        }
        status, answer = await house.ask("POST", "/webhooks/radarr", json=event)
        assert status in {202, 422}, answer
        if status == 202 and "%2e" not in folder:
            assert answer.get("jobId") is None, (folder, answer)
    assert _tree(place) == before


@pytest.mark.parametrize("local", ["../outside", "~", "", "\0", "films"])
async def test_a_path_mapping_leads_to_a_whole_path(house: Running, local: str) -> None:
    body = {"source": "radarr", "remote": "/movies", "local": local}
    status, answer = await house.ask("POST", "/path-mappings", json=body)
    assert status == 422, answer


@asynccontextmanager
async def _listener(location: str | None = None) -> AsyncIterator[tuple[int, list[str]]]:
    """A server on this machine that notes who asks; with `location` it sends everybody on to there."""
    heard: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(request.path)
        headers = {} if location is None else {"Location": location}
        return web.Response(status=200 if location is None else 302, headers=headers, body=SECRET.encode())

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1], heard
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://127.0.0.1:{port}/x.png", id="this machine by its address"),
        pytest.param("http://localhost:{port}/x.png", id="this machine by its name"),
        pytest.param("http://2130706433:{port}/x.png", id="this machine as one number"),
        pytest.param("http://0x7f.1:{port}/x.png", id="this machine in hexadecimal"),
        pytest.param("http://127.1:{port}/x.png", id="this machine, shortened"),
        pytest.param("http://0.0.0.0:{port}/x.png", id="every address of this machine"),
        pytest.param("http://[::ffff:127.0.0.1]:{port}/x.png", id="this machine, wrapped in IPv6"),
        pytest.param("http://user:pass@127.0.0.1:{port}/x.png", id="this machine behind a name"),
        pytest.param("http://169.254.169.254/latest/meta-data", id="what clouds tell their machines"),
        pytest.param("http://192.168.0.1/x.png", id="the owner's network"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("ftp://127.0.0.1:{port}/x.png", id="another protocol"),
        pytest.param("gopher://127.0.0.1:{port}/x", id="an old protocol"),
        pytest.param("http://", id="nowhere"),
        pytest.param("//127.0.0.1:{port}/x.png", id="no protocol"),
        pytest.param("http://127.0.0.1:{port}/\r\nX: y", id="a header in the address"),
    ],
)
async def test_no_picture_is_fetched_from_a_private_address(house: Running, address: str) -> None:
    async with _listener() as (port, heard):
        url = address.format(port=port)
        status, answer = await house.ask("POST", "/items/1/artwork/poster/fetch", json={"url": url})
    assert status == 422, answer
    assert heard == []
    assert SECRET not in str(answer)


async def test_a_redirect_does_not_lead_to_a_private_address(data: Path) -> None:
    """The first address is one that the owner configured, and may be private; where it leads to is not."""
    store = Store(sqlite_url(data / "metarr.db"))
    store.write_now(lambda tx: movie(tx, row_of_library(tx)))
    store.close()
    async with _listener() as (inner, heard), _listener(f"http://127.0.0.1:{inner}/x.png") as (outer, passed):
        keys = {"tmdb_url": f"http://127.0.0.1:{outer}", "tmdb_image_url": f"http://127.0.0.1:{outer}"}
        async with running(data, {**keys, "tmdb_api_key": "k" * 32}, is_working=False) as house:
            body: dict[str, Any] = {"url": f"http://127.0.0.1:{outer}/x.png"}
            status, answer = await house.ask("POST", "/items/1/artwork/poster/fetch", json=body)
    assert status == 422, answer
    assert "private" in answer["detail"]
    assert (passed, heard) == (["/x.png"], [])


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", id="a drawing"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", id="a page"),
        pytest.param(b"GIF89a" + bytes(40), id="another kind of picture"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(40), id="only the beginning of a picture"),
        pytest.param(b"#!/bin/sh\nexit", id="a program"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_an_upload_is_what_its_bytes_are_not_what_it_says(house: Running, sent: bytes) -> None:
    headers = {"Content-Type": "image/png"}
    status, answer = await house.ask("POST", "/items/1/artwork/poster/upload", data=sent, headers=headers)
    assert status == 422, answer
