"""A fault at every step of every phase: whatever breaks, the run that follows comes to the same end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from archive import Archive, Show
from chain import FILM, is_busy, name_of, small_picture
from libraries import write_movie
from metarr.demo.clip import tiny_clip
from metarr.jobs import ledger
from metarr.model.job import JobKind
from metarr.model.media import LibraryKind, Metadata
from metarr.phases import publish, verify
from metarr.phases.enrich import pictures
from metarr.phases.scan import phase as scan_phase
from metarr.phases.scan import understand
from metarr.store import libraries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chain import Chain
    from metarr.model.job import Job, NewJob
    from metarr.phases.base import JobContext, Phase
    from metarr.providers.base import Ask

    Install = Callable[..., Chain]

_THREADED = (scan_phase, understand, pictures, publish, verify)
_NFO = b"<movie><plot>My own words.</plot><myplayer>cinema</myplayer></movie>"


class Saboteur:
    """Counts the steps of one kind of job, before and after each, and breaks the one it was told to."""

    def __init__(self, kind: JobKind, fails_at: int | None, *, cancels: bool) -> None:
        self.kind = kind
        self.steps = 0
        self.has_struck = False
        self._fails_at = fails_at
        self.cancels = cancels
        self._attempt: asyncio.Task[Any] | None = None

    def enter(self) -> None:
        self._attempt = asyncio.current_task()

    async def step(self, work: Awaitable[Any]) -> Any:
        """One call of the phase to the world: it can break before it is made, and after it took effect."""
        if self._attempt is None:
            return await work
        task = asyncio.ensure_future(work)
        if self._is_due():
            task.cancel()
            await asyncio.wait([task])
            await self._strike()
        result = await task
        if self._is_due():
            await self._strike()
        return result

    def leave(self) -> None:
        self._attempt = None

    def _is_due(self) -> bool:
        self.steps += 1
        return not self.has_struck and self.steps == self._fails_at

    async def _strike(self) -> None:
        self.has_struck = True
        if not self.cancels or self._attempt is None:
            raise RuntimeError(f"injected at step {self.steps} of {self.kind}")
        self._attempt.cancel()
        await asyncio.Event().wait()  # never set: the cancellation ends it


class _Store:
    def __init__(self, inner: Any, saboteur: Saboteur) -> None:
        self._inner = inner
        self._saboteur = saboteur

    async def read(self, body: Any) -> Any:
        return await self._saboteur.step(self._inner.read(body))


class Sabotaged:
    """A phase whose every call to the world can be made to fail."""

    def __init__(self, phase: Phase[Any], saboteur: Saboteur) -> None:
        self.kind = phase.kind
        self.record = phase.record
        self._phase = phase
        self._saboteur = saboteur

    async def run(self, job: Job, context: JobContext, /) -> Any:
        broken: Any = _Store(context.store, self._saboteur)
        self._saboteur.enter()
        try:
            return await self._phase.run(
                job,
                replace(
                    context,
                    store=broken,
                    write=lambda body: self._saboteur.step(context.write(body)),
                    report=lambda percent, text: self._saboteur.step(context.report(percent, text)),
                ),
            )
        finally:
            self._saboteur.leave()


async def _run(chain: Chain, saboteur: Saboteur, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The whole chain and a verification, over a library in which there is something to repair."""
    for module in _THREADED:
        real = vars(module)["in_thread"]  # each has it imported by name

        def in_thread(function: Any, /, *args: Any, _real: Any = real, **more: Any) -> Any:
            return saboteur.step(_real(function, *args, **more))

        monkeypatch.setattr(module, "in_thread", in_thread)
    await chain.change("enrichment", {"artworkLimits": {"poster": 1, "fanart": 1}})
    await chain.change("publishing", {"actorPictures": 1})
    sabotaged: Any = Sabotaged(chain.phases[saboteur.kind], saboteur)
    chain.phases[saboteur.kind] = sabotaged
    folder = name_of(FILM)
    files = {f"{folder}.nfo": _NFO, "banner.jpg": small_picture("banner.jpg")}
    video = write_movie(chain.root, folder, files=files)
    video.write_bytes(tiny_clip(60.0 * FILM.runtime, 1920, 1080))  # the same in every installation
    await _do(chain, chain.new_scan(), saboteur)
    if saboteur.kind is JobKind.VERIFY:
        (chain.root / folder / f"{folder}-poster.jpg").unlink()
        await _do(chain, chain.new_verification(), saboteur)
    monkeypatch.undo()
    return await chain.state()


def _few(kind: JobKind) -> dict[str, Any]:
    """An installation with few steps: one picture of each kind, and a player only where it matters."""
    config = {"enrichment": {"autoSelectAssets": kind is not JobKind.SYNC}, "playerSync": {"autoSync": True}}
    return {"phase_config": config, "has_player": kind is JobKind.SYNC}


