"""`metarr schedules …`: what is done by the clock, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from metarr.api.shapes import Schedule
    from metarr.cli.client import Client

app = typer.Typer(help="Schedules: list, change, switch on and off.", invoke_without_command=True)
Cron = Annotated[str | None, typer.Option(help='When, as minute hour day month weekday: "0 4 * * *".')]
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
def change_schedule(
    schedule_id: Annotated[int, typer.Argument(help="The schedule's number, as the list shows it.")],
    *,
    cron: Cron = None,
    enabled: Enabled = None,
    data: Data = None,
) -> None:
    """Give a schedule another time, or switch it on or off."""
    from metarr.api.shapes import Schedule
    from metarr.cli.session import connected

    if cron is None and enabled is None:
        raise typer.BadParameter("Say what to change: --cron, --on or --off.")

    async def work(client: Client) -> Schedule:
        patch = {"cron": cron, "isEnabled": enabled}
        wanted = {key: value for key, value in patch.items() if value is not None}
        return await client.patch(f"/schedules/{schedule_id}", Schedule, wanted)

    show(_line(run(connected(load(data), work, is_looking=True))))


def _line(schedule: Schedule) -> str:
    target = "all" if schedule.library_id is None else f"library {schedule.library_id}"
    due = "never" if schedule.next_run is None else f"{schedule.next_run.astimezone():%Y-%m-%d %H:%M}"
    state = f"next {due}" if schedule.is_enabled else "off"
    return f"{schedule.id:>4}  {schedule.chore:8} {target:12} {schedule.cron:15} {state}"
