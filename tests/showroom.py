"""The demo's films and show as a running program has enriched and published them, with something of everything else:
a player, accounts of every role, questions to answer. It goes on working, so that what a page starts is done.
"""

from __future__ import annotations

import asyncio
import warnings
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chain import small_picture
from every_page import Place
from libraries import write_movie, write_video
from metarr.demo.catalogue import FILMS
from metarr.demo.folder import lay_out
from metarr.demo.kodi_server import KodiServer
from metarr.demo.shows import SHOWS
from metarr.demo.tmdb_server import TmdbServer
from metarr.model.access import Role
from people import AS_OWNER, WORD, session
from running import running

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    import apprise.utils.pgp  # noqa: F401  it imports imghdr, whose warning is not ours

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from running import Running

TWINS = "The Twins"  # two films of that title: a person has to say which
UNKNOWN = "Holiday by the Sea"  # no provider knows it
_EPISODES = (1, 2, 3)
_FILM, _PERSON = "Sintel", "Colin Levy"
_TWIN = replace(
    FILMS[0], title=TWINS, imdb=None, original_title=None, also_known_as=(), collection=None, translations={}
)
_TWINS = (
    replace(_TWIN, tmdb=90_000_801, released="1998-05-01"),
    replace(_TWIN, tmdb=90_000_802, released="2011-05-01", plot="The other one."),
)


@dataclass(frozen=True, slots=True)
class Room:
    """`cookies`: a session of each role, "name=value"; `places`: what addresses name, by the words of `every_page`."""

    house: Running
    films: Path
    cookies: dict[str, str]
    places: dict[str, Place]

    @property
    def url(self) -> str:
        return self.house.app.url


@asynccontextmanager
async def showroom(
    data: Path, base: Path, images: Callable[[str], bytes | None] | None = small_picture
) -> AsyncIterator[Room]:
    """`images`: what the provider's pictures look like; None: as the demo draws them, which takes long."""
    films, shows = await asyncio.to_thread(_lay_out, base)
    async with AsyncExitStack() as stack:
        pictures: dict[str, Any] = {} if images is None else {"images": images}
        tmdb = await stack.enter_async_context(TmdbServer((*FILMS, *_TWINS), SHOWS, **pictures))
        kodi = await stack.enter_async_context(KodiServer(films, shows=shows))
        keys = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "tmdb_api_key": tmdb.key}
        house = await stack.enter_async_context(running(data, keys | {"tvmaze_enabled": "false"}, loopback_auth=True))
        house.client.headers.update(AS_OWNER)
        await _furnish(house, films, shows, kodi)
        cookies = {role.value: await session(house, role.value) for role in Role}
        yield Room(house, films, cookies, await _places(house))


def _lay_out(base: Path) -> tuple[Path, Path]:
    films, shows = lay_out(base), base / "shows"
    write_movie(films, TWINS)
    write_movie(films, f"{UNKNOWN} (2019)")
    for number in _EPISODES:
        write_video(shows / f"Caminandes/Season 1/Caminandes S01E{number:02d}.mkv")
    return films, shows


async def _furnish(house: Running, films: Path, shows: Path, kodi: KodiServer) -> None:
    async def ask(method: str, path: str, body: object = None) -> None:
        status, answer = await house.ask(method, path, json=body)
        assert status < 300, answer

    await ask("PATCH", "/settings/phase-config", {"enrichment": {"autoSelectAssets": True}})
    await ask("PATCH", "/settings/enrichment", {"artworkLimits": {"poster": 1, "fanart": 2}})
    await ask("PATCH", "/settings/playerSync", {"settleSeconds": 0, "gatherSeconds": 0, "updatesPerMinute": 6000})
    for role in Role:
        await ask("POST", "/users", {"name": role.value, "password": WORD, "role": role.value})
    await ask("POST", "/players", {"kind": "kodi", "name": "attic", "url": kodi.url, "tcpPort": kodi.tcp_port})
    await ask("POST", "/player-groups", {"name": "upstairs", "members": [1]})
    await ask("POST", "/channels", {"name": "phone", "url": "json://127.0.0.1:9", "events": ["scan_failed"]})
    await ask("POST", "/path-mappings", {"source": "radarr", "remote": "/movies", "local": str(films)})
    await ask("POST", "/libraries", {"path": str(films), "kind": "movies", "name": "Films"})
    await ask("POST", "/libraries", {"path": str(shows), "kind": "tv", "name": "Shows"})
    for number in (1, 2):
        await ask("POST", f"/libraries/{number}/confirm")
        await ask("POST", f"/libraries/{number}/scan")
    await house.until_idle()
    movie = {"title": "Sintel", "folderPath": "/movies/Sintel (2010)"}
    for source, event in (("radarr", "Test"), ("sonarr", "Test"), ("radarr", "MovieAdded")):
        await ask("POST", f"/webhooks/{source}", {"eventType": event, "instanceName": "", "movie": movie})
    await asyncio.to_thread(_meddle, films)
    await ask("POST", "/libraries/1/verify")
    await ask("POST", f"/items/{(await _item(house, 'movie', _FILM))['id']}/sync")
    await house.until_idle()


def _meddle(films: Path) -> None:
    """Somebody changes what was published: verification finds it, and puts it back."""
    folder = next(films.glob(f"{_FILM}*"))
    [nfo], [poster], [fanart] = (list(folder.glob(name)) for name in ("*.nfo", "*-poster.jpg", "*-fanart.jpg"))
    nfo.unlink()
    poster.write_bytes(fanart.read_bytes())


async def _item(house: Running, kind: str, title: str) -> dict[str, Any]:
    page = await house.get("/items", kind=kind, limit=100)
    found: dict[str, Any] = next(item for item in page["items"] if item["title"] == title)
    return found


async def _places(house: Running) -> dict[str, Place]:
    wanted = {
        "movie": ("movie", _FILM),
        "series": ("series", "Caminandes"),
        "season": ("season", "Season 1"),
        "episode": ("episode", "Llama Drama"),
        "collection": ("collection", "Blender Open Movies"),
        "doubtful": ("movie", TWINS),
    }
    found = {}
    for name, (kind, title) in wanted.items():
        found[name] = Place((await _item(house, kind, title))["id"], title)
    [person] = (await house.get("/people", search=_PERSON, limit=1))["people"]
    [job] = (await house.get("/jobs", limit=1))["jobs"]
    [report] = (await house.get("/verifications", limit=1))["verifications"]
    return found | {
        "person": Place(person["id"], _PERSON),
        "job": Place(job["id"], _FILM),
        "library": Place(1, "Films"),
        "report": Place(report["id"], "Films"),
        "player": Place(1, "attic"),
        "group": Place(1, "upstairs"),
        "channel": Place(1, "phone"),
        "delivery": Place(1, "Test"),
    }
