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
from metarr.providers.base import Surroundings
from metarr.store import facts, settings
from metarr.store import players as stored_players
from metarr.store.answers import Answers
from metarr.store.leases import Leases

if TYPE_CHECKING:
    import contextlib

    from metarr.app.configured import Configured
    from metarr.model.job import JobKind
    from metarr.phases.base import Phase
    from metarr.providers.base import Connection
    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx


def furnish(stack: contextlib.AsyncExitStack, store: Store, blobs: Blobs, wanted: Configured) -> Installation:
    """The parts that actions work on; what has to be closed goes on the stack."""
    connections: dict[str, Connection] = {}
    surroundings = Surroundings(Answers(store), None if store.is_sqlite else Leases(store))
    for name, chosen in wanted.providers.items():
        if chosen.is_ready:
            connections[name] = PROVIDERS[name].build(chosen, surroundings)
            stack.push_async_callback(connections[name].close)

    keyless = tuple(name for name, chosen in wanted.providers.items() if not chosen.is_ready)
    images = ImageClient(address for chosen in wanted.providers.values() for address in chosen.addresses)
    stack.push_async_callback(images.close)
    return Installation(
        store, blobs, conditions, connections, wanted.machine_zone, keyless, wanted.notices, images=images
    )


def conditions(tx: Tx) -> Conditions:
    """What decides about the chain, as the database has it: the same for every process."""
    return Conditions(settings.load(tx), facts.usable(tx), stored_players.any_enabled(tx), facts.paused(tx))


def phases(
    stack: contextlib.AsyncExitStack, installation: Installation, wanted: Configured
) -> dict[JobKind, Phase[Any]]:
    """Every phase by its kind."""
    blobs = installation.blobs
    prober = Prober()
    stack.push_async_callback(prober.close)
    phases: tuple[Phase[Any], ...] = (
        Scan(blobs, prober),
        Enrich(installation.providers, blobs, installation.images),
        Publish(blobs, wanted.permissions),
        Sync(players.build),
        Verify(blobs, wanted.permissions),
        Notify(notifiers.build),
        Clean(blobs),
    )
    return {phase.kind: phase for phase in phases}
