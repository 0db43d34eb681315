"""Items: the one table of movies, series, seasons, episodes and collections, with their ids and locks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.model.folding import folded
from metarr.model.media import ExternalIds, Identity, Item, ItemId, ItemKind, ItemNeeds, LibraryId, Metadata
from metarr.store import locks, pruning, schema, traits
from metarr.store.columns import document, escape_path, unescape_path
from metarr.store.db import NOW, after
from metarr.store.documents import dumped, loaded
from metarr.store.prepared import Prepared, PreparedQuery, prepared_insert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from metarr.store.db import Tx

_ITEM = schema.item
_EXTERNAL = schema.external_id
_FIRST = (
    "library_id", "kind", "parent_id", "place", "folder", "identity", "title", "sort_title", "search", "year", "rating",
    "season_number", "episode_number", "metadata", "provenance", "evidence",
)  # fmt: skip
_CREATE = prepared_insert(_ITEM, _FIRST, returning=["id"], created_at=NOW, changed_at=NOW)
_LONGEST_TITLE, _LONGEST_SEARCH = 200, 300  # characters: an index takes no more
_ADD_ID = prepared_insert(_EXTERNAL, ["item_id", "source", "value"])
_CHUNK = 500
_HAS_FILES = _ITEM.c.kind != ItemKind.COLLECTION  # a movie set lies nowhere
_PLACES = Prepared(
    sa.select(_ITEM.c.place, _ITEM.c.id).where(
        _ITEM.c.library_id == sa.bindparam("library_id", type_=_ITEM.c.library_id.type),
        _ITEM.c.missing_since.is_(None),
        _ITEM.c.place.is_not(None),
        _ITEM.c.kind != ItemKind.COLLECTION.value,
    )
)
_GET = PreparedQuery(sa.select(_ITEM).where(_ITEM.c.id == sa.bindparam("item_id", type_=_ITEM.c.id.type)))
_IS_IT = _ITEM.c.id == sa.bindparam("b_item", type_=_ITEM.c.id.type)
_TOUCH_DISK = Prepared(sa.update(_ITEM).where(_IS_IT).values(disk_revision=_ITEM.c.disk_revision + 1))
_MARK_PUBLISHED = Prepared(sa.update(_ITEM).where(_IS_IT).values(published_revision=sa.bindparam("b_revision")))
_PARENT = sa.alias(_ITEM, "parent")
_ABOVE = sa.alias(_ITEM, "above")


def get(tx: Tx, item_id: int) -> Item:
    """One item with its document, ids and locks. Raises NotFound."""
    rows = tx.fetch(_GET, {"item_id": item_id})
    if not rows:
        raise NotFound(f"There is no item {item_id}.")
    return _item(rows[0], locks.effective(tx, item_id, rows[0]["parent_id"]))


def hold(tx: Tx, item_id: int) -> None:
    """Nobody else changes the item until this transaction ends, on a database where they could. Raises NotFound."""
    if tx.one(sa.select(_ITEM.c.id).where(_ITEM.c.id == item_id).with_for_update()) is None:
        raise NotFound(f"There is no item {item_id}.")


def at_place(tx: Tx, library_id: LibraryId, kind: ItemKind, place: str) -> Item | None:
    """The item that lies there, missing or not."""
    query = sa.select(_ITEM).where(_ITEM.c.library_id == library_id, _ITEM.c.kind == kind, _ITEM.c.place == place)
    row = tx.one(query)
    return None if row is None else _item(row, locks.effective(tx, row["id"], row["parent_id"]))


def ids_at(tx: Tx, library_id: LibraryId, kind: ItemKind, wanted: Sequence[str]) -> dict[str, ItemId]:
    """The items that lie at these places, missing or not: place -> id."""
    found: dict[str, ItemId] = {}
    for start in range(0, len(wanted), _CHUNK):
        here = _ITEM.c.place.in_(wanted[start : start + _CHUNK])
        query = sa.select(_ITEM.c.place, _ITEM.c.id).where(_ITEM.c.library_id == library_id, _ITEM.c.kind == kind, here)
        found.update((row["place"], ItemId(row["id"])) for row in tx.rows(query))
    return found


@dataclass(frozen=True, slots=True)
class NewItem:
    """All that is known of an item when it is first recorded."""

    library_id: LibraryId
    kind: ItemKind
    place: str
    folder: str
    metadata: Metadata = field(default_factory=Metadata)
    provenance: Mapping[str, str] = field(default_factory=dict)
    identity: Identity = Identity.REVIEW
    evidence: Sequence[Any] = ()
    parent_id: ItemId | None = None


def is_any(tx: Tx) -> bool:
    """Whether something was found in any library that is still there."""
    query = sa.select(_ITEM.c.id).where(_ITEM.c.missing_since.is_(None), _HAS_FILES)
    return tx.one(query.limit(1)) is not None


def create(tx: Tx, new: NewItem) -> ItemId:
    """A new item with everything that is known of it, in one statement."""
    row = {
        "library_id": new.library_id,
        "kind": new.kind.value,
        "parent_id": new.parent_id,
        "place": escape_path(new.place),
        "folder": escape_path(new.folder),
        "evidence": document(list(new.evidence)),
        **_derived(new.metadata, new.identity),
        "metadata": document(dumped(new.metadata)),
        "provenance": document(dict(new.provenance)),
    }
    [[item_id]] = tx.run(_CREATE, row)
    _add_ids(tx, item_id, new.metadata.ids)
    traits.add(tx, [(item_id, traits.of_metadata(new.metadata))])
    return ItemId(item_id)


def add(tx: Tx, library_id: LibraryId, kind: ItemKind, place: str, folder: str) -> Item:
    """A new, empty item; `save_metadata` fills it."""
    return get(tx, create(tx, NewItem(library_id, kind, place, folder)))


def save_metadata(tx: Tx, item: Item, metadata: Metadata, provenance: Mapping[str, str], identity: Identity) -> bool:
    """Write the document and the columns derived from it. True when anything changed; the revision grows then."""
    is_same = metadata == item.metadata and dict(provenance) == dict(item.provenance) and identity is item.identity
    if is_same:
        return False
    values = {
        **_derived(metadata, identity),
        "metadata": dumped(metadata),
        "provenance": dict(provenance),
        "revision": _ITEM.c.revision + 1,
        "changed_at": NOW,
    }
    tx.execute(sa.update(_ITEM).where(_ITEM.c.id == item.id).values(**values))
    if metadata.ids != item.metadata.ids:
        tx.execute(sa.delete(_EXTERNAL).where(_EXTERNAL.c.item_id == item.id))
        _add_ids(tx, item.id, metadata.ids)
    if metadata.genres != item.metadata.genres:
        traits.replace(tx, item.id, traits.OF_METADATA, traits.of_metadata(metadata))
    return True


def _derived(metadata: Metadata, identity: Identity) -> dict[str, Any]:
    return {"identity": identity.value, **listed(metadata)}


def listed(metadata: Metadata) -> dict[str, Any]:
    """The columns that lists sort and search by."""
    title = metadata.title or ""
    titles = dict.fromkeys(folded(one) for one in (title, metadata.original_title, metadata.sort_title) if one)
    rating = next((one.value / one.scale * 10 for one in metadata.ratings if one.scale), None)
    return {
        "title": title,
        "sort_title": (metadata.sort_title or title).casefold()[:_LONGEST_TITLE],
        "search": "\n".join(titles)[:_LONGEST_SEARCH],
        "rating": None if rating is None else round(rating, 2),
        "year": metadata.year,
        "season_number": metadata.season,
        "episode_number": metadata.episode,
    }


def _add_ids(tx: Tx, item_id: int, ids: ExternalIds) -> None:
    for source, value in ids.as_dict().items():
        tx.run(_ADD_ID, {"item_id": item_id, "source": source, "value": str(value)})


def update(tx: Tx, item_id: ItemId, **values: Any) -> None:  # noqa: ANN401  columns of every type
    """Set plain columns of one item."""
    tx.execute(sa.update(_ITEM).where(_ITEM.c.id == item_id).values(**values))


def touch(tx: Tx, item_id: ItemId) -> None:
    """What publishing depends on has changed."""
    update(tx, item_id, revision=_ITEM.c.revision + 1, changed_at=NOW)


def touch_disk(tx: Tx, item_id: ItemId) -> None:
    """Files of the item have changed; players should know."""
    tx.run_many(_TOUCH_DISK, [{"b_item": item_id}])


def mark_published(tx: Tx, item_id: ItemId, revision: int) -> None:
    """What was wanted at that revision lies in the library."""
    tx.run_many(_MARK_PUBLISHED, [{"b_item": item_id, "b_revision": revision}])


def mark_missing(tx: Tx, item_ids: Sequence[ItemId], grace: timedelta) -> None:
    """Soft deletion: the items stay whole until the grace is over, and come back with their files."""
    for chunk in _chunks(item_ids):
        which = sa.and_(_ITEM.c.id.in_(chunk), _ITEM.c.missing_since.is_(None))
        values = {"missing_since": NOW, "delete_after": after(grace), "disk_revision": _ITEM.c.disk_revision + 1}
        tx.execute(sa.update(_ITEM).where(which).values(**values))


def places(tx: Tx, library_id: LibraryId, *, below: str = "") -> dict[str, ItemId]:
    """Where the items of a library lie that are not missing: place -> id; only those at or below a folder."""
    found = {unescape_path(place): ItemId(item) for place, item in tx.run(_PLACES, {"library_id": library_id})}
    if not below:
        return found
    return {place: item for place, item in found.items() if place == below or place.startswith(f"{below}/")}


def below(tx: Tx, item_id: ItemId) -> dict[ItemId, str]:
    """A show's own item, its seasons and its episodes, missing or not: id -> place."""
    inner = sa.select(_ITEM.c.id).where(_ITEM.c.parent_id == item_id)
    which = sa.or_(_ITEM.c.id == item_id, _ITEM.c.parent_id == item_id, _ITEM.c.parent_id.in_(inner))
    query = sa.select(_ITEM.c.id, _ITEM.c.place).where(which, _ITEM.c.place.is_not(None))
    return {ItemId(row["id"]): row["place"] for row in tx.rows(query)}


