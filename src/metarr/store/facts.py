"""What this installation is, as its server found it: every process reads it here, so none of them decides by itself.

Which providers are configured is the server's word: a worker whose own configuration differs must not make another
outcome of a job than the worker beside it.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.model.media import ItemKind, LibraryId
from metarr.store import health, schema
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from metarr.store.db import Tx

_FACT = schema.fact
_RUNNING, _BROKEN_OFF = "running", "broken_off"
_SCHEDULES = "schedules"
_WELCOME = "welcome"
_MARK = "mark"
PROVIDERS, PAUSED = "providers", "paused"
REFUSED = ":key"  # the end of what health says of a provider that refuses our key
_FIRST_CHORES = ("scan", "refresh", "verify", "clean")  # of releases that only wrote down that they were given


def save_providers(tx: Tx, kinds: Mapping[str, Iterable[ItemKind]]) -> None:
    """The providers that are configured, each with the kinds of items that it knows."""
    _save(tx, PROVIDERS, {name: sorted(known) for name, known in kinds.items()})


def providers(tx: Tx) -> dict[str, frozenset[ItemKind]]:
    """The same back; nothing before the first start of a server."""
    return kinds_in(_load(tx, PROVIDERS))


def kinds_in(document: Mapping[str, Iterable[str]] | None) -> dict[str, frozenset[ItemKind]]:
    """The same, as this fact says it."""
    return {name: frozenset(map(ItemKind, kinds)) for name, kinds in (document or {}).items()}


def usable(tx: Tx) -> dict[str, frozenset[ItemKind]]:
    """The configured providers but for those that refuse our key."""
    return accepting(providers(tx), {line["cause"] for line in health.lines(tx)})


def accepting(known: Mapping[str, frozenset[ItemKind]], causes: Collection[str]) -> dict[str, frozenset[ItemKind]]:
    """Of the known providers, those of which health has no such cause."""
    return {name: kinds for name, kinds in known.items() if name + REFUSED not in causes}


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
    _save(tx, PAUSED, sorted({*paused(tx), library_id}))


def resume(tx: Tx, library_id: LibraryId) -> None:
    """It goes on."""
    _save(tx, PAUSED, sorted(paused(tx) - {library_id}))


def paused(tx: Tx) -> frozenset[LibraryId]:
    """Libraries whose bulk enrichment waits for a person to let it go on."""
    return libraries_in(_load(tx, PAUSED))


def libraries_in(document: Iterable[int] | None) -> frozenset[LibraryId]:
    """The same, as this fact says it."""
    return frozenset(map(LibraryId, document or ()))


def chores_scheduled(tx: Tx) -> frozenset[str]:
    """The chores that this installation was once given a first schedule for."""
    found = _load(tx, _SCHEDULES)
    return frozenset(_FIRST_CHORES if found is True else found or ())


def remember_chores(tx: Tx, chores: Iterable[str]) -> None:
    """It was given them."""
    _save(tx, _SCHEDULES, sorted(chores))


def steps_done(tx: Tx) -> frozenset[str]:
    """The steps of the first setup that are done, skipped or dismissed."""
    return frozenset(_load(tx, _WELCOME) or ())


def remember_steps(tx: Tx, names: Iterable[str]) -> None:
    """They are."""
    _save(tx, _WELCOME, sorted({*steps_done(tx), *names}))


def mark(tx: Tx) -> str:
    """What tells this installation from others, wherever its database goes; made when it is first asked for."""
    tx.execute(upsert(tx, _FACT, ["name"], {"name": _MARK, "value": uuid.uuid4().hex}, keep=["value"]))
    found: str = _load(tx, _MARK)
    return found


def _save(tx: Tx, name: str, value: Any) -> None:  # noqa: ANN401  a document
    tx.execute(upsert(tx, _FACT, ["name"], {"name": name, "value": value}))


def _load(tx: Tx, name: str) -> Any:  # noqa: ANN401  a document
    row = tx.one(sa.select(_FACT.c.value).where(_FACT.c.name == name))
    return None if row is None else row["value"]
