"""What an item's folder should hold, what it does hold, the plan between the two, and carrying it out.

Publishing, verification and the dry run all come here, so they can never disagree.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from metarr.errors import InvalidInput, shown
from metarr.library import files, folders, naming, nfo, reconcile
from metarr.library.listing import differs_only_in
from metarr.library.naming import Place, Profile
from metarr.library.reconcile import Action, Desired, Rules
from metarr.model.artwork import Blob, BlobOrigin
from metarr.model.media import FileRole, Identity, ItemKind
from metarr.model.published import HistoryLine, Purpose
from metarr.store import artwork, items, libraries, people, published
from metarr.store import files as stored_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.library.files import Applied, Permissions
    from metarr.library.reconcile import Operation
    from metarr.model.artwork import Selection
    from metarr.model.job import JobId
    from metarr.model.media import Item, ItemId, Library, MediaFile
    from metarr.model.published import Owned, Recycled
    from metarr.settings import Settings
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_ABANDONED = timedelta(hours=1)  # nobody writes one file for so long
_NFO_LIMIT = 10 << 20  # bytes; larger ones are no NFO (the reader refuses them too)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything the database knows that decides what an item's folder should hold."""

    item: Item
    library: Library
    files: tuple[MediaFile, ...]
    selections: tuple[Selection, ...]
    portraits: tuple[tuple[str, Blob], ...]  # actor's name and head shot
    sizes: Mapping[str, int]  # of the chosen blobs, by sha256
    owned: tuple[Owned, ...]
    fingerprints: Mapping[str, str]  # of the item's folders, as the last scan recorded them


@dataclass(frozen=True, slots=True)
class Plan:
    """The operations for one item, with the new files that exist only in memory yet (NFO) by their sha256."""

    wanted: Wanted
    operations: tuple[Operation, ...]
    texts: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Placed:
    """What carrying out a plan came to, to be recorded. `fingerprints`: of folders that only we changed."""

    plan: Plan
    applied: list[Applied] = field(default_factory=list)
    fingerprints: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> list[Applied]:
        """What was really done."""
        return [applied for applied in self.applied if applied.skipped is None]

    @property
    def skipped(self) -> list[Applied]:
        """What was not done, because the file changed after the plan was made."""
        return [applied for applied in self.applied if applied.skipped is not None]

    @property
    def written(self) -> list[Applied]:
        """What changed a file."""
        rows_only = {Action.ADOPT, Action.REFRESH, Action.FORGET}
        return [applied for applied in self.done if applied.operation.action not in rows_only]


def why_not(item: Item) -> str | None:
    """Why nothing is published for this item now; None when it may be."""
    if item.missing_since is not None:
        return "its files are missing"
    if item.is_held:
        return "publishing is on hold for it since an undo"
    if item.identity not in {Identity.IDENTIFIED, Identity.LOCAL}:
        return "it needs identification"
    return None


def gather(tx: Tx, item_id: ItemId, settings: Settings) -> Wanted:
    """One read of everything that matters. Raises NotFound."""
    item = items.get(tx, item_id)
    selections = tuple(artwork.selections(tx, item_id))
    actors = people.portraits(tx, item_id, settings.publishing.actor_pictures)
    hashes = {selection.blob for selection in selections} | {actor.blob for actor in actors if actor.blob}
    blobs = artwork.blobs(tx, hashes)
    own_files = tuple(stored_files.of_item(tx, item_id))
    above = {item.folder, *(str(PurePosixPath(file.path).parent) for file in own_files)}
    return Wanted(
        item=item,
        library=libraries.get(tx, item.library_id),
        files=own_files,
        selections=selections,
        portraits=tuple((actor.name, blobs[actor.blob]) for actor in actors if actor.blob in blobs),
        sizes={sha256: blob.size for sha256, blob in blobs.items()},
        owned=tuple(published.owned(tx, item_id)),
        fingerprints=stored_files.fingerprints_of(tx, item.library_id, {"" if path == "." else path for path in above}),
    )


