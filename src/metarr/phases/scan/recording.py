"""The rows of films: item, files, metadata with provenance, found artwork, questions for a person.

What a person or a provider said before is never lost to a rescan, and an item's status never moves backwards. A new
film is written without reading anything back: on a first scan that is the whole work.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Protocol

from metarr.errors import shown
from metarr.model.artwork import Candidate, ChosenBy, Score, Selection
from metarr.model.media import USER, ExternalIds, FileRole, Identity, ItemKind, Metadata
from metarr.model.merge import merge
from metarr.model.published import Owned, Purpose
from metarr.phases.scan.identify import Evidence, Source
from metarr.store import artwork, files, identities, items, published, reviews
from metarr.store.artwork import Hung
from metarr.store.items import NewItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metarr.model.media import FileId, Item, ItemId, Library, MediaFile
    from metarr.phases.scan.group import FoundMovie
    from metarr.phases.scan.identify import Decision
    from metarr.phases.scan.understand import LocalPicture, Said, Understood
    from metarr.store.db import Tx

_SURE = 80  # below it a person is asked about a file
_BEFORE_PROVIDERS = "nfo"
_AFTER_PROVIDERS = ("managed-nfo", "name")
_EVIDENCE = tuple(one.name for one in fields(Evidence))
_OFFERED = Score(100.0, {"local": 100.0})


class Seen(Protocol):
    """What was understood of any item: a film, a show, a season or an episode."""

    @property
    def decision(self) -> Decision: ...
    @property
    def said(self) -> Sequence[Said]: ...
    @property
    def named(self) -> Metadata: ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """The item, whether it is new or came back, and whether it lies in another folder or season than before."""

    item_id: ItemId
    is_new: bool
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A film ready to be recorded. `moved`: the item that it was at another place."""

    understood: Understood
    moved: ItemId | None = None


def record(tx: Tx, library: Library, batch: Sequence[Found]) -> list[Recorded]:
    """Write these films, in their order."""
    there = items.ids_at(tx, library.id, ItemKind.MOVIE, [found.understood.film.key for found in batch])
    known = [there.get(found.understood.film.key) or _moved_here(tx, library, found) for found in batch]
    pairs = list(zip(batch, known, strict=True))
    created = iter(_record_new(tx, library, [found.understood for found, item_id in pairs if item_id is None]))
    return [
        Recorded(next(created), is_new=True)
        if item_id is None
        else Recorded(item_id, is_new=_record_again(tx, library, items.get(tx, item_id), found.understood))
        for found, item_id in pairs
    ]


def _moved_here(tx: Tx, library: Library, found: Found) -> ItemId | None:
    if found.moved is not None:
        _move(tx, library, items.get(tx, found.moved), found.understood.film)
    return found.moved


def _record_new(tx: Tx, library: Library, films: Sequence[Understood]) -> list[ItemId]:
    """Many films with few statements."""
    ids = [_create(tx, library, film) for film in films]
    pairs = list(zip(ids, films, strict=True))
    files.add_many(tx, library.id, [(item_id, film.files) for item_id, film in pairs])
    artwork.hang(
        tx,
        [
            Hung(item_id, picture.blob, _offer(picture), _OFFERED, _slot(picture))
            for item_id, film in pairs
            for picture in film.pictures
        ],
    )
    unclear = [file.path for film in films for file, _ in film.files if file.confidence < _SURE]
    file_ids = files.ids_at(tx, library.id, unclear)
    for item_id, film in pairs:
        reviews.ask_more_files(tx, item_id, doubtful(film.files, file_ids))
    return ids


def _create(tx: Tx, library: Library, understood: Understood) -> ItemId:
    film, decision = understood.film, understood.decision
    merged, provenance = heard(Metadata(), {}, frozenset(), understood)
    evidence = evidence_of(decision)
    new = NewItem(library.id, ItemKind.MOVIE, film.key, film.folder, merged, provenance, decision.identity, evidence)
    item_id = items.create(tx, new)
    if decision.identity is Identity.REVIEW:
        reviews.ask_identity(tx, item_id, shown(decision.reason), evidence)
    return item_id


