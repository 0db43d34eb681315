"""Kodi's JSON-RPC over HTTP: the calls that the player and the on-screen notifier need, with types.

Methods and parameters: https://kodi.wiki/view/JSON-RPC_API/v13. The newest development source spells parameters in
camel case (`movieId`) and has `VideoLibrary.Refresh` in place of `RefreshMovie`; so the spelling of every word is asked
of Kodi itself (`JSONRPC.Introspect`) once, and answers are read with lower-case keys.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

import aiohttp
from yarl import URL

from metarr.errors import BadCredentials, InvalidInput, Permanent, Transient, Wait

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Json: TypeAlias = Any  # what `json.loads` returns
_OFFLINE_DELAY: Final = timedelta(minutes=5)
_NAMESPACES: Final = ("VideoLibrary", "Textures", "GUI", "Files")
_MOVIE_PROPERTIES: Final = ("file", "playcount", "lastplayed", "userrating", "resume", "art")
_NAMING_KEYS: Final = frozenset({"properties", "field", "operator"})  # their values are words of the schema
_RULES: Final = 100  # in one filter
_METHOD_NOT_FOUND: Final = -32601  # JSON-RPC 2.0, section 5.1
_INVALID_PARAMS: Final = -32602


class RpcError(Permanent):
    """Kodi understood the request and answered with an error. `code` is the JSON-RPC one."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


class NoSuchMethod(RpcError):
    """The method does not exist in this Kodi."""


class InvalidParams(RpcError):
    """A parameter is wrong; also Kodi's answer to an id that is no longer in its library."""


@dataclass(frozen=True, slots=True)
class PlayState:
    """What the owner did with a movie. Positions are seconds, `last_played` is Kodi's `yyyy-mm-dd hh:mm:ss` or ""."""

    play_count: int = 0
    last_played: str = ""
    user_rating: int = 0
    resume_position: float = 0.0
    resume_total: float = 0.0


@dataclass(frozen=True, slots=True)
class Movie:
    """A movie as Kodi has it. `id` changes with each refresh; `art` maps the type to the picture's own address."""

    id: int
    file: str
    play: PlayState
    art: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Texture:
    """A picture in Kodi's cache. `url` is the picture's own address."""

    id: int
    url: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """How this Kodi spells things: lower-case word -> its own spelling, and the methods that it has."""

    words: Mapping[str, str] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()

    def spell(self, value: Json) -> Json:
        """The value with every key, and every name of a property, filter field or operator, as this Kodi spells it."""
        if isinstance(value, dict):
            return {
                self._word(key): self._named(part) if key in _NAMING_KEYS else self.spell(part)
                for key, part in value.items()
            }
        return [self.spell(part) for part in value] if isinstance(value, list) else value

    def _named(self, names: Json) -> Json:
        return [self._word(name) for name in names] if isinstance(names, list) else self._word(names)

    def _word(self, word: str) -> str:
        return self.words.get(word, word)


