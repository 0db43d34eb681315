"""A server on loopback with Plex's manners: libraries with folders, rating keys, a trash, sessions; JSON and XML.

A partial scan looks only at the folder it is given, which must exist. What a scan does not find goes to the trash, or
for good where the trash is emptied by itself. Watched state hangs on the film, whatever file plays it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from aiohttp import web

from media_double import Disk, Double, OnDisk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOKEN = "a-plex-token"
_TYPES = {"1": "movie", "2": "show", "3": "season", "4": "episode"}
_KINDS = {"movie": "movie", "series": "show", "season": "season", "episode": "episode"}
_HOUR = 3_600_000  # milliseconds


@dataclass
class Item:
    """One of a library. `parts`: paths of its files. `identity`: what Plex takes for the same film."""

    key: str
    section: str
    kind: str
    identity: str
    title: str
    year: int | None
    parent: str | None = None
    number: int | None = None
    season: int | None = None
    location: str | None = None
    tmdb: str | None = None
    parts: list[str] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict)
    updated: int = 1_700_000_000
    play: dict[str, Any] = field(default_factory=dict)


class PlexServer(Double):
    """`films` and `shows` are folders; it sees them as /data/films and /data/shows."""

    def __init__(
        self, films: Path, shows: Path | None = None, *, empties_trash: bool = True, takes_files_for_films: bool = False
    ) -> None:
        super().__init__()
        self.empties_trash = empties_trash
        self.takes_files_for_films = takes_files_for_films  # another file is another item
        self.version = "1.43.1.10611"
        self.is_owner = True
        self.is_old = False  # knows no POST
        self.forgets_on_refresh = False
        self.items: dict[str, Item] = {}
        self.watching: dict[str, bool] = {}
        self.analyzed: list[str] = []
        self._keys = itertools.count(101)
        self._disks = {"1": ("movie", Disk(films, "/data/films"))}
        if shows is not None:
            self._disks["2"] = ("show", Disk(shows, "/data/shows"))
        for section in self._disks:
            self._scan(section, None)

    def named(self, title: str) -> Item:
        """The one item of this name."""
        (item,) = (item for item in self.items.values() if item.title == title)
        return item

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/", self._root)
        app.router.add_get("/identity", self._identity)
        app.router.add_get("/:/prefs", self._prefs)
        app.router.add_get("/status/sessions", self._sessions)
        app.router.add_get("/library", self._root)
        app.router.add_get("/library/sections", self._sections)
        app.router.add_get("/library/sections/all", self._sections)
        app.router.add_get("/library/sections/{section}/all", self._all)
        app.router.add_route("*", "/library/sections/{section}/refresh", self._refresh_section)
        app.router.add_get("/library/metadata/{ids}", self._metadata)
        app.router.add_get("/library/metadata/{ids}/allLeaves", self._leaves)
        app.router.add_put("/library/metadata/{ids}/refresh", self._refresh)
        app.router.add_put("/library/metadata/{ids}/analyze", self._analyze)
        app.router.add_put("/:/scrobble", self._scrobble)
        app.router.add_put("/:/rate", self._rate)
        app.router.add_post("/:/timeline", self._timeline)

    async def _identity(self, request: web.Request) -> web.Response:
        return _answer(request, {"machineIdentifier": "m" * 40, "version": self.version, "claimed": True, "size": 0})

    async def _root(self, request: web.Request) -> web.Response:
        self._let_in(request)
        told = {"friendlyName": "attic", "machineIdentifier": "m" * 40, "version": self.version, "size": 0}
        return _answer(request, told)

    async def _prefs(self, request: web.Request) -> web.Response:
        self._let_in(request, owner=True)
        setting = {"id": "autoEmptyTrash", "type": "bool", "default": True, "value": self.empties_trash}
        return _answer(request, {"size": 1, "Setting": [setting]})

    async def _sessions(self, request: web.Request) -> web.Response:
        self._let_in(request, owner=True)
        rows = [
            {**self._row(self.items[key]), "Player": {"state": "paused" if paused else "playing", "title": "tv"}}
            for key, paused in self.watching.items()
        ]
        return _answer(request, {"size": len(rows), "Metadata": rows})

    async def _sections(self, request: web.Request) -> web.Response:
        self._let_in(request)
        rows = [
            {
                "key": key,
                "type": kind,
                "title": f"{kind}s",
                "uuid": f"uuid-{key}",
                "language": "en-US",
                "agent": "tv.plex.agents.movie",
                "scanner": "Plex Movie",
                "refreshing": False,
                "Location": [{"id": int(key), "path": disk.remote}],
            }
            for key, (kind, disk) in self._disks.items()
        ]
        return _answer(request, {"size": len(rows), "allowSync": False, "title1": "Plex Library", "Directory": rows})

    async def _all(self, request: web.Request) -> web.Response:
        self._let_in(request)
        query, section = request.query, request.match_info["section"]
        kind = _TYPES[query["type"]] if "type" in query else self._disks[section][0]
        found = [
            item
            for item in self.items.values()
            if item.section == section and item.kind == kind and _is_asked(item, query)
        ]
        start = int(query.get("X-Plex-Container-Start", request.headers.get("X-Plex-Container-Start", 0)))
        size = int(query.get("X-Plex-Container-Size", request.headers.get("X-Plex-Container-Size", 10_000)))
        rows = [self._row(item, guids="includeGuids" in query) for item in found[start : start + size]]
        return _answer(request, {"size": len(rows), "totalSize": len(found), "offset": start, "Metadata": rows})

    async def _metadata(self, request: web.Request) -> web.Response:
        self._let_in(request)
        items = self._asked(request)
        looks = request.query.get("checkFiles") == "1"
        rows = [self._row(item, guids=True, whole=True, looks=looks) for item in items]
        return _answer(request, {"size": len(rows), "Metadata": rows})

    async def _leaves(self, request: web.Request) -> web.Response:
        self._let_in(request)
        (show,) = self._asked(request)
        rows = [
            self._row(item)
            for item in self.items.values()
            if item.kind == "episode" and self.items[str(item.parent)].parent == show.key
        ]
        return _answer(request, {"size": len(rows), "Metadata": rows})

    async def _refresh_section(self, request: web.Request) -> web.Response:
        self._let_in(request, owner=True)
        if request.method not in ({"GET"} if self.is_old else {"GET", "POST"}):
            raise web.HTTPNotFound
        section, folder = request.match_info["section"], request.query.get("path")
        self.after(2, lambda: self._scan(section, folder))
        return web.Response(content_type="text/html")

    async def _refresh(self, request: web.Request) -> web.Response:
        self._let_in(request, owner=True)
        for item in self._asked(request):
            self.after(1, partial(self._read_again, item.key))
        return web.Response(content_type="text/html")

    async def _analyze(self, request: web.Request) -> web.Response:
        self._let_in(request, owner=True)
        self.analyzed += [item.title for item in self._asked(request)]
        return web.Response(content_type="text/html")

    async def _scrobble(self, request: web.Request) -> web.Response:
        play = self._played(request)
        play["viewCount"] = play.get("viewCount", 0) + 1
        play["lastViewedAt"] = 1_800_000_000
        play.pop("viewOffset", None)
        return web.Response(content_type="text/html")

    async def _rate(self, request: web.Request) -> web.Response:
        self._played(request)["userRating"] = float(request.query["rating"])
        return web.Response(content_type="text/html")

    async def _timeline(self, request: web.Request) -> web.Response:
        self._let_in(request)
        if request.query["state"] != "stopped" or request.query["ratingKey"] not in self.items:
            raise web.HTTPBadRequest
        self.items[request.query["ratingKey"]].play["viewOffset"] = int(request.query["time"])
        return _answer(request, {"size": 0})

    def _played(self, request: web.Request) -> dict[str, Any]:
        self._let_in(request)
        if request.query.get("identifier") != "com.plexapp.plugins.library" or request.query["key"] not in self.items:
            raise web.HTTPNotFound
        return self.items[request.query["key"]].play

    def _let_in(self, request: web.Request, *, owner: bool = False) -> None:
        if request.headers.get("X-Plex-Token") != TOKEN:
            raise web.HTTPUnauthorized
        if owner and not self.is_owner:
            raise web.HTTPForbidden

    def _asked(self, request: web.Request) -> list[Item]:
        found = [self.items[key] for key in request.match_info["ids"].split(",") if key in self.items]
        if not found:
            raise web.HTTPNotFound
        return found

    def _row(self, item: Item, *, guids: bool = False, whole: bool = False, looks: bool = False) -> dict[str, Any]:
        row: dict[str, Any] = {
            "ratingKey": item.key,
            "key": f"/library/metadata/{item.key}" + ("/children" if item.kind in {"show", "season"} else ""),
            "guid": f"plex://{item.kind}/{item.key}",
            "type": item.kind,
            "title": item.title,
            "addedAt": 1_700_000_000,
            "updatedAt": item.updated,
            "librarySectionID": int(item.section),
            **item.play,
        }
        known = {"year": item.year, "index": item.number, "parentIndex": item.season, "parentRatingKey": item.parent}
        row |= {name: value for name, value in known.items() if value is not None}
        if "poster" in item.pictures or "thumb" in item.pictures:
            row["thumb"] = f"/library/metadata/{item.key}/thumb/{item.updated}"
        if "fanart" in item.pictures:
            row["art"] = f"/library/metadata/{item.key}/art/{item.updated}"
        if whole and item.location is not None:
            row["Location"] = [{"path": item.location}]
        if guids:
            row["Guid"] = [{"id": f"tmdb://{item.tmdb or 900 + len(item.title)}"}]
        if item.parts:
            row |= {"duration": 2 * _HOUR, "Media": [self._media(item, path, looks=looks) for path in item.parts]}
        return row

    def _media(self, item: Item, path: str, *, looks: bool) -> dict[str, Any]:
        number = 10 * int(item.key) + item.parts.index(path)
        part: dict[str, Any] = {"id": number, "key": f"/library/parts/{number}/1/file.mkv", "file": path, "size": 5}
        if looks:
            part["exists"] = part["accessible"] = self._disks[item.section][1].local(path).is_file()
        return {"id": number, "duration": 2 * _HOUR, "container": "mkv", "Part": [part]}

    def _scan(self, section: str, folder: str | None) -> None:
        kind, disk = self._disks[section]
        place = disk.local(folder) if folder is not None else disk.root
        if not place.is_dir():
            return
        seen = disk.films(place) if kind == "movie" else disk.television(place)
        for one in seen:
            self._take(section, one)
        below = disk.seen(place)
        for item in [item for item in self.items.values() if item.section == section]:
            self._drop_missing(item, disk, below)
        for item in [item for item in self.items.values() if item.kind in {"season", "show"}]:
            if not any(child.parent == item.key for child in self.items.values()):
                del self.items[item.key]

    def _drop_missing(self, item: Item, disk: Disk, below: str) -> None:
        gone = [path for path in item.parts if path.startswith(below + "/") and not disk.local(path).is_file()]
        if gone and self.empties_trash:
            item.parts = [path for path in item.parts if path not in gone]
            if not item.parts:
                del self.items[item.key]

    def _take(self, section: str, one: OnDisk) -> None:
        identity = self._identity_of(one)
        found = next((item for item in self.items.values() if item.identity == identity), None)
        if found is None:
            key = str(next(self._keys))
            location = one.path if one.kind == "series" else None
            found = Item(
                key,
                section,
                _KINDS[one.kind],
                identity,
                one.title,
                one.year,
                self._parent(one),
                one.number,
                one.season,
                location,
                one.tmdb,
            )
            found.pictures = dict(one.pictures)
            self.items[key] = found
        if one.kind in {"movie", "episode"} and one.path not in found.parts:
            found.parts.append(one.path)

    def _identity_of(self, one: OnDisk) -> str:
        """The film is known by its folder, which bears its name; an episode by its numbers; others by their path."""
        if one.kind == "episode":
            return f"{one.path.rpartition('/')[0]} {one.season}x{one.number}"
        return one.path.rpartition("/")[0] if one.kind == "movie" and not self.takes_files_for_films else one.path

    def _parent(self, one: OnDisk) -> str | None:
        if one.kind in {"movie", "series"}:
            return None
        around = one.path.rpartition("/")[0]
        return next(item.key for item in self.items.values() if item.identity == around)

    def _read_again(self, key: str) -> None:
        item = self.items.get(key)
        if item is None:
            return
        kind, disk = self._disks[item.section]
        for one in disk.films() if kind == "movie" else disk.television():
            if self._identity_of(one) == item.identity:
                item.title, item.year, item.pictures = one.title, one.year, dict(one.pictures)
                item.updated += 1
        if self.forgets_on_refresh:
            item.play = {}


def _is_asked(item: Item, query: Mapping[str, str]) -> bool:
    """A title is searched in, years are a list."""
    years = query.get("year", "").split(",")
    return (
        query.get("title", "").casefold() in item.title.casefold()
        and (not years[0] or str(item.year) in years)
        and query.get("show.id", item.parent) == item.parent
    )


def _answer(request: web.Request, container: dict[str, Any]) -> web.Response:
    """As JSON where that is accepted by name, else as XML."""
    if request.headers.get("Accept") == "application/json":
        return web.json_response({"MediaContainer": container})
    return web.Response(text=_xml("MediaContainer", container), content_type="application/xml")


def _xml(name: str, row: Mapping[str, Any]) -> str:
    """Plain values are attributes, lists are children; films are `Video`, folders of things `Directory`."""
    attributes = "".join(
        f" {key}={quoteattr(str(int(value) if isinstance(value, bool) else value))}"
        for key, value in row.items()
        if not isinstance(value, list | dict)
    )
    inner = "".join(
        _xml(_element(key, child), child)
        for key, value in row.items()
        if isinstance(value, list | dict)
        for child in (value if isinstance(value, list) else [value])
    )
    return f"<{name}{attributes}>{inner}</{name}>"


def _element(key: str, row: Mapping[str, Any]) -> str:
    if key != "Metadata":
        return key
    return "Video" if row["type"] in {"movie", "episode"} else "Directory"
