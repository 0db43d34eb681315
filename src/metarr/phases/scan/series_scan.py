"""Scanning shows: what changed is understood and recorded, first the shows and seasons, then their episodes.

An item whose files are what they were is not looked into again, however much changed beside it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from metarr.errors import shown
from metarr.model.media import FileRole, ItemKind
from metarr.phases.scan import series_recording, series_returning
from metarr.phases.scan.pipeline import run_through
from metarr.phases.scan.progress import progress
from metarr.phases.scan.series import group_series, strays
from metarr.phases.scan.series_nfo import told_by_nfo
from metarr.phases.scan.series_numbers import is_of_episodes
from metarr.phases.scan.series_order import in_order
from metarr.phases.scan.series_returning import LostShows
from metarr.phases.scan.series_understand import understand_units
from metarr.phases.scan.series_units import is_same, units_of
from metarr.phases.scan.survey import Known, Layout, Survey, Toll, folders_of
from metarr.store import files, items, kinship, published

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
        self._begun = time.monotonic()
        self._lost = LostShows()
        self._followed = 0  # files of ours at new paths
        self.problems: list[str] = []

    @property
    def found_again(self) -> set[ItemId]:
        """Items that came back at other places than they were lost from."""
        return self._lost.found

    async def run(self) -> Counts:
        """Each transaction writes some items with their next jobs; what an earlier run recorded is not done again."""
        await self._move()
        shows = [await self._come_back(series) for series in self._found.films]
        if self._followed:
            paths = {file.path for series in shows for file in series.files}
            library_id = self._known.library.id
            ours = await self._context.store.read(lambda tx: published.owned_at(tx, library_id, paths))
            self._around = replace(self._around, owned={row.path: row for row in ours})
        portions = [portion for series in shows for portion in await self._portions(series)]
        self._total = sum(len(portion.units) for portion in portions)
        concurrency = self._context.conditions.settings.scanning.concurrent_directories
        for is_wanted in (_is_above_episodes, _is_of_episodes):
            chosen = [portion for portion in portions if is_wanted(portion)]
            await run_through(chosen, self._understand, self._record, concurrency)
        folders = {folder for series in shows for folder in folders_of(series)}
        done = {folder: self._found.changed[folder] for folder in folders & self._found.changed.keys()}
        await self._context.write(lambda tx: files.save_folders(tx, self._known.library.id, done))
        return self._counts

    async def _move(self) -> None:
        for series in self._found.films:
            moved, known = self._found.moved.get(series.key), self._known.places.get(series.key)
            if moved is not None:
                self._followed += await self._context.write(partial(series_recording.move, moved=moved, series=series))
            elif known is not None:
                follow = partial(series_recording.follow_ours, show=known, series=series)
                self._followed += await self._context.write(follow)
        there = {key for series in self._found.films for key in series.keys}
        library_id, gone = self._known.library.id, self._found.gone
        self._lost = await self._context.store.read(lambda tx: series_returning.lost(tx, library_id, gone, there))

    async def _come_back(self, series: FoundSeries) -> FoundSeries:
        """A new show that was lost from elsewhere takes up its item, with all that is below it."""
        is_new = series.key not in self._known.places and series.key not in self._found.moved
        if not is_new or not self._lost.has_shows or series.key in self._lost.places:
            return series
        item_id = await series_returning.show_again(series, self._lost, self._around)
        if item_id is None:
            return series

        def move(tx: Tx) -> str | None:
            self._followed += series_recording.move(tx, item_id, series)
            return items.get(tx, item_id).episode_order

        series = in_order(series, await self._context.write(move))
        below = await self._context.store.read(lambda tx: items.below(tx, item_id))
        self._lost.found.update(one for one, place in below.items() if place in series.keys)
        return series

    async def _portions(self, series: FoundSeries) -> list[Portion]:
        """What changed of a show: its own item and its seasons together, and the episodes file by file."""
        there = places_of(series, self._known, self._found.moved)
        known = await self._context.store.read(lambda tx: series_recording.known_files(tx, there))
        changed = [unit for unit in units_of(series) if self._is_changed(series, unit, known)]
        by_video: dict[str, list[Unit]] = {}
        for unit in changed:
            by_video.setdefault(_first_video(unit), []).append(unit)
        before = {path: file for found in known.values() for path, file in found.items()}
        portions = []
        for units in by_video.values():
            paths = {file.path for unit in units for file in unit.files}
            portions.append(Portion(series, tuple(units), {path: before[path] for path in paths & before.keys()}))
        return portions

    def _is_changed(self, series: FoundSeries, unit: Unit, known: Mapping[str, KnownFiles]) -> bool:
        """What a download manager says of a show may be new though its files are what they were."""
        is_told = unit.kind is ItemKind.SERIES and series.folder in self._around.hints
        return is_told or unit.key not in known or not is_same(unit, known[unit.key])

    async def _understand(self, portions: Sequence[Portion]) -> list[list[SeenUnit]]:
        async with asyncio.TaskGroup() as tasks:
            looks = [
                tasks.create_task(understand_units(portion.series, portion.units, portion.known, self._around))
                for portion in portions
            ]
        return [look.result() for look in looks]

    async def _record(self, batch: Sequence[list[SeenUnit]]) -> None:
        seen = [one for units in batch for one in units]
        new = [one for one in seen if one.unit.key not in self._known.places]
        back = {one.unit.key: item_id for one in new if (item_id := self._lost.take(one)) is not None}

        def write(tx: Tx) -> list[Recorded]:
            recorded = series_recording.record(tx, self._known.library.id, seen, back)
            joined = kinship.touch_seasons(tx, [one.item_id for one in recorded if one.is_new or one.is_elsewhere])
            self._context.go_on(tx, [*(one.item_id for one in recorded), *joined])
            return recorded

        for one in await self._context.write(write):
            self._counts.new += one.is_new
            self._counts.changed += not one.is_new
        self.problems += [problem for one in seen for problem in one.problems]
        self._done += len(seen)
        words = progress(self._done, self._total, "shows, seasons and episodes", time.monotonic() - self._begun)
        await self._context.report(100 * self._done / self._total, shown(f"{words}: {seen[-1].unit.folder}"))


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
    orders = items.episode_orders(tx, known.library.id)
    before = {item_id: place for place, item_id in known.places.items()}
    for key, item_id in moved.items():
        by_key[key] = in_order(by_key[key], orders.get(before[item_id]))
    kept = {item_id for key in moved for item_id in places_of(by_key[key], known, moved).values()}
    gone_for_good = tuple(one for one in survey.gone if one not in kept)
    return replace(survey, films=tuple(by_key.values()), gone=gone_for_good, moved=moved)


def _strays(listings: Collection[Listing], found: Sequence[FoundSeries]) -> Sequence[str]:
    return [f"{stray.path}: {stray.reason}" for stray in strays(listings, found)]


def shows(root: str, orders: Mapping[str, str]) -> Layout[FoundSeries]:
    """How directories become shows. `orders`: of the episodes of shows, by their places, where a person pinned one."""

    def group(listings: Collection[Listing]) -> tuple[FoundSeries, ...]:
        found = group_series(listings)
        told = told_by_nfo(root, found)
        if told:
            found = group_series(listings, told)
        return tuple(in_order(series, orders.get(series.key)) for series in found)

    return Layout(group, _strays, is_of_episodes)


def toll(tx: Tx, known: Known, survey: Survey[FoundSeries]) -> Toll:
    """Of shows the videos of episodes are counted: one that has only another number or name now is not gone."""
    there = {(video.size, video.mtime_ns, video.inode) for series in survey.films for video in series.videos}
    gone = {
        (file.size, file.mtime_ns, file.inode)
        for found in files.of_items(tx, survey.gone).values()
        for file, _ in found.values()
        if file.role is FileRole.VIDEO
    }
    return Toll(len(gone - there), files.count_episode_videos(tx, known.library.id), "episodes")


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
