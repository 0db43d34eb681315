"""Phase 1, scanning: walk, skip what is unchanged, understand and record film by film, notice what is gone.

Nothing in the library is ever written, renamed or deleted. A crash loses one film; the next scan skips the rest.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import Conflict, InvalidInput, shown
from metarr.model.job import Done, Job, JobKind
from metarr.model.media import LibraryKind
from metarr.phases.base import in_thread
from metarr.phases.scan import recording, survey
from metarr.phases.scan.survey import Known, Survey, folders_of, is_below
from metarr.phases.scan.understand import understand
from metarr.store import files, items, libraries, published

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.phases.scan.group import FoundMovie
    from metarr.phases.scan.probe import Prober
    from metarr.phases.scan.understand import Understood
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_GRACE = timedelta(days=30)
_REPORTED = 200  # problems kept with the job


@dataclass(slots=True)
class _Tally:
    """What the scan has come to so far."""

    new: int = 0
    changed: int = 0
    problems: list[str] = field(default_factory=list)


class Scan:
    """Scans a library, or one folder of it."""

    kind: ClassVar[JobKind] = JobKind.SCAN

    def __init__(self, blobs: Blobs, prober: Prober) -> None:
        self._blobs = blobs
        self._prober = prober

    async def run(self, job: Job, context: JobContext, /) -> Done[None]:
        """Rows are written film by film; each film's next jobs are submitted with its rows."""
        known = await context.store.read(lambda tx: _known(tx, job))
        tally = _Tally()
        concurrency = context.conditions.settings.scanning.concurrent_directories
        found = await in_thread(survey.look, known, concurrency, tally.problems, is_accepted=job.is_forced)
        if found.gone:
            found = await context.store.read(partial(survey.follow_moves, known=known, survey=found))
        if not job.is_forced:
            survey.guard(known, found)
        await self._look(known, found, context, tally, concurrency)
        await context.write(lambda tx: _finish(tx, known, found, context))
        missing = len(found.gone)
        total = len(known.places) + tally.new - missing
        words = f"{total} movies: {tally.new} new, {tally.changed} changed, {missing} missing"
        if tally.problems:
            words += f", {len(tally.problems)} problems"
        report = {"new": tally.new, "changed": tally.changed, "missing": missing}
        return Done(None, words, {**report, "problems": [shown(text) for text in tally.problems[:_REPORTED]]})

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """All rows are written already."""
        return ()

    async def _look(self, known: Known, found: Survey, context: JobContext, tally: _Tally, concurrency: int) -> None:
        """Understand and record every film that changed, some at a time."""
        waiting = Counter(folder for film in found.films for folder in folders_of(film) if folder in found.changed)
        queue = iter(found.films)
        library, done = known.library, 0

        async def look(film: FoundMovie) -> None:
            nonlocal done
            is_known = film.key in known.places
            before = (
                await context.store.read(lambda tx: recording.known_files(tx, library, film.key)) if is_known else {}
            )
            seen = await understand(film, library.root, before, known.owned, self._prober, self._blobs)
            fingerprints = _complete(film, waiting, found)
            is_new = await context.write(lambda tx: _record(tx, known, found, seen, fingerprints, context))
            tally.new += is_new
            tally.changed += not is_new
            tally.problems += seen.problems
            done += 1
            message = shown(f"{done} of {len(found.films)}: {film.folder}")
            await context.report(100 * done / len(found.films), message)

        async def take() -> None:
            for film in queue:
                await look(film)

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(concurrency, len(found.films))):
                    tasks.create_task(take())
        except BaseExceptionGroup as faults:
            raise faults.exceptions[0] from None  # its type says what becomes of the job


def _known(tx: Tx, job: Job) -> Known:
    if job.library_id is None:
        raise InvalidInput("a scan job needs a library")
    library = libraries.get(tx, job.library_id)
    if library.kind is not LibraryKind.MOVIES:
        raise Conflict(f"{library.name}: only libraries of movies can be scanned")
    start = _widened(str(job.payload.get("path") or ""), items.places(tx, library.id))
    return Known(
        library,
        start,
        {
            folder: fingerprint
            for folder, fingerprint in files.folder_fingerprints(tx, library.id).items()
            if is_below(folder, start)
        },
        items.places(tx, library.id, below=start),
        published.owned_by_path(tx, library.id),
    )


def _widened(start: str, places: Mapping[str, ItemId]) -> str:
    """A folder inside a film's own folder cannot be understood without the film."""
    parts = start.split("/")
    above = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return next((folder for folder in above if folder in places), start)


def _complete(film: FoundMovie, waiting: Counter[str], found: Survey) -> dict[str, str]:
    """The folders whose last film this is: only then may the next scan skip them."""
    finished: dict[str, str] = {}
    for folder in folders_of(film):
        if folder in waiting:
            waiting[folder] -= 1
            if waiting[folder] == 0:
                finished[folder] = found.changed[folder]
    return finished


def _record(
    tx: Tx, known: Known, found: Survey, seen: Understood, fingerprints: dict[str, str], context: JobContext
) -> bool:
    moved = found.moved.get(seen.film.key)
    recorded = recording.record(tx, known.library, seen, fingerprints, moved)
    context.go_on(tx, [recorded.item_id])
    return recorded.is_new


def _finish(tx: Tx, known: Known, found: Survey, context: JobContext) -> None:
    """What is gone, the folders without films, and items that were left half way by an earlier run."""
    library = known.library
    items.mark_missing(tx, found.gone, _GRACE)
    files.forget_folders(tx, library.id, found.vanished)
    of_films = {folder for film in found.films for folder in folders_of(film)}
    rest = {folder: fingerprint for folder, fingerprint in found.changed.items() if folder not in of_films}
    files.save_folders(tx, library.id, rest)
    context.go_on(tx, items.idle_and_lacking(tx, library.id))
