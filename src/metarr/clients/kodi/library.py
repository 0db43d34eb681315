"""The calls, with types. Methods and parameters: https://kodi.wiki/view/JSON-RPC_API/v13."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import aiohttp

from metarr.clients.kodi.address import endpoint, folders_of, picture_address, socket_endpoint
from metarr.clients.kodi.dialect import QUESTIONS, Dialect, read_dialect
from metarr.clients.kodi.http import HttpLink
from metarr.clients.kodi.link import Link
from metarr.clients.kodi.rows import WORDS, Entry, Texture, entry
from metarr.clients.kodi.rpc import is_refusal, result_of
from metarr.clients.kodi.socket import SocketLink
from metarr.errors import Transient
from metarr.model.media import ItemKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from metarr.clients.kodi.rpc import Json

_T = TypeVar("_T")
SCAN_FINISHED: Final = "VideoLibrary.OnScanFinished"
_RULES: Final = 100  # in one filter
_BATCH: Final = 50  # calls in one request
_LISTINGS: Final = 10  # in one request: the folders may be far away
_HEARING: Final = {  # seconds to wait for the end of a scan before asking: told, the end is heard; else polled
    "told": 1.0,
    "untold": 0.1,
}
_ROUNDS: Final = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait. `answer`: seconds for one; `pause` lets time pass where Kodi does not tell that it is ready."""

    answer: float = 15.0
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


_PATIENCE: Final = Patience()


