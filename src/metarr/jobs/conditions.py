"""What decides about the chain, as the database has it. It is read with every claim, so it is read with one statement.

What comes of the same rows is kept: the rows decide whether it still holds, whichever process wrote them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.jobs.policy import Conditions
from metarr.settings import in_library
from metarr.store import facts, libraries, schema, settings
from metarr.store.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.store.db import Tx

_SETTING, _LIBRARY, _FACT, _HEALTH, _PLAYER = "setting", "library", "fact", "health", "player"
_FACTS = (facts.PROVIDERS, facts.PAUSED)
Rows = tuple[tuple[str, str, str], ...]  # which table, which of its rows, what it says


def _part(table: str, name: sa.ColumnElement[str], value: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(sa.literal(table).label("part"), name.label("name"), value.label("value"))


_NOTHING = sa.literal("")
_READ = Prepared(
    sa.union_all(
        _part(_SETTING, schema.setting.c.section, schema.setting.c.value),
        _part(_LIBRARY, sa.cast(schema.library.c.id, sa.Text), schema.library.c.settings),
        _part(_FACT, schema.fact.c.name, schema.fact.c.value).where(
            sa.or_(*(schema.fact.c.name == name for name in _FACTS))
        ),
        _part(_HEALTH, schema.health.c.cause, _NOTHING).where(
            schema.health.c.cause.endswith(facts.REFUSED, autoescape=True)
        ),
        _part(_PLAYER, _NOTHING, _NOTHING).where(sa.exists().where(schema.player.c.is_enabled)),
    ).order_by("part", "name")
)


@dataclass(frozen=True, slots=True)
class Found:
    """`providers`: what was set of each; its secrets are sealed."""

    conditions: Conditions
    providers: Mapping[str, Mapping[str, Any]]


def find(tx: Tx) -> Found:
    """The conditions and the providers' settings, as they are in this moment for every process."""
    return _understood(tuple(tx.run(_READ, {})))


def current(tx: Tx) -> Conditions:
    """The conditions alone."""
    return find(tx).conditions


@lru_cache(maxsize=8)
def _understood(rows: Rows) -> Found:
    by_table: dict[str, dict[str, str]] = {}
    for table, name, value in rows:
        by_table.setdefault(table, {})[name] = value
    set_rows = tuple(by_table.get(_SETTING, {}).items())
    everywhere = settings.read(set_rows)
    own = libraries.overrides_in((int(name), text) for name, text in by_table.get(_LIBRARY, {}).items())
    said = {name: json.loads(text) for name, text in by_table.get(_FACT, {}).items()}
    conditions = Conditions(
        everywhere,
        facts.accepting(facts.kinds_in(said.get(facts.PROVIDERS)), by_table.get(_HEALTH, ())),
        _PLAYER in by_table,
        facts.libraries_in(said.get(facts.PAUSED)),
        {library: in_library(everywhere, overrides) for library, overrides in own.items()},
    )
    return Found(conditions, settings.provider_rows(set_rows))
