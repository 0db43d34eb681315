"""What actions work on: the open parts of one installation, wired by `app.py`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.phases.enrich.images import ImageClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo

    from metarr.jobs.policy import Conditions
    from metarr.providers.base import Connection
    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx


@dataclass(frozen=True, slots=True)
class Installation:
    """The database, the cache, and what decides about the chain. `providers`: those that have a key.

    `machine_zone`: the time zone of schedules where the user has set none.
    `without_key`: names of providers that would be used if they had one. `notices`: what is odd about the
    configuration, for people. `stopping` is set when the program is about to end: long answers should end too.
    """

    store: Store
    blobs: Blobs
    conditions: Callable[[Tx], Conditions]
    providers: Mapping[str, Connection]
    machine_zone: tzinfo
    without_key: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    images: ImageClient = field(default_factory=ImageClient)
