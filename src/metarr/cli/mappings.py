"""`metarr mappings …`: where Radarr, Sonarr and Lidarr see our folders under other paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from metarr.api.webhook_shapes import Mapping, MappingCheck
    from metarr.cli.client import Client

app = typer.Typer(help="Path mappings of download managers: list, add, remove, check.", no_args_is_help=True)
Source = Annotated[str, typer.Argument(help="radarr, sonarr or lidarr.")]
Remote = Annotated[str, typer.Argument(help="The folder as it is called there.")]
Local = Annotated[str, typer.Argument(help="The same folder as it is called here.")]
Instance = Annotated[str, typer.Option(help="Only for this one of several, by its instance name.")]


@app.command("list")
def list_mappings(*, data: Data = None, is_json: Json = False) -> None:
    """List the path mappings."""
    from metarr.api.webhook_shapes import Mapping
    from metarr.cli.session import connected

    async def work(client: Client) -> list[Mapping]:
        return await client.get_list("/path-mappings", Mapping)

    for mapping in run(connected(load(data), work, is_looking=True)):
        show(mapping.model_dump_json(by_alias=True) if is_json else _line(mapping))


@app.command()
def add(source: Source, remote: Remote, local: Local, *, instance: Instance = "", data: Data = None) -> None:
    """Say what a download manager's folder is here: metarr mappings add radarr /movies /media/films."""
    from metarr.api.webhook_shapes import Mapping
    from metarr.cli.client import absolute
    from metarr.cli.session import connected

    async def work(client: Client) -> Mapping:
        body = {"source": source, "instance": instance, "remote": remote, "local": absolute(local)}
        return await client.post("/path-mappings", Mapping, body)

    show(_line(run(connected(load(data), work, is_looking=True))))


@app.command()
def remove(
    mapping_id: Annotated[int, typer.Argument(help="The mapping's number, as the list shows it.")], *, data: Data = None
) -> None:
    """Forget a path mapping."""
    from metarr.cli.session import connected

    async def work(client: Client) -> None:
        await client.send("DELETE", f"/path-mappings/{mapping_id}")

    run(connected(load(data), work, is_looking=True))


@app.command()
def check(*, data: Data = None, is_json: Json = False) -> None:
    """Prove the mappings with the folders that were named of late. Exit code 1: one of them is not here."""
    from metarr.api.webhook_shapes import MappingCheck
    from metarr.cli.session import connected

    async def work(client: Client) -> list[MappingCheck]:
        return await client.get_list("/path-mappings/check", MappingCheck)

    checks = run(connected(load(data), work, is_looking=True))
    for one in checks:
        show(one.model_dump_json(by_alias=True) if is_json else _check_line(one))
    if not all(one.exists for one in checks):
        raise typer.Exit(1)


def _line(mapping: Mapping) -> str:
    who = f"{mapping.source} {mapping.instance}".strip()
    return f"{mapping.id:>4}  {who:16} {mapping.remote} -> {mapping.local}"


def _check_line(check: MappingCheck) -> str:
    who = f"{check.source} {check.instance}".strip()
    words = f"{who:16} {check.remote} -> {check.local}: "
    if check.exists:
        return f"ok       {words}in the library {check.library}"
    words += "no such folder" if check.library else "in no library"
    if check.suggestion is None:
        return f"MISSING  {words}"
    suggestion = check.suggestion
    return f"MISSING  {words}; try: metarr mappings add {check.source} '{suggestion.remote}' '{suggestion.local}'"
