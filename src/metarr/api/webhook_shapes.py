"""What the API takes and gives about webhooks and path mappings, in camelCase."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from metarr.api.shapes import Document, PathText, Shape, Text
from metarr.webhooks import Source


class Received(Shape):
    """The answer to a delivery: what will be done, or why nothing is. `jobId`: the root of the workflow."""

    id: int
    outcome: str
    detail: Text
    job_id: int | None


class Delivery(Received):
    source: str
    instance: Text
    """Which of several; empty: it has no name."""
    event_type: Text
    replay_of: int | None
    received_at: datetime


class DeliveryDetails(Delivery):
    payload: Document
    """What was sent; a text where it was no JSON."""


class DeliveryPage(Shape):
    deliveries: list[Delivery]
    before: int | None
    """Asks for the next page; null: this was the last."""


class NewMapping(Shape):
    """`instance`: which of several; empty: every one of the source."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source": "radarr", "remote": "/movies", "local": "/media/movies"}]}
    )

    source: Source
    instance: str = Field("", max_length=100)
    remote: PathText
    local: PathText


class Mapping(Shape):
    id: int
    source: str
    instance: Text
    remote: Text
    local: Text


class Suggestion(Shape):
    remote: Text
    local: Text


class MappingCheck(Shape):
    """A folder that was named of late. `library`: which one it lies in here; null: in none."""

    source: str
    instance: Text
    delivery_id: int
    remote: Text
    local: Text
    library: Text | None
    exists: bool
    """Whether there is a folder at `local`."""
    suggestion: Suggestion | None
    """A mapping under which the folder would be there."""