def evidence(tx: Tx, item_id: ItemId) -> Sequence[Mapping[str, Any]]:
    """What the last scan heard about what the item is, in the order of its weight."""
    row = tx.one(sa.select(_ITEM.c.evidence).where(_ITEM.c.id == item_id))
    found: Sequence[Mapping[str, Any]] = row["evidence"] if row is not None else ()
    return found


def episode_orders(tx: Tx, library_id: LibraryId) -> dict[str, str]:
    """The shows of a library whose numbers are not those of their first airing: place -> order."""
    query = sa.select(_ITEM.c.place, _ITEM.c.episode_order).where(
        _ITEM.c.library_id == library_id, _ITEM.c.episode_order.is_not(None), _ITEM.c.place.is_not(None)
    )
    return {row["place"]: row["episode_order"] for row in tx.rows(query)}


def missing(tx: Tx, library_id: LibraryId) -> list[ItemId]:
    """Items of a library whose files are gone, and whose grace is not over."""
    query = sa.select(_ITEM.c.id).where(
        _ITEM.c.library_id == library_id, _ITEM.c.missing_since.is_not(None), _HAS_FILES
    )
    return [ItemId(row["id"]) for row in tx.rows(query.order_by(_ITEM.c.id))]


def missing_places(tx: Tx, library_id: LibraryId) -> dict[ItemId, str]:
    """The same, with where they lay."""
    query = sa.select(_ITEM.c.id, _ITEM.c.place).where(
        _ITEM.c.library_id == library_id, _ITEM.c.missing_since.is_not(None), _ITEM.c.place.is_not(None)
    )
    return {ItemId(row["id"]): row["place"] for row in tx.rows(query)}


