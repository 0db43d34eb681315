"""A real Kodi on a virtual screen, with a home of its own; nothing is imitated. Debian: `apt-get install kodi xvfb`."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any, Self
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DATA = "/usr/share/kodi"
_PATIENCE = 90.0  # seconds for a start or a scan; 2 are usual
_POLL = 0.1  # seconds
_BEGINNING = 5.0  # seconds at most until it says of itself that it scans; a scan that is over by then is over
_GLANCE = 0.01  # seconds
# Ids: `system/settings/settings.xml` of Kodi. Artwork level 0 is Kodi's own default: every type of art is taken.
_SETTINGS = {
    "services.webserver": "true",
    "services.webserverauthentication": "false",
    "services.esallinterfaces": "false",
    "services.zeroconf": "false",
    "services.upnp": "false",
    "services.wsdiscovery": "false",
    "general.addonupdates": "2",  # never
    "videolibrary.updateonstartup": "false",
    "videolibrary.artsettingsupdated": "true",
    "videolibrary.artworklevel": "0",
    "videolibrary.actorthumbs": "true",
    "screensaver.mode": "",
    "lookandfeel.enablerssfeeds": "false",
    "audiooutput.guisoundmode": "0",
}


@dataclass(frozen=True)
class Source:
    """A folder that Kodi scans with its scraper "local information only".

    `has_own_folders`: "movies are in separate folders that match the movie title"; of shows, the folder is one show.
    """

    folder: Path
    content: str  # "movies" or "tvshows"
    has_own_folders: bool = False


@dataclass(frozen=True)
class Programs:
    """Where Kodi and the virtual screen are."""

    kodi: Path
    screen: Path


def find_programs() -> Programs | None:
    """None: they are not installed."""
    kodi = next(iter(sorted(Path("/usr/lib").glob("*/kodi/kodi.bin"))), None)
    screen = which("Xvfb")
    return Programs(kodi, Path(screen)) if kodi and screen else None


@dataclass
class RealKodi:
    """`with RealKodi(home, programs, sources) as kodi: kodi.scan()`."""

    home: Path
    programs: Programs
    sources: Sequence[Source]
    sets_folder: Path | None = None
    opens_files: bool = True  # takes stream details from the files: "extract video information from files"
    tcp_port: int = 0  # of its WebSocket
    _port: int = 0
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._port, self.tcp_port, events = _free_ports(3)
        self._lay_down_settings(self.tcp_port, events)
        try:
            self._start()
            self._add_sources()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    @property
    def url(self) -> str:
        """Of its web server."""
        return f"http://127.0.0.1:{self._port}"

    def kill(self) -> None:
        """The power is cut."""
        for process in self._running:
            process.kill()
            process.wait()
        self._running.clear()

    def start_again(self) -> None:
        """The power is back."""
        self._start()

    def call(self, method: str, **params: object) -> Any:
        """What Kodi answers over JSON-RPC."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            connection.request("POST", "/jsonrpc", body, {"Content-Type": "application/json"})
            answer = json.load(connection.getresponse())
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def scan(self) -> None:
        """Scan all sources, to the end."""
        self.call("VideoLibrary.Scan", showdialogs=False)
        end = time.monotonic() + _BEGINNING
        while not self._is("Library.IsScanningVideo") and time.monotonic() < end:
            time.sleep(_GLANCE)
        _wait(lambda: not self._is("Library.IsScanningVideo"), "the scan did not end")

    def version(self) -> str:
        """Such as `20.1`."""
        found = self.call("Application.GetProperties", properties=["version"])["version"]
        return f"{found['major']}.{found['minor']}"

    def _is(self, what: str) -> bool:
        return bool(self.call("XBMC.GetInfoBooleans", booleans=[what])[what])

    @property
    def _user_data(self) -> Path:
        return self.home / ".kodi" / "userdata"

    def _lay_down_settings(self, tcp: int, events: int) -> None:
        self._user_data.mkdir(parents=True)
        ports = {"services.webserverport": str(self._port), "services.esport": str(events)}
        sets = {"videolibrary.moviesetsfolder": f"{self.sets_folder}/"} if self.sets_folder else {}
        opening = {"myvideos.extractflags": str(self.opens_files).lower()}
        settings = _SETTINGS | ports | sets | opening
        lines = [f'<setting id="{name}">{escape(value)}</setting>' for name, value in settings.items()]
        self._lay("guisettings.xml", f'<settings version="2">{"".join(lines)}</settings>')
        self._lay(
            "advancedsettings.xml",
            f"<advancedsettings><jsonrpc><tcpport>{tcp}</tcpport></jsonrpc><splash>false</splash></advancedsettings>",
        )
        folders = [f'<path pathversion="1">{escape(str(source.folder))}/</path>' for source in self.sources]
        named = [f"<source><name>{number}</name>{folder}</source>" for number, folder in enumerate(folders)]
        self._lay("sources.xml", f"<sources><video>{''.join(named)}</video></sources>")
        (self.home / ".asoundrc").write_text("pcm.!default { type null }\nctl.!default { type null }\n")

    def _lay(self, name: str, text: str) -> None:
        (self._user_data / name).write_text(text, encoding="utf-8")

    def _start(self) -> None:
        run = self.home / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(run),
            "DISPLAY": self._start_screen(run),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LP_NUM_THREADS": "1",
            "KODI_HOME": _DATA,
            "KODI_BIN_HOME": str(self.programs.kodi.parent),
        }
        kodi = self._run([str(self.programs.kodi), "--standalone", "--windowing=x11"], run / "kodi.out", environment)

        def answers() -> bool:
            assert kodi.poll() is None, f"Kodi ended: {(run / 'kodi.out').read_text()}"
            try:
                return bool(self.call("JSONRPC.Ping") == "pong")
            except OSError:
                return False

        _wait(answers, "Kodi does not answer")

    def _start_screen(self, run: Path) -> str:
        number, told = os.pipe()
        command = [str(self.programs.screen), "-displayfd", str(told), "-screen", "0", "640x480x24"]
        self._run([*command, "-nolisten", "tcp", "-noreset"], run / "screen.out", {}, told)
        os.close(told)
        with os.fdopen(number) as pipe:
            return f":{pipe.readline().strip()}"

    def _run(
        self, command: Sequence[str], output: Path, environment: dict[str, str], *descriptors: int
    ) -> subprocess.Popen[bytes]:
        with output.open("wb") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=descriptors,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def _add_sources(self) -> None:
        """What a person does in a source's context menu: content, scraper, how movies lie. Kodi has no call."""
        [database] = (self._user_data / "Database").glob("MyVideos*.db")
        rows = [
            (f"{source.folder}/", source.content, _LEVELS[source.content], int(source.has_own_folders))
            for source in self.sources
        ]
        with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
            connection.executemany(
                "INSERT INTO path(strPath, strContent, strScraper, scanRecursive, useFolderNames, strSettings,"
                " noUpdate, exclude) VALUES (?, ?, 'metadata.local', ?, ?, '', 0, 0)",
                rows,
            )


_LEVELS = {"movies": 2147483647, "tvshows": 0}  # of folders that are looked into


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait(is_true: Callable[[], bool], problem: str) -> None:
    """Kodi tells nobody over HTTP when something ends: it has to be asked."""
    end = time.monotonic() + _PATIENCE
    while not is_true():
        assert time.monotonic() < end, f"{problem} in {_PATIENCE:.0f} s"
        time.sleep(_POLL)
