"""The rows of a show: its item, its seasons' and its episodes', each with files, metadata, artwork and questions.

As with films: what a person or a provider said before is never lost, and no item's status moves backwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.errors import shown
from metarr.library.naming import is_ever_published
from metarr.model.media import ExternalIds, FileRole, Identity, ItemId, ItemKind, LibraryId, Metadata
from metarr.phases.scan import recording
from metarr.phases.scan.recording import Recorded
from metarr.store import artwork, files, identities, items, published, reviews
from metarr.store.items import NewItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.media import Item, MediaFile
    from metarr.phases.scan.series_found import FoundSeries
    from metarr.phases.scan.series_understand import SeenUnit
    from metarr.phases.scan.series_units import KnownFiles
    from metarr.store.db import Tx

_PARENTS = (ItemKind.SERIES, ItemKind.SEASON)


def move(tx: Tx, moved: ItemId, series: FoundSeries) -> int:
    """A show that lies elsewhere now: its seasons and episodes go with it, and what we published for them.

    Returns how many files that is.
    """
    before = items.get(tx, moved)
    for item_id, place in items.below(tx, moved).items():
        tail = place.removeprefix(before.place or "")
        items.update(tx, item_id, place=f"{series.key}{tail}", folder=series.folder)
    return follow_ours(tx, moved, series)


def follow_ours(tx: Tx, show: ItemId, series: FoundSeries) -> int:
    """What we published of a show stays ours where it only lies elsewhere now, by size, time and inode: with the show,
    or with the folder of a season. Under an ending that we never write (`.nfo-orig`) it is put aside, and ours no more.
    Returns how many files that is.
    """
    there = {file.path: file for file in series.files if is_ever_published(file.path)}
    rows = published.owned_by(tx, sorted(items.below(tx, show)))
    gone = {(row.size, row.mtime_ns, row.inode): row.path for row in rows if row.path not in there}
    new = there.keys() - {row.path for row in rows} if gone else set()
    library_id = items.get(tx, show).library_id
    taken = {row.path for row in published.owned_at(tx, library_id, new)}
    moves = {gone.get(_figures(there[path])): path for path in sorted(new - taken)}
    for before, now in moves.items():
        if before is not None:
            published.rename(tx, library_id, before, now)
    return len(moves.keys() - {None})


def _figures(file: MediaFile) -> tuple[int, int, int]:
    return file.size, file.mtime_ns, file.inode


def record(tx: Tx, library_id: LibraryId, seen: Sequence[SeenUnit], back: Mapping[str, ItemId]) -> list[Recorded]:
    """Write these items, in their order; those above them come first, or were written before.

    `back`: by their new places, episodes that were elsewhere before.
    """
    parents = sorted({one.unit.parent for one in seen if one.unit.parent is not None})
    above: dict[str, ItemId] = {}
    for kind in _PARENTS:
        above |= items.ids_at(tx, library_id, kind, parents)
    there = {
        kind: items.ids_at(tx, library_id, kind, [one.unit.key for one in seen if one.unit.kind is kind])
        for kind in (*_PARENTS, ItemKind.EPISODE)
    }
    local = items.local_among(tx, sorted(above.values()))
    recorded = []
    for one in seen:
        unit = one.unit
        parent = None if unit.parent is None else above[unit.parent]  # recorded before
        is_local = parent in local  # what belongs to a show that no provider knows is known to none either
        item_id = there[unit.kind].get(unit.key)
        if item_id is None and unit.key in back:
            item_id = back[unit.key]
            _renumber(tx, items.get(tx, item_id), unit.key, Identity.LOCAL if is_local else Identity.GUESSED)
        if item_id is None:
            done = Recorded(_record_new(tx, library_id, one, parent, is_local=is_local), is_new=True)
        else:
            item = items.get(tx, item_id)
            is_new = _record_again(tx, library_id, item, one, parent)
            done = Recorded(item_id, is_new, is_elsewhere=(item.parent_id, item.folder) != (parent, unit.folder))
        above[unit.key] = done.item_id
        local |= {done.item_id} if is_local else set()
        recorded.append(done)
    return recorded


def _renumber(tx: Tx, item: Item, key: str, identity: Identity) -> None:
    """An episode at another place is another episode of its show, or of another one: what was said of it is over."""
    items.update(tx, item.id, place=key)
    identities.reidentify(tx, item, ExternalIds(), "name", identity, is_heard_again=True)


def known_files(tx: Tx, there: Mapping[str, ItemId]) -> dict[str, KnownFiles]:
    """The files of these items as they were recorded, with their fingerprints: by place, then by path."""
    found = files.of_items(tx, sorted(there.values()))
    return {place: found.get(item_id, {}) for place, item_id in there.items()}


def _record_new(tx: Tx, library_id: LibraryId, seen: SeenUnit, parent: ItemId | None, *, is_local: bool) -> ItemId:
    unit, decision = seen.unit, seen.decision
    merged, provenance = recording.heard(Metadata(), {}, frozenset(), seen)
    evidence = recording.evidence_of(decision)
    identity = Identity.LOCAL if is_local else decision.identity
    new = NewItem(library_id, unit.kind, unit.key, unit.folder, merged, provenance, identity, evidence, parent)
    item_id = items.create(tx, new)
    if identity is Identity.REVIEW:
        reviews.ask_identity(tx, item_id, shown(decision.reason), evidence)
    ids = files.add(tx, library_id, item_id, seen.files)
    recording.save_pictures(tx, item_id, frozenset(), (), seen.pictures)
    if unit.is_first:  # one question about a file of several episodes is enough
        reviews.ask_more_files(tx, item_id, recording.doubtful(seen.files, ids))
    return item_id


def _record_again(tx: Tx, library_id: LibraryId, item: Item, seen: SeenUnit, parent: ItemId | None) -> bool:
    """Returns whether the item was missing, and came back."""
    is_back = item.missing_since is not None
    if is_back or (item.parent_id, item.folder) != (parent, seen.unit.folder):
        values = {"parent_id": parent, "folder": seen.unit.folder}
        items.update(tx, item.id, missing_since=None, delete_after=None, **values)
    item = recording.without_wrong_identity(tx, item, seen.decision)
    before = {(file.path, file.size, file.mtime_ns) for file in files.of_item(tx, item.id) if _is_video(file.role)}
    ids = files.replace(tx, library_id, item.id, seen.files)
    now = {(file.path, file.size, file.mtime_ns) for file, _ in seen.files if _is_video(file.role)}
    is_changed = recording.save_metadata(tx, item, seen)
    is_chosen = recording.save_pictures(tx, item.id, item.locks, artwork.selections(tx, item.id), seen.pictures)
    if now != before or is_back:
        items.touch_disk(tx, item.id)
    if is_chosen or (now != before and not is_changed) or recording.is_edited(tx, item.id, seen.files):
        items.touch(tx, item.id)
    reviews.ask_files(tx, item.id, recording.doubtful(seen.files, ids) if seen.unit.is_first else ())
    return is_back


def _is_video(role: FileRole) -> bool:
    return role is FileRole.VIDEO
