"""Scanning shows: what changed is understood and recorded, first the shows and seasons, then their episodes.

An item whose files are what they were is not looked into again, however much changed beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from metarr.errors import shown
from metarr.model.media import FileRole, ItemKind
from metarr.phases.scan import series_recording
from metarr.phases.scan.pipeline import run_through
from metarr.phases.scan.series import group_series, strays
from metarr.phases.scan.series_numbers import is_of_episodes
from metarr.phases.scan.series_understand import understand_units
from metarr.phases.scan.series_units import is_same, units_of
from metarr.phases.scan.survey import Known, Layout, Survey, folders_of
from metarr.store import files, items

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from metarr.library.listing import Listing
    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.phases.scan.recording import Recorded
    from metarr.phases.scan.series_found import FoundSeries
    from metarr.phases.scan.series_understand import SeenUnit, Surroundings
    from metarr.phases.scan.series_units import KnownFiles, Unit
    from metarr.store.db import Tx

_Figures = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Portion:
    """Items of one show that are understood together, with what was known of their files by path."""

    series: FoundSeries
    units: tuple[Unit, ...]
    known: KnownFiles


@dataclass(slots=True)
class Counts:
    """What the recording came to."""

    new: int = 0
    changed: int = 0


class ShowScan:
    """The second half of a scan of shows, for one job."""

    def __init__(self, known: Known, found: Survey[FoundSeries], context: JobContext, around: Surroundings) -> None:
        self._known = known
        self._found = found
        self._context = context
        self._around = around
        self._counts = Counts()
        self._done = 0
        self._total = 0
        self.problems: list[str] = []

    async def run(self) -> Counts:
        """Each transaction writes some items with their next jobs; what an earlier run recorded is not done again."""
        await self._move()
        portions = [portion for series in self._found.films for portion in await self._portions(series)]
        self._total = sum(len(portion.units) for portion in portions)
        concurrency = self._context.conditions.settings.scanning.concurrent_directories
        for is_wanted in (_is_above_episodes, _is_of_episodes):
            chosen = [portion for portion in portions if is_wanted(portion)]
            await run_through(chosen, self._understand, self._record, concurrency)
        folders = {folder for series in self._found.films for folder in folders_of(series)}
        done = {folder: self._found.changed[folder] for folder in folders & self._found.changed.keys()}
        await self._context.write(lambda tx: files.save_folders(tx, self._known.library.id, done))
        return self._counts

    async def _move(self) -> None:
        by_key = {series.key: series for series in self._found.films}
        for key, item_id in self._found.moved.items():
            await self._context.write(partial(series_recording.move, moved=item_id, series=by_key[key]))

    async def _portions(self, series: FoundSeries) -> list[Portion]:
        """What changed of a show: its own item and its seasons together, and the episodes file by file."""
        there = places_of(series, self._known, self._found.moved)
        known = await self._context.store.read(lambda tx: series_recording.known_files(tx, there))
        changed = [unit for unit in units_of(series) if unit.key not in known or not is_same(unit, known[unit.key])]
        by_video: dict[str, list[Unit]] = {}
        for unit in changed:
            by_video.setdefault(_first_video(unit), []).append(unit)
        before = {path: file for found in known.values() for path, file in found.items()}
        portions = []
        for units in by_video.values():
            paths = {file.path for unit in units for file in unit.files}
            portions.append(Portion(series, tuple(units), {path: before[path] for path in paths & before.keys()}))
        return portions

    async def _understand(self, portion: Portion) -> list[SeenUnit]:
        return await understand_units(portion.series, portion.units, portion.known, self._around)

    async def _record(self, batch: Sequence[list[SeenUnit]]) -> None:
        seen = [one for units in batch for one in units]

        def write(tx: Tx) -> list[Recorded]:
            recorded = series_recording.record(tx, self._known.library.id, seen)
            self._context.go_on(tx, [one.item_id for one in recorded])
            return recorded

        for one in await self._context.write(write):
            self._counts.new += one.is_new
            self._counts.changed += not one.is_new
        self.problems += [problem for one in seen for problem in one.problems]
        self._done += len(seen)
        message = shown(f"{self._done} of {self._total}: {seen[-1].unit.folder}")
        await self._context.report(100 * self._done / self._total, message)


def places_of(series: FoundSeries, known: Known, moved: Mapping[str, ItemId]) -> dict[str, ItemId]:
    """The items that a show has already, by the places that they have now."""
    if series.key not in moved:
        return {key: known.places[key] for key in series.keys & known.places.keys()}
    before = next(place for place, item_id in known.places.items() if item_id == moved[series.key])
    tails = {key: f"{before}{key.removeprefix(series.key)}" for key in series.keys}
    return {key: known.places[old] for key, old in tails.items() if old in known.places}


def follow_moves(tx: Tx, known: Known, survey: Survey[FoundSeries]) -> Survey[FoundSeries]:
    """A show whose videos only lie elsewhere now, by inode, size and time, is not gone: it moved, with all it has."""
    if not survey.gone:
        return survey
    new: dict[_Figures, FoundSeries] = {
        (video.size, video.mtime_ns, video.inode): series
        for series in survey.films
        if items.at_place(tx, known.library.id, ItemKind.SERIES, series.key) is None
        for video in series.videos
    }
    if not new:
        return survey
    gone = set(survey.gone)
    places = {item_id: place for place, item_id in known.places.items() if item_id in gone}
    moved: dict[str, ItemId] = {}
    for item_id, found in files.of_items(tx, sorted(gone)).items():
        show = known.places.get(places[item_id].rpartition("//")[0])
        series = _where(found, new)
        if series is not None and show is not None and show in gone and show not in moved.values():
            moved.setdefault(series.key, show)
    by_key = {series.key: series for series in survey.films}
    kept = {item_id for key in moved for item_id in places_of(by_key[key], known, moved).values()}
    return replace(survey, gone=tuple(one for one in survey.gone if one not in kept), moved=moved)


def _strays(listings: Collection[Listing], found: Sequence[FoundSeries]) -> Sequence[str]:
    return [f"{stray.path}: {stray.reason}" for stray in strays(listings, found)]


SHOWS: Layout[FoundSeries] = Layout(group_series, _strays, is_of_episodes)


def widened(start: str) -> str:
    """The folder of a season or an episode cannot be understood without its show's: the scan starts above it."""
    names = start.split("/")
    first = next((at for at, name in enumerate(names) if name and is_of_episodes(name)), len(names))
    return "/".join(names[:first])


def _where(found: KnownFiles, new: Mapping[_Figures, FoundSeries]) -> FoundSeries | None:
    videos = (file for file, _ in found.values() if file.role is FileRole.VIDEO)
    figures = ((file.size, file.mtime_ns, file.inode) for file in videos)
    return next((new[one] for one in figures if one in new), None)


def _first_video(unit: Unit) -> str:
    """The episodes of one file go together; "" for what is above episodes."""
    if unit.kind is not ItemKind.EPISODE:
        return ""
    return next((file.path for file in unit.files if file.role is FileRole.VIDEO), unit.key)


def _is_above_episodes(portion: Portion) -> bool:
    return portion.units[0].kind is not ItemKind.EPISODE


def _is_of_episodes(portion: Portion) -> bool:
    return not _is_above_episodes(portion)
