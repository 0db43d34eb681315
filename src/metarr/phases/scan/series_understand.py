"""What the files of a show's items say: the show itself, its seasons, its episodes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr.model.media import ExternalIds, FileRole, Identity, ItemKind, Metadata
from metarr.phases.base import in_thread
from metarr.phases.scan import identify
from metarr.phases.scan.identify import Decision, Evidence, Source
from metarr.phases.scan.names import NameKind, parse
from metarr.phases.scan.series_numbers import is_of_episodes
from metarr.phases.scan.understand import (
    Notes,
    Said,
    cache_pictures,
    is_ours,
    looked_at,
    read_nfo,
    source_of,
    told_of,
    with_content,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.library.nfo import NfoDocument
    from metarr.model.media import MediaFile
    from metarr.model.published import Owned
    from metarr.phases.scan.probing import Before, Probing
    from metarr.phases.scan.series_found import FoundSeries
    from metarr.phases.scan.series_units import Unit
    from metarr.phases.scan.understand import Cupboard, LocalPicture
    from metarr.store.hints import Hint

_SOURCES = {Source.NFO: "nfo", Source.MANAGED_NFO: "managed-nfo"}  # as the provenance of their fields has them
_Documents = list[tuple[str, "NfoDocument"]]


@dataclass(frozen=True, slots=True)
class SeenUnit:
    """One item of a show, ready to be recorded. `files` come with the content fingerprint of videos."""

    unit: Unit
    files: tuple[tuple[MediaFile, str | None], ...]
    decision: Decision
    said: tuple[Said, ...]
    pictures: tuple[LocalPicture, ...]
    problems: tuple[str, ...]

    @property
    def named(self) -> Metadata:
        """What names say."""
        if self.unit.kind is ItemKind.SERIES:
            return Metadata(title=self.decision.title, year=self.decision.year)
        return self.unit.named


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the understanding of any item needs: files of ours, the probes, where copies go, and what was told."""

    owned: Mapping[str, Owned]
    probing: Probing
    cupboard: Cupboard
    hints: Mapping[str, Hint]


async def understand_units(
    series: FoundSeries, units: Sequence[Unit], known: Mapping[str, Before], around: Surroundings
) -> list[SeenUnit]:
    """Items of one show. `known` files, by path, that did not change are not probed again; each file is probed once."""
    notes = Notes()
    files = {file.path: file for unit in units for file in unit.files if not is_ours(file, around.owned)}
    content = {path: await with_content(file, known.get(path), around.probing, notes) for path, file in files.items()}
    return await in_thread(_read, series, units, content, known, around, notes)


def _read(
    series: FoundSeries,
    units: Sequence[Unit],
    content: Mapping[str, tuple[MediaFile, str | None]],
    known: Mapping[str, Before],
    around: Surroundings,
    notes: Notes,
) -> list[SeenUnit]:
    seen = []
    root = around.cupboard.root
    for unit in units:
        named = [content[file.path] for file in unit.files if file.path in content]
        theirs = [(looked_at(file, known.get(file.path), root), mark) for file, mark in named]
        documents = _documents(unit, around, notes)
        is_show = unit.kind is ItemKind.SERIES
        told = told_of(series, around.hints) if is_show else []
        decision, said = _series(series, told, documents) if is_show else _inner(unit, documents, notes)
        ordered = sorted((file for file, _ in theirs), key=_preference)
        pictures = cache_pictures(ordered, around.cupboard, around.owned, notes)
        seen.append(SeenUnit(unit, tuple(theirs), decision, said, tuple(pictures), tuple(notes.problems)))
        notes = Notes()
    return seen


def _documents(unit: Unit, around: Surroundings, notes: Notes) -> _Documents:
    """What the NFO files say, by their paths; what we wrote ourselves is left out."""
    root = around.cupboard.root
    theirs = [file for file in unit.files if file.role is FileRole.NFO and not is_ours(file, around.owned)]
    found = [(file.path, read_nfo(file, root, around.owned, notes)) for file in theirs]
    return [(path, document) for path, document in found if document is not None]


