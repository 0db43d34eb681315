"""Downloading pictures over loopback, and telling pictures from what only claims to be one."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import TYPE_CHECKING, Self

import pytest
from aiohttp import web
from PIL import Image

from metarr.demo.catalogue import FILMS
from metarr.demo.drawing import assets, draw
from metarr.demo.tmdb_server import Fault, TmdbServer
from metarr.errors import Transient, Wait
from metarr.phases.enrich import images
from metarr.phases.enrich.images import BadImage, ImageClient, examine
from metarr.phases.enrich.select import Look, are_alike

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SINTEL = next(film for film in FILMS if film.title == "Sintel")
PICTURES = {asset.name: asset for asset in assets(SINTEL)}
POSTER = draw(SINTEL, PICTURES["45745-poster-0.jpg"])
LOGO = draw(SINTEL, PICTURES["45745-clearlogo-0.png"])


def _saved(data: bytes, format_: str, width: int | None = None, **options: int) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        picture = image if width is None else image.resize((width, image.height * width // image.width))
        sent = io.BytesIO()
        picture.save(sent, format_, **options)
    return sent.getvalue()


PROGRESSIVE = _saved(POSTER, "JPEG", progressive=True)


@pytest.fixture
async def server() -> AsyncIterator[TmdbServer]:
    async with TmdbServer(FILMS) as running:
        yield running


@pytest.fixture
async def client(server: TmdbServer) -> AsyncIterator[ImageClient]:
    made = ImageClient([server.image_url])
    yield made
    await made.close()


def _png_of(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and has no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (header, b"IDAT", b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


async def test_a_picture_arrives_as_it_was_sent(server: TmdbServer, client: ImageClient) -> None:
    fetched = await client.fetch(f"{server.image_url}/original/45745-poster-0.jpg")
    assert fetched is not None
    assert fetched.data == POSTER
    assert (fetched.extension, fetched.width, fetched.height) == ("jpg", 1000, 1500)


async def test_a_picture_that_is_gone_is_absent(server: TmdbServer, client: ImageClient) -> None:
    assert await client.fetch(f"{server.image_url}/original/45745-poster-99.jpg") is None
    server.fault = lambda _path: Fault(status=410)
    assert await client.fetch(f"{server.image_url}/original/45745-poster-0.jpg") is None


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=500), Transient),
        (Fault(is_cut=True), Transient),
        (Fault(status=429), Wait),
        (Fault(status=503), Wait),
        (Fault(status=403), BadImage),
        (Fault(body="<html>sign in to this network</html>"), BadImage),
    ],
    ids=["500", "cut off", "429", "503", "403", "HTML"],
)
async def test_faults_of_a_download_are_told_apart(
    server: TmdbServer, client: ImageClient, fault: Fault, expected: type[Exception]
) -> None:
    server.fault = lambda _path: fault
    with pytest.raises(expected):
        await client.fetch(f"{server.image_url}/original/45745-poster-0.jpg")


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [pytest.param("3", 3, id="as long as it says"), pytest.param(None, 30, id="half a minute where it says nothing")],
)
async def test_a_picture_server_that_wants_rest_gets_it(
    server: TmdbServer, client: ImageClient, wish: str | None, seconds: int
) -> None:
    server.fault = lambda _path: Fault(status=429, retry_after=wish)
    with pytest.raises(Wait) as refused:
        await client.fetch(f"{server.image_url}/original/45745-poster-0.jpg")
    assert refused.value.delay.total_seconds() == seconds


async def test_no_server_is_a_reason_to_wait(server: TmdbServer, client: ImageClient) -> None:
    url = f"{server.image_url}/original/45745-poster-0.jpg"
    await server.__aexit__()
    with pytest.raises(Wait) as caught:
        await client.fetch(url)
    assert caught.value.cause == f"images:127.0.0.1:{server.port}"


async def test_an_address_that_is_none_is_no_picture(client: ImageClient) -> None:
    with pytest.raises(BadImage):
        await client.fetch("http://")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (POSTER, ("jpg", 1000, 1500)),
        (LOGO, ("png", 800, 310)),
        (_saved(POSTER, "WEBP", width=400), ("webp", 400, 600)),
    ],
    ids=["JPEG", "PNG", "WebP"],
)
def test_the_extension_follows_the_content(data: bytes, expected: tuple[str, int, int]) -> None:
    image = examine(data, "a.bin")
    assert (image.extension, image.width, image.height) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>Not found</body></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="310"/>',
        _saved(POSTER, "GIF", width=100),
        POSTER[: len(POSTER) // 2],
        LOGO[: len(LOGO) // 2],
        PROGRESSIVE[: len(PROGRESSIVE) // 2],
        PROGRESSIVE[:-2],
        PROGRESSIVE[:300],
    ],
    ids=[
        "empty",
        "HTML",
        "SVG",
        "GIF",
        "half a JPEG",
        "half a PNG",
        "half a progressive JPEG",
        "one without an end",
        "its head",
    ],
)
def test_what_is_no_usable_picture_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(BadImage, match=r"a\.jpg"):
        examine(data, "a.jpg")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_png_of(20_000, 20_000), "decompression bomb"),
        (_png_of(8_000, 8_000), "8000x8000 pixels is no usable size"),
        (_png_of(5_500, 5_000), "5500x5000 pixels is no usable size"),
        (_saved(LOGO, "PNG", width=20), "20x7 pixels is no usable size"),
    ],
    ids=["a bomb", "too many pixels", "too many to decode whole", "a tracking dot"],
)
def test_a_size_that_nobody_can_use_is_refused_before_decoding(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage, match=reason):
        examine(data, "a.png")


@pytest.mark.parametrize(
    ("is_declared", "reason"),
    [(True, f"says that it is {len(POSTER)} bytes long"), (False, "longer than 1000 bytes")],
    ids=["declared", "undeclared"],
)
async def test_a_gigantic_picture_is_not_downloaded(
    client: ImageClient, server: TmdbServer, monkeypatch: pytest.MonkeyPatch, *, is_declared: bool, reason: str
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 1000)
    server.fault = lambda _path: None if is_declared else Fault(status=302, location=endless.url)
    async with _Stranger(POSTER) as endless:
        client = ImageClient([server.image_url, endless.url])
        with pytest.raises(BadImage, match=reason):
            await client.fetch(f"{server.image_url}/original/45745-poster-0.jpg")
        await client.close()


class _Stranger:
    """Another server: sends the same bytes over and over, without saying how long that goes on."""

    def __init__(self, data: bytes) -> None:
        self.calls = 0
        self.url = ""
        self._data = data
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._reply)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/picture.jpg"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(self._data)
        return response


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["as an address", "as a name"])
async def test_a_picture_in_the_private_network_is_refused_unless_the_owner_configured_it(host: str) -> None:
    client = ImageClient(["http://127.0.0.1:1/another-port", "https://image.tmdb.org/t/p"])
    async with _Stranger(POSTER) as stranger:
        with pytest.raises(BadImage, match="private network"):
            await client.fetch(stranger.url.replace("127.0.0.1", host))
    await client.close()
    assert stranger.calls == 0


async def test_a_redirect_into_the_private_network_is_refused(server: TmdbServer, client: ImageClient) -> None:
    async with _Stranger(POSTER) as stranger:
        server.fault = lambda _path: Fault(status=302, location=stranger.url)
        with pytest.raises(BadImage, match=r"45745-poster-0\.jpg leads to 127\.0\.0\.1, which is refused"):
            await client.fetch(f"{server.image_url}/original/45745-poster-0.jpg")
    assert stranger.calls == 0


async def test_a_redirect_within_what_is_allowed_is_followed(server: TmdbServer, client: ImageClient) -> None:
    moved = {"/t/p/original/old.jpg": Fault(status=301, location="../original/45745-poster-0.jpg")}
    server.fault = moved.get
    fetched = await client.fetch(f"{server.image_url}/original/old.jpg")
    assert fetched is not None
    assert fetched.data == POSTER


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://example.org/a.jpg", "http://[::1", "http://127.1/a.jpg", "", None],
    ids=["a file", "FTP", "no address", "an address in disguise", "to itself", "nowhere"],
)
async def test_a_redirect_to_what_is_no_picture_on_the_web_is_refused(
    server: TmdbServer, client: ImageClient, location: str | None
) -> None:
    server.fault = lambda _path: Fault(status=302, location=location)
    with pytest.raises(BadImage, match=r"45745-poster-0\.jpg"):
        await client.fetch(f"{server.image_url}/original/45745-poster-0.jpg")
    assert server.calls.total() <= 4


@pytest.mark.parametrize(
    "body",
    ['<svg xmlns="http://www.w3.org/2000/svg" width="800" height="310"/>', "<html>sign in</html>", ""],
    ids=["SVG", "HTML", "nothing"],
)
async def test_a_name_that_ends_in_jpg_makes_no_picture(server: TmdbServer, client: ImageClient, body: str) -> None:
    server.fault = lambda _path: Fault(body=body)
    with pytest.raises(BadImage, match="neither JPEG nor PNG nor WebP"):
        await client.fetch(f"{server.image_url}/original/45745-poster-0.jpg")


def test_what_lies_under_transparent_pixels_does_not_matter() -> None:
    looks = []
    for hidden in ((0, 0, 0, 0), (255, 40, 200, 0)):
        picture = Image.new("RGBA", (200, 100), hidden)
        picture.paste((255, 255, 255, 255), (20, 30, 90, 80))
        sent = io.BytesIO()
        picture.save(sent, "PNG")
        looks.append(_look(sent.getvalue()))
    assert looks[0] == looks[1]


@pytest.mark.parametrize(
    "changed",
    [_saved(POSTER, "JPEG", width=500), _saved(POSTER, "JPEG", quality=40), _saved(POSTER, "WEBP"), PROGRESSIVE],
    ids=["half the size", "recompressed", "another format", "progressive"],
)
def test_copies_of_a_picture_look_alike(changed: bytes) -> None:
    assert are_alike(_look(POSTER), _look(changed))


def test_different_pictures_do_not_look_alike() -> None:
    looks = [_look(draw(SINTEL, asset)) for asset in assets(SINTEL) if asset.shape in {"poster", "fanart"}]
    pairs = [(first, second) for place, first in enumerate(looks) for second in looks[:place]]
    assert not any(are_alike(first, second) for first, second in pairs)


def _look(data: bytes) -> Look:
    return Look(examine(data, "picture").phash, None)
