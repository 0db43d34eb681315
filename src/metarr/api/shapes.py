"""What the API takes and gives, in camelCase. Every text is made showable, so no answer carries what is no Unicode."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator
from pydantic.alias_generators import to_camel

from metarr.actions.showing import shown, shown_in
from metarr.errors import InvalidInput
from metarr.settings import LanguageCode


def _any_text(value: object) -> str:
    """A text as it was sent: a path may hold bytes that are no UTF-8, as Python escapes them."""
    if not isinstance(value, str):
        raise InvalidInput("a text is wanted")
    return value


Text = Annotated[str, BeforeValidator(lambda value: shown(value) if isinstance(value, str) else value)]
Document = Annotated[Any, BeforeValidator(shown_in)]
Names = Annotated[list[Text], BeforeValidator(sorted)]
PathText = Annotated[str, PlainValidator(_any_text, json_schema_input_type=str)]
Seconds = Annotated[timedelta | None, PlainSerializer(lambda value: value and value.total_seconds(), float | None)]


class Shape(BaseModel):
    """Base of all: read from rows, dataclasses and mappings alike."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, extra="ignore", frozen=True
    )


# --- libraries --------------------------------------------------------------------------------------------------------


class ItemCounts(Shape):
    items: int
    missing: int
    needs_identification: int
    enriched: int
    published: int
    awaiting_choice: int
    confirmed: int


class Library(Shape):
    id: int
    name: Text
    kind: str
    root: Text
    profiles: list[str]
    is_confirmed: bool
    """Whether publishing may replace files that it did not write."""
    languages: list[str]
    """Wanted here, in order, `original` among them; empty: as everywhere."""


class ListedLibrary(Library):
    counts: ItemCounts
    is_paused: bool
    """Whether its enrichment as a whole waits for a person."""


class LibraryPatch(Shape):
    """What a library has of its own. `languages`: in order, `original` for the item's own; empty: as everywhere."""

    languages: list[LanguageCode]


class NewLibrary(Shape):
    path: PathText
    kind: str = "movies"
    name: str | None = None


class AddedLibrary(Shape):
    library: Library
    warnings: list[Text]


# --- jobs -------------------------------------------------------------------------------------------------------------


class Job(Shape):
    id: int
    kind: str
    state: str
    priority: int
    item_id: int | None
    library_id: int | None
    parent_id: int | None
    root_id: int | None
    attempts: int
    progress: float | None
    message: Text
    result: Document = None
    """What it came to, in figures; differs by kind."""
    run_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Attempt(Shape):
    id: int
    worker_id: str
    outcome: str
    error: Text | None
    started_at: datetime
    ended_at: datetime


class Finding(Shape):
    item_id: int
    kind: str
    path: Text
    detail: Text
    writer: str | None
    """Who wrote the file last, as far as that is known: metarr, radarr, sonarr, jellyfin, tinymediamanager, mediaelch,
    kodi, user or unknown; null: nobody did."""
    is_repaired: bool


class JobWithHistory(Job):
    history: list[Attempt]


class JobDetails(JobWithHistory):
    payload: Document
    findings: list[Finding]
    """What a verification found; empty for other kinds."""


class Workflow(Shape):
    """Everything that one trigger led to, oldest first. `more`: jobs beyond those shown."""

    root: int
    jobs: list[JobWithHistory]
    more: int


class JobPage(Shape):
    jobs: list[Job]
    before: int | None
    """Asks for the next page; null: this was the last."""


class Waiting(Shape):
    cause: Text
    reason: Text
    jobs: int


class Summary(Shape):
    """`counts`: kind -> state -> jobs, where "waiting" are those that snooze. `open`: neither ended nor waiting.

    `endsIn`: seconds until all of them have ended at the pace of the last minutes; null: that cannot be said.
    """

    counts: dict[str, dict[str, int]]
    open: int
    running: list[Job]
    waiting: list[Waiting]
    failed: list[Job]
    first_open: int | None
    last: int
    ends_in: Seconds = None


class Retried(Shape):
    jobs: int


class Scope(Shape):
    """Query parameters of the summary that follows this work."""

    root: int | None = None
    item_id: int | None = None
    library_id: int | None = None
    since: int | None = None


class PhaseOrder(Shape):
    """`only`: no successors. `acceptMissing`: a scan believes that what is missing is gone. `deep`: a verification
    reads every byte.
    """

    only: bool = False
    accept_missing: bool = False
    deep: bool = False


class Target(Shape):
    """An item's number, an absolute path, or a library's name."""

    target: PathText


class TargetOrder(PhaseOrder, Target):
    """A phase, and what it is to work on."""


class Submitted(Shape):
    jobs: int
    scope: Scope
    library_id: int


# --- schedules --------------------------------------------------------------------------------------------------------


class Schedule(Shape):
    id: int
    chore: str
    library_id: int | None
    """null: all of them."""
    cron: str
    is_enabled: bool
    next_run: datetime | None
    """null: switched off, or never."""


class SchedulePatch(Shape):
    """What is not named stays as it is."""

    cron: str | None = None
    is_enabled: bool | None = None


# --- items ------------------------------------------------------------------------------------------------------------


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
    title: Text
    year: int | None
    folder: Text
    state: str
    awaits_choice: bool
    players: list[PlayerState]


class ItemPage(Shape):
    items: list[ItemLine]
    after: str | None
    """Asks for the next page; null: this was the last."""


class Item(Shape):
    id: int
    kind: str
    library_id: int
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

    ids: dict[str, int | str] | None = None
    choice: int | None = None


class KnownOrder(Shape):
    """An order of episodes: what to pin, and how a person knows it."""

    key: Text
    name: Text


class EpisodeOrder(Shape):
    """aired, dvd, absolute, tmdb:GROUP or tvdb:NAME."""

    order: str


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


class Actions(Shape):
    """What was done to files: action -> how many."""

    actions: dict[str, int]
