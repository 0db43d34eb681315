"""The demo's Kodi: a JSON-RPC server on loopback over one folder of films, for trying and testing player sync offline.

It behaves as real Kodi 20.1 was observed to, bad manners included: a plain scan never reads a changed NFO again; a scan
of a folder that is newer than Kodi's listing of its parent finds nothing; a second scan cancels the first; a refresh
gives a new id and forgets play count, last played and user rating; a replaced picture is served from the cache.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote, unquote

from aiohttp import web

from metarr.demo.kodi_library import KodiLibrary, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

Json: TypeAlias = Any  # what a JSON document holds
Params: TypeAlias = "Mapping[str, Json]"

METHOD_NOT_FOUND: Final = -32601  # JSON-RPC 2.0, section 5.1
INVALID_PARAMS: Final = -32602
_OK: Final = "OK"
_USER: Final = "kodi"

# how the newest development source spells what released versions write in lower case
_CAMEL: Final = {
    word.lower(): word
    for word in (
        *("movieId", "ignoreNfo", "showDialogs", "playCount", "lastPlayed", "userRating", "uniqueId", "dateAdded"),
        *("textureId", "displayTime"),
    )
}
_PROPERTIES: Final = ("title", "year", "plot", "file", "playcount", "lastplayed", "userrating", "resume", "dateadded")
_MORE_PROPERTIES: Final = ("uniqueid", "art", "cast")


class RpcFault(Exception):
    """What becomes a JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class KodiServer:
    """`async with KodiServer(root) as kodi:` serves at `kodi.url` until the block ends.

    The user is `kodi`. `remote_prefix`: the path under which this Kodi sees `root`, to try path mappings. `is_modern`:
    the camel-case spelling. Turn `is_playing`, `is_offline` (connections are dropped), `library.may_scan` (an event)
    and `faults` (method -> error code); read `calls` and `messages` (title, text, icon).
    """

    def __init__(
        self, root: Path, *, password: str | None = None, remote_prefix: str | None = None, is_modern: bool = False
    ) -> None:
        self.library = KodiLibrary(root)
        self.is_playing = False
        self.is_offline = False
        self.faults: dict[str, int] = {}
        self.calls: list[tuple[str, Params]] = []
        self.messages: list[tuple[str, str, str]] = []
        self.url = ""
        self._password = password
        self._prefix = (remote_prefix or str(root)).rstrip("/")
        self._words = _CAMEL if is_modern else {}
        self._runner: web.AppRunner | None = None
        refresh = "VideoLibrary.Refresh" if is_modern else "VideoLibrary.RefreshMovie"
        named = "item" if is_modern else "movieid"
        self._methods: dict[str, tuple[Callable[[Params], Json], tuple[str, ...]]] = {
            "JSONRPC.Ping": (lambda _: "pong", ()),
            "JSONRPC.Version": (lambda _: {"version": {"major": 14 if is_modern else 12, "minor": 9, "patch": 0}}, ()),
            "JSONRPC.Introspect": (self._introspect, ("getdescriptions", "filter")),
            "Application.GetProperties": (self._about, ("properties",)),
            "XBMC.GetInfoBooleans": (self._booleans, ("booleans",)),
            "Player.GetActivePlayers": (self._players, ()),
            "Files.GetSources": (self._sources, ("media",)),
            "Files.GetDirectory": (self._directory, ("directory", "media", "properties")),
            "VideoLibrary.Scan": (self._scan, ("directory", "showdialogs")),
            "VideoLibrary.GetMovies": (self._movies, ("properties", "filter")),
            "VideoLibrary.GetMovieDetails": (self._movie, ("movieid", "properties")),
            refresh: (self._refresh, (named, "ignorenfo")),
            "VideoLibrary.SetMovieDetails": (
                self._set_movie,
                ("movieid", "playcount", "lastplayed", "userrating", "resume"),
            ),
            "VideoLibrary.RemoveMovie": (self._remove, ("movieid",)),
            "Textures.GetTextures": (self._textures, ("properties", "filter")),
            "Textures.RemoveTexture": (self._remove_texture, ("textureid",)),
            "GUI.ShowNotification": (self._notify, ("title", "message", "image", "displaytime")),
        }

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/jsonrpc", self._post)
        app.router.add_get("/image/{address:.+}", self._image)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        await self.library.close()

    def address(self, path: Path) -> str:
        """A path on disk as this Kodi names it."""
        inner = path.relative_to(self.library.root).as_posix()
        return self._prefix if inner == "." else f"{self._prefix}/{inner}"

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        asked = await request.json()
        answers = [self._answer(one) for one in (asked if isinstance(asked, list) else [asked])]
        return web.json_response(answers if isinstance(asked, list) else answers[0])

    async def _image(self, request: web.Request) -> web.Response:
        """A picture as the screen shows it: `/image/` and the quoted `image://` address."""
        self._admit(request)
        with suppress(RpcFault, OSError):
            path = self._path(_unwrapped(unquote(request.match_info["address"])))
            return web.Response(body=self.library.picture(path), content_type="image/jpeg")
        raise web.HTTPNotFound

    def _admit(self, request: web.Request) -> None:
        if self.is_offline and request.transport is not None:
            request.transport.abort()
        if self._password is not None:
            wanted = base64.b64encode(f"{_USER}:{self._password}".encode()).decode()
            if request.headers.get("Authorization") != f"Basic {wanted}":
                raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Basic realm=Kodi"})

    def _answer(self, asked: Json) -> Json:
        method, params = asked["method"], asked.get("params") or {}
        envelope = {"jsonrpc": "2.0", "id": asked.get("id")}
        self.calls.append((method, params))
        try:
            return envelope | {"result": self._spelled(self._result(method, params))}
        except RpcFault as fault:
            return envelope | {"error": {"code": fault.code, "message": str(fault)}}
        except (KeyError, TypeError):  # a required parameter is missing or of another type
            return envelope | {"error": {"code": INVALID_PARAMS, "message": "Invalid params."}}

    def _result(self, method: str, params: Params) -> Json:
        if method in self.faults:
            raise RpcFault(self.faults[method], "Failed to execute method.")
        if method not in self._methods:
            raise RpcFault(METHOD_NOT_FOUND, "Method not found.")
        perform, names = self._methods[method]
        plain = self._plain(params)
        if not plain.keys() <= set(names):
            raise RpcFault(INVALID_PARAMS, "Invalid params.")
        return perform(plain)

    def _plain(self, value: Json) -> Json:
        """Without this Kodi's spelling; a word spelled otherwise is refused."""
        if isinstance(value, list):
            return [self._plain(part) for part in value]
        if not isinstance(value, dict):
            return value
        words = [*value, *(value["properties"] if isinstance(value.get("properties"), list) else ())]
        if any(self._words.get(word.lower(), word.lower()) != word for word in words):
            raise RpcFault(INVALID_PARAMS, "Invalid params.")
        return {
            key.lower(): [word.lower() for word in part] if key == "properties" else self._plain(part)
            for key, part in value.items()
        }

    def _spelled(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {self._words.get(key, key): self._spelled(part) for key, part in value.items()}
        return [self._spelled(part) for part in value] if isinstance(value, list) else value

    def _introspect(self, params: Params) -> Json:
        prefix = f"{params['filter']['id']}." if "filter" in params else ""
        methods = {
            method: {"type": "method", "params": [{"name": self._words.get(name, name)} for name in names]}
            for method, (_, names) in self._methods.items()
            if method.startswith(prefix)
        }
        fields = [self._words.get(name, name) for name in (*_PROPERTIES, *_MORE_PROPERTIES)]
        return {"methods": methods, "types": {"Video.Fields.Movie": {"items": {"enums": fields}}}}

    def _about(self, params: Params) -> Json:
        facts = {"name": "Kodi", "version": {"major": 20, "minor": 1, "tag": "stable", "revision": "demo"}}
        return {name: facts[name] for name in params["properties"]}

    def _booleans(self, params: Params) -> Json:
        return {name: name == "Library.IsScanningVideo" and self.library.is_scanning for name in params["booleans"]}

    def _players(self, _: Params) -> Json:
        return [{"playerid": 1, "playertype": "internal", "type": "video"}] if self.is_playing else []

    def _sources(self, _: Params) -> Json:
        return {"sources": [{"label": "Movies", "file": f"{self._prefix}/"}]}

    def _directory(self, params: Params) -> Json:
        try:
            entries = self.library.names_in(self._path(params["directory"]))
        except OSError as error:
            raise RpcFault(INVALID_PARAMS, "Invalid params.") from error
        files = [
            {
                "file": self.address(path) + ("/" if path.is_dir() else ""),
                "filetype": "directory" if path.is_dir() else "file",
                "label": path.name,
            }
            for path in entries
        ]
        return {"files": files}

    def _scan(self, params: Params) -> Json:
        self.library.scan(self._path(params.get("directory") or self._prefix))
        return _OK

    def _movies(self, params: Params) -> Json:
        rows = [
            row
            for row in self.library.rows.values()
            if _matches(params.get("filter"), {"title": row.film.title, **self._place(row)})
        ]
        return {"movies": [self._details(row, params.get("properties", ())) for row in rows]}

    def _movie(self, params: Params) -> Json:
        return {"moviedetails": self._details(self._row(params), params.get("properties", ()))}

    def _refresh(self, params: Params) -> Json:
        if not params.get("ignorenfo", False):  # with the local scraper there is nothing but the NFO
            self.library.refresh(self._row(params.get("item", params)))
        return _OK

    def _set_movie(self, params: Params) -> Json:
        row = self._row(params)
        row.play_count = params.get("playcount", row.play_count)
        row.last_played = params.get("lastplayed", row.last_played)
        row.user_rating = params.get("userrating", row.user_rating)
        row.resume = {**row.resume, **params.get("resume", {})}
        return _OK

    def _remove(self, params: Params) -> Json:
        del self.library.rows[self._row(params).id]
        return _OK

    def _textures(self, params: Params) -> Json:
        found = ((number, self.address(path)) for number, (path, _) in self.library.textures.items())
        rows = [
            {"textureid": number, "url": _wrapped(address)}
            for number, address in found
            if _matches(params.get("filter"), {"url": address})
        ]
        return {"textures": rows}

    def _remove_texture(self, params: Params) -> Json:
        if self.library.textures.pop(params["textureid"], None) is None:
            raise RpcFault(INVALID_PARAMS, "Invalid params.")
        return _OK

    def _notify(self, params: Params) -> Json:
        self.messages.append((params["title"], params["message"], params.get("image", "")))
        return _OK

    def _row(self, params: Params) -> Row:
        row = self.library.rows.get(params["movieid"])
        if row is None:
            raise RpcFault(INVALID_PARAMS, "Invalid params.")
        return row

    def _path(self, address: str) -> Path:
        """The path on disk of an address below the source; anything else is not this Kodi's to see."""
        inner = PurePosixPath(address.rstrip("/").removeprefix(self._prefix).lstrip("/"))
        if not f"{address.rstrip('/')}/".startswith(f"{self._prefix}/") or ".." in inner.parts:
            raise RpcFault(INVALID_PARAMS, "Invalid params.")
        return self.library.root / inner

    def _place(self, row: Row) -> dict[str, str]:
        address = self.address(row.film.video)
        return {"path": address.rpartition("/")[0] + "/", "filename": address.rpartition("/")[2]}

    def _details(self, row: Row, properties: Json) -> Json:
        film = row.film
        facts = {
            "title": film.title,
            "year": film.year,
            "plot": film.plot,
            "file": self.address(film.video),
            "playcount": row.play_count,
            "lastplayed": row.last_played,
            "userrating": row.user_rating,
            "resume": row.resume,
            "dateadded": row.date_added,
            "uniqueid": film.unique_ids,
            "art": {kind: _wrapped(self.address(path)) for kind, path in film.art.items()},
            "cast": [
                {"name": actor.name, "role": actor.role, "order": order}
                | ({"thumbnail": _wrapped(self.address(actor.picture))} if actor.picture is not None else {})
                for order, actor in enumerate(film.cast)
            ],
        }
        return {"movieid": row.id, "label": film.title} | {name: facts[name] for name in properties}


def _matches(rule: Json, facts: Mapping[str, str]) -> bool:
    """Kodi's filter rules, which compare as SQL's LIKE does: letter case does not count."""
    if rule is None:
        return True
    if "or" in rule:
        return any(_matches(one, facts) for one in rule["or"])
    if "and" in rule:
        return all(_matches(one, facts) for one in rule["and"])
    fact, value = facts[rule["field"]].lower(), rule["value"].lower()
    outcomes = {
        "is": fact == value,
        "contains": value in fact,
        "startswith": fact.startswith(value),
        "endswith": fact.endswith(value),
    }
    return bool(outcomes[rule["operator"]])


def _wrapped(address: str) -> str:
    """As Kodi writes a picture's address: percent-encoded in lower-case hexadecimal."""
    return f"image://{re.sub('%[0-9A-F]{2}', lambda code: code[0].lower(), quote(address, safe=''))}/"


def _unwrapped(address: str) -> str:
    return unquote(address.removeprefix("image://").removesuffix("/"))
