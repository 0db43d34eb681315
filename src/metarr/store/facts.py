"""What this installation is, as its server found it: every process reads it here, so none of them decides by itself.

Which providers are configured is the server's word: a worker whose own configuration differs must not make another
outcome of a job than the worker beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.media import ItemKind, LibraryId
from metarr.store import health, schema
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metarr.store.db import Tx

_FACT = schema.fact
_PROVIDERS, _PAUSED, _RUNNING, _BROKEN_OFF = "providers", "paused", "running", "broken_off"
_SCHEDULES = "schedules"
_WELCOME = "welcome"


def save_providers(tx: Tx, kinds: Mapping[str, Iterable[ItemKind]]) -> None:
    """The providers that are configured, each with the kinds of items that it knows."""
    _save(tx, _PROVIDERS, {name: sorted(known) for name, known in kinds.items()})


def providers(tx: Tx) -> dict[str, frozenset[ItemKind]]:
    """The same back; nothing before the first start of a server."""
    found: dict[str, list[str]] = _load(tx, _PROVIDERS) or {}
    return {name: frozenset(map(ItemKind, kinds)) for name, kinds in found.items()}


def usable(tx: Tx) -> dict[str, frozenset[ItemKind]]:
    """The configured providers but for those that refuse our key."""
    known = providers(tx)
    refused = {line["cause"] for line in health.lines(tx)} if known else set()
    return {name: kinds for name, kinds in known.items() if f"{name}:key" not in refused}


def begin(tx: Tx) -> None:
    """This installation works from now on. If it did already, it was broken off: by a kill, or with the power."""
    if _load(tx, _RUNNING):
        _save(tx, _BROKEN_OFF, value=True)
    _save(tx, _RUNNING, value=True)


def end(tx: Tx) -> None:
    """It stopped in good order."""
    _save(tx, _RUNNING, value=False)


def was_broken_off(tx: Tx) -> bool:
    """Whether it did not stop in good order since this was last asked."""
    found = bool(_load(tx, _BROKEN_OFF))
    if found:
        _save(tx, _BROKEN_OFF, value=False)
    return found


def pause(tx: Tx, library_id: LibraryId) -> None:
    """Bulk enrichment of this library waits."""
    _save(tx, _PAUSED, sorted({*paused(tx), library_id}))


def resume(tx: Tx, library_id: LibraryId) -> None:
    """It goes on."""
    _save(tx, _PAUSED, sorted(paused(tx) - {library_id}))


def paused(tx: Tx) -> frozenset[LibraryId]:
    """Libraries whose bulk enrichment waits for a person to let it go on."""
    return frozenset(map(LibraryId, _load(tx, _PAUSED) or ()))


def are_schedules_filled(tx: Tx) -> bool:
    """Whether this installation was given its first schedules."""
    return bool(_load(tx, _SCHEDULES))


def remember_schedules(tx: Tx) -> None:
    """It was."""
    if not are_schedules_filled(tx):
        _save(tx, _SCHEDULES, value=True)


def steps_done(tx: Tx) -> frozenset[str]:
    """The steps of the first setup that are done, skipped or dismissed."""
    return frozenset(_load(tx, _WELCOME) or ())


def remember_steps(tx: Tx, names: Iterable[str]) -> None:
    """They are."""
    _save(tx, _WELCOME, sorted({*steps_done(tx), *names}))


def _save(tx: Tx, name: str, value: Any) -> None:  # noqa: ANN401  a document
    tx.execute(upsert(tx, _FACT, ["name"], {"name": name, "value": value}))


def _load(tx: Tx, name: str) -> Any:  # noqa: ANN401  a document
    row = tx.one(sa.select(_FACT.c.value).where(_FACT.c.name == name))
    return None if row is None else row["value"]
