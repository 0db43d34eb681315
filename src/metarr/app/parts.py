"""The parts that programs are made of: connections to the outside, and the phases over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metarr import notifiers, players
from metarr.actions.installation import Installation
from metarr.jobs.policy import Conditions
from metarr.phases.clean import Clean
from metarr.phases.enrich.images import ImageClient
from metarr.phases.enrich.phase import Enrich
from metarr.phases.notify import Notify
from metarr.phases.publish import Publish
from metarr.phases.scan.phase import Scan
from metarr.phases.scan.probe import Prober
from metarr.phases.sync import Sync
from metarr.phases.verify import Verify
from metarr.providers import PROVIDERS
from metarr.store import health, settings
from metarr.store import players as stored_players

if TYPE_CHECKING:
    import contextlib

    from metarr.app.configured import Configured
    from metarr.model.job import JobKind
    from metarr.phases.base import Phase
    from metarr.providers.base import Connection
    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx


def furnish(
    stack: contextlib.AsyncExitStack, store: Store, blobs: Blobs, wanted: Configured, *, is_beside: bool = False
) -> Installation:
    """The parts that actions work on; what has to be closed goes on the stack.

    `is_beside`: others work, too. A process without any provider's key leaves enrichment to them then, where alone it
    would pass enrichment by.
    """
    connections: dict[str, Connection] = {}
    for name, chosen in wanted.providers.items():
        if chosen.is_ready:
            connections[name] = PROVIDERS[name].build(chosen)
            stack.push_async_callback(connections[name].close)

    leaves_it_to_others = is_beside and not connections

    def conditions(tx: Tx) -> Conditions:
        refused = {line["cause"] for line in health.lines(tx)}
        return Conditions(
            settings=settings.load(tx),
            can_enrich=leaves_it_to_others or any(f"{name}:key" not in refused for name in connections),
            can_sync=stored_players.any_enabled(tx),
        )

    keyless = tuple(name for name, chosen in wanted.providers.items() if not chosen.is_ready)
    return Installation(store, blobs, conditions, connections, wanted.machine_zone, keyless, wanted.notices)


def phases(
    stack: contextlib.AsyncExitStack, installation: Installation, wanted: Configured
) -> dict[JobKind, Phase[Any]]:
    """Every phase by its kind."""
    blobs = installation.blobs
    prober, images = Prober(), ImageClient()
    stack.push_async_callback(prober.close)
    stack.push_async_callback(images.close)
    phases: tuple[Phase[Any], ...] = (
        Scan(blobs, prober),
        Enrich(installation.providers, blobs, images),
        Publish(blobs, wanted.permissions),
        Sync(players.build),
        Verify(blobs, wanted.permissions),
        Notify(notifiers.build),
        Clean(blobs),
    )
    return {phase.kind: phase for phase in phases}