def _series(series: FoundSeries, told: Sequence[Evidence], documents: _Documents) -> tuple[Decision, tuple[Said, ...]]:
    """A show is identified like a film: by the ids it was told with, in its folder's name and in its NFO, else by title
    and year.
    """
    evidence = [*told, _from_name(series)]
    said = []
    for path, document in documents:
        if document.kind not in {ItemKind.SERIES, None}:
            continue
        source = source_of(document.hand)
        metadata = document.metadata
        evidence.append(Evidence(source, path, metadata.ids, metadata.title, metadata.year))
        if source in _SOURCES:
            said.append(Said(path, _SOURCES[source], replace(metadata, ids=ExternalIds())))
    return identify.decide(evidence), tuple(said)


def _from_name(series: FoundSeries) -> Evidence:
    """A show's own folder names it; in a shared one its first episode does."""
    path, expected = series.folder, NameKind.MOVIE  # in a show's name a number is a part of the title: Babylon 5, 24
    if not series.is_own_folder:
        path, expected = series.videos[0].path if series.videos else series.key, NameKind.EPISODE
    elif is_of_episodes(path.rpartition("/")[2]):
        expected = NameKind.EPISODE
    name = parse(path if expected is NameKind.EPISODE else path.rpartition("/")[2], expected=expected, is_quick=True)
    return Evidence(Source.NAME, path, name.ids, name.title, name.year, name.confidence)


def _inner(unit: Unit, documents: _Documents, notes: Notes) -> tuple[Decision, tuple[Said, ...]]:
    """A season or an episode is what its number says; an NFO beside it may know more."""
    said = []
    ids = ExternalIds()
    for path, document in documents:
        found = _about(unit, document)
        source = source_of(document.hand)
        if found is None or source not in _SOURCES:
            continue
        _warn(unit, found, path, notes)
        ids = ids.merged_with(found.ids)
        said.append(Said(path, _SOURCES[source], _as_numbered(unit, found)))
    identity = Identity.IDENTIFIED if ids else Identity.GUESSED
    place = next((file.path for file in unit.files if file.role is FileRole.VIDEO), unit.key)
    evidence = Evidence(Source.NAME, place, title=unit.named.title)
    return Decision(identity, ids, unit.named.title, None, 100, f"numbered by {place}", (evidence,)), tuple(said)


def _about(unit: Unit, document: NfoDocument) -> Metadata | None:
    """What an NFO says about this item. A single block is about the file, whatever its number: Kodi believes so too."""
    if document.kind is not unit.kind:
        return None
    if unit.kind is not ItemKind.EPISODE:
        return document.metadata
    number = unit.named.episode
    same = [block for block in document.episodes if number is not None and block.episode == number]
    if same:
        return next((block for block in same if block.season == unit.named.season), same[0])
    return document.episodes[0] if len(document.episodes) == 1 and unit.is_first else None


def _as_numbered(unit: Unit, block: Metadata) -> Metadata:
    """An item's place is its number: an NFO fills only what the name leaves open."""
    named = unit.named
    is_numbered = named.episode is not None or unit.kind is ItemKind.SEASON
    season, episode = (named.season, named.episode) if is_numbered else (block.season, block.episode)
    # Identity is decided by all evidence together, not field by field.
    return replace(block, season=season, episode=episode, ids=ExternalIds())


def _warn(unit: Unit, block: Metadata, path: str, notes: Notes) -> None:
    named = unit.named
    numbers = ((named.season, block.season), (named.episode, block.episode))
    if named.episode is not None and any(None not in pair and pair[0] != pair[1] for pair in numbers):
        notes.problems.append(f"{path}: says season {block.season} episode {block.episode}; the file's name counts")


def _preference(file: MediaFile) -> tuple[bool, int, str]:
    """`season01-poster.jpg` before `folder.jpg`, and the show's folder before the season's: as Kodi has them."""
    is_long = file.path.rpartition(".")[0].endswith(f"-{file.details.get('artwork')}")
    return not is_long, file.path.count("/"), file.path
