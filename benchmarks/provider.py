"""A provider for `enrich.py`, in a process of its own: answers like TMDB, keeps a limit, logs when it was asked.

    python benchmarks/provider.py [--limit 40] [--delay 0.08] [--image-delay 0.15] [--fault-every 10]

Any film exists. Each of its pictures is a JPEG or PNG of 250 KB that no other address has, and that looks like none of
the same film's. It prints its port, and answers `/report` with what it saw.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import resource
import struct
import time
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

from aiohttp import web
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SIZE = 250_000  # bytes of a picture
_POOL = 12  # different pictures of a shape
_SHAPES = {"poster": (1000, 1500), "fanart": (1920, 1080), "logo": (800, 310), "person": (421, 632)}
_OFFERED = {"poster": (24, 6), "fanart": (6, 18), "logo": (4, 2)}  # of each film: in its language, and without text
_GROUPS = {"poster": "posters", "fanart": "backdrops", "logo": "logos"}
_CAST, _WITH_PORTRAITS = 20, 2
_MOST_COMMENT = 65_000  # bytes in one JPEG segment
_ORIGINAL = "ja"


class Log:
    """When requests came. `limit` a second are let through, in every second whatever its beginning."""

    def __init__(self, limit: int, fault_every: int) -> None:
        self.calls: list[float] = []
        self.images = self.refused = self.faults = 0
        self._limit = limit
        self._fault_every = fault_every
        self._answers = 0
        self._last_second: deque[float] = deque()

    def has_room(self, now: float) -> bool:
        """Whether a call that comes now is within the limit."""
        self.calls.append(now)
        while self._last_second and self._last_second[0] <= now - 1.0:
            self._last_second.popleft()
        if len(self._last_second) >= self._limit:
            self.refused += 1
            return False
        self._last_second.append(now)
        return True

    def fault(self) -> int | None:
        """The status that the next answer has instead of its own."""
        self._answers += 1
        if not self._fault_every or self._answers % self._fault_every:
            return None
        self.faults += 1
        return 500 if self.faults % 2 else 429

    def most_in_a_second(self) -> int:
        """In any second, whatever its beginning."""
        most, begin = 0, 0
        for end, moment in enumerate(self.calls):
            while self.calls[begin] <= moment - 1.0:
                begin += 1
            most = max(most, end - begin + 1)
        return most


def _details(film: int) -> dict[str, Any]:
    return {
        "id": film,
        "imdb_id": f"tt{film:07}",
        "title": f"Film {film}",
        "original_title": f"Film {film}",
        "original_language": _ORIGINAL,
        "overview": f"The story of number {film}. " * 10,
        "tagline": "Told once more.",
        "release_date": "2001-06-15",
        "runtime": 112,
        "status": "Released",
        "vote_average": 7.1,
        "vote_count": 4321,
        "genres": [{"id": 18, "name": "Drama"}, {"id": 53, "name": "Thriller"}],
        "production_companies": [{"id": 1, "name": "A Studio"}],
        "production_countries": [{"iso_3166_1": "JP", "name": "Japan"}],
        "belongs_to_collection": None,
        "credits": {"cast": [_actor(film, place) for place in range(_CAST)], "crew": [_director(film)]},
        "images": _pictures(film, "en"),
        "release_dates": {"results": []},
        "external_ids": {"imdb_id": f"tt{film:07}"},
        "videos": {"results": []},
        "keywords": {"keywords": [{"id": 1, "name": "loopback"}]},
        "translations": {"translations": []},
    }


def _actor(film: int, place: int) -> dict[str, Any]:
    profile = f"/person-{film}-{place}.jpg" if place < _WITH_PORTRAITS else None
    id_ = film * 100 + place
    return {"id": id_, "name": f"Actor {id_}", "character": f"Role {place}", "order": place, "profile_path": profile}


def _director(film: int) -> dict[str, Any]:
    id_ = film * 100 + 99
    return {"id": id_, "name": f"Director {id_}", "department": "Directing", "job": "Director", "profile_path": None}


def _pictures(film: int, language: str) -> dict[str, Any]:
    """Those in a language and those without text; those in the original language alone."""
    found: dict[str, Any] = {"id": film}
    for shape, (worded, textless) in _OFFERED.items():
        codes: list[str | None] = [language] * (worded if language != _ORIGINAL else 3)
        codes += [None] * textless if language != _ORIGINAL else []
        suffix = "png" if shape == "logo" else "jpg"
        found[_GROUPS[shape]] = [
            {
                "file_path": f"/{shape}-{film}-{place + (100 if language == _ORIGINAL else 0)}.{suffix}",
                "width": _SHAPES[shape][0],
                "height": _SHAPES[shape][1],
                "aspect_ratio": round(_SHAPES[shape][0] / _SHAPES[shape][1], 3),
                "iso_639_1": code,
                "vote_average": 6.0 - place / 10,
                "vote_count": 40 - place,
            }
            for place, code in enumerate(codes)
        ]
    return found


@cache
def _drawn(shape: str, number: int) -> bytes:
    """A picture with a coarse motive of its own and some grain, as big as wanted or somewhat smaller."""
    chance = random.Random(crc32(f"{shape}-{number}".encode()))  # noqa: S311  no secret, and the same every time
    size = _SHAPES[shape]
    mode = "RGBA" if shape == "logo" else "RGB"
    coarse = Image.frombytes(mode, (6, 6), chance.randbytes(36 * len(mode))).resize(size, Image.Resampling.BICUBIC)
    if shape == "logo":
        return _encoded(coarse.quantize(64, dither=Image.Dither.NONE).convert("RGBA"), "PNG")
    grain = Image.merge("RGB", [Image.effect_noise(size, 24).convert("L")] * 3)
    picture = ImageChops.overlay(coarse, grain)
    tries = (_encoded(picture, "JPEG", quality=quality) for quality in range(92, 8, -4))
    return next(data for data in tries if len(data) <= _SIZE)


def _encoded(picture: Image.Image, form: str, **options: int) -> bytes:
    sent = io.BytesIO()
    picture.save(sent, form, **options)
    return sent.getvalue()


def picture(file: str) -> bytes:
    """The bytes at this name: one of the pool, with the name and some filling in a comment."""
    shape, film, place = file.partition(".")[0].split("-")
    data = _drawn(shape, (int(film) + int(place)) % _POOL)
    room = _SIZE - len(data)
    comment = file.encode().ljust(max(room, len(file)), b".")
    if file.endswith(".png"):
        body = b"tEXtComment\0" + comment
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", crc32(body))
        return data[:-12] + chunk + data[-12:]  # before the last chunk, which is empty
    parts = [comment[start : start + _MOST_COMMENT] for start in range(0, len(comment), _MOST_COMMENT)]
    segments = b"".join(b"\xff\xfe" + struct.pack(">H", len(part) + 2) + part for part in parts)
    return data[:-2] + segments + data[-2:]  # before the end's marker


class Provider:
    """The server."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self._chosen = chosen
        self._log = Log(chosen.limit, chosen.fault_every)
        self._begun = _cpu()

    def application(self) -> web.Application:
        """Its routes."""
        app = web.Application()
        app.router.add_get("/3/authentication", self._call(lambda _film: {"success": True}))
        app.router.add_get("/3/movie/{film}", self._call(_details))
        app.router.add_get("/3/movie/{film}/images", self._call(lambda film: _pictures(film, _ORIGINAL)))
        app.router.add_get("/t/p/{size}/{file}", self._image)
        app.router.add_get("/report", self._report)
        return app

    def _call(self, answer: Callable[[int], dict[str, Any]]) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            if not self._log.has_room(time.monotonic()):
                return _too_many()
            await asyncio.sleep(self._chosen.delay)
            status = self._log.fault()
            if status is not None:
                return _too_many() if status == 429 else web.Response(status=status)  # noqa: PLR2004  HTTP's
            return web.json_response(answer(int(request.match_info.get("film", 0))))

        return handle

    async def _image(self, request: web.Request) -> web.Response:
        self._log.images += 1
        await asyncio.sleep(self._chosen.image_delay)
        status = self._log.fault()
        if status is not None:
            return _too_many() if status == 429 else web.Response(status=status)  # noqa: PLR2004  HTTP's
        return web.Response(body=picture(request.match_info["file"]), content_type="image/jpeg")

    async def _report(self, _request: web.Request) -> web.Response:
        log = self._log
        return web.json_response(
            {
                "calls": len(log.calls),
                "most_in_a_second": log.most_in_a_second(),
                "refused": log.refused,
                "images": log.images,
                "faults": log.faults,
                "cpu": _cpu() - self._begun,
            }
        )


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _too_many() -> web.Response:
    return web.Response(status=429, headers={"Retry-After": "1"})


async def _serve(chosen: argparse.Namespace) -> None:
    for shape in _SHAPES:
        for number in range(_POOL):
            _drawn(shape, number)
    runner = web.AppRunner(Provider(chosen).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=40, help="calls a second")
    parser.add_argument("--delay", type=float, default=0.08, help="seconds before an answer")
    parser.add_argument("--image-delay", type=float, default=0.15, help="seconds before a picture")
    parser.add_argument("--fault-every", type=int, default=0, help="every so many answers are a 429 or a 500")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
