"""What actions work on: the open parts of one installation, wired by `app.py`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from metarr.clients.oidc.provider import Discovery
from metarr.phases.enrich.images import ImageClient
from metarr.providers.live import Fixed
from metarr.store.sealed import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo
    from pathlib import Path

    from metarr.jobs.policy import Conditions
    from metarr.providers.base import Connection
    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx


@dataclass(frozen=True, slots=True)
class Given:
    """What environment and file say, as it may be shown; and what of it may not. `secret_key` None: the file's."""

    lines: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    secret_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Installation:
    """The database, the cache, and what decides about the chain. `providers`: those that can be asked now.

    `machine_zone`: the time zone of schedules where the user has set none. `fixed`: what the configuration of this
    process says of providers. `notices`: what is odd about it, for people. `stopping` is set when the program is about
    to end: long answers should end too.
    `vault` seals keys and passwords before they are stored. `discovery`: what the identity provider says of itself.
    """

    store: Store
    blobs: Blobs
    conditions: Callable[[Tx], Conditions]
    providers: Mapping[str, Connection]
    machine_zone: tzinfo
    fixed: Fixed = field(default_factory=Fixed)
    notices: tuple[str, ...] = ()
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    images: ImageClient = field(default_factory=ImageClient)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    vault: Vault = field(default_factory=Vault)
    discovery: Discovery = field(default_factory=Discovery)
    configured: Given = field(default_factory=Given)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.blobs.root.parent
