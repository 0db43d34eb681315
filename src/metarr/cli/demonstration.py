"""`metarr demo`: the whole chain offline, with a provider and a player that run inside this program."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metarr.api.item_shapes import ItemPage
from metarr.cli.client import absolute
from metarr.cli.common import program, show
from metarr.cli.report import named, outcome, troubles
from metarr.cli.session import connected
from metarr.cli.work import Phase, Run
from metarr.config import Config
from metarr.demo.catalogue import FILMS
from metarr.demo.folder import drawn, lay_out, tree
from metarr.demo.kodi_server import KodiServer
from metarr.demo.shows import SHOWS
from metarr.demo.tmdb_server import TmdbServer
from metarr.errors import InvalidInput
from metarr.model.player import CONFIRMED
from metarr.model.words import counted
from metarr.phases.base import in_thread

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from metarr.api.item_shapes import ItemLine
    from metarr.cli.client import Client
    from metarr.cli.report import Report

    Tree: TypeAlias = dict[str, tuple[int, int, int]]

_WIDTH = 120  # columns
_WITNESS = {"enrichment": {"autoSelectAssets": True}, "playerSync": {"autoSync": True}}


@dataclass(frozen=True, slots=True)
class _Played:
    """What the chain and the verification came to, and every item as it is afterwards."""

    chain: Report
    check: Report
    items: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is done, in order."""

    library: str

    async def __call__(self, client: Client) -> _Played:
        await client.send("PATCH", "/settings/phase-config", _WITNESS)
        await client.send("PATCH", "/settings/playerSync", {"settleSeconds": 0, "gatherSeconds": 0})
        run = Run(self.library, "movies", is_auto_select=False, is_confirmed=True, say=show)
        chain = await run(client)
        check = await Phase("verify", self.library)(client)
        page = await client.get("/items", ItemPage, library=chain.library.id)
        return _Played(chain, check, tuple(page.items))


async def play(folder_name: str) -> int:
    """Lay out the library if it is not there, run the chain, verify, and show it all. Returns the exit code."""
    folder = Path(absolute(folder_name))
    library = await in_thread(_made_ready, folder)
    before = await in_thread(tree, library)
    async with TmdbServer(FILMS, SHOWS) as tmdb, KodiServer(library) as kodi:
        # Nothing of the environment: the demo is the same everywhere, and asks nobody outside.
        keys = {
            "tmdb_url": tmdb.url,
            "tmdb_image_url": tmdb.image_url,
            "tmdb_api_key": tmdb.key,
            "tvmaze_enabled": "false",
            "kodi_url": kodi.url,
            "kodi_tcp_port": str(kodi.tcp_port),
        }
        config = Config(data=folder / "data", loopback_auth=False, integrations=keys)
        played = await connected(config, _Scene(str(library)), is_alone=True)
    after = await in_thread(tree, library)
    _tell(played, before, after, library)
    show(f"\nSee it in the browser: {program()} serve --data {shlex.quote(str(folder / 'data'))}")
    return played.chain.exit_code or played.check.exit_code


def _made_ready(folder: Path) -> Path:
    """The library in it. Raises InvalidInput where nothing can be written, Conflict where other files lie."""
    try:
        library = lay_out(folder)
        _open_door(folder / "data")
    except OSError as error:
        raise InvalidInput(
            f"The demo's folder {folder} cannot be used: {error.strerror}. Name another, with room, with --data."
        ) from error
    return library


def _open_door(data: Path) -> None:
    """Whoever looks at the demo on this machine needs no account; nothing else is served."""
    file = data / "metarr.toml"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        file.write_text('# Only a demo: this machine needs no login.\nloopback_auth = "off"\n', encoding="utf-8")


def _tell(played: _Played, before: Tree, after: Tree, library: Path) -> None:
    chain, check = played.chain, played.check
    if before == after:
        show(f"\n{library} (nothing in it has changed):")
    else:
        show(f"\n{library} before:")
        _show_all(drawn(before))
        show(f"\n{library} after:")
    _show_all(drawn(after))
    # A pipe has no width of its own; a narrow terminal wraps by itself.
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH).print("", _table(played.items, after))
    for job in check.jobs:
        show(f"Verification: {outcome(job)}")
    _show_all(troubles(chain))
    _show_all(troubles(check))
    changes = sum(before.get(path) != after.get(path) for path in before.keys() | after.keys())
    counts = chain.library.counts
    show(
        f"{counted(counts.items, 'movie')}: {counts.enriched} enriched, {counts.published} published, "
        f"{counts.confirmed} confirmed by the player. Changes by this run: {counted(changes, 'file')}"
        + (", nothing was left to do." if changes == 0 and not chain.items else ".")
    )


def _show_all(texts: Iterable[str]) -> None:
    for text in texts:
        show(f"    {text}")


def _table(items: Iterable[ItemLine], files: Tree) -> Table:
    """Each movie, what lies in its folder now, and what the player said about it."""
    table = Table(title="What the player confirmed", title_justify="left", box=SIMPLE)
    for heading in ("Movie", "State", "NFO", "Pictures", "Actors", "Player", "Pictures it shows"):
        table.add_column(heading)
    for item in items:
        inside = [path for path in files if path.startswith(f"{item.folder}/")]
        pictures = [path for path in inside if path.endswith((".jpg", ".png", ".webp"))]
        actors = sum("/.actors/" in path for path in pictures)
        nfo = sum(path.endswith(".nfo") for path in inside)
        seen = [player for player in item.players if player.state in CONFIRMED]
        art = sum(len(player.art) for player in seen)
        words = "confirmed" if seen else "not asked" if not item.players else "not seen"
        table.add_row(
            escape(named(item)), item.state, str(nfo), str(len(pictures) - actors), str(actors), words, str(art)
        )
    return table
