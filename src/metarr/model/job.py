"""Jobs: what they are, the states they pass through, and what running one can come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Generic, NewType, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from metarr.model.media import ItemId, LibraryId

JobId = NewType("JobId", int)
R = TypeVar("R")


class JobKind(StrEnum):
    """One per phase."""

    SCAN = "scan"
    ENRICH = "enrich"
    PUBLISH = "publish"
    SYNC = "sync"
    VERIFY = "verify"
    NOTIFY = "notify"
    CLEAN = "clean"
    BACKUP = "backup"


class JobState(StrEnum):
    """pending -> running -> completed | failed | cancelled, and back to pending by retry, snooze or a lost worker.

    FAILED is the dead letter. SUPERSEDED: a retry met a pending twin that will do the same work.
    """

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Priority(IntEnum):
    """Higher is more urgent; equal priorities run oldest first."""

    USER = 10
    WEBHOOK = 8
    AUTOMATED = 5
    VERIFICATION = 3
    CLEANUP = 1


class Trigger(StrEnum):
    """What a workflow began with, where that is known."""

    PERSON = "person"
    WEBHOOK = "webhook"
    CLOCK = "clock"
    DISK = "disk"  # somebody changed a folder that is watched
    START = "start"  # the program was not ended properly, and looks what became of the libraries
    SETTINGS = "settings"  # a change of settings, keys or players made something possible


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to submit.

    `is_bulk`: part of a library-wide workflow, which one worker never takes. `is_forced`: bypass caches and
    freshness. `is_alone`: no successor (the user asked for this phase only). `delay`: not before then. `waits_for`: the
    cause of that delay, where it is the outside world's: who follows the work is told `message` and does not wait.
    `trigger`, `schedule_id`: what it begins with, where it is the first of its workflow.
    """

    kind: JobKind
    priority: int
    item_id: ItemId | None = None
    library_id: LibraryId | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    is_bulk: bool = False
    is_forced: bool = False
    is_alone: bool = False
    delay: timedelta | None = None
    waits_for: str | None = None
    message: str = ""
    trigger: Trigger | None = None
    schedule_id: int | None = None

    @property
    def target(self) -> str:
        """What the job works on, as a stable text: `item:7`, `library:3`, `library:3/Heat (1995)`, `all`."""
        if self.item_id is not None:
            return f"item:{self.item_id}"
        if self.library_id is not None:
            path = self.payload.get("path")
            # A path may hold bytes that are no UTF-8, which no database takes as text.
            inside = "" if path is None else f"/{path}".encode("utf-8", "backslashreplace").decode()
            return f"library:{self.library_id}{inside}"
        return str(self.payload.get("target", "all"))

    @property
    def dedupe_key(self) -> str:
        """Two pending jobs with one key are one job.

        To ask some providers alone is another thing than to ask all, to put back another than to publish, to read every
        byte another than to look at sizes, and to look some time after an event another than to look now.
        """
        names = ("providers", "undo", "restore", "deep", "after")
        part = next((f"/{name}" for name in names if name in self.payload), "")
        which = ",".join(map(str, self.payload[part[1:]])) if part in {"/undo", "/restore", "/after"} else ""
        return f"{self.kind}:{self.target}{part}{which}"

    @property
    def lock_key(self) -> str:
        """Two jobs with one key never run at the same time."""
        return self.target if self.item_id is not None else f"{self.kind}:{self.target}"


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job, as its phase sees it. `attempt` counts from 1; `claim` is the token that settles it."""

    id: JobId
    kind: JobKind
    priority: int
    item_id: ItemId | None
    library_id: LibraryId | None
    payload: Mapping[str, Any]
    is_bulk: bool
    is_forced: bool
    is_alone: bool
    attempt: int
    claim: str
    parent_id: JobId | None
    root_id: JobId
    waits_for: str | None = None  # the cause of its last snooze
    losses: int = 0  # times a worker died with it


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """The phase did its work; `result` is what `record` writes, `summary` what a person reads.

    `report` is kept with the job as JSON: counts, problems, findings.
    """

    result: R
    summary: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snooze:
    """Not now: try again after `delay`, no attempt spent. `cause`: one health line per cause, unless it `is_quiet`."""

    delay: timedelta
    reason: str
    cause: str
    is_quiet: bool = False