def _record_again(tx: Tx, library: Library, item: Item, understood: Understood) -> bool:
    """Returns whether the item was missing, and came back."""
    is_back = item.missing_since is not None
    if is_back:
        items.update(tx, item.id, missing_since=None, delete_after=None)
    item = without_wrong_identity(tx, item, understood.decision)
    before = _videos(files.of_item(tx, item.id))
    theirs = _without_ours(tx, item.id, understood.files)
    ids = files.replace(tx, library.id, item.id, theirs)
    now = _videos(file for file, _ in theirs)
    is_changed = save_metadata(tx, item, understood)
    is_chosen = save_pictures(tx, item.id, item.locks, artwork.selections(tx, item.id), understood.pictures)
    if now != before or is_back:
        items.touch_disk(tx, item.id)
    if is_chosen or (now != before and not is_changed) or is_edited(tx, item.id, theirs):
        items.touch(tx, item.id)
    reviews.ask_files(tx, item.id, doubtful(theirs, ids))
    return is_back


def _videos(found: Iterable[MediaFile]) -> set[tuple[str, int, int]]:
    return {(file.path, file.size, file.mtime_ns) for file in found if file.role is FileRole.VIDEO}


def _without_ours(
    tx: Tx, item_id: ItemId, found: Sequence[tuple[MediaFile, str | None]]
) -> list[tuple[MediaFile, str | None]]:
    """Without what is ours: as we wrote it, or as it was before we did, if this scan looked earlier than that."""
    ours = {row.path: row.mtime_ns for row in published.owned(tx, item_id)}
    return [pair for pair in found if pair[0].mtime_ns > ours.get(pair[0].path, -1)]


def is_edited(tx: Tx, item_id: ItemId, found: Iterable[tuple[MediaFile, str | None]]) -> bool:
    """Whether somebody changed an NFO of ours since: publishing takes in what it says."""
    ours = {row.path for row in published.owned(tx, item_id)}
    return any(file.role is FileRole.NFO and file.path in ours for file, _ in found)


def doubtful(found: Iterable[tuple[MediaFile, str | None]], ids: Mapping[str, FileId]) -> list[tuple[FileId, str]]:
    """Files about which a person is asked, with the rule that was not sure."""
    return [(ids[file.path], file.rule) for file, _ in found if file.confidence < _SURE]


def _move(tx: Tx, library: Library, item: Item, film: FoundMovie) -> None:
    """The item's new place. What we published and moved along with it stays ours."""
    items.update(tx, item.id, place=film.key, folder=film.folder)
    there = {file.path: file for file in film.files}
    for row in published.owned(tx, item.id):
        tail = row.path.removeprefix(f"{item.folder}/") if item.folder else row.path
        path = f"{film.folder}/{tail}" if film.folder else tail
        file = there.get(path)
        if path == row.path or file is None:
            continue
        if (file.size, file.mtime_ns, file.inode) == (row.size, row.mtime_ns, row.inode):
            published.disown(tx, library.id, row.path)
            published.own(tx, library.id, item.id, _purpose(file, row), replace(row, path=path))


def _purpose(file: MediaFile, row: Owned) -> Purpose:
    if row.is_edited:
        return Purpose.EDITED
    return {FileRole.NFO: Purpose.NFO, FileRole.ACTOR: Purpose.ACTOR}.get(file.role, Purpose.ARTWORK)


def without_wrong_identity(tx: Tx, item: Item, decision: Decision) -> Item:
    """Ids that somebody stated beat what an earlier search found; what belonged to the wrong one goes, locks stay."""
    is_stated = decision.identity is Identity.IDENTIFIED and item.provenance.get("ids") != USER
    if not is_stated or "ids" in item.locks or item.metadata.ids.agrees_with(decision.ids) is not False:
        return item
    return identities.reidentify(tx, item, ExternalIds(), "name", Identity.GUESSED, is_heard_again=True)


def save_metadata(tx: Tx, item: Item, seen: Seen) -> bool:
    """Write what names and NFO files say now. Returns whether the item's document is another one."""
    decision = seen.decision
    merged, provenance = heard(item.metadata, item.provenance, item.locks, seen)
    identity = _identity(item, decision)
    _ask(tx, item, decision, identity)
    items.update(tx, item.id, evidence=evidence_of(decision))
    return items.save_metadata(tx, item, merged, provenance, identity)


