"""`metarr serve`: the whole program in one process. Ordered start, ordered stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from metarr.actions import phase_config, providers
from metarr.api import application
from metarr.app import admission, configured, parts, players, server, tracing
from metarr.app.program import Program
from metarr.app.watching import Watcher
from metarr.jobs import triggers, workers
from metarr.jobs.triggers import Begun
from metarr.model import schedule
from metarr.model.job import Trigger
from metarr.providers import PROVIDERS
from metarr.schedule import Scheduler
from metarr.store import channels, facts, health, schedules
from metarr.store.blobs import Blobs
from metarr.store.db import EVENTS, DatabaseFault
from metarr.store.listen import relay
from metarr.store.opening import opened
from metarr.web.guard import Guard
from metarr.web.metering import Metering
from metarr.worker import Worker

if TYPE_CHECKING:
    import contextlib

    from metarr.app.configured import Configured
    from metarr.config import Config
    from metarr.phases.scan.probe import Prober
    from metarr.store.db import Store, Tx
    from metarr.store.sealed import Vault


log = structlog.get_logger()


class App(Program):
    """One running installation. Whoever enters it holds the data folder's lock.

    `token`: a key for this start only, for the commands that find it in the lock file. `is_working` False: jobs are
    left alone. `has_pages` False: only the API, for a command that asks it and nobody else. `has_schedules`: what is
    due by the clock is started too. `prober`: probing processes that several installations in one process share, and
    none of them closes; None: its own.
    """

    def __init__(
        self,
        config: Config,
        token: str,
        *,
        is_working: bool = True,
        has_pages: bool = True,
        has_schedules: bool = False,
        prober: Prober | None = None,
    ) -> None:
        super().__init__()
        self._prober = prober
        self._config = config
        self._is_working = is_working
        self._has_pages = has_pages
        self._has_schedules = has_schedules
        self._token = token
        self.url = ""
        self.setup_code: str | None = None

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        config = self._config
        wanted, reach, login = configured.read(config), configured.reach(config), admission.proxy_rules(config)
        listener = stack.enter_context(server.listen(config.host, config.port))
        self.url = server.url_of(listener)
        store = opened(config.data / "metarr.db", config.database_url)
        stack.callback(store.close)
        await tracing.begin(stack, store)
        vault = await parts.unlock(store, config)
        used = await store.read(facts.usable)
        await store.write(lambda tx: _take_over(tx, wanted, vault))
        if self._is_working:
            await store.write(facts.begin)
            stack.push_async_callback(_end, store)
        installation = parts.furnish(stack, store, Blobs(config.cache), wanted, vault)
        await store.write(lambda tx: providers.know(tx, installation, used))
        entrance = admission.entrance(config, self._token, store)
        self.setup_code = await admission.setup_code(config, entrance)
        web = application.create(installation, entrance)
        if self._has_pages:
            from metarr import ui  # more than half of what a start takes

            ui.install(web, parts.thumbs(installation.blobs))
        metering = web.state.metering = Metering(Guard(web, entrance, admission.hosts(config)))
        if not store.is_sqlite:
            await self._run(stack, relay(store))
        if self._is_working:
            phases = parts.phases(stack, installation, wanted, self._prober)
            worker = Worker(store, phases, parts.claiming(installation), slots=config.workers, reach=reach)
            await self._work(stack, worker)
        if self._has_schedules:
            await store.write(lambda tx: phase_config.resume(tx, installation.conditions(tx)))
            await store.write(_check_after_crash)
            await self._run(stack, Scheduler(store, installation.machine_zone).run())
            await self._run(stack, Watcher(store).run())
        self._parts.append(await stack.enter_async_context(server.serving(metering, listener, config.proxies, login)))
        stack.callback(store.hear, EVENTS)  # wakes the streams, which then see that
        stack.callback(installation.stopping.set)


def _take_over(tx: Tx, wanted: Configured, vault: Vault) -> None:
    """What earlier processes left behind, and what the configuration says now."""
    if tx.is_sqlite:
        workers.take_back_all(tx)
    schedules.fill(tx, schedule.DEFAULTS)
    for name in PROVIDERS:
        health.clear(tx, f"{name}:key")  # it may be another key now
    players.take_over(tx, wanted.players, vault)
    _take_channels(tx, wanted, vault)


def _take_channels(tx: Tx, wanted: Configured, vault: Vault) -> None:
    """The channels that the configuration names. One that was switched off stays off, unless its address is new."""
    known = {channel.name: vault.open(channel.url) for channel in channels.everything(tx) if channel.is_fixed}
    for channel in wanted.channels:
        is_same = known.get(channel.name) == channel.url
        channels.fix(tx, channel.name, vault.seal(channel.url), wanted.events, is_same=is_same)
    channels.fix_only(tx, [channel.name for channel in wanted.channels])


async def _end(store: Store) -> None:
    try:
        await store.write(facts.end)
    except DatabaseFault:
        log.warning("the database cannot be reached; the next start will check the libraries")


def _check_after_crash(tx: Tx) -> None:
    """What a power failure left half done in the libraries is found and put right before anyone sees it."""
    if facts.was_broken_off(tx):
        triggers.chore(tx, schedule.Chore.VERIFY, None, Begun(Trigger.START))
