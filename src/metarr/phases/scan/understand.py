"""Everything one film's files say: what is in them, what they are about, and the artwork that lies beside them.

The only module of the scan besides `discover` and `probe` that reads files; it opens them for reading only.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from PIL import Image

from metarr.errors import InvalidInput
from metarr.library import nfo
from metarr.library.nfo import Hand, NfoDocument
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin
from metarr.model.media import ExternalIds, FileRole, ItemKind, Metadata
from metarr.phases.base import in_thread
from metarr.phases.scan import identify, names, shapes
from metarr.phases.scan.identify import Evidence, Source
from metarr.phases.scan.names import NameKind
from metarr.phases.scan.probing import is_same
from metarr.phases.scan.shapes import Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.model.media import MediaFile
    from metarr.model.published import Owned
    from metarr.phases.scan.group import FoundMovie
    from metarr.phases.scan.identify import Decision
    from metarr.phases.scan.probing import Before, Probing
    from metarr.phases.scan.survey import OnDisk
    from metarr.store.blobs import Blobs
    from metarr.store.hints import Hint

_MANAGERS = frozenset({Hand.RADARR, Hand.SONARR, Hand.JELLYFIN})
_NFO_LIMIT = 10 << 20  # bytes; a larger one is refused unread
_LARGEST_PICTURE = 64 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What an NFO says, and by whose hand. `source` is the name that its fields carry as provenance."""

    path: str
    source: str
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class LocalPicture:
    """Artwork that lay in the library, with its bytes in the cache."""

    kind: ArtworkKind
    rank: int
    blob: Blob
    path: str


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture in memory, on its way into the cache."""

    path: str
    data: bytes
    extension: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Cupboard:
    """From where files are read, and where copies go."""

    root: str
    blobs: Blobs


@dataclass(frozen=True, slots=True)
class Understood:
    """A film as the scan understood it, ready to be recorded."""

    film: FoundMovie
    files: tuple[tuple[MediaFile, str | None], ...]  # with the content fingerprint of videos
    decision: Decision
    said: tuple[Said, ...]
    pictures: tuple[LocalPicture, ...]
    problems: tuple[str, ...] = ()

    @property
    def named(self) -> Metadata:
        """What names say."""
        return Metadata(title=self.decision.title, year=self.decision.year)


@dataclass(slots=True)
class Notes:
    """What went wrong on the way, for the scan's report."""

    problems: list[str] = field(default_factory=list)


async def understand(
    films: Sequence[FoundMovie],
    known: Mapping[str, Before],
    owned: Mapping[str, Owned],
    probing: Probing,
    cupboard: Cupboard,
    hints: Mapping[str, Hint],
) -> list[Understood]:
    """Some films together. `known` files, by path, that did not change are not probed again.

    `owned` files are our own: no files of the items. `hints`: what download managers say that folders hold.
    """
    notes = [Notes() for _ in films]
    theirs = [[file for file in film.files if not is_ours(file, owned)] for film in films]
    async with asyncio.TaskGroup() as tasks:
        looks = {
            file.path: tasks.create_task(with_content(file, known.get(file.path), probing, own))
            for found, own in zip(theirs, notes, strict=True)
            for file in found
            if file.role is FileRole.VIDEO
        }
    files = [
        tuple(looks[file.path].result() if file.path in looks else (file, None) for file in found) for found in theirs
    ]
    told = [told_of(film, hints) for film in films]
    return await in_thread(_read_each, films, files, told, owned, known, cupboard, notes)


def _read_each(
    films: Sequence[FoundMovie],
    files: Sequence[tuple[tuple[MediaFile, str | None], ...]],
    told: Sequence[Sequence[Evidence]],
    owned: Mapping[str, Owned],
    known: Mapping[str, Before],
    cupboard: Cupboard,
    notes: Sequence[Notes],
) -> list[Understood]:
    understood = []
    for film, named, first, own in zip(films, files, told, notes, strict=True):
        theirs = tuple((looked_at(file, known.get(file.path), cupboard.root), mark) for file, mark in named)
        said, evidence, pictures = _read(film, [file for file, _ in theirs], owned, cupboard, own)
        decision = identify.decide([*first, *evidence])
        understood.append(Understood(film, theirs, decision, tuple(said), tuple(pictures), tuple(own.problems)))
    return understood


def looked_at(file: MediaFile, before: Before | None, root: str) -> MediaFile:
    """The file as its picture says, where its name leaves that open; one that was looked at before is what it was."""
    if not shapes.is_open(file):
        return file
    if before is not None and is_same(before[0], file):
        then = before[0]
        return replace(file, role=then.role, confidence=then.confidence, rule=then.rule, details=then.details)
    look = _look(Path(root, file.path))
    return file if look is None else shapes.by_shape(file, look)


def _look(place: Path) -> Look | None:
    """Mostly a picture's head tells. Who copies or asks about it says what is wrong with it."""
    try:
        with Image.open(place) as image:
            has_alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
            opaque = image.convert("RGBA").getchannel("A").histogram()[255] if has_alpha else 0
            return Look(*image.size, has_alpha and opaque < image.width * image.height)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def told_of(found: OnDisk, hints: Mapping[str, Hint]) -> list[Evidence]:
    """What a download manager said of a film or a show that has a folder of its own."""
    hint = hints.get(found.folder) if found.is_own_folder else None
    return [] if hint is None else [Evidence(Source.WEBHOOK, hint.source, hint.ids)]


