"""Downloading a chosen picture and proving that it is one: the I/O of enrichment besides the providers' answers."""

from __future__ import annotations

import asyncio
import io
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from operator import mul
from typing import TYPE_CHECKING

import aiohttp
from PIL import Image, UnidentifiedImageError
from yarl import URL

from metarr import tracing
from metarr.errors import Permanent, Transient, Wait
from metarr.phases.enrich.addresses import PrivateAddress, public_socket
from metarr.providers.outcome import retry_after
from metarr.tracing import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

# "For image.tmdb.org, the only thing we limit is the max number of simultaneous connections": 20, say its makers,
# https://www.themoviedb.org/talk/62edd3ca46aed400917de201
CONNECTIONS_PER_HOST = 20
MAX_BYTES = 30 * 1024 * 1024
MAX_PIXELS = 60_000_000  # a JPEG poster of 6000x9000, of which an eighth is decoded each way
MAX_WHOLE_PIXELS = 25_000_000  # of formats that are decoded whole: 100 MB of memory
_SMALLEST_SIDE = 16  # pixels; below it is a tracking dot or a placeholder
_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=20)
_WAIT = timedelta(seconds=30)
_MOST_REDIRECTS = 3
_REDIRECTS = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
_START_OF_SCAN, _END = b"\xff\xda", b"\xff\xd9"  # of JPEG
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # after a scan's data
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
# A 64-bit hash from a 16x16 picture: it tells pictures apart as well as one from 32x32, for a third of the work.
_HASH_SIDE, _SAMPLE_SIDE = 8, 16
_DRAFT_SIDE = 64  # pixels; decoding need not yield more
_PRECISION = 256  # the hash's weights are whole numbers: quicker, and the same on every machine


class BadImage(Permanent):
    """What the address holds is no picture that players can show: pass it over and take the next."""


@dataclass(frozen=True, slots=True)
class FetchedImage:
    """A picture that decodes, as it was sent."""

    data: bytes
    extension: str  # "jpg", "png", "webp", by content
    width: int  # pixels
    height: int  # pixels
    phash: int  # 64 bits


class ImageClient:
    """Downloads pictures. Made outside a loop, opened by the first request.

    `trusted`: addresses that the owner configured; they may lie in a private network, everything else may not.
    """

    def __init__(self, trusted: Iterable[str] = (), connections_per_host: int = CONNECTIONS_PER_HOST) -> None:
        self._trusted = {URL(address).origin() for address in trusted}
        self._connections = connections_per_host
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by whether every address will do

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def fetch(self, url: str) -> FetchedImage | None:
        """The picture at `url`, or None if there is none any more (404, 410)."""
        with tracing.span("GET picture", Role.QUESTION, {"http.request.method": "GET"}):
            data = await self._download(url)
        return None if data is None else await asyncio.to_thread(examine, data, url)

    async def _download(self, url: str) -> bytes | None:
        try:
            return await self._follow(url)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, PrivateAddress):
                raise BadImage(
                    f"{url} leads to {error.host}, which is refused: {error.os_error}. Only the addresses in a "
                    "provider's settings may be."
                ) from error
            raise _wait(f"the picture server cannot be reached: {error}", url) from error
        except aiohttp.ConnectionTimeoutError as error:
            raise _wait(f"the picture server cannot be reached: {error}", url) from error
        except aiohttp.InvalidURL as error:
            raise BadImage(f"{url} is not an address of a picture") from error
        except TimeoutError as error:
            raise Transient(f"{url} did not arrive in time") from error
        except aiohttp.ClientError as error:
            raise Transient(f"{url} broke off: {error}") from error

    async def _follow(self, url: str) -> bytes | None:
        """Redirects one by one: each may lead to where nobody should go."""
        here = _address(url, url)
        for _ in range(_MOST_REDIRECTS + 1):
            session = self._opened(is_trusted=here.origin() in self._trusted)
            async with session.get(here, allow_redirects=False) as response:
                if response.status in _REDIRECTS:
                    here = _address(response.headers.get("Location", ""), url, here)
                    continue
                if response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                    return None
                _refuse(url, response)
                return await _read(url, response)
        raise BadImage(f"{url} is redirected more than {_MOST_REDIRECTS} times")

    def _opened(self, *, is_trusted: bool) -> aiohttp.ClientSession:
        if is_trusted not in self._sessions:
            self._sessions[is_trusted] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit_per_host=self._connections, socket_factory=None if is_trusted else public_socket
                ),
                timeout=_TIMEOUT,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._sessions[is_trusted]


def _address(text: str, url: str, base: URL | None = None) -> URL:
    """Where a picture's address or a redirect leads. BadImage unless that is a web address. `url`: of the picture."""
    try:
        found = URL(text) if base is None else base.join(URL(text))
        is_web = found.scheme in {"http", "https"} and bool(found.host)
    except ValueError as error:
        raise BadImage(f"{url} is not an address of a picture ({text[:200]!r})") from error
    if not is_web:
        raise BadImage(f"{url} leads to {text[:200]!r}, which is no web address of a picture")
    return found


