"""Downloading a chosen picture and proving that it is one: the I/O of enrichment besides the providers' answers."""

from __future__ import annotations

import asyncio
import io
import math
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from operator import mul

import aiohttp
from PIL import Image, UnidentifiedImageError

from metarr.errors import Permanent, Transient, Wait

# "For image.tmdb.org, the only thing we limit is the max number of simultaneous connections": 20, say its makers,
# https://www.themoviedb.org/talk/62edd3ca46aed400917de201
CONNECTIONS_PER_HOST = 20
MAX_BYTES = 30 * 1024 * 1024
MAX_PIXELS = 60_000_000  # a poster of 6000x9000
_SMALLEST_SIDE = 16  # pixels; below it is a tracking dot or a placeholder
_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=20)
_WAIT = timedelta(seconds=30)
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_HASH_SIDE, _SAMPLE_SIDE = 8, 32  # a 64-bit hash from a 32x32 picture


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
    """Downloads pictures. Made outside a loop, opened by the first request."""

    def __init__(self, connections_per_host: int = CONNECTIONS_PER_HOST) -> None:
        self._connections = connections_per_host
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str) -> FetchedImage | None:
        """The picture at `url`, or None if there is none any more (404, 410)."""
        data = await self._download(url)
        return None if data is None else await asyncio.to_thread(examine, data, url)

    async def _download(self, url: str) -> bytes | None:
        try:
            async with self._opened().get(url, max_redirects=3) as response:
                if response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                    return None
                _refuse(url, response)
                return await _read(url, response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _wait(f"the picture server cannot be reached: {error}", url) from error
        except aiohttp.InvalidURL as error:
            raise BadImage(f"{url} is not an address of a picture") from error
        except TimeoutError as error:
            raise Transient(f"{url} did not arrive in time") from error
        except aiohttp.ClientError as error:
            raise Transient(f"{url} broke off: {error}") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit_per_host=self._connections)
            self._session = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT)
        return self._session


def examine(data: bytes, name: str) -> FetchedImage:
    """Decode the bytes, cheaply; BadImage says what is wrong with them. `name` is for its text."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_EXTENSIONS)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS or min(width, height) < _SMALLEST_SIDE:
                raise BadImage(f"{name}: {width}x{height} pixels is no usable size")
            extension = _EXTENSIONS[str(image.format)]
            # JPEG decodes to an eighth of its size, which still reads every byte (the hash asks for it).
            image.draft("L", (_SAMPLE_SIDE * 2, _SAMPLE_SIDE * 2))
            return FetchedImage(data, extension, width, height, _phash(image))
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
        raise _wait(f"the picture server asks us to wait ({status})", url)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Transient(f"{url} answered with status {status}")
    if status != HTTPStatus.OK:
        raise BadImage(f"{url} answered with status {status}")


async def _read(url: str, response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BYTES:
            raise BadImage(f"{url} is longer than {MAX_BYTES} bytes")
    return bytes(body)


def _wait(text: str, url: str) -> Wait:
    host = url.split("/")[2] if "://" in url else url
    return Wait(text, cause=f"images:{host}", delay=_WAIT)


def _beginning(data: bytes) -> str:
    return f"it begins with {data[:16]!r}" if data else "it is empty"


def _phash(image: Image.Image) -> int:
    """Perceptual hash: the signs of the lowest frequencies against their median.

    Similar pictures differ in few bits. The method: http://www.hackerfactor.com/blog/index.php?/archives/432-.html
    """
    if image.mode in {"RGBA", "LA", "PA", "P"}:
        image = _on_grey(image)
    small = image.convert("L").resize((_SAMPLE_SIDE, _SAMPLE_SIDE), Image.Resampling.BILINEAR)
    pixels = small.tobytes()
    rows = [pixels[start : start + _SAMPLE_SIDE] for start in range(0, len(pixels), _SAMPLE_SIDE)]
    waves = _waves()
    across = [[sum(map(mul, wave, row)) for row in rows] for wave in waves]
    lowest = [sum(map(mul, wave, column)) for wave in waves for column in across]
    median = sorted(lowest)[len(lowest) // 2]
    return sum(1 << place for place, value in enumerate(lowest) if value > median)


def _on_grey(image: Image.Image) -> Image.Image:
    """A logo on middle grey: what lies under transparent pixels is arbitrary."""
    layered = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, (128, 128, 128, 255)), layered)


@cache
def _waves() -> tuple[tuple[float, ...], ...]:
    """The cosines of the lowest frequencies (DCT-II)."""
    return tuple(
        tuple(math.cos(math.pi * frequency * (2 * place + 1) / (2 * _SAMPLE_SIDE)) for place in range(_SAMPLE_SIDE))
        for frequency in range(_HASH_SIDE)
    )
