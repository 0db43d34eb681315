"""What became of work that somebody began, in words: told once, when all of it has ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.jobs import desk, summary, workflows
from metarr.jobs.summary import Scope
from metarr.model.job import JobKind, JobState
from metarr.model.media import ItemId
from metarr.phases.notify import ending
from metarr.store import items, libraries

if TYPE_CHECKING:
    from metarr.jobs.summary import Summary
    from metarr.jobs.workflows import Outcome
    from metarr.store.db import Tx

_PARTS = {"root": "root", "item": "item_id", "library": "library_id", "since": "since"}
_PART = re.compile(rf"({'|'.join(_PARTS)})-([0-9]{{1,18}})")


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended. `about`: the item or library, "" for several; `failed`: a job that did, None: all went well."""

    about: str
    words: str
    failed: int | None


def written(scope: Scope) -> str:
    """The work in a word that stands in addresses: "item-7.since-12"."""
    values = ((name, getattr(scope, attribute)) for name, attribute in _PARTS.items())
    return ".".join(f"{name}-{value}" for name, value in values if value is not None)


def read(text: str) -> Scope | None:
    """What such a word names; None: nothing."""
    parts = [_PART.fullmatch(part) for part in text.split(".")]
    values = {_PARTS[found[1]]: int(found[2]) for found in parts if found is not None}
    return Scope(**values) if values and None not in parts else None


def ended(tx: Tx, scope: Scope) -> Ended | None:
    """How it ended; None: it goes on. What waits for the outside world holds it up no longer."""
    if summary.is_open(tx, scope):
        return None
    now = summary.summary(tx, scope, limit=1)
    last = desk.page(tx, states=(JobState.COMPLETED, JobState.CANCELLED), scope=scope, limit=1)
    message = next((row["message"] for row in (*now.failed, *last)), "")
    failed = next((row["id"] for row in now.failed), None)
    return Ended(_about(tx, scope), in_words(workflows.outcome_of(tx, scope), now, message), failed)


def in_words(outcome: Outcome, now: Summary, message: str) -> str:
    """What it came to. `message`: of the job that failed, or else of the last one, which says the most of but one."""
    verified = now.counts.get(JobKind.VERIFY, {}).get(JobState.COMPLETED, 0)
    told = [f"{verified:,} verified"] if verified > 1 else [message]
    if outcome.is_news or any(outcome.done.values()):
        told = [ending.in_words(outcome, None), message if outcome.failed else ""]
    because = [f"waits: {wait.reason}" for wait in now.waiting[:1]]
    return "; ".join(part for part in (*told, *because) if part) or "nothing was to be done"


def _about(tx: Tx, scope: Scope) -> str:
    root = None if scope.root is None else desk.get(tx, scope.root)
    item_id = scope.item_id if root is None else root["item_id"]
    library_id = scope.library_id if root is None else root["library_id"]
    if item_id is not None:
        return items.titles(tx, [ItemId(item_id)]).get(item_id, "")
    return "" if library_id is None else libraries.get(tx, library_id).name
