"""`metarr channels …`: whom events are told to, and a test of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from metarr.api.channels import Channel
    from metarr.cli.client import Client

app = typer.Typer(help="Notification channels: list, add, test, remove.", invoke_without_command=True)
Name = Annotated[str, typer.Argument(help="The channel's name, as the list shows it.")]


@app.callback()
def list_channels(context: typer.Context, *, data: Data = None, is_json: Json = False) -> None:
    """List the channels with what each is told of. Their addresses stay secret."""
    if context.invoked_subcommand is not None:
        return
    from metarr.cli.session import connected

    for one in run(connected(load(data), _all, is_looking=True)):
        show(one.model_dump_json(by_alias=True) if is_json else _line(one))


@app.command("add")
def add_channel(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    *,
    url: Annotated[
        str, typer.Option(prompt=True, hide_input=True, envvar="METARR_CHANNEL_URL", help="Its address; asked for.")
    ],
    events: Annotated[list[str] | None, typer.Option("--event", help="Only these events; else the usual.")] = None,
    data: Data = None,
) -> None:
    """Tell a service, by Apprise's address of it (https://appriseit.com/services/) or kodi-screen://host."""
    body: dict[str, Any] = {"name": name, "url": url, **({"events": events} if events else {})}
    added = _channel(lambda client: _post(client, "/channels", body), data)
    show(_line(added))


@app.command("test")
def prove_channel(name: Name, *, data: Data = None) -> None:
    """Send a test message. Ends with 1 when the channel does not take it."""
    from metarr.api.channels import Tested
    from metarr.cli.session import connected

    async def work(client: Client) -> Tested:
        return await client.post(f"/channels/{(await _named(client, name)).id}/test", Tested)

    tested = run(connected(load(data), work, is_looking=True))
    show(tested.message)
    if not tested.is_well:
        raise typer.Exit(1)


@app.command("remove")
def remove_channel(name: Name, *, data: Data = None) -> None:
    """Tell it nothing any more."""

    async def work(client: Client) -> Channel:
        found = await _named(client, name)
        await client.send("DELETE", f"/channels/{found.id}")
        return found

    show(f"{_channel(work, data).name} is removed.")


def _channel(work: Callable[[Client], Awaitable[Channel]], data: Data) -> Channel:
    from metarr.cli.session import connected

    return run(connected(load(data), work, is_looking=True))


async def _all(client: Client) -> list[Channel]:
    from metarr.api.channels import Channel

    return await client.get_list("/channels", Channel)


async def _post(client: Client, path: str, body: dict[str, Any]) -> Channel:
    from metarr.api.channels import Channel

    return await client.post(path, Channel, body)


async def _named(client: Client, name: str) -> Channel:
    from metarr.errors import NotFound

    found = {one.name: one for one in await _all(client)}
    if name not in found:
        raise NotFound(f"There is no channel {name!r}; there are {', '.join(sorted(found)) or 'none yet'}.")
    return found[name]


def _line(one: Channel) -> str:
    state = "on" if one.is_enabled else "off"
    origin = ", from METARR_NOTIFY_URLS" if one.is_fixed else ""
    return f"{one.name:16} {one.service} ({state}{origin}): {', '.join(one.events)}"
