"""What the doubles of the media servers have in common: a disk that they read, a clock that tests turn, and faults."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from metarr.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aiohttp.typedefs import Handler

    from metarr.model.play import PlayState

PICTURES = ("poster", "fanart", "clearlogo", "clearart", "discart", "banner", "landscape", "thumb")


@dataclass(frozen=True)
class Received:
    """A request as it came. `body`: what the JSON said, or None."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class OnDisk:
    """A film, show, season or episode in a folder. `pictures`: kind -> version of its bytes."""

    kind: str  # movie, series, season, episode
    path: str
    title: str
    year: int | None = None
    number: int | None = None
    season: int | None = None
    tmdb: str | None = None
    nfo: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)


def put_film(
    root: Path, name: str, *, title: str | None = None, video: str | None = None, art: Sequence[str] = ()
) -> Path:
    """A film in its folder; `name` is like "Heat (1995)". `video` is the base name of its file."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    base = video or name
    (folder / f"{base}.mkv").write_bytes(b"video")
    words = re.match(r"(.*) \((\d{4})\)", name)
    plain, year = words.groups() if words else (name, "1999")
    put_nfo(folder / f"{base}.nfo", title or plain, year)
    for kind in art:
        (folder / f"{base}-{kind}.jpg").write_bytes(f"{name} {kind}".encode())
    return folder


def put_episode(root: Path, show: str, season: int, episode: int) -> Path:
    """An episode, its show's NFO and poster. Returns the show's folder."""
    folder = root / show / f"Season {season:02}"
    folder.mkdir(parents=True, exist_ok=True)
    put_nfo(root / show / "tvshow.nfo", show, "2010")
    (root / show / "poster.jpg").write_bytes(b"poster of the show")
    base = f"{show} S{season:02}E{episode:02}"
    (folder / f"{base}.mkv").write_bytes(b"video")
    put_nfo(folder / f"{base}.nfo", f"Part {episode}", "2010")
    (folder / f"{base}-thumb.jpg").write_bytes(base.encode())
    return root / show


def put_nfo(path: Path, title: str, year: str) -> None:
    path.write_text(f"<movie><title>{title}</title><year>{year}</year></movie>", "utf-8")


class Disk:
    """What a server sees of `root`, which it calls `remote`."""

    def __init__(self, root: Path, remote: str) -> None:
        self.root = root
        self.remote = remote

    def local(self, path: str) -> Path:
        """Where a path of the server really is."""
        inside = path == self.remote or path.startswith(self.remote + "/")
        return self.root / path[len(self.remote) :].lstrip("/") if inside else Path("/nowhere") / path.lstrip("/")

    def seen(self, path: Path) -> str:
        """How the server names it."""
        rest = path.relative_to(self.root).as_posix()
        return self.remote if rest == "." else f"{self.remote}/{rest}"

    def films(self, below: Path | None = None) -> list[OnDisk]:
        return [self._film(video) for video in sorted((below or self.root).rglob("*.mkv"))]

    def television(self, below: Path | None = None) -> list[OnDisk]:
        found: list[OnDisk] = []
        shows = {self.root / video.relative_to(self.root).parts[0] for video in (below or self.root).rglob("*.mkv")}
        for show in sorted(shows):
            nfo = _text(show / "tvshow.nfo")
            pictures = _pictures(show, "")
            found.append(
                OnDisk(
                    "series",
                    self.seen(show),
                    _of(nfo, "title") or show.name,
                    _year(nfo),
                    tmdb=_tmdb(nfo),
                    nfo=nfo,
                    pictures=pictures,
                )
            )
            for folder in sorted(one for one in show.iterdir() if one.is_dir() and not one.name.startswith(".")):
                found += self._season(show, folder)
        return found

    def _season(self, show: Path, folder: Path) -> Iterator[OnDisk]:
        number = int(folder.name.rpartition(" ")[2])
        pictures = _pictures(show, f"season{number:02}-")
        yield OnDisk("season", self.seen(folder), folder.name, number=number, pictures=pictures)
        for video in sorted(folder.glob("*.mkv")):
            yield from self._episodes(video, number)

    def _episodes(self, video: Path, season: int) -> Iterator[OnDisk]:
        """Each that the file's name has, with its own part of the NFO."""
        named = re.search(r"S\d+((?:-?E\d+)+)", video.stem)
        assert named is not None, video
        nfo, pictures = _text(video.with_suffix(".nfo")), _pictures(video.parent, f"{video.stem}-")
        parts = re.findall("<episodedetails.*?</episodedetails>", nfo, re.DOTALL) or [nfo]
        for place, number in enumerate(re.findall(r"\d+", named[1])):
            part = parts[min(place, len(parts) - 1)]
            yield OnDisk(
                "episode",
                self.seen(video),
                _of(part, "title") or video.stem,
                _year(part),
                number=int(number),
                season=season,
                nfo=part,
                pictures=pictures,
            )

    def _film(self, video: Path) -> OnDisk:
        nfo = _text(video.with_suffix(".nfo"))
        pictures = _pictures(video.parent, f"{video.stem}-")
        return OnDisk(
            "movie", self.seen(video), _of(nfo, "title") or video.stem, _year(nfo), nfo=nfo, pictures=pictures
        )


