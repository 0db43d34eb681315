"""What real Kodi makes of a published library, read back over JSON-RPC. `METARR_TEST_KODI=1 pytest -m kodi`

With `METARR_TEST_KODI=write` the result goes into docs/kodi.md.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from house import House
from kodi.claims import ALONE, CLAIMS, MODES, OWN, SHARED, Claim, Told
from kodi.page import Line, page
from kodi.shelves import SETS_FOLDER, furnish_films, furnish_show
from metarr.model.media import LibraryKind
from metarr.settings import Settings
from metarr.store import libraries
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from real_kodi import RealKodi, Source, find_programs

if TYPE_CHECKING:
    from collections.abc import Iterator


_CHOICE = os.environ.get("METARR_TEST_KODI", "")
_PROGRAMS = find_programs()
if not _CHOICE or _PROGRAMS is None:
    why = "METARR_TEST_KODI is not set" if not _CHOICE else "Kodi or Xvfb is not installed (apt-get install kodi xvfb)"
    pytest.skip(f"real Kodi is not asked: {why}", allow_module_level=True)

pytestmark = pytest.mark.kodi

_PAGE = Path(__file__).parents[2] / "docs" / "kodi.md"
_COMMON = ("title", "plot", "studio", "genre", "mpaa", "originaltitle", "sorttitle", "tag", "userrating", "year")
_ALL = ("art", "cast", "file", "premiered", "ratings", "uniqueid", *_COMMON)
_OF_FILMS = (
    *("plotoutline", "tagline", "country", "director", "writer", "trailer", "set", "streamdetails", "runtime"),
    *("playcount", "lastplayed", "resume"),
)
_OF_EPISODES = (
    *("title", "plot", "firstaired", "showtitle", "season", "episode", "ratings", "uniqueid", "userrating", "art"),
    *("cast", "director", "writer", "file", "streamdetails", "specialsortseason", "specialsortepisode"),
)


@pytest.fixture(scope="module", params=MODES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Told:
    """One Kodi after the other. Only the first opens the videos: the others say what our NFO files say of them."""
    mode: str = request.param
    base = tmp_path_factory.mktemp("published")
    films, shows = _publish(base, migrated_sqlite, ("kodi",) if mode == ALONE else ("kodi", "jellyfin", "plex"))
    sources = [Source(films, "movies", has_own_folders=mode != SHARED), Source(shows, "tvshows")]
    assert _PROGRAMS is not None
    with RealKodi(base / "home", _PROGRAMS, sources, films / SETS_FOLDER, opens_files=mode == OWN) as kodi:
        kodi.scan()
        return _ask(kodi, mode, films, shows)


def _publish(base: Path, database: Path, profiles: tuple[str, ...]) -> tuple[Path, Path]:
    """A library of films and one of shows."""
    (base / "metarr.db").write_bytes(database.read_bytes())
    store, blobs = Store(sqlite_url(base / "metarr.db")), Blobs(base / "cache")
    settings = Settings.model_validate({"publishing": {"movieSetsFolder": SETS_FOLDER}})
    films = House(store, base / "films", blobs, LibraryKind.MOVIES, profiles, settings)
    shows = House(store, base / "shows", blobs, LibraryKind.TV, profiles)
    furnish_films(films)
    furnish_show(shows)
    store.write_now(lambda tx: libraries.confirm(tx, films.library))
    for house in (films, shows):
        for place in house.ids:
            house.publish(place)
    store.close()
    return films.root, shows.root


def _ask(kodi: RealKodi, mode: str, films: Path, shows: Path) -> Told:
    movies = kodi.call("VideoLibrary.GetMovies", properties=[*_ALL, *_OF_FILMS])["movies"]
    sets = kodi.call("VideoLibrary.GetMovieSets", properties=["title", "plot", "art"])["sets"]
    [show] = kodi.call("VideoLibrary.GetTVShows", properties=_ALL)["tvshows"]
    seasons = kodi.call("VideoLibrary.GetSeasons", tvshowid=show["tvshowid"], properties=["season", "title", "art"])
    episodes = kodi.call("VideoLibrary.GetEpisodes", tvshowid=show["tvshowid"], properties=_OF_EPISODES)
    return Told(
        mode,
        kodi.version(),
        {_plain(one["file"], films): _plain(one, films) for one in movies},
        {one["title"]: _plain(one, films) for one in sets},
        _plain(show, shows),
        {one["season"]: _plain(one, shows) for one in seasons["seasons"]},
        {(one["season"], one["episode"]): _plain(one, shows) for one in episodes["episodes"]},
    )


def _plain(value: Any, root: Path) -> Any:
    """With paths below the root, and pictures by their own address."""
    if isinstance(value, dict):
        return {key: _plain(part, root) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, root) for part in value]
    if isinstance(value, float):
        return round(value, 3)
    if not isinstance(value, str):
        return value
    wrapped = value.removeprefix("image://")
    return (value if wrapped == value else unquote(wrapped.removesuffix("/"))).replace(f"{root}/", "")


@pytest.fixture(scope="module")
def proven(request: pytest.FixtureRequest) -> Iterator[dict[tuple[str, str], Line]]:
    """What was proven, in the order of the claims; written down when everything was."""
    lines = {(claim.of, claim.what): Line(claim.of, claim.what) for claim in CLAIMS}
    yield lines
    wanted = sum(len(claim.modes) for claim in CLAIMS)
    if _CHOICE == "write" and sum(len(line.shown) for line in lines.values()) == wanted:
        _PAGE.write_text(page(list(lines.values()), MODES), encoding="utf-8")


@pytest.mark.parametrize("claim", [pytest.param(claim, id=f"{claim.of}: {claim.what}") for claim in CLAIMS])
def test_kodi_reads(told: Told, claim: Claim, proven: dict[tuple[str, str], Line]) -> None:
    if told.mode not in claim.modes:
        return
    wanted, found = claim.look(told)
    assert found == wanted
    line = proven[claim.of, claim.what]
    line.shown[told.mode] = found
    line.version = told.version
