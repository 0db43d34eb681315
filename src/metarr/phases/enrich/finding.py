"""Finding out which film or show an item is, of which only title and year are known: a search with the providers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.errors import Transient, Wait
from metarr.model.media import ExternalIds, FileRole, ItemKind
from metarr.phases.enrich.match import ACCEPTED, Match, Ranked, Wanted, match
from metarr.providers.base import BadKey, Finder, SeriesFinder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.errors import MetarrError
    from metarr.model.media import MediaFile, Metadata
    from metarr.model.search import SearchHit
    from metarr.providers.base import Ask, Connection


@dataclass(frozen=True, slots=True)
class Search:
    """What it came to. `question`: nothing is clear, a person decides; None with no `ids`: nobody could be asked."""

    ids: ExternalIds = field(default_factory=ExternalIds)
    question: Match | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


async def search(sources: Mapping[str, Connection], kind: ItemKind, wanted: Wanted, ask: Ask) -> Search:
    """Ask one provider after the other until one has a clear hit, or several that could be meant.

    Raises what went wrong when nobody that answered is sure: the others may be.
    """
    ranked: list[Ranked] = []
    refused: dict[str, str] = {}
    fault: MetarrError | None = None
    has_answer = False
    for name, source in sources.items():
        try:
            hits = await hits_of(source, kind, wanted, ask)
        except BadKey as error:
            refused[name] = str(error)
            continue
        except (Transient, Wait) as error:
            fault = fault or error
            continue
        if hits is None:
            continue
        has_answer = True
        found = match(wanted, hits)
        if found.best is not None:
            return Search(found.best.ids, refused=refused)
        ranked += found.ranked
        if found.score >= ACCEPTED:
            break
    if fault is not None:
        raise fault
    ranked.sort(key=lambda one: -one.score)
    question = Match(None, ranked[0].score if ranked else 0.0, 0.0, tuple(ranked)) if has_answer else None
    return Search(question=question, refused=refused)


async def hits_of(source: Connection, kind: ItemKind, wanted: Wanted, ask: Ask) -> Sequence[SearchHit] | None:
    """None: this provider finds nothing of this kind by a title."""
    if kind is ItemKind.MOVIE and isinstance(source, Finder):
        return await source.search_movie(wanted.titles[0], wanted.year, ask)
    if kind is ItemKind.SERIES and isinstance(source, SeriesFinder):
        return await source.search_series(wanted.titles[0], wanted.year, ask)
    return None


def wanted_title(metadata: Metadata, kind: ItemKind, own_files: Sequence[MediaFile]) -> Wanted:
    """What an item's name and files say about what it is."""
    titles = tuple(title for title in (metadata.title, metadata.original_title) if title)
    minutes = _minutes(own_files) if kind is ItemKind.MOVIE else None
    return Wanted(titles, metadata.year, minutes, _spoken(own_files))


def _minutes(own_files: Sequence[MediaFile]) -> float | None:
    """The film's length: of its longest version, or of all its parts together."""
    videos = [file for file in own_files if file.role is FileRole.VIDEO]
    lengths = [float(file.details.get("duration_s") or 0) for file in videos]
    has_parts = any("part" in file.details for file in videos)
    seconds = sum(lengths) if has_parts else max(lengths, default=0.0)
    return seconds / 60 or None


def _spoken(own_files: Sequence[MediaFile]) -> frozenset[str]:
    """The languages of the sound tracks."""
    tracks = (track for file in own_files if file.role is FileRole.VIDEO for track in file.details.get("audio") or ())
    codes = (str(track.get("language") or "").partition("-")[0] for track in tracks)
    return frozenset(code for code in codes if code)
