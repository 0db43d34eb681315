"""`metarr schedules …`: what is done by the clock, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show
from metarr.model.schedule import Chore

if TYPE_CHECKING:
    from metarr.api.shapes import Schedule
    from metarr.cli.client import Client

app = typer.Typer(help="Schedules: list, add, change, switch on and off, run now.", invoke_without_command=True)
Cron = Annotated[str | None, typer.Option(help='When, as minute hour day month weekday: "0 4 * * *".')]
Number = Annotated[int, typer.Argument(help="The schedule's number, as the list shows it.")]
What = Annotated[Chore, typer.Argument(help="What to do.")]
Enabled = Annotated[bool | None, typer.Option("--on/--off", help="Switch it on or off.")]


@app.callback()
def list_schedules(context: typer.Context, *, data: Data = None, is_json: Json = False) -> None:
    """List what is done by the clock, with the next run of each."""
    if context.invoked_subcommand is not None:
        return
    from metarr.api.shapes import Schedule
    from metarr.cli.session import connected

    async def work(client: Client) -> list[Schedule]:
        return await client.get_list("/schedules", Schedule)

    for schedule in run(connected(load(data), work, is_looking=True)):
        show(schedule.model_dump_json(by_alias=True) if is_json else _line(schedule))


@app.command("change")
def change_schedule(number: Number, *, cron: Cron = None, enabled: Enabled = None, data: Data = None) -> None:
    """Give a schedule another time, or switch it on or off."""
    from metarr.api.shapes import Schedule
    from metarr.cli.session import connected

    if cron is None and enabled is None:
        raise typer.BadParameter("Say what to change: --cron, --on or --off.")

    async def work(client: Client) -> Schedule:
        patch = {"cron": cron, "isEnabled": enabled}
        wanted = {key: value for key, value in patch.items() if value is not None}
        return await client.patch(f"/schedules/{number}", Schedule, wanted)

    show(_line(run(connected(load(data), work, is_looking=True))))


@app.command("add")
def add_schedule(
    chore: What,
    cron: Annotated[str, typer.Argument(help='When, as minute hour day month weekday: "0 4 * * *".')],
    *,
    library: Annotated[str | None, typer.Option(help="Only in this library, by its name; else in all.")] = None,
    data: Data = None,
) -> None:
    """Do something by the clock, once more."""
    from metarr.api.shapes import Schedule
    from metarr.cli.libraries import numbered
    from metarr.cli.session import connected

    async def work(client: Client) -> Schedule:
        library_id = None if library is None else (await numbered(client, library)).id
        return await client.post("/schedules", Schedule, {"chore": chore, "cron": cron, "libraryId": library_id})

    show(_line(run(connected(load(data), work, is_looking=True))))


@app.command("remove")
def remove_schedule(number: Number, *, data: Data = None) -> None:
    """Take a schedule off the timetable. To stop it for a while: change --off."""
    from metarr.cli.session import connected

    async def work(client: Client) -> None:
        await client.send("DELETE", f"/schedules/{number}")

    run(connected(load(data), work, is_looking=True))
    show(f"Schedule {number} is removed.")


@app.command("run")
def run_schedule(number: Number, *, data: Data = None) -> None:
    """Do now what a schedule does, and follow it to its end."""
    from metarr.api.shapes import Started
    from metarr.cli.follow import follow
    from metarr.cli.session import connected

    async def work(client: Client) -> tuple[int, int]:
        started = await client.post(f"/schedules/{number}/run", Started)
        return started.jobs, len((await follow(client, started.scope)).failed)

    jobs, failed = run(connected(load(data), work))
    show(f"Jobs started: {jobs}" + (f"; failed: {failed}" if failed else ""))
    if failed:
        raise typer.Exit(1)


@app.command("preview")
def preview_schedule(
    cron: Annotated[str, typer.Argument(help='When, as minute hour day month weekday: "0 4 * * *".')],
    *,
    data: Data = None,
) -> None:
    """Say when a time would come round next. Changes nothing."""
    from metarr.api.shapes import Preview
    from metarr.cli.session import connected

    async def work(client: Client) -> Preview:
        return await client.get("/schedules/preview", Preview, cron=cron)

    moments = run(connected(load(data), work, is_looking=True)).upcoming
    for moment in moments:
        show(f"{moment.astimezone():%a %Y-%m-%d %H:%M}")
    if not moments:
        show("never")


def _line(schedule: Schedule) -> str:
    target = "all" if schedule.library_id is None else f"library {schedule.library_id}"
    due = "never" if schedule.next_run is None else f"{schedule.next_run.astimezone():%Y-%m-%d %H:%M}"
    state = f"next {due}" if schedule.is_enabled else "off"
    return f"{schedule.id:>4}  {schedule.chore:8} {target:12} {schedule.cron:15} {state}"