def _pictures(folder: Path, prefix: str) -> dict[str, str]:
    files = [(kind, folder / f"{prefix}{kind}{end}") for kind in PICTURES for end in (".png", ".jpg")]
    return {kind: file.read_bytes().hex() for kind, file in files if file.is_file()}


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def _of(nfo: str, tag: str) -> str | None:
    found = re.search(f"<{tag}>(.*?)</{tag}>", nfo)
    return found[1] if found else None


def _tmdb(nfo: str) -> str | None:
    found = re.search(r'<uniqueid type="tmdb"[^>]*>(\d+)<', nfo)
    return found[1] if found else None


def _year(nfo: str) -> int | None:
    text = _of(nfo, "year")
    return int(text) if text else None


class Double:
    """A server on loopback. `pass_time` turns its clock; `die_at`: the request at which it goes down (from 1)."""

    def __init__(self) -> None:
        self.now = 0.0
        self.received: list[Received] = []
        self.answered: list[tuple[Received, web.Response]] = []
        self.url = ""
        self.die_at: int | None = None
        self.dies_after_work = False  # having done what was asked, before it answers
        self.is_down = False
        self.is_stuck = False
        self.override: Callable[[web.Request], web.StreamResponse | None] = lambda _request: None
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._runner: web.AppRunner | None = None

    def routes(self, app: web.Application) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        self.routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def pause(self, seconds: float) -> None:
        """For a player: time passes at once."""
        self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        """Let what is due happen."""
        self.now += seconds
        while self._due and min(at for at, _ in self._due) <= self.now:
            at, work = min(self._due, key=lambda pair: pair[0])
            self._due.remove((at, work))
            work()

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        self._due.append((self.now + seconds, work))

    def calls(self, method: str, ending: str) -> list[Received]:
        return [one for one in self.received if one.method == method and one.path.endswith(ending)]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.method, request.path, dict(request.query), headers, body))
        if self.die_at is not None and len(self.received) >= self.die_at:
            if self.dies_after_work and not self.is_down:
                self.is_down = True
                await handler(request)
            self.is_down = True
        if self.is_stuck:
            await asyncio.Event().wait()
        if self.is_down:
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=500)  # which nobody hears
        told = self.override(request)
        if told is not None:
            return told
        answer = await handler(request)
        assert isinstance(answer, web.Response)
        self.answered.append((self.received[-1], answer))
        return answer


class Notebook:
    """A Memory in memory: what a database would keep."""

    def __init__(self) -> None:
        self.states: dict[str, PlayState] = {}
        self.all_names: set[str] = set()
        self.fails_at = 0  # the call, from 1
        self._calls = 0

    def _count(self) -> None:
        self._calls += 1
        if self._calls == self.fails_at:
            raise Transient("the database is busy")

    async def remember(self, states: Mapping[str, PlayState]) -> None:
        self._count()
        self.states |= states
        self.all_names |= states.keys()

    async def recall(self) -> Mapping[str, PlayState]:
        self._count()
        return dict(self.states)

    async def forget(self, names: Any) -> None:
        self._count()
        for name in names:
            self.states.pop(name, None)
