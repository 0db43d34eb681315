"""`metarr worker`: a program that only works jobs, beside `metarr serve`, on any machine that reaches its PostgreSQL.

It takes settings, players and channels from the database, and starts nothing by itself: no API, no schedules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from metarr.app import configured, parts, tracing
from metarr.app.program import Program
from metarr.errors import InvalidInput
from metarr.model.job import JobKind
from metarr.providers import PROVIDERS
from metarr.providers.live import Fixed
from metarr.store import facts, libraries, sealed
from metarr.store.blobs import Blobs
from metarr.store.listen import relay
from metarr.store.opening import opened
from metarr.store.sealed import Vault
from metarr.worker import Worker

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Collection, Mapping, Sequence

    from metarr.actions.installation import Installation
    from metarr.config import Config
    from metarr.jobs.reach import Reach
    from metarr.store.db import Tx

log = structlog.get_logger()


class Hand(Program):
    """One more machine's hands. Any number of them may share a data folder: they only use its cache."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        config = self._config
        if config.database_url is None:
            raise InvalidInput(
                "A worker beside the server needs PostgreSQL: set METARR_DATABASE_URL to the server's own. "
                "On SQLite the server does all work itself; METARR_WORKERS says how many jobs at a time."
            )
        wanted, reach = configured.read(config), configured.reach(config)
        store = opened(config.data / "metarr.db", config.database_url)
        stack.callback(store.close)
        await tracing.begin(stack, store)
        vault = Vault(config.secret_key or sealed.key_in(config.data))
        installation = parts.furnish(stack, store, Blobs(config.cache), wanted, vault)
        known = {library.name for library in await store.read(libraries.everything)}
        for name in sorted((reach.libraries or frozenset()) - known):
            log.warning("no library has this name yet", library=name)
        await self._run(stack, relay(store))
        phases = parts.phases(stack, installation, wanted)
        claiming = parts.claiming(installation)
        await store.read(claiming)
        reach = _possible(reach, await store.read(lambda tx: _lacks(tx, installation)))
        await self._work(stack, Worker(store, phases, claiming, slots=config.workers, reach=reach))


def _possible(reach: Reach, lacks: Mapping[JobKind, str]) -> Reach:
    """A worker that lacks what the server has would do less than the one beside it: it leaves such jobs to others."""
    named = sorted(lacks.keys() & (reach.kinds or ()))
    if named:
        raise InvalidInput(f"This worker is to {named[0]}, but it lacks {lacks[named[0]]}.")
    for kind, what in lacks.items():
        log.info("jobs are left to other workers", kind=kind.value, missing=what)
    return replace(reach, kinds=(reach.kinds or frozenset(JobKind)).difference(lacks)) if lacks else reach


def _lacks(tx: Tx, installation: Installation) -> dict[JobKind, str]:
    """What keeps this process from jobs of a kind."""
    found = {JobKind.BACKUP: "the server's data folder"}
    lacking = _lacking(installation, facts.providers(tx))
    if lacking:
        keys = ", ".join(Fixed.variable(name, "api_key") for name in lacking)
        found[JobKind.ENRICH] = f"keys of metadata providers: set {keys}"
    if not sealed.fits(tx, installation.vault):
        key = f"the secret key: set {sealed.VARIABLE} to what the server's {sealed.KEY_FILE} holds"
        found |= dict.fromkeys((JobKind.SYNC, JobKind.NOTIFY), key)
        if JobKind.ENRICH in found:
            found[JobKind.ENRICH] += f", or {key}"
    return found


def _lacking(installation: Installation, wanted: Collection[str]) -> Sequence[str]:
    """Providers that the server has and this process has not. Before a server's first start any key will do."""
    if wanted:
        return sorted(set(wanted) - installation.providers.keys())
    has_key = any(PROVIDERS[name].needs_key for name in installation.providers)
    return () if has_key else [name for name, one in PROVIDERS.items() if one.needs_key]
