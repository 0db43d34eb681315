"""What the API says about artwork, and why an item is as it is: shapes beside those of `shapes.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from metarr.api.item_shapes import Candidate, Choice, Question
from metarr.api.shapes import Document, Shape, Text


class Offer(Candidate):
    """A candidate with the figures that its provider states. `rank`: where it is chosen, null: it is not."""

    vote_average: float
    votes: int
    blob: str | None
    rank: int | None


class Slot(Choice):
    """A chosen picture, and in a few words why."""

    candidate_id: int | None
    why: Text


class KindOfArtwork(Shape):
    """`slots` by rank, `offers` best first."""

    kind: str
    is_locked: bool
    slots: list[Slot]
    offers: list[Offer]


class PictureOrder(Shape):
    """Every chosen picture of a kind by its sha256 (`blob`), first choice first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"blobs": ["0" * 64, "1" * 64]}]})

    blobs: Annotated[list[Annotated[str, Field(pattern="^[0-9a-f]{64}$")]], Field(min_length=1, max_length=100)]


class PictureAddress(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"url": "https://image.tmdb.org/t/p/original/a.jpg"}]})

    url: Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=2000)]


class ProviderAnswer(Shape):
    """`state`: "known", or "absent": the provider does not know the item."""

    provider: str
    state: str
    at: datetime


class ExplainedField(Shape):
    """`said`: each provider's last word on it."""

    name: str
    value: Document
    source: Text | None
    is_locked: bool
    said: Document


class Explanation(Shape):
    item_id: int
    kind: str
    title: Text
    year: int | None
    identity: str
    ids: dict[str, int | str]
    evidence: Document
    questions: list[Question]
    answers: list[ProviderAnswer]
    fields: list[ExplainedField]
    artwork: list[KindOfArtwork]
