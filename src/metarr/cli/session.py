"""Where a command's API is: a server that holds the data folder, or else this process for as long as it takes."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from metarr.api.shapes import Summary
from metarr.cli import memory
from metarr.cli.client import Client
from metarr.cli.lock import DataLock
from metarr.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from metarr.app.program import Program
    from metarr.app.serve import App
    from metarr.config import Config

T = TypeVar("T")
_POLL = 0.1  # seconds
_LAST_WORDS = 5.0  # seconds that notifications get after the work is done


async def connected(
    config: Config, work: Callable[[Client], Awaitable[T]], *, is_looking: bool = False, is_alone: bool = False
) -> T:
    """Run `work` against the API of this data folder. `is_looking`: no jobs run here. `is_alone`: no server may run."""
    with DataLock(config.data) as lock:
        if lock.is_ours:
            return await _in_process(config, lock, work, is_looking=is_looking)
        if is_alone:
            raise held(lock)
        holder = lock.holder()
        async with Client(holder.url, holder.token) as client:
            return await work(client)


async def _in_process(config: Config, lock: DataLock, work: Callable[[Client], Awaitable[T]], *, is_looking: bool) -> T:
    from metarr.app import logs
    from metarr.app.serve import App  # heavy, and not needed when a server runs

    logs.configure("critical")  # what went wrong is in the summary that the command prints
    token = secrets.token_urlsafe(32)
    address = replace(config, host="127.0.0.1", port=0)
    async with App(address, token, is_working=not is_looking, has_pages=False) as app:
        lock.announce(app.url, token)
        async with Client(app.url, token) as client:
            result = await _guarded(app, work(client))
            if not is_looking:
                await _drained(client)
            return result


async def serve(config: Config, say: Callable[[str, str | None], None]) -> None:
    """Serve until a signal comes. `say` is told the address, and the setup code while nobody has an account."""
    from metarr.app import logs
    from metarr.app.serve import App

    with DataLock(config.data) as lock:
        if not lock.is_ours:
            raise held(lock)
        logs.configure(config.log_level, config.log_format, config.data / "logs")
        token = secrets.token_urlsafe(32)
        async with App(config, token, has_schedules=True) as app:
            lock.announce(app.url, token)
            await _until_signalled(app, lambda: say(app.url, app.setup_code))


async def work(config: Config, say: Callable[[], None]) -> None:
    """Work on jobs until a signal comes."""
    from metarr.app import logs
    from metarr.app.hand import Hand

    logs.configure(config.log_level, config.log_format)
    async with Hand(config) as hand:
        await _until_signalled(hand, say)


async def _until_signalled(program: Program, say: Callable[[], None]) -> None:
    """A second signal does not wait for the jobs that run."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, program.ask_to_stop)
    say()
    memory.settled()
    await program.until_stopped()


def held(lock: DataLock) -> Conflict:
    """The error for a folder that another program holds."""
    holder = lock.holder()
    return Conflict(
        f"The data folder {lock.folder} is in use by process {holder.pid}, which serves {holder.url}. "
        f"Stop it first (kill {holder.pid}), or choose another folder with --data."
    )


async def _guarded(app: App, work: Awaitable[T]) -> T:
    """The work's result, unless the program under it breaks first."""
    doing = asyncio.ensure_future(work)
    guarding = asyncio.create_task(app.until_stopped())
    try:
        await asyncio.wait([doing, guarding], return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            await guarding
        return await doing
    finally:
        for task in (doing, guarding):
            task.cancel()
        await asyncio.wait([doing, guarding])


async def _drained(client: Client) -> None:
    """Give the jobs beside the chain (notifications) a moment, for nobody runs them when this process is gone."""
    await client.send("POST", "/channels/deliver")
    try:
        async with asyncio.timeout(_LAST_WORDS):
            while True:
                now = await client.get("/jobs/summary", Summary)
                if not now.open:
                    return
                await asyncio.sleep(_POLL)
    except TimeoutError:
        return
