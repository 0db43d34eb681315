"""Phase 1, scanning: walk, skip what is unchanged, understand and record film after film, notice what is gone.

Nothing in the library is ever written, renamed or deleted. A crash loses the films that were not recorded yet, a few at
most; the next scan skips the rest.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from metarr.errors import InvalidInput, shown
from metarr.jobs import policy
from metarr.model.job import Done, Job, JobKind
from metarr.model.media import LibraryKind
from metarr.model.words import counted
from metarr.phases.base import in_thread
from metarr.phases.scan import recording, returning, series_scan, survey
from metarr.phases.scan.group import FoundMovie, group
from metarr.phases.scan.pipeline import run_through
from metarr.phases.scan.probing import Probing
from metarr.phases.scan.progress import progress
from metarr.phases.scan.recording import Found
from metarr.phases.scan.returning import Lost
from metarr.phases.scan.series_scan import ShowScan
from metarr.phases.scan.series_understand import Surroundings
from metarr.phases.scan.survey import F, Known, Layout, Survey, Toll, folders_of, is_below
from metarr.phases.scan.understand import Cupboard, understand
from metarr.store import files, hints, items, libraries, published

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.phases.scan.probe import Prober
    from metarr.phases.scan.probing import Before
    from metarr.phases.scan.series_found import FoundSeries
    from metarr.phases.scan.understand import Understood
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_GRACE = timedelta(days=30)
_SHORT_GRACE = timedelta(days=7)  # where a download manager said that it deleted something
_REPORTED = 200  # problems kept with the job


_ONE = {"movies": "movie"}  # of the nouns that are counted; of a show there are always several


@dataclass(slots=True)
class _Tally:
    """What the scan has come to so far."""

    noun: str  # what is counted: several of them
    new: int = 0
    changed: int = 0
    problems: list[str] = field(default_factory=list)

    def summary(self, before: int, missing: int) -> str:
        """In words. `before`: items that were known and there."""
        there = counted(before + self.new - missing, _ONE.get(self.noun, self.noun), self.noun)
        words = f"{there}: {self.new} new, {self.changed} changed, {missing} missing"
        return f"{words}, {counted(len(self.problems), 'problem')}" if self.problems else words

    def report(self, missing: int) -> dict[str, Any]:
        """In figures, with the first of the problems."""
        problems = [shown(text) for text in self.problems[:_REPORTED]]
        return {"new": self.new, "changed": self.changed, "missing": missing, "problems": problems}


_FILMS: Layout[FoundMovie] = Layout(group, strays=lambda _listings, _films: (), is_shared=lambda _name: False)


@dataclass(frozen=True, slots=True)
class _Way(Generic[F]):
    """How one kind of library is scanned."""

    noun: str
    layout: Layout[F]
    follow_moves: Callable[[Tx, Known, Survey[F]], Survey[F]]
    toll: Callable[[Tx, Known, Survey[F]], Toll]
    record: Callable[[Known, Survey[F], JobContext, _Tally], Awaitable[Lost]]


class Scan:
    """Scans a library, or one folder of it."""

    kind: ClassVar[JobKind] = JobKind.SCAN

    def __init__(self, blobs: Blobs, prober: Prober) -> None:
        self._blobs = blobs
        self._prober = prober

    async def run(self, job: Job, context: JobContext, /) -> Done[None]:
        """Rows are written some items at a time; each item's next jobs are submitted with its rows."""
        known = await context.store.read(lambda tx: _known(tx, job))
        known = replace(known, ignored=context.conditions.settings.scanning.ignore_patterns)
        match known.library.kind:
            case LibraryKind.MOVIES:
                films = _Way("movies", _FILMS, survey.follow_moves, survey.toll, self._record_films)
                return await self._scan(films, known, job, context)
            case LibraryKind.TV:
                orders = await context.store.read(lambda tx: items.episode_orders(tx, known.library.id))
                shows = _Way(
                    "shows, seasons and episodes",
                    series_scan.shows(known.library.root, orders),
                    series_scan.follow_moves,
                    series_scan.toll,
                    self._record_shows,
                )
                return await self._scan(shows, known, job, context)

    async def _scan(self, way: _Way[F], known: Known, job: Job, context: JobContext) -> Done[None]:
        tally = _Tally(way.noun)
        concurrency = context.conditions.settings.scanning.concurrent_directories
        found = await in_thread(survey.look, known, way.layout, concurrency, tally.problems, is_accepted=job.is_forced)
        if found.gone:
            looked = found
            found = await context.store.read(lambda tx: way.follow_moves(tx, known, looked))
        if found.gone and not job.is_forced:
            left = found
            survey.guard(known, await context.store.read(lambda tx: way.toll(tx, known, left)))
        lost = Lost()
        if found.films:
            settled = found
            known = await context.store.read(lambda tx: _with_owned(tx, known, settled))
            lost = await way.record(known, found, context, tally)
        gone = [item_id for item_id in found.gone if item_id not in lost.found]
        grace = _SHORT_GRACE if job.payload.get("announced") else _GRACE
        await context.write(lambda tx: _finish(tx, known, replace(found, gone=tuple(gone)), grace, context))
        return Done(None, tally.summary(len(known.places), len(gone)), tally.report(len(gone)))

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """All rows are written already."""
        return ()

    async def _record_shows(self, known: Known, found: Survey[FoundSeries], context: JobContext, tally: _Tally) -> Lost:
        """Understand and record what changed of shows. Returns the lost items that came back."""
        root = known.library.root
        probing = Probing(root, self._prober, context.store, await context.store.read(files.probed_sizes))
        scan = ShowScan(
            known, found, context, Surroundings(known.owned, probing, Cupboard(root, self._blobs), known.hints)
        )
        counts = await scan.run()
        tally.new += counts.new
        tally.changed += counts.changed
        tally.problems += scan.problems
        return Lost(found=scan.found_again)

    async def _record_films(self, known: Known, found: Survey[FoundMovie], context: JobContext, tally: _Tally) -> Lost:
        """Understand and record every film that changed. Returns the lost items, with those that came back."""
        root = known.library.root
        sizes, lost = await context.store.read(
            lambda tx: (files.probed_sizes(tx), returning.lost(tx, known.library.id, found.gone))
        )
        probing = Probing(root, self._prober, context.store, sizes)
        cupboard = Cupboard(root, self._blobs)

        async def seen(films: Sequence[FoundMovie]) -> list[Understood]:
            before: Mapping[str, Before] = {}
            there = [known.places[film.key] for film in films if film.key in known.places]
            if there:
                before = await context.store.read(lambda tx: recording.known_files(tx, there))
            return await understand(films, before, known.owned, probing, cupboard, known.hints)

        course = _Course(known, found, lost, context, tally)
        concurrency = context.conditions.settings.scanning.concurrent_directories
        await run_through(found.films, seen, course.record, concurrency)
        return lost