async def _do(chain: Chain, new: NewJob, saboteur: Saboteur) -> None:
    """Let a job and what follows run; after a fault let time pass, after a stop start the program again."""
    await chain.store.write(lambda tx: ledger.submit(tx, new))
    await chain.until(lambda tx: (saboteur.has_struck and saboteur.cancels) or not is_busy(tx))
    if saboteur.has_struck:
        if saboteur.cancels:
            await chain.restart()
        await chain.later()


@pytest.mark.parametrize("cancels", [False, True], ids=["a fault", "a stop of the program"])
@pytest.mark.parametrize("kind", [JobKind.SCAN, JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC, JobKind.VERIFY])
async def test_after_anything_at_any_step_the_end_is_the_same(
    install: Install, monkeypatch: pytest.MonkeyPatch, kind: JobKind, every: int, *, cancels: bool
) -> None:
    """Every step with --long; each phase's first, last and some between them otherwise."""
    async with install(**_few(kind)) as chain:
        counted = Saboteur(kind, None, cancels=cancels)
        expected = await _run(chain, counted, monkeypatch)
    assert counted.steps > 4
    for number in sorted({*range(1, counted.steps + 1, every), counted.steps}):
        async with install(**_few(kind)) as chain:
            saboteur = Saboteur(kind, number, cancels=cancels)
            state = await _run(chain, saboteur, monkeypatch)
            if not saboteur.has_struck:
                continue  # some steps depend on chance: which of two pictures arrived first
            assert _plain(state, chain) == _plain(expected, chain), f"step {number} of {counted.steps}"
            assert {row["state"] for row in await chain.jobs() if row["kind"] != "sync"} <= {"completed", "superseded"}


class Trembling(Archive):
    """A provider each of whose answers is a step."""

    saboteur: Saboteur

    async def _note(self, what: str, ask: Ask) -> None:
        await self.saboteur.step(super()._note(what, ask))


async def _run_show(chain: Chain, archive: Trembling, saboteur: Saboteur) -> dict[str, Any]:
    """A show is scanned and enriched at all its levels."""
    archive.saboteur = saboteur
    sabotaged: Any = Sabotaged(chain.phases[JobKind.ENRICH], saboteur)
    chain.phases[JobKind.ENRICH] = sabotaged
    root = chain.root.parent / "tv"
    for episode in (1, 2):
        video = root / "Lost {tmdb-4607}" / "Season 01" / f"Lost S01E0{episode}.mkv"
        video.parent.mkdir(parents=True, exist_ok=True)
        video.write_bytes(tiny_clip(60.0 * episode, 1920, 1080))
    chain.library = await chain.store.write(lambda tx: libraries.add(tx, "TV", LibraryKind.TV, str(root)))
    await _do(chain, chain.new_scan(), saboteur)
    return await chain.state()


@pytest.mark.parametrize("cancels", [False, True], ids=["a fault", "a stop of the program"])
async def test_a_show_ends_the_same_after_anything_at_any_step(install: Install, every: int, *, cancels: bool) -> None:
    shows = {4607: Show(Metadata(title="Lost", plot="An island."), {1: ("Pilot", "Tabula Rasa")})}

    async def state(fails_at: int | None) -> tuple[Saboteur, dict[str, Any]]:
        archive, saboteur = Trembling(shows=shows), Saboteur(JobKind.ENRICH, fails_at, cancels=cancels)
        async with install(providers={"tmdb": archive}, has_player=False) as chain:
            found = await _run_show(chain, archive, saboteur)
            assert {row["state"] for row in await chain.jobs() if row["kind"] != "sync"} <= {"completed", "superseded"}
            return saboteur, found

    counted, expected = await state(None)
    assert (len(expected["said"]), counted.steps > 10) == (4, True)
    for number in sorted({*range(1, counted.steps + 1, every), counted.steps}):
        _, found = await state(number)
        assert found == expected, f"step {number} of {counted.steps}"


@pytest.fixture
def every(request: pytest.FixtureRequest) -> int:
    """Every how many steps a fault is tried."""
    return 1 if request.config.getoption("--long") else 9


def _plain(state: dict[str, Any], chain: Chain) -> dict[str, Any]:
    """Without the addresses of the doubles, which differ between installations; a backup may be there twice."""
    import re

    shown = {name: re.sub(r"127\.0\.0\.1:\d+", "double", repr(rows)) for name, rows in state.items()}
    recycled = {(row["path"], row["sha256"]) for row in state["recycled"]}
    return {**shown, "recycled": repr(sorted(recycled))}
