"""What each provider last said about an item. Absent is an answer and kept as one; a fault never gets here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.store import schema
from metarr.store.columns import document
from metarr.store.db import NOW
from metarr.store.documents import dumped, loaded
from metarr.store.prepared import prepared_upsert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from metarr.model.media import ItemId, Metadata
    from metarr.store.db import Tx

KNOWN, ABSENT = "known", "absent"
_SAID = schema.said
_SAVE = prepared_upsert(_SAID, ["item_id", "provider"], ["item_id", "provider", "state", "metadata"], said_at=NOW)


@dataclass(frozen=True, slots=True)
class Said:
    """One provider's last answer. `state`: "known", or "absent": it does not know the item."""

    provider: str
    state: str
    metadata: Metadata
    said_at: datetime


def save(tx: Tx, item_id: ItemId, provider: str, metadata: Metadata | None) -> None:
    """Keep an answer in place of the one before. None: the provider does not know the item."""
    row = {
        "item_id": item_id,
        "provider": provider,
        "state": ABSENT if metadata is None else KNOWN,
        "metadata": document({} if metadata is None else dumped(metadata)),
    }
    tx.run(_SAVE, row)


def of_item(tx: Tx, item_id: int) -> dict[str, Said]:
    """By provider."""
    query = sa.select(_SAID).where(_SAID.c.item_id == item_id).order_by(_SAID.c.provider)
    return {
        row["provider"]: Said(row["provider"], row["state"], loaded(row["metadata"]), row["said_at"])
        for row in tx.rows(query)
    }


def forget(tx: Tx, item_ids: Sequence[ItemId]) -> None:
    """It was about something else."""
    tx.execute(sa.delete(_SAID).where(_SAID.c.item_id.in_(item_ids)))
