"""Which play states a sync puts at risk, and under which names they must come back: who inherits from whom.

A video that is removed leaves its play state to the videos of the same item that are new to Kodi. If there are none
yet (a download manager removes the old file before it copies the better one), it is kept by the item's own name, which
is made of the ids by which the world knows it, until there are.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from metarr.model.media import ItemKind
from metarr.model.paths import is_under, normalised
from metarr.model.play import PlayState
from metarr.players.kodi.paths import first_part
from metarr.players.kodi.states import ITEM, SHOW, episode_name, name_of, path_in, richer, rows_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.clients.kodi import Entry
    from metarr.model.media import ItemId
    from metarr.players.base import Change
    from metarr.players.kodi.targets import Shelf, Target


def at_risk(targets: Sequence[Target], shelf: Shelf, kept: Mapping[str, PlayState]) -> dict[str, PlayState]:
    """What a refresh or a removal could lose, by the name under which it must be found again.

    `kept`: what an interrupted sync may have lost already, which counts as if Kodi had it. A refreshed episode takes
    the play count of all episodes of its file along (observed on 20.1).
    """
    risked = dict(kept)
    for target in targets:
        for row in shelf.rows_of(target):
            if not target.is_removed:
                risked |= {name_of(one): _full(one, kept) for one in _company(row, shelf)}
    for name, state in _left(targets, shelf, kept):
        risked[name] = richer(state, risked.get(name, PlayState()))
    return {name: state for name, state in risked.items() if not state.is_blank}


def is_settled(name: str, targets: Iterable[Target], shelf: Shelf) -> bool:
    """Nothing of this name is to come, after the targets were dealt with: its video was removed, or has its item
    without it (the second part of a film is no film of its own), or the item has its videos again.
    """
    for target in targets:
        if target.is_removed:
            if name in names_of(target) or any(is_under(path_in(name), video) for video in target.videos):
                return True
        elif shelf.rows_of(target):
            if name in item_names(target.change):
                return True
            if name in names_of(target) and not rows_named(name, shelf):
                return True
    return False


def names_of(target: Target) -> Sequence[str]:
    """Under which the target's own play states are kept. A season has none."""
    change = target.change
    match change.kind:
        case ItemKind.MOVIE:
            return target.videos
        case ItemKind.EPISODE:
            return [episode_name(video, change.season, change.episode) for video in target.videos]
        case ItemKind.SERIES:
            return [normalised(target.folder) + SHOW]
        case ItemKind.SEASON | ItemKind.COLLECTION:
            return ()


def item_names(change: Change) -> list[str]:
    """The item's own names: not by our number for it, which another may have one day."""
    number = f"/S{change.season or 0}E{change.episode or 0}" if change.kind is ItemKind.EPISODE else ""
    return [f"{ITEM}{change.kind}/{source}-{value}{number}" for source, value in change.ids.as_dict().items()]


def _full(row: Entry, kept: Mapping[str, PlayState]) -> PlayState:
    return richer(row.play, kept.get(name_of(row), PlayState()))


def _company(row: Entry, shelf: Shelf) -> Iterable[Entry]:
    return shelf.videos.get(first_part(row.file), ()) if row.kind is ItemKind.EPISODE else (row,)


def _left(targets: Iterable[Target], shelf: Shelf, kept: Mapping[str, PlayState]) -> Iterable[tuple[str, PlayState]]:
    """An item's only video inherits even if Kodi found it by itself already; of several, those new to Kodi do."""
    former: dict[ItemId, list[PlayState]] = defaultdict(list)
    heirs: dict[ItemId, list[str]] = defaultdict(list)
    own: dict[ItemId, list[str]] = {}
    for target in targets:
        item = target.change.item_id
        own[item] = item_names(target.change)
        if target.is_removed:
            former[item] += [_full(row, kept) for row in shelf.rows_of(target)]
        else:
            heirs[item] += names_of(target)
            former[item] += [kept[name] for name in own[item] if name in kept]
    for item, states in former.items():
        new = [name for name in heirs[item] if len(heirs[item]) == 1 or not rows_named(name, shelf)]
        for state in states:
            yield from ((name, state) for name in (new if heirs[item] else own[item][:1]))
