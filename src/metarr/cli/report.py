"""What a run came to: per item, in sum, and what is left for the owner to do."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from metarr.api.health_shapes import Health
from metarr.api.item_shapes import ItemLine, ItemPage
from metarr.api.library_shapes import ListedLibrary
from metarr.api.shapes import Actions, Job, JobPage, Scope, Shape, Summary
from metarr.cli.common import program
from metarr.model.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.cli.client import Client

EXIT_FAILED = 1
EXIT_WAITING = 3
_PAGE = 500
_NOT_CHANGES = frozenset({"keep", "refresh", "adopt", "forget"})  # of publishing's actions: no file is touched


class ItemReport(Shape):
    """An item that this run worked on."""

    item: ItemLine
    jobs: list[Job]


class Report(Shape):
    """Everything that a run came to."""

    library: ListedLibrary
    items: list[ItemReport]
    jobs: list[Job]
    """Those that concern no single item."""
    unchanged: int
    changes: int
    """Files written, replaced or moved to the recycle bin."""
    held: int
    """Files that wait for the owner's leave to be replaced."""
    actions: dict[str, int]
    summary: Summary
    health: Health

    @property
    def exit_code(self) -> int:
        """0: all is done. 1: something failed. 3: something waits."""
        if self.summary.failed:
            return EXIT_FAILED
        return EXIT_WAITING if self.summary.waiting else 0


async def collect(client: Client, library_id: int, scope: Scope, summary: Summary) -> Report:
    """Ask for everything that the report shows."""
    libraries = await client.get_list("/libraries", ListedLibrary)
    items = await _items(client, library_id)
    by_item: dict[int, list[Job]] = {}
    others: list[Job] = []
    for job in reversed(await _jobs(client, scope)):
        (others if job.item_id is None else by_item.setdefault(job.item_id, [])).append(job)
    since = scope.since or scope.root or 0
    actions = (await client.get(f"/libraries/{library_id}/actions", Actions, since=since)).actions
    touched = [ItemReport(item=item, jobs=by_item[item.id]) for item in items if item.id in by_item]
    return Report(
        library=next(library for library in libraries if library.id == library_id),
        items=touched,
        jobs=others,
        unchanged=len(items) - len(touched),
        changes=sum(count for action, count in actions.items() if action not in _NOT_CHANGES),
        held=sum((job.result or {}).get("hold", 0) for jobs in by_item.values() for job in jobs),
        actions=actions,
        summary=summary,
        health=await client.get("/health", Health),
    )


async def _items(client: Client, library_id: int) -> list[ItemLine]:
    page = await client.get("/items", ItemPage, library=library_id, limit=_PAGE)
    items = list(page.items)
    while page.after is not None:
        page = await client.get("/items", ItemPage, library=library_id, limit=_PAGE, after=page.after)
        items += page.items
    return items


async def _jobs(client: Client, scope: Scope) -> list[Job]:
    query: dict[str, Any] = {
        "root": scope.root,
        "item": scope.item_id,
        "library": scope.library_id,
        "since": scope.since,
    }
    page = await client.get("/jobs", JobPage, limit=_PAGE, **query)
    jobs = list(page.jobs)
    while page.before is not None:
        page = await client.get("/jobs", JobPage, limit=_PAGE, before=page.before, **query)
        jobs += page.jobs
    return jobs


def lines(report: Report) -> Iterator[str]:
    """The report for a person."""
    for touched in report.items:
        yield from item_lines(touched)
    if report.items:
        yield ""
    for job in report.jobs:
        yield f"{job.kind}: {outcome(job)}"
    yield from _sums(report)
    yield from _to_do(report)


def item_lines(touched: ItemReport) -> Iterator[str]:
    """One item and what was done about it."""
    yield named(touched.item)
    for job in touched.jobs:
        yield f"    {job.kind:8} {outcome(job)}"


def named(item: ItemLine) -> str:
    """Title and year."""
    return item.title if item.year is None else f"{item.title} ({item.year})"


def outcome(job: Job) -> str:
    """How a job stands, in a line."""
    message = " ".join(job.message.split())
    if job.state == "completed":
        return message or "done"
    return f"{job.state.upper() if job.state == 'failed' else job.state}: {message}"


def _sums(report: Report) -> Iterator[str]:
    counts = report.library.counts
    yield (
        f"{report.library.name}: {counted(counts.items, 'item')}; {counts.enriched} enriched, "
        f"{counts.published} published, {counts.confirmed} confirmed by a player"
    )
    detail = ", ".join(f"{count} {action}" for action, count in sorted(report.actions.items()))
    yield f"Files changed by this run: {report.changes}" + (f" ({detail})" if detail else "")
    if report.unchanged:
        yield f"Unchanged items: {report.unchanged}"


def _to_do(report: Report) -> Iterator[str]:
    """What only the owner can do."""
    counts, library = report.library.counts, report.library
    again = f"{program()} run {shlex.quote(library.root)}"
    if counts.missing:
        yield f"{counts.missing} missing: kept until their grace is over, whole again when their files come back."
    if counts.needs_identification:
        needing = counted(counts.needs_identification, "needs", "need")
        yield f"{needing} identification: put an id like {{tmdb-603}} into the folder's name."
    if counts.awaiting_choice:
        waiting = counted(counts.awaiting_choice, "awaits", "await")
        yield f"{waiting} a choice of artwork. Let the best be chosen: {again} --auto-select"
    if report.held and not library.is_confirmed:
        left = counted(
            report.held,
            "file that Metarr did not write was left as it is. Let it be replaced, after a backup",
            "files that Metarr did not write were left as they are. Let them be replaced, each after a backup",
        )
        yield f"{left}: {again} --yes"
    yield from troubles(report)


def troubles(report: Report) -> Iterator[str]:
    """What is odd, what waits and what failed."""
    yield from _notes(report.health)
    yield from _open_ends(report.summary)


def _notes(health: Health) -> Iterator[str]:
    for line in (*health.notices, *(line.message for line in health.lines)):
        yield f"Note: {line}"


def _open_ends(summary: Summary) -> Iterator[str]:
    for wait in summary.waiting:
        yield f"{wait.jobs} waiting: {wait.reason}"
    for job in summary.failed:
        yield f"FAILED {job.kind} (job {job.id}): {' '.join(job.message.split())}"
    if summary.failed:
        yield f"Try the failed ones again: {program()} jobs retry"
