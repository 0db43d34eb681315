"""Watching work until it ends, with a bar per phase on a terminal."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from metarr.api.shapes import Scope, Summary

if TYPE_CHECKING:
    from rich.progress import TaskID

    from metarr.cli.client import Client

_POLL = 0.25  # seconds
_ORDER = ("scan", "enrich", "publish", "sync", "verify", "notify", "clean", "backup")
_OPEN = ("pending", "running")
_WHOLE = 100.0  # percent


async def follow(client: Client, scope: Scope) -> Summary:
    """Return when nothing in this scope is open any more; what snoozes does not hold it up."""
    with Progress(
        TextColumn("{task.description:>8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", markup=False, style="dim"),
        console=Console(file=sys.stderr, stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    ) as progress:
        bars: dict[str, TaskID] = {}
        while True:
            now = await ask(client, scope)
            _show(progress, bars, now)
            if not now.open:
                return now
            await asyncio.sleep(_POLL)


async def ask(client: Client, scope: Scope) -> Summary:
    """How far the work in this scope is."""
    return await client.get(
        "/jobs/summary",
        Summary,
        root=scope.root,
        item=scope.item_id,
        library=scope.library_id,
        since=scope.since,
    )


def _show(progress: Progress, bars: dict[str, TaskID], now: Summary) -> None:
    for kind in sorted(now.counts, key=_ORDER.index):
        states = now.counts[kind]
        if kind not in bars:
            bars[kind] = progress.add_task(kind, total=None, message="")
        total = sum(states.values())
        running = [job for job in now.running if job.kind == kind]
        # One long job counts by its own percent, many short ones by how many have ended.
        part = sum((job.progress or 0.0) / _WHOLE for job in running)
        ended = total - sum(states.get(state, 0) for state in _OPEN)
        message = next((job.message for job in running if job.message), "")
        progress.update(bars[kind], total=total, completed=round(ended + part, 2), message=message[:60])
