"""Events: what happened, in the past tense. The event table is the broadcast."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from metarr.model.job import JobId
    from metarr.model.media import ItemId, LibraryId


class EventType(StrEnum):
    """Every event's name. Channels subscribe to these; the design's names stand first."""

    SCAN_COMPLETED = "scan_completed"
    SCAN_FAILED = "scan_failed"
    ENRICHMENT_COMPLETED = "enrichment_completed"
    ENRICHMENT_FAILED = "enrichment_failed"
    PUBLISHING_COMPLETED = "publishing_completed"
    PUBLISHING_FAILED = "publishing_failed"
    PLAYER_SYNC_COMPLETED = "player_sync_completed"
    PLAYER_SYNC_FAILED = "player_sync_failed"
    VERIFICATION_COMPLETED = "verification_completed"
    VERIFICATION_FAILED = "verification_failed"
    DOWNLOAD_COMPLETED = "download_completed"
    UPGRADE_COMPLETED = "upgrade_completed"
    ERROR_OCCURRED = "error_occurred"
    WORKFLOW_COMPLETED = "workflow_completed"  # of a library as a whole: what all its jobs came to
    SCAN_PROGRESS = "scan_progress"
    ENRICHMENT_PROGRESS = "enrichment_progress"
    PUBLISHING_PROGRESS = "publishing_progress"
    PLAYER_SYNC_PROGRESS = "player_sync_progress"
    VERIFICATION_PROGRESS = "verification_progress"


# What channels are told of unless their owner chose otherwise: the starred ones of the design, and summaries.
NOTABLE = (
    EventType.SCAN_FAILED,
    EventType.ENRICHMENT_FAILED,
    EventType.PUBLISHING_COMPLETED,
    EventType.PUBLISHING_FAILED,
    EventType.PLAYER_SYNC_FAILED,
    EventType.VERIFICATION_COMPLETED,
    EventType.VERIFICATION_FAILED,
    EventType.DOWNLOAD_COMPLETED,
    EventType.UPGRADE_COMPLETED,
    EventType.ERROR_OCCURRED,
    EventType.WORKFLOW_COMPLETED,
)
PROGRESS = frozenset(type_ for type_ in EventType if type_.endswith("_progress"))


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to write. `data` is what a page or a notification shows."""

    type: EventType
    job_id: JobId | None = None
    item_id: ItemId | None = None
    library_id: LibraryId | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event(NewEvent):
    """An event as it was written. Ids grow, so a reader goes on from the last one it saw."""

    id: int = 0
    at: datetime | None = None
