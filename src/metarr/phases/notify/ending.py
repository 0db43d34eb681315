"""The one summary at the end of a workflow: what was scanned, enriched, published, synced and restored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from metarr.jobs import desk, triggers, workflows
from metarr.model.event import EventType, NewEvent
from metarr.model.job import JobId, JobKind, Snooze
from metarr.model.words import counted

if TYPE_CHECKING:
    from metarr.jobs.workflows import Outcome
    from metarr.model.media import ItemId, LibraryId
    from metarr.store.db import Tx

_LOOK_AGAIN = timedelta(minutes=2)  # its last job wakes us; this is for the one that could not
_SCANNED = ("new", "changed", "missing")


@dataclass(frozen=True, slots=True)
class Ended:
    """A workflow that came to its end, and how its end is told of."""

    root: int
    event: EventType
    library_id: LibraryId | None
    item_id: ItemId | None
    data: dict[str, Any]


def look(tx: Tx, root: int) -> Ended | Snooze:
    """How a workflow ended, or that it goes on. Jobs that wait for the outside world do not hold it up."""
    row = desk.get(tx, root)
    if workflows.is_open(tx, root):
        return Snooze(_LOOK_AGAIN, "The workflow goes on.", triggers.ending_of(root), is_quiet=True)
    outcome = workflows.outcome(tx, root)
    download = row["payload"].get("download")
    event = EventType.WORKFLOW_COMPLETED
    if download is not None:
        event = EventType.UPGRADE_COMPLETED if download["upgrade"] else EventType.DOWNLOAD_COMPLETED
    data = {
        "summary": in_words(outcome, None if download is None else download["by"]),
        "counts": outcome.counts,
        "root": root,
        "titles": list(outcome.titles),
        "has_problems": bool(outcome.failed),
        "is_clean": download is None and not outcome.is_news,
    }
    item_id = outcome.item_ids[0] if len(outcome.item_ids) == 1 else None
    return Ended(root, event, row["library_id"], item_id, data)


def in_words(outcome: Outcome, by: str | None) -> str:
    """The summary for people: only what happened is named."""
    scanned = [f"{outcome.scanned[name]} {name}" for name in _SCANNED if outcome.scanned.get(name)]
    done = [f"{outcome.done[kind]} {word}" for kind, word in _DONE.items() if outcome.done.get(kind)]
    files = [f"{counted(count, 'file')} {action}" for action, count in outcome.files.items() if count]
    rest = [f"{outcome.failed} failed"] if outcome.failed else []
    rest += [counted(outcome.waiting, "waits", "wait")] if outcome.waiting else []
    who = [f"imported by {by}"] if by else []
    return ", ".join((*who, *scanned, *done, *files, *rest)) or "nothing had changed"


_DONE = {JobKind.ENRICH: "enriched", JobKind.PUBLISH: "published", JobKind.SYNC: "synced"}


def tell(tx: Tx, ended: Ended) -> None:
    """Write the event, and have the channels told that want it."""
    new = NewEvent(ended.event, JobId(ended.root), ended.item_id, ended.library_id, ended.data)
    triggers.tell(tx, new)