def kinds_of(tx: Tx, item_ids: Sequence[ItemId]) -> dict[ItemId, ItemKind]:
    """What kind each of these items is of."""
    found: dict[ItemId, ItemKind] = {}
    for chunk in _chunks(item_ids):
        rows = tx.rows(sa.select(_ITEM.c.id, _ITEM.c.kind).where(_ITEM.c.id.in_(chunk)))
        found.update((ItemId(row["id"]), ItemKind(row["kind"])) for row in rows)
    return found


def all_ids_of(tx: Tx, item_ids: Sequence[ItemId]) -> list[tuple[tuple[str, str], ItemId]]:
    """Every id of these items, as (source, value) with its item; items of two kinds may share one."""
    found: list[tuple[tuple[str, str], ItemId]] = []
    for chunk in _chunks(item_ids):
        query = sa.select(_EXTERNAL).where(_EXTERNAL.c.item_id.in_(chunk)).order_by(_EXTERNAL.c.item_id.desc())
        found += [((row["source"], row["value"]), ItemId(row["item_id"])) for row in tx.rows(query)]
    return found


def ids_of(tx: Tx, item_ids: Sequence[ItemId]) -> dict[tuple[str, str], ItemId]:
    """By which ids the world knows these items: (source, value) -> item."""
    return dict(all_ids_of(tx, item_ids))


