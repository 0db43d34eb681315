"""What a sync tells of each change in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.model.media import ItemKind
from metarr.players.base import Confirmation
from metarr.players.kodi.paths import source_of
from metarr.players.kodi.season_art import own_art

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.clients.kodi import Entry
    from metarr.players.kodi.targets import Target


def confirmation(
    name: str, target: Target, before: Sequence[Entry], after: Sequence[Entry], sources: Sequence[str]
) -> Confirmation:
    """`before`, `after`: the rows of the target."""
    art = frozenset(kind for row in after for kind in own_art(row.art, target.folder))
    if target.is_removed:
        gone = f"removed from {name}" if before else f"was not in {name}"
        detail = f"{name} still shows it" if after else gone
    elif after:
        detail = f"refreshed in {name}" if before else f"added to {name}"
    else:
        detail = _missing(name, target, sources)
    return Confirmation(target.change.item_id, bool(after), art, detail)


def _missing(name: str, target: Target, sources: Sequence[str]) -> str:
    folder = target.folder
    if source_of(folder, sources) is None:
        return f"{name} has no video source that contains {folder}: check its sources and the path mapping"
    content = "movies" if target.change.kind is ItemKind.MOVIE else "TV shows"
    if target.change.kind is ItemKind.SEASON:
        return f"{name} shows no episode of this season yet"
    return f"{name} scanned {folder} but did not take it: is there an NFO, and is the source set to {content}?"
