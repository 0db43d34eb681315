"""`metarr jobs …`: look at the ledger, cancel, retry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, program, run, show
from metarr.model.job import JobKind, JobState
from metarr.model.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.api.shapes import Attempt, Job, JobDetails, Workflow
    from metarr.cli.client import Client

app = typer.Typer(help="Jobs: list, show, cancel, retry.", invoke_without_command=True)
_STATES = (*(state.value for state in JobState), "waiting")


def _known_state(names: list[str] | None) -> list[str] | None:
    strange = [name for name in names or () if name not in _STATES]
    if strange:
        raise typer.BadParameter(f"{strange[0]!r} is no state; there are {', '.join(_STATES)}.")
    return names


State = Annotated[
    list[str] | None,
    typer.Option(callback=_known_state, help=f"Only jobs in this state ({', '.join(_STATES)}); may be repeated."),
]
Kind = Annotated[list[JobKind] | None, typer.Option(help="Only jobs of this phase; may be repeated.")]


@app.callback()
def list_jobs(
    context: typer.Context,
    *,
    state: State = None,
    kind: Kind = None,
    of: Annotated[
        str | None,
        typer.Option(help="Only jobs of an item (item:7), a library (library:1), or what a job led to (root:5)."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most, newest first.")] = 50,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List jobs, newest first."""
    if context.invoked_subcommand is not None:
        return
    from metarr.api.shapes import JobPage
    from metarr.cli.session import connected

    scope = _scope(of)

    async def work(client: Client) -> JobPage:
        return await client.get("/jobs", JobPage, state=state, kind=kind, limit=limit, **scope)

    page = run(connected(load(data), work, is_looking=True))
    if is_json:
        show(page.model_dump_json(by_alias=True))
        return
    for job in page.jobs:
        show(_line(job))
    if not page.jobs:
        show("No such job.")


@app.command("show")
def show_job(job_id: int, *, data: Data = None, is_json: Json = False) -> None:
    """Everything about one job, and the workflow it belongs to: what its trigger led to, with every attempt."""
    from metarr.api.shapes import JobDetails, Workflow
    from metarr.cli.session import connected

    async def work(client: Client) -> tuple[JobDetails, Workflow]:
        path = f"/jobs/{job_id}"
        return await client.get(path, JobDetails), await client.get(f"{path}/workflow", Workflow)

    job, workflow = run(connected(load(data), work, is_looking=True))
    if is_json:
        document = {
            **job.model_dump(mode="json", by_alias=True),
            "workflow": workflow.model_dump(mode="json", by_alias=True),
        }
        show(json.dumps(document))
        return
    for line in (*_details(job), "", *_tree(workflow, job.id)):
        show(line)


@app.command("cancel")
def cancel_jobs(
    job_ids: Annotated[list[int], typer.Argument(help="The jobs' numbers.")],
    *,
    whole: Annotated[bool, typer.Option("--workflow", help="Everything of the workflow that the job is of.")] = False,
    data: Data = None,
) -> None:
    """End pending jobs, ask running ones to stop."""
    from metarr.api.shapes import Cancelled
    from metarr.cli.session import connected

    if whole and len(job_ids) > 1:
        raise typer.BadParameter("Name one job of the workflow.")

    async def work(client: Client) -> Cancelled:
        if whole:
            return await client.post("/jobs/cancel", Cancelled, root=job_ids[0])
        return await client.post("/jobs/cancel", Cancelled, job=job_ids)

    show(f"Jobs cancelled: {run(connected(load(data), work, is_looking=True)).jobs}")


@app.command("dead-letter")
def dead_letter(
    *,
    kind: Kind = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most, newest first.")] = 50,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List the jobs that failed for good, each with the errors of its attempts."""
    from metarr.api.shapes import DeadLetters
    from metarr.cli.session import connected

    async def work(client: Client) -> DeadLetters:
        return await client.get("/jobs/dead-letter", DeadLetters, kind=kind, limit=limit)

    page = run(connected(load(data), work, is_looking=True))
    if is_json:
        show(page.model_dump_json(by_alias=True))
        return
    for job in page.jobs:
        show(_line(job))
        for attempt in job.history:
            show(f"        {_attempt(attempt)}")
    if not page.jobs:
        show("No job has failed.")


@app.command("retry")
def retry_jobs(
    job_ids: Annotated[list[int] | None, typer.Argument(help="These jobs; without any, all that failed.")] = None,
    *,
    kind: Annotated[JobKind | None, typer.Option(help="Only failed jobs of this phase.")] = None,
    data: Data = None,
) -> None:
    """Let failed jobs start over, and follow them to their end."""
    from metarr.api.shapes import Retried, Scope
    from metarr.cli.follow import ask, follow
    from metarr.cli.session import connected

    if job_ids and kind is not None:
        raise typer.BadParameter("Name jobs or a phase, not both.")

    async def work(client: Client) -> tuple[int, int]:
        retried = await client.post("/jobs/retry", Retried, kind=kind, job=job_ids)
        before = await ask(client, Scope())
        now = await follow(client, Scope(since=before.first_open))
        return retried.jobs, len(now.failed)

    retried, failed = run(connected(load(data), work))
    show(f"{counted(retried, 'job was', 'jobs were')} tried again" + (f"; failed: {failed}" if failed else "."))
    if failed:
        raise typer.Exit(1)


def _scope(of: str | None) -> dict[str, str]:
    if of is None:
        return {}
    kind, _, number = of.partition(":")
    if kind not in {"item", "library", "root"} or not (number.isascii() and number.isdigit()):
        raise typer.BadParameter(f"{of!r} names no jobs; say item:7, library:1 or root:5.")
    return {kind: number}


def _line(job: Job) -> str:
    target = f"item {job.item_id}" if job.item_id else f"library {job.library_id}" if job.library_id else ""
    progress = f"{job.progress:.0f} % " if job.progress is not None and job.state == "running" else ""
    message = " ".join(job.message.split())
    return f"{job.id:>6}  {job.kind:8} {job.state:10} {target:12} {progress}{message}".rstrip()


def _details(job: JobDetails) -> Iterator[str]:
    times = {"created": job.created_at, "due": job.run_at, "started": job.started_at, "finished": job.finished_at}
    yield _line(job)
    yield from (f"{name:>10}: {at:%Y-%m-%d %H:%M:%S}" for name, at in times.items() if at is not None)
    yield f"{'payload':>10}: {json.dumps(job.payload)}"
    if job.result is not None:
        yield f"{'result':>10}: {json.dumps(job.result)}"
    yield from (f"{'attempt':>10}: {_attempt(attempt)}" for attempt in job.history)


def _tree(workflow: Workflow, marked: int) -> Iterator[str]:
    """The workflow as a tree, from its trigger on; failed attempts below their job."""
    yield f"Workflow of job {workflow.root}: {workflow.ended:.0f} % ended"
    for job in workflow.jobs:
        margin = "    " * job.depth
        yield f"{'>' if job.id == marked else ' '} {margin}{_line(job)}"
        for attempt in job.history:
            if attempt.outcome != "completed":
                yield f"  {margin}{'':8}{_attempt(attempt)}"
    if workflow.more:
        yield f"… and {workflow.more} more: {program()} jobs --of root:{workflow.root}"


def _attempt(attempt: Attempt) -> str:
    error = " ".join((attempt.error or "").split())
    return f"{attempt.started_at:%Y-%m-%d %H:%M:%S} {attempt.outcome} {error}".rstrip()
