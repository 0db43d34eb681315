"""The audit log. Lines are only ever added; what is refused again and again becomes one line that counts.

Who acts is known where a request or a command begins (`act_as`), and is carried along: whatever is written on their
behalf, in `Store.write`'s thread as well, is theirs. So what is done says only what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from metarr.model.audit import PROGRAM, Agent, Deed, Entry, Result
from metarr.store import pruning, schema
from metarr.store.db import NOW, after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.audit import Wanted
    from metarr.store.db import Row, Tx

JSON: TypeAlias = "str | int | float | bool | Sequence[str] | Mapping[str, str] | None"
_AUDIT = schema.audit
_AGENT: ContextVar[Agent] = ContextVar("agent", default=PROGRAM)
_TOGETHER = timedelta(hours=1)  # what is refused in it, in the same way, is one line
_MOST_APART = 100  # lines of one kind of refusal in that time; what comes on top is counted in one more
_MOST = 500_000  # lines; about 150 MB
_LONGEST = 500  # characters of a text
_MANY = 50  # names in a list
_SCATTERED = Agent("", "many addresses")


def act_as(agent: Agent) -> None:
    """Whatever this task writes from now on is done by them."""
    _AGENT.set(agent)


def record(
    tx: Tx, deed: Deed, what: str = "", *, by: Agent | None = None, result: Result = Result.DONE, **more: JSON
) -> None:
    """One line, in the transaction of what was done. `by`: who, where it is not who acts. No secret belongs in it."""
    agent = by or _AGENT.get()
    row = {
        "deed": deed.value,
        "what": _plain(what),
        "who": _plain(agent.name),
        "user_id": agent.user_id,
        "address": _plain(agent.address),
        "result": result.value,
        "more": {name: _plain(value) for name, value in more.items()},
    }
    if result is Result.DONE or not _counted(tx, row):
        tx.execute(sa.insert(_AUDIT).values(**row, at=NOW, last_at=NOW, times=1))


def page(tx: Tx, wanted: Wanted, *, before: int | None, limit: int) -> list[Entry]:
    """Lines older than the line `before`, newest first."""
    query = sa.select(_AUDIT).order_by(_AUDIT.c.id.desc()).limit(limit)
    for name in ("deed", "who", "user_id", "result"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(_AUDIT.c[name] == value)
    if wanted.since is not None:
        query = query.where(_AUDIT.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_AUDIT.c.at < wanted.until)
    if before is not None:
        query = query.where(_AUDIT.c.id < before)
    return [_entry(row) for row in tx.rows(query)]


def prune(tx: Tx, keep: timedelta) -> int:
    """Forget what is older than that, and the oldest of what is too much. Returns how many."""
    newest = sa.select(sa.func.max(_AUDIT.c.id)).scalar_subquery()
    is_too_much = _AUDIT.c.id <= newest - _MOST
    return pruning.prune(tx, _AUDIT, sa.or_(_AUDIT.c.at < after(-keep), is_too_much))


def _counted(tx: Tx, row: dict[str, Any]) -> bool:
    """Whether it is counted in a line that is there. Too many lines of its kind: the row becomes that of all others."""
    same = (_AUDIT.c.deed == row["deed"]) & (_AUDIT.c.result == row["result"]) & (_AUDIT.c.at > after(-_TOGETHER))
    if _count(tx, same, row):
        return True
    if tx.execute(sa.select(sa.func.count()).select_from(_AUDIT).where(same)).scalar_one() < _MOST_APART:
        return False
    row.update(what="", who=_SCATTERED.name, user_id=None, address=_SCATTERED.address, more={})
    return _count(tx, same, row)


def _count(tx: Tx, same: sa.ColumnElement[bool], row: Mapping[str, Any]) -> bool:
    alike = [_AUDIT.c[name] == row[name] for name in ("what", "who", "address")]
    newest = sa.select(sa.func.max(_AUDIT.c.id)).where(same, *alike).scalar_subquery()
    counting = sa.update(_AUDIT).where(_AUDIT.c.id == newest).values(times=_AUDIT.c.times + 1, last_at=NOW)
    return tx.execute(counting).rowcount == 1


def _plain(value: Any) -> Any:  # noqa: ANN401  any JSON
    """What every database takes, and no line longer than can be read."""
    if isinstance(value, str):
        return "".join(character for character in value[:_LONGEST] if character.isprintable())
    if isinstance(value, Mapping):
        return {_plain(name): _plain(one) for name, one in list(value.items())[:_MANY]}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in list(value)[:_MANY]]
    return value


def _entry(row: Row) -> Entry:
    values = {**row, "deed": Deed(row["deed"]), "result": Result(row["result"])}
    return Entry(**values)
