"""Real changes in real folders become scans of these folders, where the owner wants it."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import watchfiles

from chain import is_busy
from libraries import write_movie, write_video
from metarr.app import watching
from metarr.app.watching import Pace, Watcher
from metarr.model.job import JobKind
from metarr.model.media import LibraryKind
from metarr.store import health, libraries, schema
from patience import PATIENCE
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    import pytest

    from chain import Chain

    Install = Callable[..., Chain]

PACE = Pace(look=0.05, quiet=0.1, longest=1.0, retry=0.05, step=0.02)
LOCAL: dict[str, object] = {"enrichment": {"enabled": False}, "publishing": {"enabled": False}}


@asynccontextmanager
async def _watched(install: Install, *, is_on: bool = True) -> AsyncIterator[Chain]:
    async with install(phase_config=LOCAL) as chain:
        await chain.change("scanning", {"watch": is_on})
        watch = asyncio.create_task(Watcher(chain.store, PACE).run())
        try:
            yield chain
        finally:
            watch.cancel()
            await asyncio.wait([watch])


async def _until_scanned(chain: Chain, folder: Path, change: Callable[[Path], object] = write_video) -> None:
    """Make changes until one of them has led to a scan of its folder; a watch needs a moment to begin."""
    async with asyncio.timeout(PATIENCE):
        for number in itertools.count():
            if folder.name in await _scans(chain):
                break
            change(folder / f"{number}.mkv")
            await asyncio.sleep(0.1)
    await chain.until(lambda tx: not is_busy(tx))


async def _scans(chain: Chain) -> list[str | None]:
    rows = await chain.rows(schema.job)
    return [row["payload"].get("path") for row in rows if row["kind"] == JobKind.SCAN]


async def test_a_new_film_is_scanned_by_itself_and_nothing_else_is(install: Install) -> None:
    async with _watched(install) as chain:
        write_movie(chain.root, "Other (2002)")
        await _until_scanned(chain, chain.root / "Film (2001)")
        assert "Film (2001)" in {item.folder for item in await chain.items()}
        assert chain.library.id in {row["library_id"] for row in await chain.rows(schema.job)}


async def test_our_own_temporary_files_start_nothing(install: Install) -> None:
    async with _watched(install) as chain:
        quiet = chain.root / "Quiet (2002)"
        quiet.mkdir()

        def change(path: Path) -> None:
            (quiet / f".metarr-{path.stem}.tmp").touch()
            write_video(path)

        await _until_scanned(chain, chain.root / "Film (2001)", change)
        assert quiet.name not in await _scans(chain)


async def test_the_setting_and_new_libraries_take_effect_at_once(install: Install) -> None:
    async with _watched(install, is_on=False) as chain:
        write_movie(chain.root, "Film (2001)")
        await asyncio.sleep(3 * PACE.look)
        assert await _scans(chain) == []
        await chain.change("scanning", {"watch": True})
        second = chain.root.with_name("second")
        second.mkdir()
        await chain.store.write(lambda tx: libraries.add(tx, "Second", LibraryKind.MOVIES, str(second)))
        await _until_scanned(chain, second / "New (2003)")


async def test_a_root_that_vanishes_is_told_of_and_scanned_when_it_is_back(install: Install) -> None:
    async with _watched(install) as chain:
        await _until_scanned(chain, chain.root / "Film (2001)")
        away = chain.root.with_name("away")
        chain.root.rename(away)
        cause = f"watch:{chain.root}"
        await _until_cause(chain, cause, is_there=True)
        assert "is not there" in (await chain.causes())[cause]
        away.rename(chain.root)
        await _until_cause(chain, cause, is_there=False)
        assert None in await _scans(chain), "what changed meanwhile is looked for"
        await _until_scanned(chain, chain.root / "New (2003)")


async def test_a_system_that_cannot_watch_is_told_of_and_nothing_fails(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError('OS file watch limit reached. about ["/media"]')

    with monkeypatch.context() as patch:
        patch.setattr(watchfiles, "watch", full)
        async with _watched(install) as chain:
            cause = f"watch:{chain.root}"
            await _until_cause(chain, cause, is_there=True)
            assert "fs.inotify.max_user_watches" in (await chain.causes())[cause]
            await chain.change("scanning", {"watch": False})
            await _until_cause(chain, cause, is_there=False)


async def test_a_network_file_system_is_watched_with_a_warning(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "network_file_system", lambda _path: "nfs4")
    async with _watched(install) as chain:
        cause = f"watch:{chain.root}"
        await _until_cause(chain, cause, is_there=True)
        assert "other machines" in (await chain.causes())[cause]


async def _until_cause(chain: Chain, cause: str, *, is_there: bool) -> None:
    await chain.until(lambda tx: (cause in {line["cause"] for line in health.lines(tx)}) is is_there)


async def test_the_server_watches(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    watch = watchfiles.watch

    def listened(*roots: str, **options: Any) -> Iterator[set[tuple[watchfiles.Change, str]]]:
        if str(tmp_path / "films") in roots:
            loop.call_soon_threadsafe(begun.set)
        return watch(*roots, **options)

    monkeypatch.setattr(watchfiles, "watch", listened)
    make_film(tmp_path / "films", "Film (2001)")
    async with running(data, is_working=False) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        await house.ask("PATCH", "/settings/scanning", json={"watch": True})
    async with running(data, is_working=False, has_schedules=True), asyncio.timeout(PATIENCE):
        await begun.wait()
