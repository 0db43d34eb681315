"""`metarr doctor`: what is wrong with the installation, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from metarr.api.system import Finding
    from metarr.cli.client import Client

_MARKS = {"fault": "FAULT  ", "warning": "warning", "notice": "notice ", "well": "ok     "}


def doctor(
    *,
    is_whole: Annotated[bool, typer.Option("--all", help="Also what is as it should be.")] = False,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Look for everything that can be wrong. Ends with 1 where something does not work."""
    from metarr.api.system import Finding
    from metarr.cli.session import connected

    async def work(client: Client) -> list[Finding]:
        return await client.get_list("/system/doctor", Finding)

    found = run(connected(load(data), work, is_looking=True))
    for one in found:
        if is_json:
            show(one.model_dump_json(by_alias=True))
        elif is_whole or one.level != "well":
            show(_line(one))
    if not is_json and all(one.level == "well" for one in found):
        show(f"All is well: {len(found)} things were looked at.")
    if any(one.level == "fault" for one in found):
        raise typer.Exit(1)


def _line(one: Finding) -> str:
    fix = f"\n         {one.fix}" if one.fix else ""
    return f"{_MARKS[one.level]}  {one.about}: {one.words}{fix}"
