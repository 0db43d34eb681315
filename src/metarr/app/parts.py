"""The parts that programs are made of: connections to the outside, and the phases over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metarr import notifiers
from metarr.actions import players, providers
from metarr.actions.installation import Installation
from metarr.jobs import conditions
from metarr.phases.backup import Backup
from metarr.phases.clean import Clean
from metarr.phases.enrich.images import ImageClient
from metarr.phases.enrich.phase import Enrich
from metarr.phases.notify.phase import Notify
from metarr.phases.publish import Publish
from metarr.phases.scan.phase import Scan
from metarr.phases.scan.probe import Prober
from metarr.phases.sync.phase import Sync
from metarr.phases.verify import Verify
from metarr.providers.base import Surroundings
from metarr.providers.live import Connections
from metarr.store import sealed
from metarr.store.answers import Answers
from metarr.store.leases import Leases
from metarr.store.sealed import Vault
from metarr.store.thumbs import Thumbs

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

    from metarr.app.configured import Configured
    from metarr.config import Config
    from metarr.jobs.policy import Conditions
    from metarr.model.job import JobKind
    from metarr.phases.base import Phase
    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx


async def unlock(store: Store, config: Config) -> Vault:
    """The vault of a server's installation; the first start makes its key. Raises InvalidInput, WrongKey."""
    key = config.secret_key or sealed.key_in(config.data)
    if key is None and not await store.read(sealed.is_in_use):
        key = sealed.make_key(config.data)
    vault = Vault(key)
    await store.write(lambda tx: sealed.prove(tx, vault))
    return vault


def furnish(
    stack: contextlib.AsyncExitStack, store: Store, blobs: Blobs, wanted: Configured, vault: Vault
) -> Installation:
    """The parts that actions work on; what has to be closed goes on the stack."""
    surroundings = Surroundings(Answers(store), None if store.is_sqlite else Leases(store))
    connections = Connections(wanted.fixed, surroundings, vault)
    stack.push_async_callback(connections.close)
    images = ImageClient(wanted.fixed.addresses)
    stack.push_async_callback(images.close)
    return Installation(
        store,
        blobs,
        conditions.current,
        connections,
        wanted.machine_zone,
        wanted.fixed,
        wanted.notices,
        images=images,
        vault=vault,
        configured=wanted.given,
    )


def thumbs(blobs: Blobs) -> Thumbs:
    """The small pictures of a cache lie beside it."""
    return Thumbs(blobs.root.parent / "thumbs", blobs)


def claiming(installation: Installation) -> Callable[[Tx], Conditions]:
    """The conditions, asked with every claim: no job runs without the providers that it was submitted for."""

    def learning(tx: Tx) -> Conditions:
        found = conditions.find(tx)
        providers.learn(installation, found.providers)
        return found.conditions

    return learning


def phases(
    stack: contextlib.AsyncExitStack, installation: Installation, wanted: Configured, prober: Prober | None = None
) -> dict[JobKind, Phase[Any]]:
    """Every phase by its kind. `prober`: somebody else's, who closes it; None: one of their own."""
    blobs = installation.blobs
    if prober is None:
        prober = Prober()
        stack.push_async_callback(prober.close)
    phases: tuple[Phase[Any], ...] = (
        Scan(blobs, prober),
        Enrich(installation.providers, blobs, installation.images),
        Publish(blobs, wanted.permissions),
        Sync(players.connector(installation.vault)),
        Verify(blobs, wanted.permissions),
        Notify(notifiers.build, installation.vault, blobs),
        Clean(blobs, thumbs(blobs)),
        Backup(installation.data, blobs.root),
    )
    return {phase.kind: phase for phase in phases}
