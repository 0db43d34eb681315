"""Shows and episodes whose files are gone, and the files in which they come back: whole, at whatever path.

As with films: by the ids that are stated, and by the content of the videos. A season comes back with its show.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.model.media import Identity, ItemKind
from metarr.phases.base import in_thread
from metarr.phases.scan import probe
from metarr.phases.scan.series_understand import understand_units
from metarr.phases.scan.series_units import units_of
from metarr.store import files, items

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from metarr.model.media import ItemId, LibraryId
    from metarr.phases.scan.identify import Decision
    from metarr.phases.scan.series_found import FoundSeries
    from metarr.phases.scan.series_understand import SeenUnit, Surroundings
    from metarr.store.db import Tx

_StatedId = tuple[ItemKind, str, str]  # of an item of that kind: source and value


@dataclass(frozen=True, slots=True)
class LostShows:
    """Shows and episodes without files. `found`: those that came back, which nobody else can be then."""

    by_content: Mapping[str, Sequence[ItemId]] = field(default_factory=dict)  # of videos: their episodes, in order
    by_id: Mapping[_StatedId, ItemId] = field(default_factory=dict)
    show_of: Mapping[ItemId, ItemId] = field(default_factory=dict)  # episodes of shows that are lost whole
    places: frozenset[str] = frozenset()  # of what was missing before: there it comes back by itself
    found: set[ItemId] = field(default_factory=set)

    @property
    def has_shows(self) -> bool:
        """Whether a whole show is lost."""
        return any(kind is ItemKind.SERIES for kind, _, _ in self.by_id) or bool(self.show_of)

    def take(self, seen: SeenUnit) -> ItemId | None:
        """The episode that this one is, if it was lost."""
        unit = seen.unit
        if unit.kind is not ItemKind.EPISODE or unit.key in self.places:
            return None
        contents = [fingerprint for _, fingerprint in seen.files if fingerprint is not None]
        hits = [*self._stated(ItemKind.EPISODE, seen.decision)]
        hits += [one for content in contents for one in self.by_content.get(content, ())]
        return self._first(hits)

    def by_stated(self, decision: Decision) -> ItemId | None:
        """The lost show of these ids."""
        return self._first(self._stated(ItemKind.SERIES, decision))

    def by_video(self, fingerprint: str) -> ItemId | None:
        """The lost show that had this video."""
        episodes = self.by_content.get(fingerprint, ())
        return self._first([self.show_of[episode] for episode in episodes if episode in self.show_of])

    def _stated(self, kind: ItemKind, decision: Decision) -> list[ItemId]:
        if decision.identity is not Identity.IDENTIFIED:
            return []
        names = ((kind, source, str(value)) for source, value in decision.ids.as_dict().items())
        return [self.by_id[name] for name in names if name in self.by_id]

    def _first(self, hits: Sequence[ItemId]) -> ItemId | None:
        item_id = next((hit for hit in hits if hit not in self.found), None)
        if item_id is not None:
            self.found.add(item_id)
        return item_id


def lost(tx: Tx, library_id: LibraryId, gone: Sequence[ItemId], there: Collection[str]) -> LostShows:
    """What was missing before, and what this scan does not find where it was. `there`: places of what it does find."""
    missing = items.missing_places(tx, library_id)
    which = sorted({*gone, *(item_id for item_id, place in missing.items() if place not in there)})
    if not which:
        return LostShows()
    kinds = items.kinds_of(tx, which)
    by_id = {(kinds[item_id], *name): item_id for name, item_id in items.all_ids_of(tx, which)}
    shows = {item_id for item_id, kind in kinds.items() if kind is ItemKind.SERIES}
    show_of = {
        item_id: show for show in shows for item_id in items.below(tx, show) if kinds.get(item_id) is ItemKind.EPISODE
    }
    return LostShows(files.episodes_by_content(tx, which), by_id, show_of, frozenset(missing.values()))


async def show_again(series: FoundSeries, lost: LostShows, around: Surroundings) -> ItemId | None:
    """The lost show that a new one is: by what its name and its NFO state, else by what is in its videos."""
    (own,) = await understand_units(series, [unit for unit in units_of(series) if unit.parent is None], {}, around)
    found = lost.by_stated(own.decision)
    if found is not None or not lost.show_of:
        return found
    return await in_thread(_by_videos, series, lost, around.cupboard.root)


def _by_videos(series: FoundSeries, lost: LostShows, root: str) -> ItemId | None:
    for video in series.videos:
        try:
            fingerprint = probe.fingerprint(os.path.join(root, video.path))  # noqa: PTH118  names may be no UTF-8
        except OSError:
            continue  # the probe says what is wrong with it
        found = lost.by_video(fingerprint)
        if found is not None:
            return found
    return None
