"""`metarr providers …`: the metadata providers with their state, and a test of address and key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.api.health_shapes import ProviderHealth, ProviderTest
    from metarr.cli.client import Client

app = typer.Typer(help="Metadata providers: list and test.", invoke_without_command=True)


@app.callback()
def list_providers(context: typer.Context, *, data: Data = None, is_json: Json = False) -> None:
    """List the providers: state, calls and limit, and the words that their terms ask for."""
    if context.invoked_subcommand is not None:
        return
    from metarr.api.health_shapes import ProviderHealth
    from metarr.cli.session import connected

    async def work(client: Client) -> list[ProviderHealth]:
        return await client.get_list("/providers", ProviderHealth)

    for provider in run(connected(load(data), work, is_looking=True)):
        for line in [provider.model_dump_json(by_alias=True)] if is_json else _lines(provider):
            show(line)


@app.command("test")
def prove_provider(
    name: Annotated[str, typer.Argument(help="The provider's name, as the list shows it.")],
    *,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Ask a provider now, to prove its address and your key. Ends with 1 when it does not answer well."""
    from metarr.api.health_shapes import ProviderTest
    from metarr.cli.session import connected

    async def work(client: Client) -> ProviderTest:
        return await client.post(f"/providers/{name}/test", ProviderTest)

    tested = run(connected(load(data), work, is_looking=True))
    show(tested.model_dump_json(by_alias=True) if is_json else tested.message)
    if not tested.is_well:
        raise typer.Exit(1)


def _lines(provider: ProviderHealth) -> Iterator[str]:
    known = ", ".join(provider.kinds)
    if provider.has_key:
        pause = "" if provider.paused_for is None else f" for {provider.paused_for.total_seconds():.0f} s"
        limit = f"{provider.calls_today} calls today, at most {provider.per_second:g} a second"
        yield f"{provider.name:9} {provider.state}{pause}, {limit} ({known})"
    else:
        way = f": set METARR_{provider.name.upper()}_API_KEY" if provider.needs_key else ""
        yield f"{provider.name:9} {provider.state}{way} ({known})"
    yield f"{'':9} {provider.attribution}"
