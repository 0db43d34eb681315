"""`metarr jobs …`: look at the ledger, cancel, retry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show, with_escapes
from metarr.model.job import JobKind, JobState

if TYPE_CHECKING:
    from metarr.api.shapes import Job, JobDetails
    from metarr.cli.client import Client

app = typer.Typer(help="Jobs: list, show, cancel, retry.", invoke_without_command=True)
State = Annotated[list[JobState] | None, typer.Option(help="Only jobs in this state; may be repeated.")]
Kind = Annotated[list[JobKind] | None, typer.Option(help="Only jobs of this phase; may be repeated.")]


@app.callback()
def list_jobs(
    context: typer.Context,
    *,
    state: State = None,
    kind: Kind = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most, newest first.")] = 50,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """List jobs, newest first."""
    if context.invoked_subcommand is not None:
        return
    from metarr.api.shapes import JobPage
    from metarr.cli.session import connected

    async def work(client: Client) -> JobPage:
        return await client.get("/jobs", JobPage, state=state, kind=kind, limit=limit)

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
    """Everything about one job, with every attempt."""
    from metarr.api.shapes import JobDetails
    from metarr.cli.session import connected

    async def work(client: Client) -> JobDetails:
        return await client.get(f"/jobs/{job_id}", JobDetails)

    job = run(connected(load(data), work, is_looking=True))
    show(job.model_dump_json(by_alias=True) if is_json else _details(job))


@app.command("cancel")
def cancel_job(job_id: int, *, data: Data = None) -> None:
    """End a pending job, or ask a running one to stop."""
    from metarr.cli.session import connected

    async def work(client: Client) -> None:
        await client.send("POST", f"/jobs/{job_id}/cancel")

    run(connected(load(data), work, is_looking=True))
    show(f"Job {job_id} is cancelled.")


@app.command("retry")
def retry_jobs(
    job_id: Annotated[int | None, typer.Argument(help="One job; without it, all that failed.")] = None,
    *,
    kind: Annotated[JobKind | None, typer.Option(help="Only failed jobs of this phase.")] = None,
    data: Data = None,
) -> None:
    """Let failed jobs start over, and follow them to their end."""
    from metarr.api.shapes import Retried, Scope
    from metarr.cli.follow import ask, follow
    from metarr.cli.session import connected

    if job_id is not None and kind is not None:
        raise typer.BadParameter("Name a job or a phase, not both.")

    async def work(client: Client) -> tuple[int, int]:
        path = "/jobs/retry" if job_id is None else f"/jobs/{job_id}/retry"
        retried = await client.post(path, Retried, kind=kind)
        before = await ask(client, Scope())
        now = await follow(client, Scope(since=before.first_open))
        return retried.jobs, len(now.failed)

    retried, failed = run(connected(load(data), work))
    show(f"{retried} jobs were tried again" + (f"; failed: {failed}" if failed else "."))
    if failed:
        raise typer.Exit(1)


def _line(job: Job) -> str:
    target = f"item {job.item_id}" if job.item_id else f"library {job.library_id}" if job.library_id else ""
    progress = f"{job.progress:.0f} % " if job.progress is not None and job.state == "running" else ""
    message = " ".join(job.message.split())
    return with_escapes(f"{job.id:>6}  {job.kind:8} {job.state:10} {target:12} {progress}{message}")


def _details(job: JobDetails) -> str:
    times = {"created": job.created_at, "due": job.run_at, "started": job.started_at, "finished": job.finished_at}
    parts = [
        _line(job),
        *(f"{name:>10}: {at:%Y-%m-%d %H:%M:%S}" for name, at in times.items() if at is not None),
        f"{'payload':>10}: {json.dumps(job.payload)}",
        *([f"{'result':>10}: {json.dumps(job.result)}"] if job.result is not None else []),
        *(
            f"{'attempt':>10}: {attempt.started_at:%Y-%m-%d %H:%M:%S} {attempt.outcome} {attempt.error or ''}"
            for attempt in job.history
        ),
    ]
    return with_escapes("\n".join(part.rstrip() for part in parts))