def plan(wanted: Wanted, settings: Settings, blobs: Blobs) -> Plan:
    """Look at the folder and decide. Reads the disk, changes nothing. Raises Wait when the root is gone."""
    root = Path(wanted.library.root)
    place = _place(wanted, root)
    desired, texts = _desired(wanted, place, root, blobs)
    observed = files.observe(root, [want.path for want in desired], wanted.owned)
    rules = Rules(confirmed=wanted.library.is_confirmed, cleanup=settings.phase_config.publishing.cleanup_unselected)
    return Plan(wanted, reconcile.plan(desired, observed.values(), wanted.owned, rules), texts)


def sweep(wanted: Wanted, *, after_crash: bool) -> None:
    """Remove what a crash of ours left half written beside the item: at once after one, else only what is old."""
    folder = Path(wanted.library.root, wanted.item.folder)
    for place in (folder, folder / naming.ACTORS):
        files.sweep_temporary(place, older_than=timedelta() if after_crash else _ABANDONED)


def carry_out(plan: Plan, blobs: Blobs, permissions: Permissions, placed: Placed) -> None:
    """Do it; `placed` fills up as files become durable, so that a failure half way can be recorded as far as it got."""
    root = Path(plan.wanted.library.root)
    touched = {str(PurePosixPath(operation.path).parent) for operation in plan.operations}
    watched = set(plan.wanted.fingerprints) | {"" if folder == "." else folder for folder in touched}
    before = {folder: folders.read_folder(str(root), folder)[0] for folder in watched}
    for operation in plan.operations:
        if operation.desired and operation.desired.sha256 in plan.texts:
            blobs.put(plan.texts[operation.desired.sha256], operation.desired.extension)
    files.apply(plan.operations, root, blobs, permissions, placed.applied.append)
    ours = {applied.operation.path for applied in placed.written}
    for folder, listing in before.items():
        after, _ = folders.read_folder(str(root), folder)
        known = listing.fingerprint if listing else None
        if after is None or known != plan.wanted.fingerprints.get(folder):
            continue  # somebody else changed it too: the next scan must look
        if differs_only_in(folder, listing, after, ours):
            placed.fingerprints[folder] = after.fingerprint


def record_backups(tx: Tx, plan: Plan, job_id: JobId | None, kept: Sequence[Recycled]) -> None:
    """What will be replaced, before it is: a kill between the deed and its rows loses nothing of the owner's."""
    item = plan.wanted.item
    for file in kept:
        if not published.is_recycled(tx, item.library_id, file):
            published.recycle(tx, item.library_id, item.id, job_id, file)


def record(tx: Tx, placed: Placed, job_id: JobId | None) -> None:
    """The rows of what was done: ours, history, recycle bin, folder states."""
    item, library = placed.plan.wanted.item, placed.plan.wanted.library
    for applied in placed.done:
        operation = applied.operation
        if applied.recycled is not None and not published.is_recycled(tx, library.id, applied.recycled):
            published.recycle(tx, library.id, item.id, job_id, applied.recycled)
        if applied.row is None:
            published.disown(tx, library.id, operation.path)
        elif operation.desired is not None:
            text = placed.plan.texts.get(applied.row.sha256)
            if text is not None:
                blob = Blob(applied.row.sha256, operation.desired.extension, len(text), BlobOrigin.PROVIDER)
                artwork.add_blob(tx, blob)
            published.own(tx, library.id, item.id, operation.desired.purpose, applied.row)
            stored_files.forget(tx, library.id, [operation.path])  # a scan may have taken it for the user's
    lines = [_line(applied.operation) for applied in placed.done if applied.operation.action is not Action.REFRESH]
    published.write_history(tx, item.id, job_id, lines)
    stored_files.save_folders(tx, library.id, placed.fingerprints)
    if placed.written:
        items.touch_disk(tx, item.id)


def summary(placed: Placed) -> str:
    """What was done, in words."""
    counts: dict[str, int] = {}
    for operation in placed.plan.operations:
        counts[operation.action.value] = counts.get(operation.action.value, 0) + 1
    skipped = len(placed.skipped)
    parts = [f"{count} {_WORDS.get(action, action)}" for action, count in counts.items()]
    if skipped:
        parts.append(f"{skipped} skipped because they changed meanwhile")
    return ", ".join(parts) or "nothing to do"


