"""Whether the installation is well: what waits for what, and what people should know about the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import metarr
from metarr.store import health

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from metarr.actions.installation import Installation
    from metarr.store.db import Row, Tx


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """`paused_for`: how long the provider is left alone; None: it works."""

    name: str
    has_key: bool
    calls: int = 0
    paused_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """`is_well`: nothing waits for anything. `notices` are no faults, but worth knowing."""

    version: str
    is_well: bool
    lines: Sequence[Row]
    providers: tuple[ProviderHealth, ...]
    notices: tuple[str, ...]


def report(tx: Tx, installation: Installation) -> Health:
    """One line per cause, as jobs reported them."""
    lines = health.lines(tx)
    connected = []
    for name, connection in installation.providers.items():
        figures = connection.health()
        connected.append(ProviderHealth(name, True, figures.calls, figures.paused_for))
    keyless = [ProviderHealth(name, False) for name in installation.without_key]
    return Health(metarr.__version__, not lines, lines, (*connected, *keyless), installation.notices)
