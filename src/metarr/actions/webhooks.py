"""What a download manager's delivery leads to: it is kept, and the folders that it names are scanned.

Everything here is one short transaction; nothing looks at a disk, so that a sender is answered at once.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr import webhooks
from metarr.errors import InvalidInput, shown
from metarr.jobs import desk, triggers
from metarr.model.download import Deleted, Imported, Renamed
from metarr.model.media import LibraryKind
from metarr.model.paths import to_local
from metarr.store import deliveries, files, health, hints, libraries, mappings
from metarr.store.deliveries import NewDelivery, Outcome
from metarr.store.hints import Hint
from metarr.webhooks import EventKind, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metarr.model.media import Library
    from metarr.model.paths import PathMapping
    from metarr.store.db import Row, Tx
    from metarr.webhooks import Event, Received

_KINDS = {Source.RADARR: LibraryKind.MOVIES, Source.SONARR: LibraryKind.TV}
CAUSE = "webhook"  # how the causes of our health lines begin
_BOTH = 2  # ends of a rename


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. `instance` tells apart several of a kind; "": there is one, or it does not say."""

    source: Source
    instance: str = ""

    @property
    def name(self) -> str:
        """As people know it."""
        return self.instance or self.source.title()


@dataclass(frozen=True, slots=True)
class Ground:
    """Where an event took place. `folder` is relative to the library's root, "" the root itself."""

    library: Library
    folder: str
    mappings: Sequence[PathMapping]

    def inside(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The sender's paths as ours, as far as they lie in this library."""
        found = (_below(self.library.root, to_local(path, self.mappings)) for path in paths)
        return tuple(path for path in found if path)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery, under its number."""

    id: int
    outcome: Outcome
    detail: str
    job_id: int | None


@dataclass(frozen=True, slots=True)
class _Done:
    outcome: Outcome
    detail: str
    job_id: int | None = None


def take(tx: Tx, sender: Sender, received: Received, *, replay_of: int | None = None) -> Taken:
    """Keep a delivery and submit what it asks for."""
    event = received.event
    if event is not None and not sender.instance:
        sender = Sender(sender.source, event.instance)
    done = _Done(Outcome.REFUSED, received.fault) if event is None else _act(tx, sender, event)
    values = (sender.source.value, sender.instance, received.event_type, received.document)
    number = deliveries.add(tx, NewDelivery(*values, done.outcome, done.detail, done.job_id, replay_of))
    return Taken(number, done.outcome, done.detail, done.job_id)


def replay(tx: Tx, number: int) -> Taken:
    """Take a kept delivery once more, as it is understood now."""
    row = deliveries.get(tx, number)
    if not isinstance(row["payload"], dict):
        raise InvalidInput(f"Delivery {number} is no JSON object: {row['detail']}")
    source = Source(row["source"])
    received = webhooks.understand(source, row["payload"])
    if received.event is None:
        raise InvalidInput(f"Delivery {number} cannot be understood: {received.fault}")
    return take(tx, Sender(source, row["instance"]), received, replay_of=number)


def listed(tx: Tx, query: deliveries.Query, limit: int) -> tuple[Sequence[Row], int | None]:
    """A page of deliveries, newest first, and the number that asks for the next page."""
    rows = deliveries.page(tx, query, limit + 1)
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def locate(tx: Tx, sender: Sender, path: str) -> Ground | None:
    """The library's folder that a sender's path is; None: it lies in none."""
    known = mappings.of(tx, sender.source, sender.instance)
    local = to_local(path, known)
    found = libraries.containing(tx, local)
    return None if found is None else Ground(found, _below(found.root, local) or "", known)


def _below(root: str, path: str) -> str | None:
    """The path relative to the root; None: it lies elsewhere."""
    plain = posixpath.normpath(path)
    if plain == root:
        return ""
    head = root.rstrip("/") + "/"
    return plain.removeprefix(head) if plain.startswith(head) else None


def _act(tx: Tx, sender: Sender, event: Event) -> _Done:
    match event.kind:
        case EventKind.TEST:
            return _Done(Outcome.NOTED, "A test: nothing was touched.")
        case EventKind.NOTED:
            return _Done(Outcome.NOTED, "There is nothing to do here.")
        case EventKind.IMPORTED | EventKind.RENAMED | EventKind.DELETED | EventKind.ADDED | EventKind.REMOVED:
            ground = locate(tx, sender, event.folder)
            if ground is None:
                return _unknown(tx, sender, event)
            health.clear(tx, _cause(sender, event.folder))
            return _act_at(tx, sender, event, ground)


def _unknown(tx: Tx, sender: Sender, event: Event) -> _Done:
    """Its parent is named: all that the sender keeps there is as unknown as this."""
    parent = posixpath.dirname(event.folder)
    local = to_local(parent, mappings.of(tx, sender.source, sender.instance))
    mapped = f"is {shown(local)} by its path mapping, which lies in no library"
    where = "is not known here" if local == parent else mapped
    words = f"{sender.source}: {shown(parent)} {where}: add a path mapping, or the library."
    health.report(tx, _cause(sender, event.folder), words)
    return _Done(Outcome.REFUSED, words)


def _cause(sender: Sender, folder: str) -> str:
    return shown(f"{CAUSE}:{sender.source}:{posixpath.dirname(folder)}")


def _act_at(tx: Tx, sender: Sender, event: Event, ground: Ground) -> _Done:
    """What happened to a folder of ours. What it holds is remembered before it is scanned."""
    if event.kind is EventKind.REMOVED:
        hints.forget(tx, ground.library.id, ground.folder)
    elif not _remember(tx, sender, event, ground) and event.kind is EventKind.ADDED:
        return _Done(Outcome.NOTED, "What it is will count when its files come.")
    if event.keeps_files:
        return _Done(Outcome.NOTED, "Its files stay, and so does all that is known of it.")
    job_id = _submit(tx, sender, event, ground)
    where = shown(ground.folder) or "the whole of it"
    return _Done(Outcome.SUBMITTED, f"Scan of {ground.library.name}: {where}", job_id)


def _remember(tx: Tx, sender: Sender, event: Event, ground: Ground) -> bool:
    """The event's ids say what the folder holds, if the library is of the sender's kind.

    Returns whether that is news about a folder that was scanned already, which is then looked at again.
    """
    library_id, folder = ground.library.id, ground.folder
    if not event.ids or not folder or _KINDS.get(sender.source) is not ground.library.kind:
        return False
    if not hints.save(tx, library_id, folder, Hint(sender.name, event.ids)):
        return False
    was_there = bool(files.fingerprints_of(tx, library_id, [folder]))
    files.forget_folders(tx, library_id, [folder])
    return was_there


def _submit(tx: Tx, sender: Sender, event: Event, ground: Ground) -> int | None:
    """Submit what follows. Returns the root of the workflow that scans the folder."""
    library_id, folder, by = ground.library.id, ground.folder, sender.name
    gone = ground.inside(event.gone)
    match event.kind:
        case EventKind.RENAMED if pairs := _pairs(event, ground):
            triggers.renamed(tx, Renamed(library_id, by, pairs))
            folder = posixpath.commonpath([posixpath.dirname(path) for path in pairs[0]])
        case EventKind.DELETED:
            triggers.deleted(tx, Deleted(library_id, folder, by, gone))
        case EventKind.REMOVED:
            triggers.deleted(tx, Deleted(library_id, folder, by, (folder,)))
        case _:
            files_now = ground.inside(event.files)
            triggers.imported(tx, Imported(library_id, folder, by, files_now, gone, event.is_upgrade))
    return desk.root_of_scan(tx, library_id, folder)


def _pairs(event: Event, ground: Ground) -> tuple[tuple[str, str], ...]:
    """What was renamed within the library: old and new path of each."""
    both = (ground.inside(pair) for pair in zip(event.gone, event.files, strict=True))
    return tuple((pair[0], pair[1]) for pair in both if len(pair) == _BOTH)
