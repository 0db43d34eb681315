"""Why an item is as it is: fields with source, lock and what every provider said, pictures with their scores."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from metarr.actions import artwork
from metarr.model.media import Metadata
from metarr.store import items, libraries, reviews, said
from metarr.store.documents import dumped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from metarr.actions.artwork import KindOfArtwork
    from metarr.model.media import Item, Library
    from metarr.store.db import Row, Tx
    from metarr.store.said import Said


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `said`: each provider's last word on it, by provider; those that had none are left out."""

    name: str
    value: Any  # a document; None: not known
    source: str | None
    is_locked: bool
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """How a provider last answered: "known" or "absent", and when."""

    provider: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that decided about an item. `evidence`: for what it is taken to be; `questions`: doubts about that."""

    item: Item
    library: Library
    evidence: Sequence[Mapping[str, Any]]
    questions: Sequence[Row]
    answers: tuple[ProviderAnswer, ...]
    fields: tuple[Field, ...]
    artwork: tuple[KindOfArtwork, ...]


def explain(tx: Tx, item_id: int) -> Explanation:
    """Raises NotFound."""
    item = items.get(tx, item_id)
    answers = said.of_item(tx, item_id)
    return Explanation(
        item=item,
        library=libraries.get(tx, item.library_id),
        evidence=items.evidence(tx, item.id),
        questions=reviews.open_questions(tx, item_id=item_id),
        answers=tuple(ProviderAnswer(one.provider, one.state, one.said_at) for one in answers.values()),
        fields=fields_of(item, answers),
        artwork=artwork.listed(tx, item_id),
    )


def fields_of(item: Item, answers: Mapping[str, Said]) -> tuple[Field, ...]:
    """Those that anybody said anything about, in the order of the model."""
    documents = {provider: dumped(answer.metadata) for provider, answer in answers.items()}
    document = dumped(item.metadata)
    return tuple(
        Field(name, document.get(name), item.provenance.get(name), name in item.locks, words)
        for name in (field.name for field in fields(Metadata))
        if (words := {provider: said[name] for provider, said in documents.items() if name in said})
        or name in document
        or name in item.locks
    )
