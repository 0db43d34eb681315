"""The JSON-RPC methods of the demo's Kodi: what each reads from its library, or does to it."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote, unquote

from metarr.demo.kodi_library import EpisodeRow, KodiLibrary, Played, Row, ShowRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metarr.demo.kodi_library import SeasonRow

Json: TypeAlias = Any  # what a JSON document holds
Params: TypeAlias = "Mapping[str, Json]"

METHOD_NOT_FOUND: Final = -32601  # JSON-RPC 2.0, section 5.1
INVALID_PARAMS: Final = -32602
_OK: Final = "OK"
_PLAYED: Final = ("playcount", "lastplayed", "userrating", "resume")


class RpcFault(Exception):
    """What becomes a JSON-RPC error."""

    def __init__(self, code: int, message: str = "Invalid params.") -> None:
        super().__init__(message)
        self.code = code


class KodiMethods:
    """`table`: each method with the parameters that it takes. `speed`: of the video that plays; None: none does."""

    def __init__(self, root: Path, shows: Path | None, prefix: str, *, is_modern: bool) -> None:
        self._places = {root: prefix} | ({shows: str(shows)} if shows is not None else {})
        self.library = KodiLibrary(root, shows, self.address)
        self.speed: int | None = None
        self.version = (20, 1)
        self.denied: set[str] = set()  # permissions
        self.messages: list[tuple[str, str, str]] = []
        self.table: dict[str, tuple[Callable[[Params], Json], tuple[str, ...]]] = {
            "JSONRPC.Ping": (lambda _: "pong", ()),
            "JSONRPC.Version": (lambda _: {"version": {"major": 14 if is_modern else 12, "minor": 9, "patch": 0}}, ()),
            "JSONRPC.Permission": (self._permission, ()),
            "JSONRPC.NotifyAll": (self._call_out, ("sender", "message", "data")),
            "Application.GetProperties": (self._about, ("properties",)),
            "XBMC.GetInfoBooleans": (self._booleans, ("booleans",)),
            "Player.GetActivePlayers": (self._players, ()),
            "Player.GetProperties": (lambda _: {"speed": self.speed}, ("playerid", "properties")),
            "Files.GetSources": (self._sources, ("media",)),
            "Files.GetDirectory": (self._directory, ("directory", "media", "properties", "limits")),
            "Textures.GetTextures": (self._textures, ("properties", "filter")),
            "Textures.RemoveTexture": (self._remove_texture, ("textureid",)),
            "GUI.ShowNotification": (self._notify, ("title", "message", "image", "displaytime")),
            "VideoLibrary.Scan": (self._scan, ("directory", "showdialogs")),
            "VideoLibrary.GetMovies": (self._movies, ("properties", "filter")),
            "VideoLibrary.GetMovieDetails": (self._movie, ("movieid", "properties")),
            "VideoLibrary.GetTVShows": (self._shows, ("properties", "filter")),
            "VideoLibrary.GetSeasons": (self._seasons, ("tvshowid", "properties")),
            "VideoLibrary.GetEpisodes": (self._episodes, ("properties", "filter")),
            "VideoLibrary.SetMovieDetails": (self._set_movie, ("movieid", *_PLAYED)),
            "VideoLibrary.SetEpisodeDetails": (self._set_episode, ("episodeid", *_PLAYED)),
            "VideoLibrary.SetTVShowDetails": (self._set_show, ("tvshowid", "userrating")),
            "VideoLibrary.SetSeasonDetails": (self._set_season, ("seasonid", "art")),
            "VideoLibrary.RemoveMovie": (self._remove, ("movieid",)),
            "VideoLibrary.RemoveTVShow": (self._remove, ("tvshowid",)),
            "VideoLibrary.RemoveEpisode": (self._remove, ("episodeid",)),
        }
        named = {"RefreshMovie": "movieid", "RefreshTVShow": "tvshowid", "RefreshEpisode": "episodeid"}
        for method, key in ({"Refresh": "item"} if is_modern else named).items():
            self.table[f"VideoLibrary.{method}"] = (self._refresh, (key, "ignorenfo", "refreshepisodes"))

    def address(self, path: Path) -> str:
        """A path on disk as this Kodi names it."""
        root, prefix = next((root, prefix) for root, prefix in self._places.items() if path.is_relative_to(root))
        inner = path.relative_to(root).as_posix()
        return prefix if inner == "." else f"{prefix}/{inner}"

    def path(self, address: str) -> Path:
        """The path on disk of an address below a source; anything else is not this Kodi's to see."""
        for root, prefix in self._places.items():
            inner = PurePosixPath(address.rstrip("/").removeprefix(prefix).lstrip("/"))
            if f"{address.rstrip('/')}/".startswith(f"{prefix}/") and ".." not in inner.parts:
                return root / inner
        raise RpcFault(INVALID_PARAMS)

    def picture(self, wrapped: str) -> bytes:
        """The picture of an `image://` address as the screen shows it."""
        inner = wrapped.removeprefix("image://").removesuffix("/")
        return self.library.picture(self.path(unquote(inner, errors="surrogateescape")))

    def _permission(self, _: Params) -> Json:
        return {name: name not in self.denied for name in ("ReadData", "UpdateData", "RemoveData", "ControlPlayback")}

    def _call_out(self, params: Params) -> Json:
        self.library.tell(f"Other.{params['message']}", params.get("data"))
        return _OK

    def _about(self, params: Params) -> Json:
        version = {"major": self.version[0], "minor": self.version[1], "tag": "stable", "revision": "demo"}
        return {name: {"name": "Kodi", "version": version}[name] for name in params["properties"]}

    def _booleans(self, params: Params) -> Json:
        return {name: name == "Library.IsScanningVideo" and self.library.is_scanning for name in params["booleans"]}

    def _players(self, _: Params) -> Json:
        return [] if self.speed is None else [{"playerid": 1, "playertype": "internal", "type": "video"}]

    def _sources(self, _: Params) -> Json:
        return {"sources": [{"label": prefix, "file": f"{prefix}/"} for prefix in self._places.values()]}

    def _directory(self, params: Params) -> Json:
        try:
            entries = self.library.names_in(self.path(params["directory"]))
        except OSError as error:
            raise RpcFault(INVALID_PARAMS) from error
        files = [
            {
                "file": self.address(path) + ("/" if path.is_dir() else ""),
                "filetype": "directory" if path.is_dir() else "file",
                "label": path.name,
            }
            for path in entries[: params.get("limits", {}).get("end")]
        ]
        return {"files": files}

    def _scan(self, params: Params) -> Json:
        directory = params.get("directory")
        self.library.scan(*([self.path(directory)] if directory else self._places))
        return _OK

    def _movies(self, params: Params) -> Json:
        rows = [
            row
            for row in self.library.rows.values()
            if _matches(params.get("filter"), {"title": row.film.title, **self._place(row.film.video)})
        ]
        return {"movies": [self._details(row, params.get("properties", ())) for row in rows]}

    def _movie(self, params: Params) -> Json:
        return {"moviedetails": self._details(self._row(params), params.get("properties", ()))}

    def _shows(self, params: Params) -> Json:
        found = []
        for row in self.library.shows.values():
            file = f"{self.address(row.show.folder)}/"
            if _matches(params.get("filter"), {"path": file}):
                facts = {"title": row.show.title, "plot": row.show.plot, "file": file, "userrating": row.user_rating}
                facts["art"] = self._art(row.show.art)
                found.append(_chosen({"tvshowid": row.id, "label": row.show.title}, facts, params))
        return {"tvshows": found}

    def _seasons(self, params: Params) -> Json:
        show = self._row(params)
        rows = [row for row in self.library.seasons.values() if row.show_id == show.id]
        return {"seasons": [_chosen({"seasonid": row.id}, self._of_season(row), params) for row in rows]}

    def _of_season(self, row: SeasonRow) -> dict[str, Json]:
        own = {kind: wrapped(address) for kind, address in row.art.items()}
        return {"season": row.number, "art": own | self._show_art(row.show_id)}

    def _show_art(self, show_id: int) -> dict[str, str]:
        art = self._art(self.library.shows[show_id].show.art)
        return {f"tvshow.{kind}": address for kind, address in art.items()}

    def _episodes(self, params: Params) -> Json:
        found = []
        for row in self.library.episodes.values():
            episode = row.episode
            if _matches(params.get("filter"), self._place(episode.video)):
                facts = {"title": episode.title, "season": episode.season, "episode": episode.number}
                facts |= {"file": self.address(episode.video), "userrating": row.user_rating}
                facts |= _of_play(row.played) | {"art": self._art(episode.art) | self._show_art(row.show_id)}
                found.append(_chosen({"episodeid": row.id, "label": episode.title}, facts, params))
        return {"episodes": found}

    def _refresh(self, params: Params) -> Json:
        if not params.get("ignorenfo", False):  # with the local scraper there is nothing but the NFO
            self.library.refresh(self._row(params.get("item", params)))
        return _OK

    def _set_movie(self, params: Params) -> Json:
        row = self._row(params)
        if isinstance(row, Row):
            _set_play(row, params)
            row.user_rating = params.get("userrating", row.user_rating)
        return _OK

    def _set_episode(self, params: Params) -> Json:
        row = self._row(params)
        if isinstance(row, EpisodeRow):
            _set_play(row.played, params)
            row.user_rating = params.get("userrating", row.user_rating)
        return _OK

    def _set_show(self, params: Params) -> Json:
        row = self._row(params)
        row.user_rating = params.get("userrating", row.user_rating)
        return _OK

    def _set_season(self, params: Params) -> Json:
        row = self.library.seasons.get(params["seasonid"])
        if row is None:
            raise RpcFault(INVALID_PARAMS)
        art = {**row.art, **params["art"]}
        row.art = {kind: address for kind, address in art.items() if address is not None}
        return _OK

    def _remove(self, params: Params) -> Json:
        self.library.remove(self._row(params))
        return _OK

    def _textures(self, params: Params) -> Json:
        found = ((number, self.address(path)) for number, (path, _) in self.library.textures.items())
        rows = [
            {"textureid": number, "url": wrapped(address)}
            for number, address in found
            if _matches(params.get("filter"), {"url": address})
        ]
        return {"textures": rows}

    def _remove_texture(self, params: Params) -> Json:
        if self.library.textures.pop(params["textureid"], None) is None:
            raise RpcFault(INVALID_PARAMS)
        return _OK

    def _notify(self, params: Params) -> Json:
        self.messages.append((params["title"], params["message"], params.get("image", "")))
        return _OK

    def _row(self, params: Params) -> Row | ShowRow | EpisodeRow:
        tables: dict[str, Mapping[int, Row | ShowRow | EpisodeRow]] = {
            "movieid": self.library.rows,
            "tvshowid": self.library.shows,
            "episodeid": self.library.episodes,
        }
        for key, table in tables.items():
            if key in params and params[key] in table:
                return table[params[key]]
        raise RpcFault(INVALID_PARAMS)

    def _place(self, video: Path) -> dict[str, str]:
        address = self.address(video)
        return {"path": address.rpartition("/")[0] + "/", "filename": address.rpartition("/")[2]}

    def _art(self, art: Mapping[str, Path]) -> dict[str, str]:
        return {kind: wrapped(self.address(path)) for kind, path in art.items()}

    def _details(self, row: Row | ShowRow | EpisodeRow, properties: Json) -> Json:
        if not isinstance(row, Row):
            raise RpcFault(INVALID_PARAMS)
        film = row.film
        facts = _of_play(row) | {
            "title": film.title,
            "year": film.year,
            "plot": film.plot,
            "file": self.address(film.video),
            "userrating": row.user_rating,
            "dateadded": row.date_added,
            "uniqueid": film.unique_ids,
            "art": self._art(film.art),
            "cast": [
                {"name": actor.name, "role": actor.role, "order": order}
                | ({"thumbnail": wrapped(self.address(actor.picture))} if actor.picture is not None else {})
                for order, actor in enumerate(film.cast)
            ],
        }
        return _chosen({"movieid": row.id, "label": film.title}, facts, {"properties": properties})


def _chosen(always: dict[str, Json], facts: Mapping[str, Json], params: Params) -> dict[str, Json]:
    return always | {name: facts[name] for name in params.get("properties", ())}


def _of_play(row: Row | Played) -> dict[str, Json]:
    return {"playcount": row.play_count, "lastplayed": row.last_played, "resume": row.resume}


def _set_play(row: Row | Played, params: Params) -> None:
    row.play_count = params.get("playcount", row.play_count)
    row.last_played = params.get("lastplayed", row.last_played)
    row.resume = {**row.resume, **params.get("resume", {})}


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


def wrapped(address: str) -> str:
    """As Kodi writes a picture's address: percent-encoded in lower-case hexadecimal."""
    quoted = quote(address, safe="", errors="surrogateescape")
    return f"image://{re.sub('%[0-9A-F]{2}', lambda code: code[0].lower(), quoted)}/"
