"""What the API says of items, and takes: shapes beside those of `shapes.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, ConfigDict, Field

from metarr.api.deps import LARGEST
from metarr.api.library_shapes import Library
from metarr.api.shapes import Document, Job, Names, Shape, Text

_Source = Annotated[str, Field(max_length=20)]
_ExternalId = Annotated[int, Field(ge=1, le=LARGEST)] | Annotated[str, Field(max_length=20)]


class PlayerState(Shape):
    name: Text
    state: str
    art: list[str]
    detail: Text
    at: datetime


class ItemLine(Shape):
    id: int
    kind: str
    library_id: int
    parent_id: int | None
    """The show of a season, the season of an episode."""
    title: Text
    year: int | None
    season_number: int | None
    episode_number: int | None
    rating: float | None
    """0-10, of the first source that rates it."""
    folder: Text
    state: str
    is_monitored: bool
    awaits_choice: bool
    created_at: datetime
    changed_at: datetime | None
    pictures: dict[str, str]
    """The first picture of each kind: its sha256, which `/artwork/{sha256}` answers with the picture."""
    players: list[PlayerState]


class ItemPage(Shape):
    items: list[ItemLine]
    after: str | None
    """Asks for the next page; null: this was the last."""
    total: int | None = None
    """Of all pages; null: it was not asked for (`count`)."""


class Item(Shape):
    id: int
    kind: str
    library_id: int
    parent_id: int | None
    collection_id: int | None
    """The set that a movie belongs to."""
    folder: Text
    identity: str
    metadata: Document
    provenance: dict[str, Text]
    locks: Names
    is_monitored: bool
    is_held: bool
    enriched_at: datetime | None
    missing_since: datetime | None
    episode_order: str | None
    """The order that a show's numbers are of; null: as aired."""


class File(Shape):
    path: Text
    role: str
    confidence: int
    rule: Text
    size: int
    details: Document


class ListedFile(File):
    """A file of a library, and the items that it belongs to: of several episodes in one file, all of them."""

    id: int
    library_id: int
    item_ids: list[int]


class FilePage(Shape):
    files: list[ListedFile]
    after: int | None
    """Asks for the next page; null: this was the last."""


class Choice(Shape):
    kind: str
    rank: int
    blob: str
    chosen_by: str


class Candidate(Shape):
    id: int | None
    kind: str
    provider: str
    url: Text | None
    width: int | None
    height: int | None
    language: str | None
    score: float | None
    score_parts: dict[str, float]
    is_blocked: bool


class Question(Shape):
    subject: str
    reason: Text
    evidence: Document


class OpenQuestion(Question):
    """What waits for a person, about which item, and the file that it is about, if it is about one."""

    id: int
    item_id: int
    library_id: int
    kind: str
    title: Text
    folder: Text
    path: Text | None
    created_at: datetime


class QuestionPage(Shape):
    questions: list[OpenQuestion]
    after: int | None
    """Asks for the next page; null: this was the last."""


class NewIdentity(Shape):
    """`ids` by their source (tmdb, imdb, tvdb, tvmaze), or the `choice` of what the review queue offers, from 1."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": {"tmdb": 45745}}, {"choice": 1}]})

    ids: Annotated[dict[_Source, _ExternalId] | None, Field(max_length=20)] = None
    choice: Annotated[int | None, Field(ge=1, le=1000)] = None


class IdentityCandidate(Shape):
    """What an item could be. `ids` is what to send as its identity."""

    provider: str
    ids: dict[str, int | str]
    title: Text
    original_title: Text | None
    year: int | None
    original_language: Text | None
    runtime: int | None
    """Minutes; null: the provider does not say."""
    score: float
    score_parts: dict[str, float]


class IdentityCandidates(Shape):
    """`faults`: providers that could not answer, with the reason."""

    candidates: list[IdentityCandidate]
    faults: dict[str, Text]


class KnownOrder(Shape):
    """An order of episodes: what to pin, and how a person knows it."""

    key: Text
    name: Text


class KnownOrders(Shape):
    """`faults`: providers that could not answer, with the reason."""

    orders: list[KnownOrder]
    faults: dict[str, Text]


class EpisodeOrder(Shape):
    """aired, dvd, absolute, tmdb:GROUP or tvdb:NAME."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"order": "dvd"}]})

    order: Annotated[str, Field(max_length=100)]


class ItemPatch(Shape):
    """What is set of an item beside its metadata. `isMonitored`: its metadata is asked for again as time goes by."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"isMonitored": False}]})

    is_monitored: bool


class Change(Shape):
    at: datetime
    job_id: int | None
    action: str
    path: Text | None
    reason: Text
    source: Text | None
    """Where what was written comes from: a provider, the owner."""


class ItemDetails(Shape):
    item: Item
    state: str
    library: Library
    files: list[File]
    choices: list[Choice]
    candidates: list[Candidate]
    questions: list[Question]
    history: list[Change]
    players: list[PlayerState]
    jobs: list[Job]


class Operation(Shape):
    action: str
    path: Text
    reason: Text
    source: Annotated[Text | None, Field(validation_alias=AliasPath("desired", "source"))] = None
    size_before: Annotated[int | None, Field(validation_alias=AliasPath("observed", "size"))] = None
    """Bytes of what lies there now."""
    size: Annotated[int | None, Field(validation_alias=AliasPath("desired", "size"))] = None
    """Bytes of what would lie there."""
    diff: Text | None = None
    """Of an NFO: what would change in its text, as a unified diff."""


class Plan(Shape):
    item_id: int
    title: Text
    root: Text
    waits_for: Text | None
    """Why publishing would leave the item alone for now, whatever the operations; null: it would do them."""
    operations: list[Operation]


class Found(Shape):
    """What a target names."""

    library_id: int
    item_ids: list[int]
    path: Text | None


class Person(Shape):
    id: int
    name: Text
    ids: dict[str, int | str]
    portrait_url: Text | None
    portrait: str | None
    """The sha256 of the head shot, which `/artwork/{sha256}` answers with the picture; null: it was not fetched."""


class PeoplePage(Shape):
    people: list[Person]
    after: str | None
    """Asks for the next page; null: this was the last."""


class Credit(Shape):
    item: ItemLine
    job: str
    """actor, director or writer."""
    role: Text


class PersonDetails(Person):
    credits: list[Credit]


class CollectionLine(Shape):
    """`movies`: how many of it are here; `missing`: how many were, and are missing now."""

    item: ItemLine
    movies: int
    missing: int


class CollectionPage(Shape):
    collections: list[CollectionLine]
    after: str | None
    """Asks for the next page; null: this was the last."""


class CollectionDetails(CollectionLine):
    members: list[ItemLine]
