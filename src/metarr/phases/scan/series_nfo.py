"""Videos of shows whose names have no numbers, and the NFO files beside them that do. Reads files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.model.media import FileRole, ItemKind
from metarr.phases.scan.filename import readable
from metarr.phases.scan.series_files import NO_NUMBER
from metarr.phases.scan.series_numbers import EpisodeNumbers
from metarr.phases.scan.understand import Notes, read_nfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metarr.library.nfo import NfoDocument
    from metarr.phases.scan.series_found import FoundSeries

_TOLD = 85  # confidence


def told_by_nfo(root: str, found: Iterable[FoundSeries]) -> dict[str, EpisodeNumbers]:
    """The numbers of nameless videos, by path. Our own NFO counts too: it repeats what the one before it said."""
    told: dict[str, EpisodeNumbers] = {}
    for series in found:
        nameless = [file.path for file in series.own_files if file.rule == NO_NUMBER]
        beside = {_base(file.path): file for file in series.files if file.role is FileRole.NFO} if nameless else {}
        for path in nameless:
            nfo = beside.get(_base(path))
            # What is wrong with the file is told where it is read for what it says.
            document = read_nfo(nfo, root, {}, Notes()) if nfo is not None else None
            numbers = _numbers(document, path) if document is not None else None
            if numbers is not None:
                told[path] = numbers
    return told


def _numbers(document: NfoDocument, path: str) -> EpisodeNumbers | None:
    """One season, and an episode for each block, or nothing."""
    if document.kind is not ItemKind.EPISODE:
        return None
    seasons = {block.season for block in document.episodes}
    episodes = sorted({block.episode for block in document.episodes if block.episode is not None})
    season = next(iter(seasons))
    if len(seasons) != 1 or season is None or len(episodes) != len(document.episodes):
        return None
    name = readable(path.rpartition("/")[2])
    return EpisodeNumbers(season, tuple(episodes), confidence=_TOLD, rule=f"numbered by the NFO beside it: {name}")


def _base(path: str) -> str:
    return readable(path.rpartition(".")[0]).casefold()
