"""A library as scans and enrichments would have recorded it, whose items are published directly into its folder."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from PIL import Image

from metarr.demo.clip import tiny_clip
from metarr.library import placement
from metarr.library.files import Permissions
from metarr.library.placement import Placed
from metarr.library.wanted import gather
from metarr.model.artwork import Blob, BlobOrigin, ChosenBy, Selection
from metarr.model.media import CastMember, FileRole, Identity, ItemId, ItemKind, LibraryKind, MediaFile
from metarr.settings import Settings
from metarr.store import artwork, collections, files, items, libraries, people
from metarr.store.items import NewItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from metarr.model.artwork import ArtworkKind
    from metarr.model.media import LibraryId, Metadata
    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx


@dataclass
class House:
    """`add` items with their videos, choose pictures for them, `publish` them. `ids`: their items by place."""

    store: Store
    root: Path
    blobs: Blobs
    kind: LibraryKind = LibraryKind.TV
    profiles: Sequence[str] = ("kodi", "jellyfin", "plex")
    settings: Settings = field(default_factory=Settings)
    library: LibraryId = field(init=False)
    ids: dict[str, ItemId] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir()
        name, root = self.root.name, str(self.root)
        self.library = self.store.write_now(lambda tx: libraries.add(tx, name, self.kind, root, self.profiles)).id

    def add(
        self,
        kind: ItemKind,
        place: str,
        metadata: Metadata,
        *videos: str,
        parent: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> str:
        """An item with its videos, and with the movie set that its metadata names. Returns its place."""
        is_deeper = kind is ItemKind.EPISODE
        folder = videos[0].rpartition("/")[0] if is_deeper else place.partition("//")[0]

        def record(tx: Tx) -> None:
            above = self.ids[parent] if parent else None
            new = NewItem(self.library, kind, place, folder, metadata, {}, Identity.IDENTIFIED, (), above)
            item_id = self.ids[place] = items.create(tx, new)
            people.save_credits(tx, item_id, metadata)
            files.add(tx, self.library, item_id, [(self._file(video, details or {}), None) for video in videos])
            named = metadata.collection
            collection = collections.link(tx, items.get(tx, item_id), named)
            if named is not None and collection is not None:
                self.ids[f"collection:{named.tmdb}"] = collection

        self.store.write_now(record)
        return place

    def _file(self, path: str, details: Mapping[str, Any]) -> MediaFile:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.write_bytes(tiny_clip(5, 16, 16))
        status = place.stat()
        figures = (status.st_size, status.st_mtime_ns, status.st_ino)
        return MediaFile(path, FileRole.VIDEO, 95, "test", *figures, details)

    def picture(self, place: str, kind: ArtworkKind, rank: int = 0) -> None:
        blob = self._blob(f"{place} {kind} {rank}")
        choice = Selection(kind, rank, blob.sha256, blob.extension, ChosenBy.USER)

        def record(tx: Tx) -> None:
            artwork.add_blob(tx, blob)
            artwork.choose(tx, self.ids[place], choice)

        self.store.write_now(record)

    def portraits(self, *names: str) -> None:
        def record(tx: Tx) -> None:
            for name in names:
                blob = self._blob(name)
                artwork.add_blob(tx, blob)
                people.save_portrait(tx, f"https://pictures.example/{name}", blob.sha256)

        self.store.write_now(record)

    def _blob(self, salt: str) -> Blob:
        data = io.BytesIO()
        Image.new("RGB", (40, 60), tuple(sum(map(ord, salt)) * factor % 256 for factor in (3, 5, 7))).save(data, "PNG")
        stored = self.blobs.put(data.getvalue() + salt.encode(), "png")
        return Blob(stored.sha256, "png", stored.size, BlobOrigin.PROVIDER)

    def publish(self, place: str) -> str:
        """The summary of one item's publishing."""
        wanted = self.store.write_now(lambda tx: gather(tx, self.ids[place], self.settings))
        placed = Placed(placement.plan(wanted, self.settings, self.blobs))
        placement.carry_out(placed.plan, self.blobs, Permissions(), placed)
        self.store.write_now(partial(placement.record, placed=placed, job_id=None))
        self.store.write_now(lambda tx: placement.record_published(tx, placed.plan))
        return placement.summary(placed)

    def tree(self) -> set[str]:
        """What lies there beside the videos."""
        found = (path for path in self.root.rglob("*") if path.is_file() and path.suffix != ".mkv")
        return {str(path.relative_to(self.root)) for path in found}


def cast(*names: str) -> tuple[CastMember, ...]:
    return tuple(
        CastMember(name, order=place, portrait_url=f"https://pictures.example/{name}")
        for place, name in enumerate(names)
    )
