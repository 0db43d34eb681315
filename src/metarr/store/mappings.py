"""Where download managers see our folders under other paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from metarr.errors import Conflict, NotFound
from metarr.model.paths import PathMapping
from metarr.store import schema
from metarr.store.columns import unescape_path
from metarr.store.prepared import Prepared

if TYPE_CHECKING:
    from metarr.store.db import Tx

_MAPPING = schema.path_mapping
_NAMES = ("source", "instance", "remote", "local", "id")
_ORDER = (_MAPPING.c.source, _MAPPING.c.instance, _MAPPING.c.remote)
_EVERYTHING = Prepared(sa.select(*(_MAPPING.c[name] for name in _NAMES)).order_by(*_ORDER))


@dataclass(frozen=True, slots=True)
class Mapping:
    """A path mapping of one instance; of every instance of its source, where `instance` is empty."""

    source: str
    instance: str
    remote: str
    local: str
    id: int = 0

    def is_of(self, source: str, instance: str) -> bool:
        """Whether it counts for this instance."""
        return self.source == source and self.instance.casefold() in {"", instance.casefold()}


def everything(tx: Tx) -> list[Mapping]:
    """All mappings, in the order in which they are looked at."""
    rows = tx.run(_EVERYTHING, {})
    return [Mapping(source, who, remote, unescape_path(local), number) for source, who, remote, local, number in rows]


def of(tx: Tx, source: str, instance: str) -> list[PathMapping]:
    """What counts for an instance; its own before those of its source, where both map the same."""
    mine = [mapping for mapping in everything(tx) if mapping.is_of(source, instance)]
    own_first = sorted(mine, key=lambda mapping: mapping.instance == "")
    return [PathMapping(mapping.local, mapping.remote) for mapping in own_first]


def add(tx: Tx, new: Mapping) -> Mapping:
    """Keep a mapping. Raises Conflict when its remote path is mapped already."""
    for other in everything(tx):
        key = (other.source, other.instance.casefold(), other.remote)
        if key == (new.source, new.instance.casefold(), new.remote):
            raise Conflict(
                f"{other.remote} is mapped to {other.local} already (mapping {other.id}); remove that first."
            )
    row = {name: getattr(new, name) for name in ("source", "instance", "remote", "local")}
    number = tx.execute(sa.insert(_MAPPING).values(**row).returning(_MAPPING.c.id)).scalar_one()
    return Mapping(**row, id=number)


def remove(tx: Tx, number: int) -> None:
    """Forget a mapping. Raises NotFound."""
    if tx.execute(sa.delete(_MAPPING).where(_MAPPING.c.id == number)).rowcount == 0:
        raise NotFound(f"There is no path mapping {number}.")
