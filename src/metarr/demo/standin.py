"""A stand-in for TMDB on loopback that knows every film and show: `python -m metarr.demo.standin`.

For libraries of invented films and shows (benchmarks, kill tests): whatever id or title is asked for, it exists, and is
always the same one. A show has three seasons of 24 episodes, and three specials. Pictures come from a small pool, so
that serving costs little.
"""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import replace
from functools import cache
from zlib import crc32

from metarr.demo.catalogue import FILMS, Film
from metarr.demo.drawing import Asset, assets, draw, draw_portrait, still
from metarr.demo.tmdb_server import TmdbServer
from metarr.demo.works import Episode, Season, Show

_FIRST_ID = 100_000_000  # beyond every id that TMDB has given out, and beyond the demo's own
_IDS = 1_000_000
_SHOWS = 10_000_000  # whose episodes have ids of their own
_POOL = 12  # different pictures of a kind
_SEASONS = {0: 3, 1: 24, 2: 24, 3: 24}  # episodes
_SHOW_ID = re.compile(r"(tt\d+)|tvdb:(\d+)|(\d+)")
_PICTURE = re.compile(r"(?:tv|set|)(\d+)(?:s(\d+)(?:e(\d+))?)?-([a-z]+)-(\d+)\.")


class Invention:
    """Films and shows out of thin air. One found by title is the same when it is asked for by the id it was given."""

    def __init__(self) -> None:
        self._films: dict[int, Film] = {}
        self._shows: dict[int, Show] = {}

    def film(self, id_: str) -> Film | None:
        """The film with a TMDB or IMDb id."""
        imdb = id_ if id_.startswith("tt") else None
        number = _number(id_) if imdb else int(id_)
        return self._films.get(number) or self._film(number, f"Film {id_}", 2000, imdb)

    def film_titled(self, title: str, year: int | None) -> Film:
        """The one film of that title and year."""
        return self._film(_number(f"{title}/{year}"), title, year or 2000)

    def show(self, id_: str) -> Show | None:
        """The show with a TMDB, IMDb or TVDB id."""
        match = _SHOW_ID.fullmatch(id_)
        if match is None:
            return None
        imdb, tvdb, tmdb = match.groups()
        number = int(tmdb) if tmdb else _number(id_)
        return self._shows.get(number) or self._show(number, f"Show {id_}", 2000, imdb, int(tvdb) if tvdb else None)

    def show_titled(self, title: str, year: int | None) -> Show:
        """The one show of that title and first year."""
        return self._show(_number(f"{title}/{year}"), title, year or 2000)

    def _film(self, tmdb: int, title: str, year: int, imdb: str | None = None) -> Film:
        model = FILMS[tmdb % len(FILMS)]
        film = replace(
            model,
            tmdb=tmdb,
            imdb=imdb,
            title=title,
            original_title=None,
            also_known_as=(),
            released=f"{year}-06-15",
            collection=None,
            translations={},
        )
        return self._films.setdefault(tmdb, film)

    def _show(self, tmdb: int, title: str, year: int, imdb: str | None = None, tvdb: int | None = None) -> Show:
        model = FILMS[tmdb % len(FILMS)]
        show = Show(
            tmdb=tmdb,
            imdb=imdb,
            tvdb=tvdb,
            title=title,
            released=f"{year}-01-01",
            plot=model.plot,
            tagline=model.tagline,
            runtime=45,
            genres=model.genres,
            networks=model.studios,
            countries=model.countries,
            creators=model.writers,
            cast=model.cast,
            certification="TV-PG",
            rating=model.rating,
            votes=model.votes,
            keywords=model.keywords,
            palette=model.palette,
            seasons=tuple(
                Season(tmdb + season, season, f"Season {season}" if season else "Specials") for season in _SEASONS
            ),
            episodes=tuple(_episode(tmdb, model, year, place) for place in enumerate(_places())),
        )
        return self._shows.setdefault(tmdb, show)


def _number(text: str) -> int:
    """A TMDB id for what has none."""
    return _FIRST_ID + crc32(text.encode()) % _IDS


def _places() -> list[tuple[int, int]]:
    return [(season, number) for season, count in _SEASONS.items() for number in range(1, count + 1)]


def _episode(show: int, model: Film, year: int, place: tuple[int, tuple[int, int]]) -> Episode:
    """Every season runs through one year, twice a month. `place`: in all, then season and episode."""
    count, (season, number) = place
    month, half = divmod(number - 1, 2)
    return Episode(
        tmdb=_FIRST_ID + show % _SHOWS * 100 + count,
        season=season,
        number=number,
        title=f"Part {number} of Season {season}",
        aired=f"{year + max(0, season - 1)}-{month + 1:02d}-{1 + 14 * half:02d}",
        plot=model.plot,
        runtime=45,
        directors=model.directors,
        writers=model.writers,
        rating=model.rating,
        votes=model.votes,
    )


@cache
def _drawn(shape: str, number: int) -> bytes | None:
    film = FILMS[number % len(FILMS)]
    asset = next((asset for asset in (*assets(film), still(film, 1, 1)) if asset.shape == shape), None)
    return None if asset is None else draw(film, _pooled(asset, number))


def _pooled(asset: Asset, number: int) -> Asset:
    return replace(asset, name=f"pool-{asset.shape}-{number}")


def picture(file: str) -> bytes | None:
    """A picture by the file name that the films and shows of this server carry; None: not one of them."""
    if file.startswith("person-"):
        return _portrait(crc32(file.encode()) % _POOL)
    match = _PICTURE.match(file)
    if match is None:
        return None
    owner, season, episode, shape, place = match.groups()
    return _drawn(shape, (int(owner) + int(season or 0) + int(episode or 0) + int(place)) % _POOL)


@cache
def _portrait(number: int) -> bytes:
    return draw_portrait(f"Person {chr(ord('A') + number)}")


def server(*, delay: float = 0.0) -> TmdbServer:
    """The stand-in, not started yet."""
    return TmdbServer((), images=picture, inventor=Invention(), delay=delay)


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
