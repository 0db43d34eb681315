"""The composition root: the only place that constructs and wires. Ordered start, ordered stop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from metarr import api, notifiers, players, ui
from metarr.actions.installation import Installation
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
from metarr.store import channels, health, migrate, settings
from metarr.store import players as stored_players
from metarr.store.blobs import Blobs
from metarr.store.db import EVENTS, Store, sqlite_url
from metarr.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from metarr.app.configured import Configured
    from metarr.config import Config
    from metarr.model.job import JobKind
    from metarr.phases.base import Phase
    from metarr.providers.base import Connection
    from metarr.store.db import Tx

_GRACE = 10.0  # seconds that running jobs get to end; then they are handed back


class App:
    """One running installation. Whoever enters it holds the data folder's lock.

    `token`: a key for this start only, for the commands that find it in the lock file.
    """

    def __init__(self, config: Config, token: str) -> None:
        self._config = config
        self._token = token
        self._stop = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()
        self._parts: list[asyncio.Task[None]] = []
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
            store = _open(config)
            stack.callback(store.close)
            await store.write(lambda tx: _take_over(tx, wanted))
            installation = await self._furnish(stack, store, wanted)
            keys = (self._token, *([config.api_key] if config.api_key is not None else []))
            web = api.create(installation, Access(keys, needs_key=config.api_key is not None, is_local=is_local))
            ui.install(web)
            worker = Worker(
                store, await self._phases(stack, installation, wanted), installation.conditions, slots=config.workers
            )
            self._parts.append(await stack.enter_async_context(_working(worker)))
            self._parts.append(await stack.enter_async_context(server.serving(web, listener)))
            stack.callback(store.hear, EVENTS)  # wakes the streams, which then see that
            stack.callback(installation.stopping.set)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def ask_to_stop(self) -> None:
        """End in good order; asked twice, do not wait for the jobs that run."""
        if self._stop.is_set():
            self._parts[0].cancel()
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

    @staticmethod
    async def _furnish(stack: contextlib.AsyncExitStack, store: Store, wanted: Configured) -> Installation:
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

        return Installation(
            store=store,
            blobs=Blobs(Path(store_cache)),
            conditions=conditions,
            providers=connections,
            without_key=tuple(name for name, chosen in wanted.providers.items() if not chosen.is_ready),
            notices=wanted.notices,
        )
