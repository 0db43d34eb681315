"""A stand-in for TMDB on loopback that knows every film: `python -m metarr.demo.standin`.

For libraries of invented films (benchmarks, kill tests): whatever id or title is asked for, there is a film, and always
the same one. Pictures come from a small pool, so that serving costs little.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import cache
from zlib import crc32

from metarr.demo.catalogue import FILMS, Film
from metarr.demo.drawing import assets, draw, draw_portrait
from metarr.demo.tmdb_server import TmdbServer

_FIRST_ID = 100_000_000  # beyond every id that TMDB has given out, and beyond the demo's own
_IDS = 1_000_000
_POOL = 12  # different pictures of a kind


class Inventor:
    """Films out of thin air. A film found by title is the same when it is asked for by the id that the search gave."""

    def __init__(self) -> None:
        self._found: dict[str, Film] = {}

    def by_id(self, id_: str) -> Film | None:
        """The film with a TMDB or IMDb id."""
        if id_.startswith("tt"):
            return self._film(_FIRST_ID + crc32(id_.encode()) % _IDS, f"Film {id_}", 2000, imdb=id_)
        return self._found.get(id_) or self._film(int(id_), f"Film {id_}", 2000)

    def by_title(self, title: str, year: int | None) -> Film:
        """The one film of that title and year."""
        number = _FIRST_ID + crc32(f"{title}/{year}".encode()) % _IDS
        return self._film(number, title, year or 2000)

    def _film(self, tmdb: int, title: str, year: int, imdb: str | None = None) -> Film:
        model = FILMS[tmdb % len(FILMS)]
        film = replace(
            model,
            tmdb=tmdb,
            imdb=imdb,
            title=title,
            original_title=None,
            released=f"{year}-06-15",
            collection=None,
            translations={},
        )
        return self._found.setdefault(str(tmdb), film)


@cache
def _drawn(shape: str, number: int) -> bytes:
    film = FILMS[number % len(FILMS)]
    asset = next(asset for asset in assets(film) if asset.shape == shape)
    return draw(film, replace(asset, name=f"pool-{shape}-{number}"))


def picture(file: str) -> bytes | None:
    """A picture by the file name that the films of this server carry; None: not one of them."""
    owner, _, rest = file.partition("-")
    if owner == "person":
        return _portrait(crc32(file.encode()) % _POOL)
    shape, _, place = rest.partition(".")[0].partition("-")
    if not owner.isdigit() or not place.isdigit():
        return None
    return _drawn(shape, (int(owner) + int(place)) % _POOL)


@cache
def _portrait(number: int) -> bytes:
    return draw_portrait(f"Person {chr(ord('A') + number)}")


def server(*, delay: float = 0.0) -> TmdbServer:
    """The stand-in, not started yet."""
    inventor = Inventor()
    return TmdbServer((), images=picture, fallback=inventor.by_id, search_fallback=inventor.by_title, delay=delay)


async def _serve(port: int) -> None:
    stand_in = server()
    stand_in.port = port
    async with stand_in:
        lines = [
            f"export METARR_TMDB_URL={stand_in.url}",
            f"export METARR_TMDB_IMAGE_URL={stand_in.image_url}",
            f"export METARR_TMDB_API_KEY={stand_in.key}",
        ]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    except KeyboardInterrupt:
        sys.exit(0)
