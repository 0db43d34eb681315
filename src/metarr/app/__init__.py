"""The composition root: the only place that constructs and wires. Ordered start, ordered stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from metarr import ui
from metarr.actions import phase_config
from metarr.api import application
from metarr.app import configured, parts, server
from metarr.app.program import Program
from metarr.app.watching import Watcher
from metarr.errors import InvalidInput
from metarr.jobs import triggers, workers
from metarr.model import schedule
from metarr.phases.enrich.asking import kinds_of
from metarr.schedule import Scheduler
from metarr.store import channels, facts, health, schedules
from metarr.store import players as stored_players
from metarr.store.blobs import Blobs
from metarr.store.db import EVENTS, DatabaseFault
from metarr.store.listen import relay
from metarr.store.opening import opened
from metarr.web.guard import Access
from metarr.worker import Worker

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Collection

    from metarr.actions.installation import Installation
    from metarr.app.configured import Configured
    from metarr.config import Config
    from metarr.players.base import PlayerSettings
    from metarr.store.db import Store, Tx


log = structlog.get_logger()


class App(Program):
    """One running installation. Whoever enters it holds the data folder's lock.

    `token`: a key for this start only, for the commands that find it in the lock file. `is_working` False: jobs are
    left alone. `has_schedules`: what is due by the clock is started too.
    """

    def __init__(self, config: Config, token: str, *, is_working: bool = True, has_schedules: bool = False) -> None:
        super().__init__()
        self._config = config
        self._is_working = is_working
        self._has_schedules = has_schedules
        self._token = token
        self.url = ""

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        config = self._config
        is_local = server.is_loopback(config.host)
        if not is_local and config.api_key is None:
            raise InvalidInput(
                f"Without a key only this machine is served. To listen on {config.host}, set METARR_API_KEY; "
                "every request must carry it then."
            )
        wanted, reach = configured.read(config), configured.reach(config)
        listener = stack.enter_context(server.listen(config.host, config.port))
        self.url = server.url_of(listener)
        store = opened(config.data / "metarr.db", config.database_url)
        stack.callback(store.close)
        used = await store.read(facts.usable)
        await store.write(lambda tx: _take_over(tx, wanted))
        if self._is_working:
            await store.write(facts.begin)
            stack.push_async_callback(_end, store)
        installation = parts.furnish(stack, store, Blobs(config.cache), wanted)
        await store.write(lambda tx: _know_providers(tx, installation, used))
        keys = (self._token, *([config.api_key] if config.api_key is not None else []))
        web = application.create(installation, Access(keys, needs_key=config.api_key is not None, is_local=is_local))
        ui.install(web)
        if not store.is_sqlite:
            await self._run(stack, relay(store))
        if self._is_working:
            phases = parts.phases(stack, installation, wanted)
            worker = Worker(store, phases, installation.conditions, slots=config.workers, reach=reach)
            await self._work(stack, worker)
        if self._has_schedules:
            await store.write(lambda tx: phase_config.resume(tx, installation.conditions(tx)))
            await store.write(_check_after_crash)
            await self._run(stack, Scheduler(store, installation.machine_zone).run())
            await self._run(stack, Watcher(store).run())
        self._parts.append(await stack.enter_async_context(server.serving(web, listener)))
        stack.callback(store.hear, EVENTS)  # wakes the streams, which then see that
        stack.callback(installation.stopping.set)


def _take_over(tx: Tx, wanted: Configured) -> None:
    """What earlier processes left behind, and what the configuration says now."""
    if tx.is_sqlite:
        workers.take_back_all(tx)
    schedules.fill(tx, schedule.DEFAULTS)
    for name in wanted.providers:
        health.clear(tx, f"{name}:key")  # it may be another key now
    for player in wanted.players:
        health.clear(tx, f"player:{player.name}:credentials")
        stored_players.save(tx, player.name, player.kind, _player_row(player))
    names = {player.name for player in wanted.players}
    for row in stored_players.enabled(tx):
        if row.name not in names:
            stored_players.disable(tx, row.id)  # what it showed is still worth knowing
    for channel in wanted.channels:
        channels.save(tx, channel.name, channel.url, wanted.events)
    channels.remove_others(tx, [channel.name for channel in wanted.channels])


async def _end(store: Store) -> None:
    try:
        await store.write(facts.end)
    except DatabaseFault:
        log.warning("the database cannot be reached; the next start will check the libraries")


def _check_after_crash(tx: Tx) -> None:
    """What a power failure left half done in the libraries is found and put right before anyone sees it."""
    if facts.was_broken_off(tx):
        triggers.chore(tx, schedule.Chore.VERIFY, None)


def _know_providers(tx: Tx, installation: Installation, used: Collection[str]) -> None:
    """Every process goes by the providers that the server has. What one that was not `used` may know is asked of it."""
    facts.save_providers(tx, {name: kinds_of(one) for name, one in installation.providers.items()})
    if used:
        phase_config.ask_added(tx, facts.providers(tx), used)


def _player_row(player: PlayerSettings) -> dict[str, Any]:
    row = player.model_dump(mode="json", exclude={"kind", "name"})
    return {**row, "password": player.password and player.password.get_secret_value()}