class _Course:
    """Recording in the order in which films were understood."""

    def __init__(self, known: Known, found: Survey[FoundMovie], lost: Lost, context: JobContext, tally: _Tally) -> None:
        self._library = known.library
        self._known_places = known.places
        self._found = found
        self._lost = lost
        self._context = context
        self._tally = tally
        self._waiting = Counter(
            folder for film in found.films for folder in folders_of(film) if folder in found.changed
        )
        self._done = 0
        self._begun = time.monotonic()

    async def record(self, batch: Sequence[Understood]) -> None:
        """One transaction: the films' rows, their next jobs, and the state of folders that are complete with them."""
        ready = [Found(seen, self._moved(seen)) for seen in batch]
        complete: dict[str, str] = {}
        for seen in batch:
            complete.update(self._completed_by(seen.film))

        def write(tx: Tx) -> list[recording.Recorded]:
            recorded = recording.record(tx, self._library, ready)
            files.save_folders(tx, self._library.id, complete)
            self._context.go_on(tx, [one.item_id for one in recorded])
            return recorded

        for one in await self._context.write(write):
            self._tally.new += one.is_new
            self._tally.changed += not one.is_new
        self._tally.problems += [problem for seen in batch for problem in seen.problems]
        self._done += len(batch)
        total = len(self._found.films)
        words = progress(self._done, total, self._tally.noun, time.monotonic() - self._begun)
        await self._context.report(100 * self._done / total, shown(f"{words}: {batch[-1].film.folder}"))

    def _moved(self, seen: Understood) -> ItemId | None:
        key = seen.film.key
        if key in self._found.moved:
            return self._found.moved[key]
        return None if key in self._known_places else self._lost.take(seen)

    def _completed_by(self, film: FoundMovie) -> dict[str, str]:
        """The folders whose last film this is: only then may the next scan skip them."""
        finished: dict[str, str] = {}
        for folder in folders_of(film):
            if folder in self._waiting:
                self._waiting[folder] -= 1
                if self._waiting[folder] == 0:
                    finished[folder] = self._found.changed[folder]
        return finished


def _known(tx: Tx, job: Job) -> Known:
    if job.library_id is None:
        raise InvalidInput("a scan job needs a library")
    library = libraries.get(tx, job.library_id)
    path = str(job.payload.get("path") or "")
    wanted = series_scan.widened(path) if library.kind is LibraryKind.TV else path
    start = _widened(wanted, items.places(tx, library.id)) if wanted else ""
    return Known(
        library,
        start,
        {
            folder: fingerprint
            for folder, fingerprint in files.folder_fingerprints(tx, library.id).items()
            if is_below(folder, start)
        },
        items.places(tx, library.id, below=start),
        hints=hints.of_library(tx, library.id),
    )


def _with_owned(tx: Tx, known: Known, found: Survey[F]) -> Known:
    """What is ours among the files that must be looked at."""
    paths = {file.path for film in found.films for file in film.files}
    return replace(known, owned={row.path: row for row in published.owned_at(tx, known.library.id, paths)})


def _widened(start: str, places: Mapping[str, ItemId]) -> str:
    """A folder inside a film's own folder cannot be understood without the film."""
    parts = start.split("/")
    above = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return next((folder for folder in above if folder in places), start)


def _finish(tx: Tx, known: Known, found: Survey[F], grace: timedelta, context: JobContext) -> None:
    """What is gone, the folders without films, and items that were left half way by an earlier run."""
    library = known.library
    items.mark_missing(tx, found.gone, grace)
    files.forget_folders(tx, library.id, found.vanished)
    of_films = {folder for film in found.films for folder in folders_of(film)}
    rest = {folder: fingerprint for folder, fingerprint in found.changed.items() if folder not in of_films}
    files.save_folders(tx, library.id, rest)
    enrichable = context.conditions.enrichable
    idle = items.idle_and_lacking(tx, library.id, enrichable, policy.SYNCED_KINDS, below=known.start)
    context.go_on(tx, idle)