_WORDS = {
    "create": "created",
    "replace": "replaced",
    "adopt": "adopted",
    "backup_replace": "replaced after a backup",
    "keep": "kept",
    "hold": "held until the owner confirms",
    "restore": "restored",
    "recycle": "recycled",
    "refresh": "refreshed",
    "forget": "forgotten",
}


def _line(operation: Operation) -> HistoryLine:
    after = operation.desired.sha256 if operation.desired else None
    return HistoryLine(operation.action.value, operation.path, operation.reason, operation.before, after)


def _place(wanted: Wanted, root: Path) -> Place:
    item = wanted.item
    inside = [PurePosixPath(file.path) for file in wanted.files if file.role is FileRole.VIDEO]
    stems = tuple(path.stem for path in inside if _folder_of(path) == item.folder)
    existing = frozenset(_names(root / item.folder))
    if not stems:  # a disc: its files lie deeper, and what players read beside it is named for the folder
        return Place(item.folder, (PurePosixPath(item.folder).name,), True, existing | {naming.MOVIE_NFO})
    return Place(item.folder, stems, item.place == item.folder, existing)


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []  # observing the files says what is wrong with the folder


def _folder_of(path: PurePosixPath) -> str:
    return "" if path.parent == PurePosixPath() else str(path.parent)


def _desired(wanted: Wanted, place: Place, root: Path, blobs: Blobs) -> tuple[list[Desired], dict[str, bytes]]:
    profiles = [Profile(name) for name in wanted.library.profiles]
    desired = list(_pictures(wanted, place, profiles))
    texts: dict[str, bytes] = {}
    for path in naming.nfo_names(place, wanted.item.kind):
        text = _nfo(wanted, path, root, blobs)
        sha256 = hashlib.sha256(text).hexdigest()
        texts[sha256] = text
        desired.append(Desired(path, sha256, len(text), Purpose.NFO, source="metadata"))
    return desired, texts


def _pictures(wanted: Wanted, place: Place, profiles: Sequence[Profile]) -> list[Desired]:
    found: dict[str, Desired] = {}
    for selection in wanted.selections:
        paths = naming.artwork_paths(
            selection.kind, selection.rank, selection.extension, place, wanted.item.kind, profiles
        )
        for path in paths:
            found[path] = Desired(
                path,
                selection.blob,
                wanted.sizes[selection.blob],
                Purpose.ARTWORK,
                rank=selection.rank,
                source=selection.chosen_by.value,
            )
    for name, blob in wanted.portraits:
        path = naming.actor_path(name, place, blob.extension)
        found.setdefault(path, Desired(path, blob.sha256, blob.size, Purpose.ACTOR, source=name))
    return list(found.values())


def _nfo(wanted: Wanted, path: str, root: Path, blobs: Blobs) -> bytes:
    """The NFO's bytes. Unknown tags of what lies there, or of what we last published, are carried over."""
    streams = _streams(wanted.files)
    metadata = wanted.item.metadata
    if wanted.item.kind is ItemKind.MOVIE and metadata.title is None:
        metadata = replace(metadata, title=shown(PurePosixPath(wanted.item.folder).name))
    try:
        return nfo.render(wanted.item.kind, metadata, streams=streams, keep=_before(wanted, path, root, blobs))
    except InvalidInput:  # what lies there is no NFO that could be read: nothing of it can be kept
        return nfo.render(wanted.item.kind, metadata, streams=streams)


def _before(wanted: Wanted, path: str, root: Path, blobs: Blobs) -> bytes | None:
    place = root / path
    try:
        if place.is_file() and not place.is_symlink():
            return place.read_bytes() if place.stat().st_size <= _NFO_LIMIT else None
    except OSError:
        return None
    rows = [row for row in wanted.owned if row.path.endswith(".nfo") and blobs.has(row.sha256, "nfo")]
    rows.sort(key=lambda row: row.path != path)  # else one under the video's former name
    return blobs.read(rows[0].sha256, "nfo") if rows else None


def _streams(own_files: Sequence[MediaFile]) -> Mapping[str, Any] | None:
    """Of the first video that could be probed: players show one set of stream details per item."""
    for file in own_files:
        if file.role is FileRole.VIDEO and file.details.get("video"):
            return file.details
    return None