def heard(
    before: Metadata, origins: Mapping[str, str], locks: frozenset[str], seen: Seen
) -> tuple[Metadata, Mapping[str, str]]:
    """The metadata with what names and NFO files say now, and where each field is from."""
    decision = seen.decision
    told = {said.source: said.metadata for said in seen.said}
    providers = sorted({source for source in origins.values() if source not in _LOCAL_SOURCES})
    sources: list[tuple[str, Metadata | None]] = [
        (USER, None),
        (_BEFORE_PROVIDERS, told.get(_BEFORE_PROVIDERS)),
        *((name, None) for name in providers),
        *((name, told.get(name, seen.named if name == "name" else None)) for name in _AFTER_PROVIDERS),
    ]
    # A person's ids are not filled up with what a name or an NFO says of something else.
    is_settled = origins.get("ids") == USER or "ids" in locks
    ids = before.ids if is_settled else before.ids.merged_with(decision.ids)
    current = replace(before, ids=ids)
    merged = merge(current, origins, locks, sources)
    provenance = dict(merged.provenance)
    if decision.ids and not is_settled and "ids" not in provenance:  # ids that a search found are not the name's
        provenance["ids"] = _id_source(decision)
    return merged.metadata, provenance


_LOCAL_SOURCES = frozenset({USER, _BEFORE_PROVIDERS, *_AFTER_PROVIDERS})


def _id_source(decision: Decision) -> str:
    first = next((piece.source for piece in decision.evidence if piece.ids), Source.NAME)
    return {Source.NFO: "nfo", Source.MANAGED_NFO: "managed-nfo", Source.WEBHOOK: "webhook"}.get(first, "name")


def _identity(item: Item, decision: Decision) -> Identity:
    """A guess or a doubt never replaces a certainty; a person's word (local) stays."""
    if item.identity is Identity.LOCAL:
        return item.identity
    if item.identity is Identity.IDENTIFIED and decision.identity is not Identity.IDENTIFIED:
        return item.identity
    was_searched = item.identity is Identity.REVIEW and item.metadata.title == decision.title
    if was_searched and decision.identity is Identity.GUESSED and item.metadata.year == decision.year:
        return item.identity  # a search has been undecided about exactly this already
    return decision.identity


def _ask(tx: Tx, item: Item, decision: Decision, identity: Identity) -> None:
    if identity is Identity.REVIEW and decision.identity is Identity.REVIEW:
        reviews.ask_identity(tx, item.id, shown(decision.reason), evidence_of(decision))
    elif identity in {Identity.IDENTIFIED, Identity.LOCAL} and item.identity is Identity.REVIEW:
        reviews.settle_identity(tx, item.id)


def evidence_of(decision: Decision) -> list[dict[str, Any]]:
    return [
        {
            **{name: getattr(piece, name) for name in _EVIDENCE},
            "source": piece.source.name.lower(),
            "ids": piece.ids.as_dict(),
        }
        for piece in decision.evidence
    ]


def save_pictures(
    tx: Tx, item_id: ItemId, locks: frozenset[str], chosen: Iterable[Selection], pictures: Sequence[LocalPicture]
) -> bool:
    """Found artwork is on offer, and chosen where no person decided otherwise: it was the owner's before us.

    Returns whether the choice is another one now; then the item's revision has to grow.
    """
    taken = {(one.kind, one.rank): one for one in chosen}
    is_changed = False
    for picture in pictures:
        current = taken.get((picture.kind, picture.rank))
        if current is not None and current.blob == picture.blob.sha256:
            continue  # known, or our own: published a moment ago, and its row is not written yet
        artwork.add_blob(tx, picture.blob)
        artwork.save_candidates(tx, item_id, [(_offer(picture), _OFFERED)])
        is_decided = current is not None and current.chosen_by is ChosenBy.USER
        if not is_decided and f"artwork.{picture.kind}" not in locks:
            artwork.choose(tx, item_id, _slot(picture))
            is_changed = True
    return is_changed


def _offer(picture: LocalPicture) -> Candidate:
    blob = picture.blob
    return Candidate(picture.kind, artwork.LOCAL, width=blob.width, height=blob.height, blob=blob.sha256)


def _slot(picture: LocalPicture) -> Selection:
    return Selection(picture.kind, picture.rank, picture.blob.sha256, picture.blob.extension, ChosenBy.FOUND)


def known_files(tx: Tx, item_ids: Sequence[ItemId]) -> dict[str, tuple[MediaFile, str | None]]:
    """The files of these items as they were recorded, by path, with their fingerprints."""
    found = files.of_items(tx, item_ids)
    return {path: file for of_item in found.values() for path, file in of_item.items()}