async def with_content(
    file: MediaFile, before: Before | None, probing: Probing, notes: Notes
) -> tuple[MediaFile, str | None]:
    if file.role is not FileRole.VIDEO:
        return file, None
    content = await probing.look_into(file, before)
    if content.problem is not None:
        notes.problems.append(content.problem)
    return replace(file, details={**content.facts, **file.details}), content.fingerprint


def is_ours(file: MediaFile, owned: Mapping[str, Owned]) -> bool:
    row = owned.get(file.path)
    return row is not None and (row.size, row.mtime_ns, row.inode) == (file.size, file.mtime_ns, file.inode)


def _read(
    film: FoundMovie, theirs: Sequence[MediaFile], owned: Mapping[str, Owned], cupboard: Cupboard, notes: Notes
) -> tuple[list[Said], list[Evidence], list[LocalPicture]]:
    """Everything that has to be read beside the videos, in one go."""
    said, evidence = _read_nfos(film, cupboard.root, owned, notes)
    ordered = sorted(theirs, key=lambda file: _preference(file, film))
    pictures = cache_pictures(ordered, cupboard, owned, notes)
    return said, [*_from_names(film), *evidence], pictures


def _from_names(film: FoundMovie) -> list[Evidence]:
    """The folder and the main video each say something; ids in either count."""
    if not film.videos:
        return []
    # A disc's own streams are called the same on every disc: its folder names it.
    is_disc = bool(film.videos[0].details.get("disc"))
    path = film.folder if is_disc else film.videos[0].path
    name = names.parse(path, expected=NameKind.MOVIE)
    return [Evidence(Source.NAME, path, name.ids, name.title, name.year, name.confidence)]


def _read_nfos(
    film: FoundMovie, root: str, owned: Mapping[str, Owned], notes: Notes
) -> tuple[list[Said], list[Evidence]]:
    said: list[Said] = []
    evidence: list[Evidence] = []
    for file in film.files:
        if file.role is not FileRole.NFO or is_ours(file, owned):
            continue
        document = read_nfo(file, root, owned, notes)
        if document is None:
            continue
        source = source_of(document.hand)
        if source is Source.OWN_NFO:
            continue  # an echo; and what an item's evidence is must not depend on when a scan came by
        ids = document.metadata.ids
        evidence.append(Evidence(source, file.path, ids, document.metadata.title, document.metadata.year))
        if document.kind is ItemKind.MOVIE:
            name = "managed-nfo" if source is Source.MANAGED_NFO else "nfo"
            # Identity is decided by all evidence together, not field by field.
            said.append(Said(file.path, name, replace(document.metadata, ids=ExternalIds())))
    return said, evidence


def source_of(hand: Hand) -> Source:
    if hand is Hand.METARR:
        return Source.OWN_NFO
    return Source.MANAGED_NFO if hand in _MANAGERS else Source.NFO


def read_nfo(file: MediaFile, root: str, owned: Mapping[str, Owned], notes: Notes) -> NfoDocument | None:
    if file.size > _NFO_LIMIT:
        notes.problems.append(f"{file.path}: too large for an NFO")
        return None
    try:
        data = Path(root, file.path).read_bytes()
    except OSError as error:
        notes.problems.append(f"{file.path}: {error.strerror}")
        return None
    row = owned.get(file.path)
    if row is not None and hashlib.sha256(data).hexdigest() == row.sha256:
        return None
    try:
        document = nfo.read(data)
    except InvalidInput as error:
        notes.problems.append(f"{file.path}: {error}")
        return None
    notes.problems += [f"{file.path}: {warning}" for warning in document.warnings]
    return document


def cache_pictures(
    found: Iterable[MediaFile], cupboard: Cupboard, owned: Mapping[str, Owned], notes: Notes
) -> list[LocalPicture]:
    """The artwork among these files, one for each slot; copied before anything of ours could ever replace it."""
    opened: dict[tuple[ArtworkKind, int], _Picture] = {}
    for file in found:
        rank = file.details.get("rank")
        if file.role is not FileRole.ARTWORK or rank is None or is_ours(file, owned):
            continue
        slot = (ArtworkKind(file.details["artwork"]), int(rank))
        picture = _open_picture(file, cupboard.root, notes) if slot not in opened else None
        row = owned.get(file.path)
        if picture is not None and (row is None or row.sha256 != hashlib.sha256(picture.data).hexdigest()):
            opened[slot] = picture
    stored = cupboard.blobs.put_many([(picture.data, picture.extension) for picture in opened.values()])
    return [
        LocalPicture(
            *slot,
            Blob(one.sha256, one.extension, one.size, BlobOrigin.LIBRARY, picture.width, picture.height),
            picture.path,
        )
        for (slot, picture), one in zip(opened.items(), stored, strict=True)
    ]


def _preference(file: MediaFile, film: FoundMovie) -> tuple[bool, str]:
    """Long names first: Kodi was seen to prefer them."""
    stems = tuple(PurePosixPath(video.path).stem for video in film.videos)
    return not file.path.rpartition("/")[2].startswith(stems), file.path


def _open_picture(file: MediaFile, root: str, notes: Notes) -> _Picture | None:
    if file.size > _LARGEST_PICTURE:
        notes.problems.append(f"{file.path}: too large for a picture")
        return None
    try:
        data = Path(root, file.path).read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
    except (OSError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        notes.problems.append(f"{file.path}: no usable picture ({error})")
        return None
    return _Picture(file.path, data, file.path.rpartition(".")[2].lower(), width, height)