def _needs() -> sa.Select[Any]:
    """Built once: every settlement asks."""
    columns = (
        _ITEM.c.id,
        _ITEM.c.kind,
        _ITEM.c.identity,
        _ITEM.c.is_monitored,
        _ITEM.c.is_held,
        _ITEM.c.missing_since.is_not(None).label("is_missing"),
        _ITEM.c.enriched_at.is_not(None).label("was_enriched"),
        (sa.func.coalesce(_ITEM.c.published_revision, 0) >= _ITEM.c.revision).label("is_published"),
        (sa.func.coalesce(_ITEM.c.synced_revision, 0) >= _ITEM.c.disk_revision).label("is_synced"),
        # The show is the topmost: a season's parent, an episode's parent or what is above that.
        sa.case(
            (_ITEM.c.parent_id.is_(None), sa.true()),
            (_ABOVE.c.id.is_not(None), _ABOVE.c.enriched_at.is_not(None)),
            else_=_PARENT.c.enriched_at.is_not(None),
        ).label("is_show_enriched"),
    )
    line = _ITEM.outerjoin(_PARENT, _PARENT.c.id == _ITEM.c.parent_id)
    line = line.outerjoin(_ABOVE, _ABOVE.c.id == _PARENT.c.parent_id)
    return sa.select(*columns).select_from(line).where(_ITEM.c.id.in_(sa.bindparam("ids", expanding=True)))


_NEEDS = _needs()


def needs(tx: Tx, item_ids: Iterable[ItemId]) -> list[ItemNeeds]:
    """What each of these items still lacks, in the order given."""
    wanted = list(item_ids)
    found: dict[int, ItemNeeds] = {}
    for chunk in _chunks(wanted):
        for row in tx.execute(_NEEDS, {"ids": chunk}).mappings():
            values = {**row, "kind": ItemKind(row["kind"]), "identity": Identity(row["identity"])}
            found[row["id"]] = ItemNeeds(item_id=values.pop("id"), **values)
    return [found[item_id] for item_id in wanted if item_id in found]


def local_among(tx: Tx, item_ids: Sequence[ItemId]) -> set[ItemId]:
    """Those of these items that no provider knows, as their owner said."""
    found: set[ItemId] = set()
    for chunk in _chunks(item_ids):
        query = sa.select(_ITEM.c.id).where(_ITEM.c.id.in_(chunk), _ITEM.c.identity == Identity.LOCAL)
        found.update(ItemId(row["id"]) for row in tx.rows(query))
    return found


def of_library(tx: Tx, library_id: LibraryId) -> list[ItemId]:
    """Every item of a library that is not missing."""
    query = sa.select(_ITEM.c.id).where(_ITEM.c.library_id == library_id, _ITEM.c.missing_since.is_(None))
    return [ItemId(row["id"]) for row in tx.rows(query.order_by(_ITEM.c.id))]


