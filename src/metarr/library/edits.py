"""What a person changed in an NFO of ours: taken in field by field as locked values, so that nothing of it is lost.

A field that is no longer there is not taken for a wish to empty it: programs drop tags that they do not know. Words of
ours that only lack their row (the database was gone right after they were written) are no person's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metarr.errors import InvalidInput
from metarr.library import nfo
from metarr.library.nfo import Hand
from metarr.library.reconcile import Action, DiscrepancyKind
from metarr.model.artwork import Blob, BlobOrigin
from metarr.model.media import USER, Metadata
from metarr.model.published import HistoryLine, Owned, Purpose
from metarr.store import artwork, files, items, people, published
from metarr.store.locks import LockedBy, set_locks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.library.nfo import NfoDocument
    from metarr.library.placement import Plan
    from metarr.model.job import JobId
    from metarr.model.media import CastMember, Item, ItemId
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

# Another program's own words, not a person's: Radarr, Sonarr and Jellyfin write over what they find.
_PROGRAMS = frozenset({Hand.RADARR, Hand.SONARR, Hand.JELLYFIN})
# What an item is, is said by identification; what a file holds, by its name.
_NOT_TAKEN = frozenset({"ids", "show_title", "season", "episode", "absolute"})
_FIELDS = tuple(entry.name for entry in fields(Metadata) if entry.name not in _NOT_TAKEN)


@dataclass(frozen=True, slots=True)
class Edited:
    """An NFO of ours that a person changed: the file as it is, its bytes in the cache, and each item's new values."""

    file: Owned
    blob: Blob
    changes: Mapping[ItemId, Mapping[str, Any]]  # by item, then by field


def changes(before: Metadata, after: Metadata) -> dict[str, Any]:
    """The fields that say something else now, with what they say."""
    found = {}
    for name in _FIELDS:
        value = getattr(after, name)
        if value not in (None, "", ()) and value != getattr(before, name):
            found[name] = value
    return found


def find(plan: Plan, blobs: Blobs) -> list[Edited]:
    """The NFOs of ours that the plan leaves alone because a person changed them."""
    found = []
    for operation in plan.operations:
        is_edited = operation.action is Action.KEEP and operation.discrepancy is DiscrepancyKind.CHANGED_BY_OTHER
        there = operation.observed
        if is_edited and operation.path.lower().endswith(".nfo") and there is not None and there.sha256 is not None:
            row = next((row for row in plan.wanted.owned if row.path == operation.path), None)
            edited = _compare(plan, row, blobs) if row is not None else None
            if edited is not None and edited.blob.sha256 == there.sha256:
                file = Owned(operation.path, there.sha256, there.size, there.mtime_ns, there.inode, is_edited=True)
                found.append(replace(edited, file=file))
    return found


def _compare(plan: Plan, row: Owned, blobs: Blobs) -> Edited | None:
    place = Path(plan.wanted.library.root) / row.path
    try:
        data = place.read_bytes()
        now, before = nfo.read(data), nfo.read(blobs.read(row.sha256, "nfo"))
    except (OSError, InvalidInput):
        return None  # gone, or no NFO any more: the next plan sees what it is
    if now.hand in _PROGRAMS:
        return None
    stored = blobs.put(data, "nfo")
    blob = Blob(stored.sha256, stored.extension, stored.size, BlobOrigin.LIBRARY)
    said = {
        member.item.id: changes(ours, theirs)
        for member in plan.wanted.members
        if (ours := _about(before, member.item)) is not None and (theirs := _about(now, member.item)) is not None
    }
    return Edited(row, blob, said)


def _about(document: NfoDocument, item: Item) -> Metadata | None:
    """What the document says of this very item: of several episodes, of the one with its number."""
    if len(document.episodes) <= 1:
        return document.metadata
    return next((one for one in document.episodes if one.episode == item.metadata.episode), None)


def record(tx: Tx, plan: Plan, edited: Sequence[Edited], job_id: JobId | None) -> None:
    """Take the values in, lock them, and know the file as it is from now on."""
    owner = plan.wanted.item
    ours = artwork.texts(tx, [one.blob.sha256 for one in edited])
    for one in edited:
        if one.blob.sha256 in ours:
            _catch_up(tx, owner, one.file, job_id)
            continue
        artwork.add_blob(tx, one.blob)
        for item_id, values in one.changes.items():
            item = items.get(tx, item_id)
            _take_in(tx, item, values)
            words = f"a person changed {', '.join(values) or 'nothing that counts'}; it is locked now"
            line = HistoryLine("edited", one.file.path, words, None, one.blob.sha256)
            published.write_history(tx, item.id, job_id, [line])
        published.own(tx, owner.library_id, owner.id, Purpose.EDITED, one.file)
        files.forget(tx, owner.library_id, [one.file.path])  # a scan may have taken it for the user's


def _catch_up(tx: Tx, owner: Item, file: Owned, job_id: JobId | None) -> None:
    """It is ours as it is, and its row says so now."""
    published.own(tx, owner.library_id, owner.id, Purpose.NFO, file)
    line = HistoryLine("replace", file.path, "it was written before, and is only now known to be", None, file.sha256)
    published.write_history(tx, owner.id, job_id, [line])


def _take_in(tx: Tx, item: Item, values: Mapping[str, Any]) -> None:
    if not values:
        return
    said = dict(values)
    if "cast" in said:
        said["cast"] = _known_faces(said["cast"], item.metadata.cast)
    metadata = replace(item.metadata, **said)
    provenance = {**item.provenance, **dict.fromkeys(said, USER)}
    items.save_metadata(tx, item, metadata, provenance, item.identity)
    if "cast" in said or "crew" in said:
        people.save_credits(tx, item.id, metadata)
    set_locks(tx, item.id, said, LockedBy.EDIT)


def _known_faces(cast: Sequence[CastMember], before: Sequence[CastMember]) -> tuple[CastMember, ...]:
    """An NFO does not say who an actor is elsewhere, nor where the head shot is."""
    known = {member.name: member for member in before}
    return tuple(
        replace(member, tmdb=same.tmdb, portrait_url=same.portrait_url)
        if (same := known.get(member.name)) is not None
        else member
        for member in cast
    )


def says_the_same(there: bytes, wanted: bytes) -> bool:
    """Whether an edited NFO says all that ours would, so that it may stay as the person left it."""
    try:
        theirs, ours = nfo.read(there), nfo.read(wanted)
    except InvalidInput:
        return False
    return (theirs.metadata, theirs.episodes) == (ours.metadata, ours.episodes)


def is_edited_now(row: Owned | None, there: bytes) -> bool:
    """Whether what lies there is the edited file that we took in."""
    return row is not None and row.is_edited and hashlib.sha256(there).hexdigest() == row.sha256
