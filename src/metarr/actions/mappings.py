"""Path mappings of download managers: keeping them, and proving them with paths that were really received."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr import webhooks
from metarr.actions.webhooks import CAUSE, Sender
from metarr.errors import InvalidInput
from metarr.model.audit import Deed
from metarr.model.paths import PathMapping, is_under, normalised, to_local
from metarr.store import audit, deliveries, health, libraries, mappings
from metarr.webhooks import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metarr.model.media import Library
    from metarr.store.db import Tx
    from metarr.store.mappings import Mapping

_RECENT = 200  # deliveries that are looked at
_DEEPEST = 3  # folders of a remote path that may lie below a library's root


def add(tx: Tx, new: Mapping) -> Mapping:
    """Keep a mapping; what was unknown for the want of it is known now. Raises InvalidInput, Conflict."""
    if new.source not in set(Source):
        raise InvalidInput(f"{new.source!r} is no source of webhooks; there are {', '.join(Source)}.")
    if not posixpath.isabs(new.local) or "\0" in new.local:
        raise InvalidInput(f"{new.local!r} must be the absolute path of a folder here.")
    if not webhooks.is_path(new.remote):
        raise InvalidInput(f"{new.remote!r} must be an absolute path, as {new.source} shows it.")
    plain = replace(new, remote=normalised(new.remote), local=posixpath.normpath(new.local))
    kept = mappings.add(tx, plain)
    audit.record(tx, Deed.MAPPING_ADDED, kept.remote, path=kept.local, source=kept.source)
    beginning = f"{CAUSE}:{kept.source}:"
    causes = [line["cause"] for line in health.lines(tx) if line["cause"].startswith(beginning)]
    health.clear_all(tx, [cause for cause in causes if is_under(cause.removeprefix(beginning), kept.remote)])
    return kept


def remove(tx: Tx, number: int) -> None:
    """Forget one. Raises NotFound."""
    known = next((one for one in mappings.everything(tx) if one.id == number), None)
    mappings.remove(tx, number)
    audit.record(tx, Deed.MAPPING_REMOVED, "" if known is None else known.remote)


@dataclass(frozen=True, slots=True)
class Check:
    """A folder that a download manager named, and what it is here.

    `library`: its name; None: it lies in none. `exists`: whether there is a folder. `suggestion`: a mapping under which
    there would be one.
    """

    source: str
    instance: str
    delivery_id: int
    remote: str
    local: str
    library: str | None
    exists: bool = False
    suggestion: PathMapping | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The folders that were named of late, the newest first, each once; and our libraries."""

    checks: tuple[Check, ...]
    libraries: tuple[Library, ...]


def named(tx: Tx) -> Named:
    """What was received, as the mappings have it now; nobody has looked at the disk yet."""
    found: dict[tuple[Sender, str], Check] = {}
    for row in deliveries.latest(tx, _RECENT):
        sender = Sender(Source(row["source"]), row["instance"])
        document = row["payload"]
        event = webhooks.understand(sender.source, document).event if isinstance(document, dict) else None
        if event is not None and event.folder and (sender, event.folder) not in found:
            found[sender, event.folder] = _check(tx, sender, row["id"], event.folder)
    return Named(tuple(found.values()), tuple(libraries.everything(tx)))


def _check(tx: Tx, sender: Sender, delivery_id: int, remote: str) -> Check:
    local = to_local(remote, mappings.of(tx, sender.source, sender.instance))
    library = libraries.containing(tx, local)
    name = None if library is None else library.name
    return Check(sender.source.value, sender.instance, delivery_id, remote, local, name)


def proved(found: Named) -> list[Check]:
    """The same after a look at the disk, with what would help where nothing is found. Blocks."""
    return [_proved(check, found.libraries) for check in found.checks]


def _proved(check: Check, known: Sequence[Library]) -> Check:
    if check.library is not None and os.path.isdir(check.local):  # noqa: PTH112  names may be no UTF-8
        return replace(check, exists=True)
    return replace(check, suggestion=next(_suggestions(check.remote, known), None))


def _suggestions(remote: str, known: Sequence[Library]) -> Iterator[PathMapping]:
    """Mappings that lead to a folder of the same name, the most exact first."""
    parts = remote.split("/")
    for depth in range(min(_DEEPEST, len(parts) - 1), 0, -1):
        tail, head = "/".join(parts[-depth:]), "/".join(parts[:-depth])
        for library in known:
            if head and os.path.isdir(f"{library.root}/{tail}"):  # noqa: PTH112  names may be no UTF-8
                yield PathMapping(library.root, head)