class KodiClient:
    """One Kodi. `name` is what the owner calls it: it appears in every error, the credentials never do.

    `tcp_port`: of the WebSocket; 0: HTTP only.
    """

    def __init__(
        self,
        name: str,
        url: str,
        user: str | None = None,
        password: str | None = None,
        *,
        tcp_port: int = 0,
        session: aiohttp.ClientSession | None = None,
        patience: Patience = _PATIENCE,
    ) -> None:
        self.name = name
        self.tcp_port = tcp_port
        self._url = endpoint(name, url)
        self._credentials = (user, password)
        self._shared = session
        self._own: aiohttp.ClientSession | None = None
        self._patience = patience
        self._link: Link | None = None
        self._dialect: Dialect | None = None

    @property
    def who(self) -> str:
        """Its name and address, for messages."""
        return f"Kodi {self.name!r} at {self._url.origin()}"

    async def close(self) -> None:
        """Close the connections, unless the session was given to us."""
        if self._link is not None:
            await self._link.close()
            self._link = None
        if self._own is not None:
            await self._own.close()
            self._own = None

    async def version(self) -> tuple[int, int]:
        """Such as (20, 1)."""
        answer = await self._call("Application.GetProperties", properties=["version"])
        try:
            return int(answer["version"]["major"]), int(answer["version"]["minor"])
        except (KeyError, TypeError, ValueError) as error:
            raise Transient(f"{self.who} does not tell its version: is this address Kodi's?") from error

    async def permissions(self) -> frozenset[str]:
        """What Kodi allows us: "readdata", "updatedata", "removedata" and others."""
        answer = await self._call("JSONRPC.Permission")
        return frozenset(name for name, is_allowed in answer.items() if is_allowed)

    async def tells(self) -> bool:
        """Whether the WebSocket can be reached."""
        return await self._way().opened()

    async def is_scanning(self) -> bool:
        """Whether a scan of the video library runs, or waits for its turn."""
        answer = await self._call("XBMC.GetInfoBooleans", booleans=["Library.IsScanningVideo"])
        return bool(answer["library.isscanningvideo"])

    async def video_speed(self) -> int | None:
        """Of the video that plays now; 0: it is paused. None: there is none, and music does not mind."""
        active = await self._call("Player.GetActivePlayers")
        for one in active:
            if one["type"] == "video":
                answer = await self._call("Player.GetProperties", playerid=one["playerid"], properties=["speed"])
                return int(answer["speed"])
        return None

    async def sources(self) -> tuple[str, ...]:
        """Folders of the video sources; a source made of several folders counts as those."""
        answer = await self._call("Files.GetSources", media="video")
        return tuple(folder for source in answer.get("sources") or () for folder in folders_of(source["file"]))

    async def list_directory(self, directory: str, limit: int | None = None) -> tuple[str, ...]:
        """What is in it; `limit`: no more than so many.

        Kodi reads it again: a scan trusts what Kodi listed earlier (observed on 20.1 and 21.2).
        """
        limits = {} if limit is None else {"limits": {"start": 0, "end": limit}}
        answer = await self._call("Files.GetDirectory", directory=directory, media="files", **limits)
        return tuple(one["file"] for one in answer.get("files") or ())

    async def list_again(self, directories: Sequence[str]) -> None:
        """Have them read again. One that Kodi may not list is passed over.

        A refresh takes pictures from what Kodi listed last: those that came since are not seen, and those that went
        are still shown (observed on 20.1).
        """
        limits = {"start": 0, "end": 1}
        dialect = await self._spoken()
        for part in _portions(directories, _LISTINGS):
            asked = ({"directory": one, "media": "files", "limits": limits} for one in part)
            await self._way().ask([("Files.GetDirectory", dialect.spell(params)) for params in asked])

    async def scan(self, directory: str) -> None:
        """Start a scan. Never while one runs: Kodi would cancel that one, and answer OK (observed on 20.1).

        It takes its turn after the refreshes that were asked for before, so its end is theirs.
        """
        self._way().forget(SCAN_FINISHED)
        await self._call("VideoLibrary.Scan", directory=directory, showdialogs=False)

    async def begun(self) -> None:
        """Let the scan begin, if it is a short one end.

        Kodi's main loop starts it, and answers whether it scans once in each of its rounds, from what it knew at the
        beginning of that: the third answer is sure to know, however busy Kodi is.
        """
        await self._way().hear(SCAN_FINISHED, _HEARING["told"], _HEARING["untold"])
        for _ in range(_ROUNDS):
            await self.is_scanning()

    async def ended(self, pause: float) -> None:
        """Let a running scan end, or so many seconds pass."""
        await self._way().hear(SCAN_FINISHED, pause, pause)

    async def below(self, kind: ItemKind, folders: Sequence[str]) -> tuple[Entry, ...]:
        """The movies, shows or episodes below any of these folders."""
        words = WORDS[kind]
        found: dict[int, Entry] = {}
        for part in _portions(folders, _RULES):
            # startswith is SQL's LIKE: any letter case, and "_" matches all; the caller compares exactly
            rules = [{"field": "path", "operator": "startswith", "value": folder} for folder in part]
            method = f"VideoLibrary.Get{words.several}"
            answer = await self._call(method, properties=[*words.properties], filter={"or": rules})
            rows = answer.get(words.several.lower()) or ()
            found.update({row[f"{words.key}id"]: entry(kind, row) for row in rows})
        return tuple(found.values())

    async def seasons(self, show: Entry) -> tuple[Entry, ...]:
        """A show's seasons."""
        properties = [*WORDS[ItemKind.SEASON].properties]
        answer = await self._call("VideoLibrary.GetSeasons", tvshowid=show.id, properties=properties)
        return tuple(entry(ItemKind.SEASON, row) for row in answer.get("seasons") or ())

    async def refresh(self, entries: Iterable[Entry]) -> None:
        """Have NFO and artwork read again. Answers at once, the work follows, usually under a new id.

        A show is refreshed without its episodes. What is gone by now is passed over.
        """
        dialect = await self._spoken()
        await self._all([_refreshing(dialect, one) for one in entries])

    async def remove(self, entries: Iterable[Entry]) -> None:
        """Take them out of the library; their files stay. What is gone by now is passed over."""
        words = [(WORDS[one.kind], one.id) for one in entries]
        await self._all([(f"VideoLibrary.Remove{word.one}", {f"{word.key}id": number}) for word, number in words])

    async def set_details(self, details: Sequence[tuple[Entry, Mapping[str, object]]]) -> None:
        """Set the named fields and leave the others. What is gone by now is passed over."""
        named = [(WORDS[one.kind], one.id, fields) for one, fields in details]
        await self._all(
            [
                (f"VideoLibrary.Set{word.one}Details", {f"{word.key}id": number, **fields})
                for word, number, fields in named
            ]
        )

    async def textures_of(self, pictures: Sequence[str]) -> tuple[Texture, ...]:
        """What Kodi keeps of these pictures."""
        found: dict[int, Texture] = {}
        for part in _portions(pictures, _RULES):
            rules = [{"field": "url", "operator": "contains", "value": picture} for picture in part]
            answer = await self._call("Textures.GetTextures", properties=["url"], filter={"or": rules})
            textures = (Texture(row["textureid"], picture_address(row["url"])) for row in answer["textures"])
            found.update({texture.id: texture for texture in textures if texture.url in part})
        return tuple(found.values())

    async def remove_textures(self, textures: Sequence[Texture]) -> None:
        """Drop the kept pictures, so that the files are read again; one that is gone already is no fault."""
        await self._all([("Textures.RemoveTexture", {"textureid": one.id}) for one in textures])

    async def notify(self, title: str, message: str, icon: str = "info", display: timedelta | None = None) -> None:
        """Show a message on the screen. `icon`: info, warning, error or an address that Kodi can read."""
        shown = display or timedelta(seconds=5)
        milliseconds = round(shown.total_seconds() * 1000)
        await self._call("GUI.ShowNotification", title=title, message=message, image=icon, displaytime=milliseconds)

    def _way(self) -> Link:
        if self._link is None:
            session = self._shared
            if session is None:
                session = self._own = aiohttp.ClientSession()
            http = HttpLink(self.name, self._url, *self._credentials, session, self._patience.answer)
            address = socket_endpoint(self._url, self.tcp_port)
            socket = SocketLink(self.name, address, session, self._patience.answer) if self.tcp_port else None
            self._link = Link(http, socket, self._patience.pause)
        return self._link

    async def _spoken(self) -> Dialect:
        """The dialect of this Kodi, asked once."""
        if self._dialect is None:
            answers = await self._way().ask(QUESTIONS)
            self._dialect = read_dialect([answer["result"] for answer in answers if "result" in answer])
        return self._dialect

    async def _call(self, method: str, **params: object) -> Json:
        spelled = (await self._spoken()).spell(params)
        (answer,) = await self._way().ask([(method, spelled)])
        return result_of(self.who, method, answer)

    async def _all(self, calls: Sequence[tuple[str, Mapping[str, object]]]) -> None:
        """Calls that name an id each; a refusal is that the id is gone, which is no fault."""
        dialect = await self._spoken()
        for part in _portions(calls, _BATCH):
            answers = await self._way().ask([(method, dialect.spell(params)) for method, params in part])
            for (method, _), answer in zip(part, answers, strict=True):
                if not is_refusal(answer):
                    result_of(self.who, method, answer)


def _refreshing(dialect: Dialect, one: Entry) -> tuple[str, dict[str, object]]:
    words = WORDS[one.kind]
    params: dict[str, object] = {"ignorenfo": False}
    if one.kind is ItemKind.SERIES:
        params["refreshepisodes"] = False
    if dialect.has(f"VideoLibrary.Refresh{words.one}"):
        return f"VideoLibrary.Refresh{words.one}", {f"{words.key}id": one.id, **params}
    return "VideoLibrary.Refresh", {"item": {f"{words.key}id": one.id}, **params}


def _portions(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Each rule becomes a level of an SQL expression, and SQLite takes a thousand: sqlite.org/limits.html."""
    return (values[start : start + size] for start in range(0, len(values), size))
