"""Phase 1, scanning: walk, skip what is unchanged, understand and record film by film, notice what is gone.

Nothing in the library is ever written, renamed or deleted. A crash loses one film; the next scan skips the rest.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import Conflict, InvalidInput, Permanent, Wait
from metarr.library.folders import Problem, walk
from metarr.model.job import Done, Job, JobKind
from metarr.model.media import LibraryKind
from metarr.phases.base import in_thread
from metarr.phases.scan import recording
from metarr.phases.scan.group import group
from metarr.phases.scan.understand import understand
from metarr.store import files, items, libraries, published

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.library.listing import Listing
    from metarr.model.media import ItemId, Library
    from metarr.model.published import Owned
    from metarr.phases.base import JobContext
    from metarr.phases.scan.group import FoundMovie
    from metarr.phases.scan.probe import Prober
    from metarr.phases.scan.understand import Understood
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_GRACE = timedelta(days=30)
_FEW = 5  # so many items may be gone at once in any library
_SHARE = 10  # of more than a tenth, a person is asked
_ROOT_DELAY = timedelta(minutes=5)
_REPORTED = 200  # problems kept with the job


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a library before the scan."""

    library: Library
    fingerprints: dict[str, str]
    places: dict[str, ItemId]
    owned: dict[str, Owned]


@dataclass(slots=True)
class _Tally:
    """What the scan has come to so far."""

    new: int = 0
    changed: int = 0
    missing: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies there now, compared with what was known."""

    listings: dict[str, Listing]
    films: tuple[FoundMovie, ...]  # those that must be looked at
    changed: dict[str, str]  # folders with another fingerprint than before
    vanished: tuple[str, ...]  # folders that were known and are no more
    gone: tuple[ItemId, ...]  # items whose place is empty


class Scan:
    """Scans a library, or one folder of it."""

    kind: ClassVar[JobKind] = JobKind.SCAN

    def __init__(self, blobs: Blobs, prober: Prober) -> None:
        self._blobs = blobs
        self._prober = prober

    async def run(self, job: Job, context: JobContext, /) -> Done[None]:
        """Rows are written film by film; each film's next jobs are submitted with its rows."""
        start = str(job.payload.get("path") or "")
        known = await context.store.read(lambda tx: _known(tx, job, start))
        tally = _Tally()
        concurrency = context.conditions.settings.scanning.concurrent_directories
        survey = await in_thread(_survey, known, start, concurrency, tally)
        _guard(known, survey, is_accepted=job.is_forced)
        await self._look(known, survey, context, tally, concurrency)
        await context.write(lambda tx: _finish(tx, known, survey, context))
        tally.missing = len(survey.gone)
        total = len(known.places) + tally.new - tally.missing
        words = f"{total} movies: {tally.new} new, {tally.changed} changed, {tally.missing} missing"
        if tally.problems:
            words += f", {len(tally.problems)} problems"
        report = {"new": tally.new, "changed": tally.changed, "missing": tally.missing}
        return Done(None, words, {**report, "problems": [_shown(text) for text in tally.problems[:_REPORTED]]})

    def record(self, _tx: Tx, _job: Job, _result: None, /) -> Sequence[ItemId]:
        """All rows are written already."""
        return ()

    async def _look(self, known: Known, survey: Survey, context: JobContext, tally: _Tally, concurrency: int) -> None:
        """Understand and record every film that changed, some at a time."""
        waiting = Counter(folder for film in survey.films for folder in _folders(film) if folder in survey.changed)
        queue = iter(survey.films)
        library, done = known.library, 0

        async def look(film: FoundMovie) -> None:
            nonlocal done
            before = await context.store.read(lambda tx: recording.known_files(tx, library, film.key))
            seen = await understand(film, library.root, before, known.owned, self._prober, self._blobs)
            fingerprints = _complete(film, waiting, survey)
            await context.write(lambda tx: _record(tx, library, seen, fingerprints, context, tally))
            tally.problems += seen.problems
            done += 1
            await context.report(100 * done / len(survey.films), f"{done} of {len(survey.films)}: {film.folder}")

        async def take() -> None:
            for film in queue:
                await look(film)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(concurrency, len(survey.films))):
                tasks.create_task(take())


def _known(tx: Tx, job: Job, start: str) -> Known:
    if job.library_id is None:
        raise InvalidInput("a scan job needs a library")
    library = libraries.get(tx, job.library_id)
    if library.kind is not LibraryKind.MOVIES:
        raise Conflict(f"{library.name}: only libraries of movies can be scanned")
    return Known(
        library,
        {
            folder: fingerprint
            for folder, fingerprint in files.folder_fingerprints(tx, library.id).items()
            if _is_below(folder, start)
        },
        items.places(tx, library.id, below=start),
        published.owned_by_path(tx, library.id),
    )


