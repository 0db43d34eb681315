"""A server on loopback with Jellyfin's manners, as its source and its OpenAPI description tell them.

Ids follow from paths. A report of changed files is handled after a delay, by looking at the nearest item it knows.
`FullRefresh` keeps the values that exist; replacing erases and deletes. User data hangs on the item.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from media_double import Disk, Double, OnDisk

if TYPE_CHECKING:
    from pathlib import Path

KEY = 'k"ey, with = signs'
OWNER, CHILD = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
_CLASSES = {"movie": "Movies.Movie", "series": "TV.Series", "season": "TV.Season", "episode": "TV.Episode"}
_NAMES = {"movie": "Movie", "series": "Series", "season": "Season", "episode": "Episode"}
_IMAGES = {
    "poster": "Primary",
    "thumb": "Primary",
    "clearlogo": "Logo",
    "clearart": "Art",
    "discart": "Disc",
    "banner": "Banner",
    "landscape": "Thumb",
}
_BLANK = {"PlaybackPositionTicks": 0, "PlayCount": 0, "IsFavorite": False, "Played": False}


@dataclass
class Item:
    """One of the library. `nfo`: the text that was read last."""

    id: str
    library: str
    kind: str
    path: str
    name: str
    year: int | None
    number: int | None = None
    season: int | None = None
    nfo: str = ""
    pictures: dict[str, str] = field(default_factory=dict)
    saved: int = 0


class JellyfinServer(Double):
    """`films` and `shows` are folders; it sees them as /media/films and /media/shows."""

    def __init__(
        self, films: Path, shows: Path | None = None, *, delay: float = 60.0, has_own_ids: bool = False
    ) -> None:
        super().__init__()
        self.delay = delay
        self.has_own_ids = has_own_ids
        self.version = "12.0.0"
        self.is_elevated = True
        self.forgets_on_refresh = False
        self.passes_over_nfo = False  # as one that is hardly newer than its own last save
        self.is_deaf = False  # to reports of changes
        self.leaves_users_out = False
        self.items: dict[str, Item] = {}
        self.user_data: dict[tuple[str, str], dict[str, Any]] = {}
        self.watching: dict[str, bool] = {}  # id -> whether it is paused
        self._disks = {_id_of("library films"): ("movies", Disk(films, "/media/films"))}
        if shows is not None:
            self._disks[_id_of("library shows")] = ("tvshows", Disk(shows, "/media/shows"))
        for library in self._disks:
            self._validate(library)

    def named(self, name: str) -> Item:
        """The one item of this name."""
        (item,) = (item for item in self.items.values() if item.name == name)
        return item

    def data_of(self, name: str, user: str = OWNER) -> dict[str, Any]:
        return self.user_data.setdefault((user, self.named(name).id), dict(_BLANK))

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/System/Info/Public", self._public)
        app.router.add_get("/System/Info", self._info)
        app.router.add_get("/System/Configuration", self._configuration)
        app.router.add_get("/Library/VirtualFolders", self._folders)
        app.router.add_post("/Library/Media/Updated", self._updated)
        app.router.add_get("/Items", self._list)
        app.router.add_post("/Items/{id}/Refresh", self._refresh)
        app.router.add_get("/Users", self._users)
        app.router.add_get("/UserItems/{id}/UserData", self._user_data)
        app.router.add_post("/UserItems/{id}/UserData", self._set_user_data)
        app.router.add_get("/Sessions", self._sessions)
        app.router.add_post("/Environment/ValidatePath", self._validate_path)

    async def _public(self, _request: web.Request) -> web.Response:
        return web.json_response({"ServerName": "attic", "Version": self.version, "Id": "a" * 32})

    async def _info(self, request: web.Request) -> web.Response:
        self._let_in(request)
        return web.json_response({"ServerName": "attic", "Version": self.version, "Id": "a" * 32})

    async def _configuration(self, request: web.Request) -> web.Response:
        self._let_in(request)
        return web.json_response({"LibraryMonitorDelay": int(self.delay), "EnableCaseSensitiveItemIds": True})

    async def _folders(self, request: web.Request) -> web.Response:
        self._let_in(request, elevated=True)
        rows = [
            {"Name": kind, "CollectionType": kind, "ItemId": library, "Locations": [disk.remote]}
            for library, (kind, disk) in self._disks.items()
        ]
        return web.json_response(rows)

    async def _updated(self, request: web.Request) -> web.Response:
        self._let_in(request)
        paths = [update["Path"] for update in (await request.json())["Updates"]]
        if not self.is_deaf:
            self.after(self.delay, lambda: self._changed(paths))
        return web.Response(status=204)

    async def _list(self, request: web.Request) -> web.Response:
        self._let_in(request)
        query = request.query
        found = [item for item in self.items.values() if _is_asked(item, query) and self._is_below(item, query)]
        start, limit = int(query.get("startIndex", 0)), int(query.get("limit", 10_000))
        rows = [self._row(item, query) for item in found[start : start + limit]]
        return web.json_response({"Items": rows, "TotalRecordCount": len(found), "StartIndex": start})

    async def _refresh(self, request: web.Request) -> web.Response:
        self._let_in(request, elevated=True)
        key, options = request.match_info["id"].replace("-", ""), dict(request.query)
        if key not in self.items and key not in self._disks:
            raise web.HTTPNotFound
        self.after(1, lambda: self._work(key, options))
        return web.Response(status=204)

    async def _users(self, request: web.Request) -> web.Response:
        self._let_in(request)
        return web.json_response([{"Id": OWNER, "Name": "owner"}, {"Id": CHILD, "Name": "child"}])

    async def _user_data(self, request: web.Request) -> web.Response:
        self._let_in(request)
        key = request.match_info["id"].replace("-", "")
        if key not in self.items:
            raise web.HTTPNotFound
        return web.json_response(self._data(_user(request.query), key))

    async def _set_user_data(self, request: web.Request) -> web.Response:
        self._let_in(request)
        key, user = request.match_info["id"].replace("-", ""), _user(request.query)
        if key not in self.items:
            raise web.HTTPNotFound
        data = self.user_data.setdefault((user, key), dict(_BLANK))
        data.update({name: value for name, value in (await request.json()).items() if value is not None})
        return web.json_response(self._data(user, key))

    async def _sessions(self, request: web.Request) -> web.Response:
        self._let_in(request)
        playing = [
            {
                "Id": f"session {key}",
                "NowPlayingItem": {"Id": key, "Name": "a film", "Type": "Movie", "MediaType": "Video"},
                "PlayState": {"IsPaused": paused, "IsMuted": False, "CanSeek": True},
            }
            for key, paused in self.watching.items()
        ]
        return web.json_response([*playing, {"Id": "idle", "PlayState": {"IsPaused": False}}])

    async def _validate_path(self, request: web.Request) -> web.Response:
        self._let_in(request, elevated=True)
        path = (await request.json())["Path"]
        if not any(disk.local(path).is_dir() for _, disk in self._disks.values()):
            raise web.HTTPNotFound
        return web.Response(status=204)

    def _let_in(self, request: web.Request, *, elevated: bool = False) -> None:
        """By the new header alone; values are percent-encoded."""
        words = re.fullmatch(r'MediaBrowser (\w+="[^"]*"(, )?)+', request.headers.get("Authorization", ""))
        parts = dict(re.findall(r'(\w+)="([^"]*)"', words[0])) if words else {}
        if unquote(parts.get("Token", "")) != KEY or not parts.get("Client"):
            raise web.HTTPUnauthorized
        if elevated and not self.is_elevated:
            raise web.HTTPForbidden

    def _data(self, user: str, key: str) -> dict[str, Any]:
        return {"Key": key, "ItemId": key, **_BLANK, **self.user_data.get((user, key), {})}

    def _row(self, item: Item, query: Any) -> dict[str, Any]:
        fields = query.get("fields", "").split(",")
        tags = {_IMAGES[kind]: _tag(item.path, kind, seen) for kind, seen in item.pictures.items() if kind in _IMAGES}
        backdrops = [_tag(item.path, "fanart", item.pictures["fanart"])] if "fanart" in item.pictures else []
        row: dict[str, Any] = {
            "Id": item.id,
            "Name": item.name,
            "Type": _NAMES[item.kind],
            "ImageTags": tags,
            "BackdropImageTags": backdrops,
        }
        optional = {"Path": item.path, "Etag": _tag(item.id, str(item.saved), repr(tags))}
        row.update({name: value for name, value in optional.items() if name in fields})
        numbers = (("ProductionYear", item.year), ("IndexNumber", item.number), ("ParentIndexNumber", item.season))
        row.update((name, value) for name, value in numbers if value is not None)
        if "userId" in query and query.get("enableUserData") != "false" and not self.leaves_users_out:
            row["UserData"] = self._data(_user(query), item.id)
        return row

    def _is_below(self, item: Item, query: Any) -> bool:
        parent = query.get("parentId", "").replace("-", "")
        if not parent or parent == item.library:
            return True
        return parent in self.items and item.path.startswith(self.items[parent].path + "/")

    def _changed(self, paths: list[str]) -> None:
        """The nearest item that it knows is looked at, or the library."""
        for key in dict.fromkeys(self._nearest(path) for path in paths):
            if key is not None:
                self._work(key, {"metadataRefreshMode": "Default"})

    def _nearest(self, path: str) -> str | None:
        by_path = {item.path: item.id for item in self.items.values() if self._local(item).exists()}
        by_path |= {disk.remote: library for library, (_, disk) in self._disks.items()}
        while path and path not in by_path:
            path = path.rpartition("/")[0]
        return by_path.get(path)

    def _local(self, item: Item) -> Path:
        return self._disks[item.library][1].local(item.path)

    def _work(self, key: str, options: dict[str, str]) -> None:
        library = key if key in self._disks else self.items[key].library if key in self.items else None
        if library is None:
            return
        if key in self._disks or self.items[key].kind in {"series", "season"}:
            self._validate(library)
        if key in self.items:
            self._read_again(self.items[key], options)

    def _read_again(self, item: Item, options: dict[str, str]) -> None:
        seen = next((one for one in self._on_disk(item.library) if one.path == item.path), None)
        if seen is None:
            return
        if options.get("replaceAllImages") == "true":
            for picture in self._local(item).parent.glob("*.jpg"):
                picture.unlink()
        keeps = options.get("metadataRefreshMode") == "FullRefresh" and options.get("replaceAllMetadata") != "true"
        if seen.nfo != item.nfo and not keeps and not self.passes_over_nfo:
            item.name, item.year, item.nfo = seen.title, seen.year, seen.nfo
            item.saved += 1
        if dict(seen.pictures) != item.pictures:
            item.pictures = dict(seen.pictures)
            item.saved += 1
        if self.forgets_on_refresh:
            self._forget(item.id)

    def _validate(self, library: str) -> None:
        """Add what is new, drop what is gone with its user data."""
        there = {one.path: one for one in self._on_disk(library)}
        for item in [one for one in self.items.values() if one.library == library and one.path not in there]:
            del self.items[item.id]
            self._forget(item.id)
        known = {item.path for item in self.items.values()}
        for path, one in there.items():
            if path not in known:
                salt = "own " if self.has_own_ids else ""
                key = _id_of(f"{salt}MediaBrowser.Controller.Entities.{_CLASSES[one.kind]}{path}")
                self.items[key] = Item(
                    key,
                    library,
                    one.kind,
                    path,
                    one.title,
                    one.year,
                    one.number,
                    one.season,
                    one.nfo,
                    dict(one.pictures),
                )

    def _on_disk(self, library: str) -> list[OnDisk]:
        """A file of several episodes is one item: the first."""
        kind, disk = self._disks[library]
        found = disk.films() if kind == "movies" else disk.television()
        return list({one.path: one for one in reversed(found)}.values())[::-1]

    def _forget(self, key: str) -> None:
        for owner in [owner for owner in self.user_data if owner[1] == key]:
            del self.user_data[owner]


def _is_asked(item: Item, query: Any) -> bool:
    ids = query.get("ids", "").replace("-", "").split(",")
    years = query.get("years", "").split(",")
    types = query.get("includeItemTypes", "").split(",")
    return (
        (not ids[0] or item.id in ids)
        and (not years[0] or str(item.year) in years)
        and (not types[0] or _NAMES[item.kind] in types)
        and query.get("searchTerm", "").casefold() in item.name.casefold()
    )


def _user(query: Any) -> str:
    return str(query["userId"]).replace("-", "")


def _id_of(text: str) -> str:
    """As .NET makes a Guid of an MD5 of UTF-16."""
    return uuid.UUID(bytes_le=hashlib.md5(text.encode("utf-16-le"), usedforsecurity=False).digest()).hex


def _tag(*parts: str) -> str:
    return hashlib.md5("|".join(parts).encode(), usedforsecurity=False).hexdigest()