class KodiClient:
    """One Kodi. `name` is what the owner calls it: it appears in every error, the credentials never do."""

    def __init__(
        self,
        name: str,
        url: str,
        user: str | None = None,
        password: str | None = None,
        *,
        session: aiohttp.ClientSession | None = None,
        timeout: float = 15.0,  # seconds for one answer
    ) -> None:
        self.name = name
        self._url = _endpoint(name, url)
        self._headers = {"Content-Type": "application/json"}  # Kodi answers 415 to any other
        if user:
            credentials = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
            self._headers["Authorization"] = f"Basic {credentials}"
        self._session = session
        self._owns_session = session is None
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._dialect: Dialect | None = None

    async def close(self) -> None:
        """Close the connections, unless the session was given to us."""
        if self._owns_session and self._session is not None:
            await self._session.close()
            self._session = None

    async def is_scanning(self) -> bool:
        """Whether a scan of the video library runs."""
        answer = await self._call("XBMC.GetInfoBooleans", booleans=["Library.IsScanningVideo"])
        return bool(answer["library.isscanningvideo"])

    async def active_players(self) -> tuple[str, ...]:
        """Kinds of what plays now: "video", "audio", "picture"."""
        return tuple(player["type"] for player in await self._call("Player.GetActivePlayers"))

    async def sources(self) -> tuple[str, ...]:
        """Folders of the video sources; a source made of several folders counts as those."""
        answer = await self._call("Files.GetSources", media="video")
        return tuple(folder for source in answer.get("sources", ()) for folder in _folders(source["file"]))

    async def list_directory(self, directory: str) -> None:
        """Make Kodi read this directory again: a scan trusts what Kodi listed earlier (observed on 20.1 and 21.2)."""
        await self._call("Files.GetDirectory", directory=directory, media="files")

    async def scan(self, directory: str) -> None:
        """Start a scan. Never while one runs: Kodi would cancel that one, and answer OK (observed on 20.1)."""
        await self._call("VideoLibrary.Scan", directory=directory, showdialogs=False)

    async def movies_in(self, folders: Sequence[str]) -> tuple[Movie, ...]:
        """The movies below any of these folders."""
        found: dict[int, Movie] = {}
        for part in _portions(folders):
            # startswith is SQL's LIKE: any letter case, and "_" matches all; the caller compares exactly
            rules = [{"field": "path", "operator": "startswith", "value": folder} for folder in part]
            answer = await self._call("VideoLibrary.GetMovies", properties=[*_MOVIE_PROPERTIES], filter={"or": rules})
            found.update({row["movieid"]: _movie(row) for row in answer.get("movies", ())})
        return tuple(found.values())

    async def refresh_movie(self, movie_id: int) -> None:
        """Have the NFO and artwork read again. Answers at once, the work follows, usually under a new id."""
        dialect = await self._spoken()
        if "VideoLibrary.RefreshMovie" in dialect.methods or "VideoLibrary.Refresh" not in dialect.methods:
            await self._call("VideoLibrary.RefreshMovie", movieid=movie_id, ignorenfo=False)
        else:
            await self._call("VideoLibrary.Refresh", item={"movieid": movie_id}, ignorenfo=False)

    async def set_movie_details(self, movie_id: int, details: Mapping[str, object]) -> None:
        """Set the named fields and leave the others."""
        await self._call("VideoLibrary.SetMovieDetails", movieid=movie_id, **details)

    async def remove_movie(self, movie_id: int) -> None:
        """Take the movie out of the library; its files stay."""
        await self._call("VideoLibrary.RemoveMovie", movieid=movie_id)

    async def textures_of(self, pictures: Sequence[str]) -> tuple[Texture, ...]:
        """What Kodi keeps of these pictures."""
        found: dict[int, Texture] = {}
        for part in _portions(pictures):
            rules = [{"field": "url", "operator": "contains", "value": picture} for picture in part]
            answer = await self._call("Textures.GetTextures", properties=["url"], filter={"or": rules})
            textures = (Texture(row["textureid"], picture_address(row["url"])) for row in answer["textures"])
            found.update({texture.id: texture for texture in textures if texture.url in part})
        return tuple(found.values())

    async def remove_textures(self, textures: Sequence[Texture]) -> None:
        """Drop the kept pictures, so that the files are read again; one that is gone already is no fault."""
        for answer in await self._post([("Textures.RemoveTexture", {"textureid": one.id}) for one in textures]):
            if answer.get("error", {}).get("code") not in (None, _INVALID_PARAMS):
                self._result("Textures.RemoveTexture", answer)

    async def notify(self, title: str, message: str, icon: str = "info", display: timedelta | None = None) -> None:
        """Show a message on the screen. `icon`: info, warning, error or an address that Kodi can read."""
        shown = display or timedelta(seconds=5)
        milliseconds = round(shown.total_seconds() * 1000)
        await self._call("GUI.ShowNotification", title=title, message=message, image=icon, displaytime=milliseconds)

    async def _spoken(self) -> Dialect:
        """The dialect of this Kodi, asked once. One that forbids the question is taken for a released Kodi."""
        if self._dialect is None:
            asked = [("JSONRPC.Introspect", {"filter": {"id": name, "type": "namespace"}}) for name in _NAMESPACES]
            answers = await self._post(asked)
            self._dialect = read_dialect([answer["result"] for answer in answers if "result" in answer])
        return self._dialect

    async def _call(self, method: str, **params: object) -> Json:
        spelled = (await self._spoken()).spell(params)
        (answer,) = await self._post([(method, spelled)])
        return self._result(method, answer)

    async def _post(self, calls: Sequence[tuple[str, Mapping[str, object]]]) -> list[dict[str, Json]]:
        """The answers to the calls, in their order, from one request."""
        if not calls:
            return []
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        text = await self._exchange(json.dumps(batch if len(batch) > 1 else batch[0]))
        try:
            answer = json.loads(text)
            answers = {one["id"]: one for one in (answer if isinstance(answer, list) else [answer])}
            return [answers[number] for number in range(len(batch))]
        except (ValueError, KeyError, TypeError) as error:
            raise Transient(f"{self._who} gave an answer that is not JSON-RPC: is this address Kodi's?") from error

    async def _exchange(self, body: str) -> str:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.post(
                self._url,
                data=body,
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                if response.status == HTTPStatus.UNAUTHORIZED:
                    raise BadCredentials(
                        f"{self._who} rejects the user name or the password: correct them in its settings"
                    )
                if not response.ok:
                    raise Transient(f"{self._who} answered HTTP {response.status}: is this address Kodi's?")
                return await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            text = f"{self._who} does not answer ({type(error).__name__}): is it on, with remote control over HTTP?"
            raise Wait(text, cause=f"player:{self.name}", delay=_OFFLINE_DELAY) from error

    def _result(self, method: str, answer: Mapping[str, Json]) -> Json:
        if "error" not in answer:
            return _lowered(answer.get("result"))
        code = int(answer["error"].get("code", 0))
        text = f"{self._who}: {method}: {answer['error'].get('message', 'unknown error')} ({code})"
        raise {_METHOD_NOT_FOUND: NoSuchMethod, _INVALID_PARAMS: InvalidParams}.get(code, RpcError)(text, code=code)

    @property
    def _who(self) -> str:
        return f"Kodi {self.name!r} at {self._url.origin()}"


def _endpoint(name: str, url: str) -> URL:
    """The address of /jsonrpc. Credentials have their own fields: in an address they would reach logs."""
    try:
        parsed = URL(url)
    except ValueError as error:
        raise InvalidInput(f"Kodi {name!r} needs an address like http://192.168.1.20:8080") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise InvalidInput(f"Kodi {name!r} needs an address like http://192.168.1.20:8080")
    if parsed.user or parsed.password:
        raise InvalidInput(f"Kodi {name!r}: put user name and password into their own fields, not into the address")
    return parsed.origin().with_path(parsed.path.rstrip("/").removesuffix("/jsonrpc") + "/jsonrpc")


def _portions(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Each rule becomes a level of an SQL expression, and SQLite takes a thousand: sqlite.org/limits.html."""
    return (values[start : start + _RULES] for start in range(0, len(values), _RULES))


def picture_address(wrapped: str) -> str:
    """`image://%2fmedia%2fHeat%2fposter.jpg/` -> `/media/Heat/poster.jpg`; anything else as it is."""
    inner = wrapped.removeprefix("image://")
    return wrapped if inner == wrapped else unquote(inner.removesuffix("/"))


def _folders(source: str) -> list[str]:
    """`multipath://%2fa%2f/%2fb%2f/` -> `/a/`, `/b/`: xbmc/filesystem/MultiPathDirectory.cpp."""
    inner = source.removeprefix("multipath://")
    return [source] if inner == source else [unquote(part) for part in inner.split("/") if part]


def _movie(row: Mapping[str, Json]) -> Movie:
    resume = row.get("resume") or {}
    return Movie(
        id=row["movieid"],
        file=row["file"],
        play=PlayState(
            play_count=row.get("playcount", 0),
            last_played=row.get("lastplayed", ""),
            user_rating=row.get("userrating", 0),
            resume_position=resume.get("position", 0.0),
            resume_total=resume.get("total", 0.0),
        ),
        art={kind: picture_address(address) for kind, address in row.get("art", {}).items()},
    )


def _lowered(value: Json) -> Json:
    if isinstance(value, dict):
        return {key.lower(): _lowered(part) for key, part in value.items()}
    return [_lowered(part) for part in value] if isinstance(value, list) else value


def read_dialect(schemas: Sequence[Mapping[str, Json]]) -> Dialect:
    """What Introspect's answers say about spelling and methods."""
    words: dict[str, str] = {}

    def collect(node: Json) -> None:
        if isinstance(node, list):
            for part in node:
                collect(part)
        elif isinstance(node, dict):
            named = [node.get("name"), *(node.get("properties") or ()), *(node.get("enums") or ())]
            words.update({word.lower(): word for word in named if isinstance(word, str)})
            for part in node.values():
                collect(part)

    collect(list(schemas))
    return Dialect(words, frozenset(method for schema in schemas for method in schema.get("methods", ())))