def _survey(known: Known, start: str, concurrency: int, tally: _Tally) -> Survey:
    """Read every directory once; group only the parts of the tree in which something changed."""
    unread: list[str] = []

    def trouble(problem: Problem) -> None:
        unread.append(problem.path)
        tally.problems.append(f"{problem.path}: {problem.reason}")

    root = known.library.root
    listings = {found.folder: found for found in walk(root, trouble, start=start, concurrency=concurrency)}
    if known.places and not start and not listings[""].entries:
        raise Wait(f"{root} is empty; check that it is mounted", cause=f"root:{root}", delay=_ROOT_DELAY)
    changed = {
        folder: listing.fingerprint
        for folder, listing in listings.items()
        if known.fingerprints.get(folder) != listing.fingerprint
    }
    hidden = {folder for folder in known.fingerprints if any(_is_below(folder, path) for path in unread)}
    vanished = tuple(sorted(known.fingerprints.keys() - listings.keys() - hidden))
    parts = {_part(folder, start) for folder in (*changed, *vanished)}
    films = group(listing for folder, listing in listings.items() if not folder or _part(folder, start) in parts)
    found = {film.key for film in films}
    gone = tuple(
        item_id
        for place, item_id in known.places.items()
        if place not in found
        and _part(place, start) in parts | {""}
        and not _is_still_there(place, parts, start)
        and not any(_is_below(place, path) for path in unread)
    )
    return Survey(
        listings, tuple(film for film in films if _is_changed(film, changed, vanished)), changed, vanished, gone
    )


def _is_still_there(place: str, parts: set[str], start: str) -> bool:
    """A place in a part of the tree that did not change was not even grouped."""
    return _part(place, start) not in parts and "" not in parts


def _part(folder: str, start: str) -> str:
    """The branch of the tree that a folder lies on, counted from where the scan starts."""
    inner = folder.removeprefix(start).lstrip("/") if start else folder
    return inner.split("/", 1)[0]


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _folders(film: FoundMovie) -> set[str]:
    return {film.folder, *(file.path.rpartition("/")[0] for file in film.files)}


def _is_changed(film: FoundMovie, changed: dict[str, str], vanished: Sequence[str]) -> bool:
    if not changed.keys().isdisjoint(_folders(film)):
        return True
    return film.is_own_folder and any(_is_below(folder, film.folder) for folder in (*vanished, *changed))


def _complete(film: FoundMovie, waiting: Counter[str], survey: Survey) -> dict[str, str]:
    """The folders whose last film this is: only then may the next scan skip them."""
    finished: dict[str, str] = {}
    for folder in _folders(film):
        if folder in waiting:
            waiting[folder] -= 1
            if waiting[folder] == 0:
                finished[folder] = survey.changed[folder]
    return finished


def _guard(known: Known, survey: Survey, *, is_accepted: bool) -> None:
    """Many items gone at once look like a broken mount: nothing is marked missing until a person says so."""
    allowed = max(_FEW, len(known.places) // _SHARE)
    if len(survey.gone) > allowed and not is_accepted:
        raise Permanent(
            f"{len(survey.gone)} of {len(known.places)} known items are gone from {known.library.root}. "
            "Nothing was changed. If they are really gone, scan again with --accept-missing."
        )


def _record(
    tx: Tx, library: Library, seen: Understood, fingerprints: dict[str, str], context: JobContext, tally: _Tally
) -> None:
    recorded = recording.record(tx, library, seen, fingerprints)
    tally.new += recorded.is_new
    tally.changed += not recorded.is_new
    context.go_on(tx, [recorded.item.id])


def _finish(tx: Tx, known: Known, survey: Survey, context: JobContext) -> None:
    """What is gone, the folders without films, and items that were left half way by an earlier run."""
    library = known.library
    items.mark_missing(tx, survey.gone, _GRACE)
    files.forget_folders(tx, library.id, survey.vanished)
    of_films = {folder for film in survey.films for folder in _folders(film)}
    rest = {folder: fingerprint for folder, fingerprint in survey.changed.items() if folder not in of_films}
    files.save_folders(tx, library.id, rest)
    context.go_on(tx, items.idle_and_lacking(tx, library.id))


def _shown(text: str) -> str:
    """Invalid UTF-8 in a path made readable."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
