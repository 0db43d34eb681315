"""What a job is about and what it began with, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from metarr.model.job import JobKind, Trigger
from metarr.store import items, players
from metarr.store import libraries as stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metarr.store.db import Row, Tx

_ALL = {
    JobKind.SYNC: "players",
    JobKind.NOTIFY: "channels",
    JobKind.CLEAN: "recycle bin and cache",
    JobKind.BACKUP: "everything that Metarr knows",
}
TRIGGERS = {
    Trigger.PERSON: "a person",
    Trigger.WEBHOOK: "a download manager",
    Trigger.CLOCK: "the schedule",
    Trigger.DISK: "a change on disk",
    Trigger.START: "a start after a crash",
    Trigger.SETTINGS: "a change of settings",
}


class Subject(NamedTuple):
    """`address`: where it can be looked at; "": nowhere."""

    name: str
    address: str = ""


def subjects(tx: Tx, rows: Iterable[Row]) -> dict[int, Subject]:
    """What each of these jobs is about, by the job's number."""
    jobs = list(rows)
    titles = items.titles(tx, sorted({row["item_id"] for row in jobs if row["item_id"] is not None}))
    names: dict[int, str] = {one.id: one.name for one in stored.everything(tx)}
    targets = {}
    for route in players.routes(tx):
        targets[route.payload["target"]] = ", ".join(player.name for player in route.players)
    return {row["id"]: _subject(row, titles, names, targets) for row in jobs}


def _subject(row: Row, titles: Mapping[int, str], names: Mapping[int, str], targets: Mapping[str, str]) -> Subject:
    item_id, library_id, payload = row["item_id"], row["library_id"], row["payload"]
    if item_id is not None:
        return Subject(titles.get(item_id) or f"item {item_id}", f"/items/{item_id}")
    if library_id is not None:
        folder = f" / {payload['path']}" if payload.get("path") else ""
        return Subject(names.get(library_id, f"library {library_id}") + folder)
    kind = JobKind(row["kind"])
    return Subject(targets.get(str(payload.get("target"))) or _ALL.get(kind, "everything"))


def begun_by(row: Row) -> str:
    """Who or what began the workflow whose first job this is; "": that is not known."""
    if row["trigger"] is None:
        return ""
    trigger = Trigger(row["trigger"])
    if trigger is Trigger.WEBHOOK:
        who = (row["payload"].get("download") or {}).get("by") or str(row["payload"].get("because", "")).split(" ")[0]
        return str(who).capitalize() if who else TRIGGERS[trigger]
    return TRIGGERS[trigger]