def examine(data: bytes, name: str) -> FetchedImage:
    """Decode the bytes, cheaply; BadImage says what is wrong with them. `name` is for its text."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_EXTENSIONS)) as image:
            width, height = image.size
            most = MAX_PIXELS if image.format == "JPEG" else MAX_WHOLE_PIXELS
            if width * height > most or min(width, height) < _SMALLEST_SIDE:
                raise BadImage(f"{name}: {width}x{height} pixels is no usable size")
            extension = _EXTENSIONS[str(image.format)]
            is_progressive = "progressive" in image.info
            if not is_progressive:
                return FetchedImage(data, extension, width, height, _hash_of(image))
        with Image.open(io.BytesIO(_first_scan(data)), formats=("JPEG",)) as image:
            return FetchedImage(data, extension, width, height, _hash_of(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage(f"{name}: {error}") from error
    except UnidentifiedImageError as error:
        raise BadImage(f"{name}: neither JPEG nor PNG nor WebP ({_beginning(data)})") from error
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for damaged files
        raise BadImage(f"{name}: the picture is damaged: {error}") from error


def _refuse(url: str, response: aiohttp.ClientResponse) -> None:
    """Raise what an answer other than 200 means."""
    status = response.status
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        wish = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        raise _wait(f"the picture server asks us to wait ({status})", url, wish)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Transient(f"{url} answered with status {status}")
    if status != HTTPStatus.OK:
        raise BadImage(f"{url} answered with status {status}")


async def _read(url: str, response: aiohttp.ClientResponse) -> bytes:
    if (response.content_length or 0) > MAX_BYTES:
        raise BadImage(f"{url} says that it is {response.content_length} bytes long; {MAX_BYTES} are the most")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BYTES:
            raise BadImage(f"{url} is longer than {MAX_BYTES} bytes")
    return bytes(body)


def _wait(text: str, url: str, wish: timedelta | None = None) -> Wait:
    host = url.split("/")[2] if "://" in url else url
    return Wait(text, cause=f"images:{host}", delay=_WAIT if wish is None else wish)


def _beginning(data: bytes) -> str:
    return f"it begins with {data[:16]!r}" if data else "it is empty"


def _hash_of(image: Image.Image) -> int:
    # JPEG decodes to an eighth of its size, which still reads every byte.
    image.draft("L", (_DRAFT_SIDE, _DRAFT_SIDE))
    return _phash(image)


def _first_scan(data: bytes) -> bytes:
    """A progressive JPEG without all but its first scan, which holds the eighth that is looked at.

    The whole would take five times as long. One without an end comes back as it is, for the decoder to complain about.
    Its parts: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B
    """
    place = 2
    while data[place : place + 2] != _START_OF_SCAN:
        if data[place : place + 1] != b"\xff":
            return data
        is_filling = data[place + 1 : place + 2] == b"\xff"
        place += 1 if is_filling else 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    end = _NEXT_MARKER.search(data, place + 2)
    return data[: end.start()] + _END if end and data.find(_END, end.start()) >= 0 else data


def _phash(image: Image.Image) -> int:
    """Perceptual hash: the signs of the lowest frequencies against their median.

    Similar pictures differ in few bits. The method: http://www.hackerfactor.com/blog/index.php?/archives/432-.html
    """
    is_layered = image.mode in {"RGBA", "LA", "PA", "P"}
    whole = image.convert("RGBA") if is_layered else image.convert("L")
    small = whole.resize((_SAMPLE_SIDE, _SAMPLE_SIDE), Image.Resampling.BILINEAR)
    if is_layered:
        small = _on_grey(small)
    pixels = small.tobytes()
    rows = [pixels[start : start + _SAMPLE_SIDE] for start in range(0, len(pixels), _SAMPLE_SIDE)]
    waves = _waves()
    across = [[sum(map(mul, wave, row)) for row in rows] for wave in waves]
    lowest = [sum(map(mul, wave, column)) for wave in waves for column in across]
    median = sorted(lowest)[len(lowest) // 2]
    return sum(1 << place for place, value in enumerate(lowest) if value > median)


def _on_grey(image: Image.Image) -> Image.Image:
    """A logo on middle grey: what lies under transparent pixels is arbitrary."""
    return Image.alpha_composite(Image.new("RGBA", image.size, (128, 128, 128, 255)), image).convert("L")


@cache
def _waves() -> tuple[tuple[int, ...], ...]:
    """The cosines of the lowest frequencies (DCT-II)."""
    step = math.pi / (2 * _SAMPLE_SIDE)
    return tuple(
        tuple(round(_PRECISION * math.cos(step * wave * (2 * place + 1))) for place in range(_SAMPLE_SIDE))
        for wave in range(_HASH_SIDE)
    )
