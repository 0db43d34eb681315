"""`metarr worker`: a program that only works jobs, beside `metarr serve`, on any machine that reaches its PostgreSQL.

It takes settings, players and channels from the database, and starts nothing by itself: no API, no schedules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from metarr.app import configured, parts
from metarr.app.program import Program
from metarr.errors import InvalidInput
from metarr.model.job import JobKind
from metarr.providers import PROVIDERS
from metarr.store import facts, libraries
from metarr.store.blobs import Blobs
from metarr.store.listen import relay
from metarr.store.opening import opened
from metarr.worker import Worker

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Collection, Sequence

    from metarr.actions.installation import Installation
    from metarr.config import Config
    from metarr.jobs.reach import Reach

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
        installation = parts.furnish(stack, store, Blobs(config.cache), wanted)
        known = {library.name for library in await store.read(libraries.everything)}
        for name in sorted((reach.libraries or frozenset()) - known):
            log.warning("no library has this name yet", library=name)
        await self._run(stack, relay(store))
        phases = parts.phases(stack, installation, wanted)
        reach = _possible(reach, installation, await store.read(facts.providers))
        await self._work(stack, Worker(store, phases, installation.conditions, slots=config.workers, reach=reach))


def _possible(reach: Reach, installation: Installation, wanted: Collection[str]) -> Reach:
    """A worker without the keys that the server has would learn less than the one beside it: it does not enrich."""
    lacking = _lacking(installation, wanted)
    if not lacking or (reach.kinds is not None and JobKind.ENRICH not in reach.kinds):
        return reach
    keys = ", ".join(f"METARR_{name.upper()}_API_KEY" for name in lacking)
    if reach.kinds is not None:
        raise InvalidInput(f"This worker is to enrich, but it lacks keys of metadata providers: set {keys}.")
    log.info("keys of metadata providers are missing; enrichment is left to other workers", missing=keys)
    return replace(reach, kinds=frozenset(JobKind) - {JobKind.ENRICH})


def _lacking(installation: Installation, wanted: Collection[str]) -> Sequence[str]:
    """Providers that the server has and this process has not. Before a server's first start any key will do."""
    if wanted:
        return sorted(set(wanted) - installation.providers.keys())
    has_key = any(PROVIDERS[name].needs_key for name in installation.providers)
    return () if has_key else installation.without_key
