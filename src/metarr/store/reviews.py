"""The review queue: what a person should decide, with the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.prepared import prepared_insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metarr.model.media import FileId, ItemId
    from metarr.store.db import Tx

_REVIEW = schema.review
_NO_EVIDENCE: sa.ColumnElement[str] = sa.literal_column("'[]'")
_ASK_FILE = prepared_insert(
    _REVIEW, ["item_id", "file_id", "reason"], subject="file", evidence=_NO_EVIDENCE, created_at=NOW
)


def ask_identity(tx: Tx, item_id: ItemId, reason: str, evidence: Sequence[Any]) -> None:
    """What is this item? Replaces an earlier question about the same."""
    settle_identity(tx, item_id)
    row = {"item_id": item_id, "subject": "identity", "reason": reason, "evidence": list(evidence)}
    tx.execute(sa.insert(_REVIEW).values(**row, created_at=NOW))


def settle_identity(tx: Tx, item_id: ItemId) -> None:
    """The question is answered."""
    tx.execute(sa.delete(_REVIEW).where(_REVIEW.c.item_id == item_id, _REVIEW.c.subject == "identity"))


def ask_files(tx: Tx, item_id: ItemId, doubtful: Iterable[tuple[FileId, str]]) -> None:
    """What are these files (id, the rule that was not sure)? Replaces earlier questions about the item's files."""
    tx.execute(sa.delete(_REVIEW).where(_REVIEW.c.item_id == item_id, _REVIEW.c.subject == "file"))
    ask_more_files(tx, item_id, doubtful)


def ask_more_files(tx: Tx, item_id: ItemId, doubtful: Iterable[tuple[FileId, str]]) -> None:
    """The same of an item about whose files nothing was asked yet."""
    for file_id, rule in doubtful:
        tx.run(_ASK_FILE, {"item_id": item_id, "file_id": file_id, "reason": rule})


def get(tx: Tx, question_id: int) -> sa.RowMapping:
    """One question, or NotFound."""
    row = tx.one(sa.select(_REVIEW).where(_REVIEW.c.id == question_id))
    if row is None:
        raise NotFound(f"There is no question {question_id} any more; somebody has answered it.")
    return row


def settle(tx: Tx, question_id: int) -> None:
    """Nobody waits for an answer any more."""
    tx.execute(sa.delete(_REVIEW).where(_REVIEW.c.id == question_id))


def count_open(tx: Tx) -> int:
    """How many questions wait for a person."""
    found: int = tx.execute(sa.select(sa.func.count()).select_from(_REVIEW)).scalar_one()
    return found


def open_questions(
    tx: Tx, *, library_id: int | None = None, item_id: int | None = None, after: int = 0, limit: int | None = None
) -> Sequence[sa.RowMapping]:
    """Everything that waits for a person, oldest first, with the item it concerns and the file's path if it is one."""
    item, file = schema.item, schema.media_file
    columns = (item.c.folder, item.c.place, item.c.title, item.c.kind, item.c.library_id, file.c.path)
    query = (
        sa.select(_REVIEW, *columns)
        .join(item, item.c.id == _REVIEW.c.item_id)
        .outerjoin(file, file.c.id == _REVIEW.c.file_id)
        .where(_REVIEW.c.id > after)
    )
    if library_id is not None:
        query = query.where(item.c.library_id == library_id)
    if item_id is not None:
        query = query.where(_REVIEW.c.item_id == item_id)
    return tx.rows(query.order_by(_REVIEW.c.id).limit(limit))
