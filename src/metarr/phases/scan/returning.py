"""Items whose files are gone, and the films in which they come back: whole, at whatever path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.model.media import Identity
from metarr.store import files, items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.model.media import ItemId, LibraryId
    from metarr.phases.scan.understand import Understood
    from metarr.store.db import Tx


@dataclass(frozen=True, slots=True)
class Lost:
    """Items without files, by the content of their videos and by the ids under which the world knows them."""

    by_content: Mapping[str, ItemId] = field(default_factory=dict)
    by_id: Mapping[tuple[str, str], ItemId] = field(default_factory=dict)
    found: set[ItemId] = field(default_factory=set)

    def take(self, film: Understood) -> ItemId | None:
        """The item that this film is, which nobody else can be then. The same content says more than the same id."""
        contents = {fingerprint for _, fingerprint in film.files if fingerprint is not None}
        hits = [self.by_content[content] for content in sorted(contents) if content in self.by_content]
        if film.decision.identity is Identity.IDENTIFIED:
            names = [(source, str(value)) for source, value in film.decision.ids.as_dict().items()]
            hits += [self.by_id[name] for name in names if name in self.by_id]
        item_id = next((hit for hit in hits if hit not in self.found), None)
        if item_id is not None:
            self.found.add(item_id)
        return item_id


def lost(tx: Tx, library_id: LibraryId, gone: Sequence[ItemId]) -> Lost:
    """Items that were missing before, and those that this scan does not find where they were."""
    which = [*gone, *items.missing(tx, library_id)]
    return Lost(files.contents(tx, which), items.ids_of(tx, which)) if which else Lost()
