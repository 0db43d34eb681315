"""What the API takes and gives, in camelCase. Every text is made showable, so no answer carries what is no Unicode."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
)
from pydantic.alias_generators import to_camel

from metarr.actions.showing import shown, shown_in
from metarr.errors import InvalidInput
from metarr.model.job import JobKind
from metarr.model.schedule import Chore
from metarr.model.words import is_name


def _any_text(value: object) -> str:
    """A text as it was sent: a path may hold bytes that are no UTF-8, as Python escapes them."""
    if not isinstance(value, str):
        raise InvalidInput("a text is wanted")
    try:
        is_path = len(value.encode("utf-8", "surrogateescape")) <= _LONGEST_PATH and "\0" not in value
    except UnicodeEncodeError:
        is_path = False
    if not is_path:
        raise InvalidInput("This is no path that a file can have.")
    return value


def _printable(value: str) -> str:
    if not is_name(value):
        raise ValueError("a text of printable characters is wanted")
    return value.strip()


_LONGEST_PATH = 4096  # bytes, limits.h: PATH_MAX
Text = Annotated[str, BeforeValidator(lambda value: shown(value) if isinstance(value, str) else value)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Document = Annotated[Any, BeforeValidator(shown_in)]
Names = Annotated[list[Text], BeforeValidator(sorted)]
PathText = Annotated[str, PlainValidator(_any_text, json_schema_input_type=str)]
Phase = Literal[JobKind.SCAN, JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC, JobKind.VERIFY]  # those run by hand
Seconds = Annotated[timedelta | None, PlainSerializer(lambda value: value and value.total_seconds(), float | None)]


class Shape(BaseModel):
    """Base of all: read from rows, dataclasses and mappings alike. `passing`: fields that change by themselves."""

    passing: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        from_attributes=True,
        extra="ignore",
        frozen=True,
    )


# --- jobs -------------------------------------------------------------------------------------------------------------


class Job(Shape):
    id: int
    kind: str
    state: str
    """`pending`, `waiting` (for something outside), `running`, `completed`, `failed`, `cancelled` or `superseded`."""
    priority: int
    item_id: int | None
    library_id: int | None
    parent_id: int | None
    root_id: int | None
    trigger: str | None = None
    """What its workflow began with: `person`, `webhook`, `clock`, `disk`, `start` or `settings`; of its first jobs."""
    schedule_id: int | None = None
    attempts: int
    progress: float | None
    """Percent; null: unknown."""
    message: Text
    waits_for: Text | None = None
    """The cause that it waits for, or waited for last; one line of health stands for each."""
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


class WorkflowJob(JobWithHistory):
    """A job in the tree: it stands below its parent. `children`: the jobs that it led to, as far as they are shown."""

    depth: int
    children: list[int]


class Workflow(Shape):
    """Everything that one trigger led to, as a tree: each job is followed by those that it led to.

    `more`: jobs beyond those shown. `ended`: how many of all are over, in percent.
    """

    root: int
    jobs: list[WorkflowJob]
    more: int
    ended: float


class JobPage(Shape):
    jobs: list[Job]
    before: int | None
    """Asks for the next page; null: this was the last."""


class DeadLetters(Shape):
    """Failed jobs with every attempt's error, newest first."""

    jobs: list[JobWithHistory]
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


class Cancelled(Shape):
    """`jobs`: how many ended at once or were asked to stop; those that had ended before do not count."""

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

    model_config = ConfigDict(json_schema_extra={"examples": [{"target": "/media/movies/Sintel (2010)"}]})

    target: PathText


class TargetOrder(PhaseOrder, Target):
    """A phase, and what it is to work on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"target": "/media/movies/Sintel (2010)", "only": True}]})


class Started(Shape):
    """Work that was asked for. `scope`: what to follow."""

    jobs: int
    scope: Scope


class Submitted(Started):
    """Work in one library."""

    library_id: int


# --- schedules --------------------------------------------------------------------------------------------------------


class Schedule(Shape):
    passing = frozenset({"next_run", "last_run", "upcoming"})

    id: int
    chore: str
    library_id: int | None
    """null: all of them."""
    cron: str
    is_enabled: bool
    next_run: datetime | None
    """null: switched off, or never."""
    last_run: datetime | None
    """When it was last started, by the clock or by hand; null: not yet."""
    upcoming: list[datetime]
    """The next five times at which it comes round; none when it is switched off."""


Cron = Annotated[str, Field(max_length=200, examples=["0 4 * * *"])]


class SchedulePatch(Shape):
    """What is not named stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cron": "30 6 * * 0"}, {"isEnabled": False}]})

    cron: Cron | None = None
    is_enabled: bool | None = None


class NewSchedule(Shape):
    """`libraryId` null: every library, or the installation as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"chore": "scan", "cron": "0 */6 * * *"}]})

    chore: Chore
    cron: Cron
    library_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    is_enabled: bool = True


class Preview(Shape):
    """When a time comes round next; empty: never."""

    cron: str
    upcoming: list[datetime]


# --- files -----------------------------------------------------------------------------------------------------------


class Actions(Shape):
    """What was done to files: action -> how many."""

    actions: dict[str, int]