def titles(tx: Tx, item_ids: Sequence[ItemId]) -> dict[int, str]:
    """Titles of these items."""
    found: dict[int, str] = {}
    for chunk in _chunks(item_ids):
        rows = tx.rows(sa.select(_ITEM.c.id, _ITEM.c.title).where(_ITEM.c.id.in_(chunk)))
        found.update((row["id"], row["title"]) for row in rows)
    return found


def delete_past_grace(tx: Tx) -> int:
    """Items whose files have been gone for longer than their grace. Returns how many."""
    return pruning.prune(tx, _ITEM, _ITEM.c.delete_after < pruning.ago(timedelta()))


def idle_and_lacking(
    tx: Tx, library_id: LibraryId, enriched: Collection[ItemKind], synced: Collection[ItemKind], *, below: str = ""
) -> list[ItemId]:
    """Items of a library, or of a folder of it, that are not as they should be, and that no open job is about.

    `enriched`, `synced`: the kinds of which metadata is wanted, and of which players are told. All are published.
    """
    inside = sa.type_coerce(_ITEM.c.place, sa.Text).startswith(f"{escape_path(below)}/", autoescape=True)
    job = schema.job
    is_open = sa.text("job.state IN ('pending', 'running')")
    is_untold = sa.func.coalesce(_ITEM.c.synced_revision, 0) < _ITEM.c.disk_revision
    lacks = sa.or_(
        sa.and_(_ITEM.c.kind.in_(sorted(enriched)), _ITEM.c.enriched_at.is_(None)),
        sa.func.coalesce(_ITEM.c.published_revision, 0) < _ITEM.c.revision,
        sa.and_(_ITEM.c.kind.in_(sorted(synced)), is_untold),
    )
    query = sa.select(_ITEM.c.id).where(
        _ITEM.c.library_id == library_id,
        lacks,
        sa.or_(_ITEM.c.place == below, inside) if below else sa.true(),
        ~sa.exists().where(job.c.item_id == _ITEM.c.id, is_open),
    )
    return [ItemId(row["id"]) for row in tx.rows(query.order_by(_ITEM.c.id))]


def is_younger(tx: Tx, item_id: ItemId, age: timedelta) -> bool:
    """Whether the item was first seen less than that ago."""
    return tx.one(sa.select(_ITEM.c.id).where(_ITEM.c.id == item_id, _ITEM.c.created_at > after(-age))) is not None


def enriched_before(tx: Tx, library_id: LibraryId, age: timedelta) -> list[ItemId]:
    """Items of a library, monitored and there, whose metadata is older than that."""
    query = sa.select(_ITEM.c.id).where(
        _ITEM.c.library_id == library_id,
        _ITEM.c.enriched_at < after(-age),
        _ITEM.c.is_monitored,
        _ITEM.c.missing_since.is_(None),
    )
    return [ItemId(row["id"]) for row in tx.rows(query.order_by(_ITEM.c.enriched_at))]


def _chunks(ids: Sequence[ItemId]) -> Iterable[Sequence[ItemId]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _item(row: sa.RowMapping | Mapping[str, Any], locked: frozenset[str]) -> Item:
    return Item(
        id=ItemId(row["id"]),
        kind=ItemKind(row["kind"]),
        library_id=LibraryId(row["library_id"]),
        parent_id=row["parent_id"],
        place=row["place"],
        folder=row["folder"],
        identity=Identity(row["identity"]),
        metadata=loaded(row["metadata"]),
        provenance=row["provenance"],
        locks=locked,
        is_monitored=row["is_monitored"],
        enriched_at=row["enriched_at"],
        missing_since=row["missing_since"],
        is_held=row["is_held"],
        revision=row["revision"],
        published_revision=row["published_revision"],
        disk_revision=row["disk_revision"],
        synced_revision=row["synced_revision"],
        episode_order=row["episode_order"],
        collection_id=row["collection_id"],
    )
