"""The composition root: the only place that constructs and wires. Ordered start, ordered stop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Self

from metarr import notifiers, players, ui
from metarr.actions import phase_config
from metarr.actions.installation import Installation
from metarr.api import application
from metarr.api.security import Access
from metarr.app import configured, server
from metarr.errors import InvalidInput
from metarr.jobs import workers
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
from metarr.schedule import Scheduler, machine_zone
from metarr.store import channels, health, settings
from metarr.store import players as stored_players
from metarr.store.blobs import Blobs
from metarr.store.db import EVENTS
from metarr.store.listen import relay
from metarr.store.opening import opened
from metarr.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from metarr.app.configured import Configured
    from metarr.config import Config
    from metarr.model.job import JobKind
    from metarr.phases.base import Phase
    from metarr.players.base import PlayerSettings
    from metarr.providers.base import Connection
    from metarr.store.db import Store, Tx

_GRACE = 10.0  # seconds that running jobs get to end; then they are handed back


class App:
    """One running installation. Whoever enters it holds the data folder's lock.

    `token`: a key for this start only, for the commands that find it in the lock file. `is_working` False: jobs are
    left alone. `has_schedules`: what is due by the clock is started too.
    """

    def __init__(self, config: Config, token: str, *, is_working: bool = True, has_schedules: bool = False) -> None:
        self._config = config
        self._is_working = is_working
        self._has_schedules = has_schedules
        self._token = token
        self._stop = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()
        self._parts: list[asyncio.Task[None]] = []
        self._working: asyncio.Task[None] | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        config = self._config
        is_local = server.is_loopback(config.host)
        if not is_local and config.api_key is None:
            raise InvalidInput(
                f"Without a key only this machine is served. To listen on {config.host}, set METARR_API_KEY; "
                "every request must carry it then."
            )
        wanted = configured.read(config)
        async with contextlib.AsyncExitStack() as stack:
            listener = stack.enter_context(server.listen(config.host, config.port))
            self.url = server.url_of(listener)
            store = opened(config.data / "metarr.db", config.database_url)
            stack.callback(store.close)
            await store.write(lambda tx: _take_over(tx, wanted))
            installation = _furnish(stack, store, Blobs(config.cache), wanted)
            keys = (self._token, *([config.api_key] if config.api_key is not None else []))
            web = application.create(
                installation, Access(keys, needs_key=config.api_key is not None, is_local=is_local)
            )
            ui.install(web)
            if not store.is_sqlite:
                self._parts.append(await stack.enter_async_context(_beside(relay(store))))
            if self._is_working:
                phases = _phases(stack, installation, wanted)
                worker = Worker(store, phases, installation.conditions, slots=config.workers)
                self._working = await stack.enter_async_context(_working(worker))
                self._parts.append(self._working)
            if self._has_schedules:
                await store.write(lambda tx: phase_config.resume(tx, installation.conditions(tx)))
                scheduler = Scheduler(store, machine_zone(config.time_zone))
                self._parts.append(await stack.enter_async_context(_beside(scheduler.run())))
            self._parts.append(await stack.enter_async_context(server.serving(web, listener)))
            stack.callback(store.hear, EVENTS)  # wakes the streams, which then see that
            stack.callback(installation.stopping.set)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def ask_to_stop(self) -> None:
        """End in good order; asked twice, do not wait for the jobs that run."""
        if self._stop.is_set() and self._working is not None:
            self._working.cancel()
        self._stop.set()

    async def until_stopped(self) -> None:
        """Return when asked to stop; raise when a part of the program broke."""
        asked = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([asked, *self._parts], return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
        for task in done - {asked}:
            await task


def _take_over(tx: Tx, wanted: Configured) -> None:
    """What earlier processes left behind, and what the configuration says now."""
    if tx.is_sqlite:
        workers.take_back_all(tx)
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


def _player_row(player: PlayerSettings) -> dict[str, Any]:
    row = player.model_dump(mode="json", exclude={"kind", "name"})
    return {**row, "password": player.password and player.password.get_secret_value()}


def _furnish(stack: contextlib.AsyncExitStack, store: Store, blobs: Blobs, wanted: Configured) -> Installation:
    """The parts that actions work on; what has to be closed goes on the stack."""
    connections: dict[str, Connection] = {}
    for name, chosen in wanted.providers.items():
        if chosen.is_ready:
            connections[name] = PROVIDERS[name].build(chosen)
            stack.push_async_callback(connections[name].close)

    def conditions(tx: Tx) -> Conditions:
        refused = {line["cause"] for line in health.lines(tx)}
        return Conditions(
            settings=settings.load(tx),
            can_enrich=any(f"{name}:key" not in refused for name in connections),
            can_sync=stored_players.any_enabled(tx),
        )

    keyless = tuple(name for name, chosen in wanted.providers.items() if not chosen.is_ready)
    return Installation(store, blobs, conditions, connections, keyless, wanted.notices)


def _phases(
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


@contextlib.asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    """Run jobs while the block runs; what is running then gets a while to end, and is handed back after that."""
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        worker.stop()
        await asyncio.wait([task], timeout=_GRACE)
        task.cancel()
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def _beside(endless: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run something endless while the block runs."""
    task = asyncio.create_task(endless)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
