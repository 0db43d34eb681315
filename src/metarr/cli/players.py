"""`metarr players …`: the players, their groups, a test of each, and telling them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from metarr.cli.common import Data, Json, load, run, show
from metarr.errors import InvalidInput, NotFound
from metarr.model.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.api.player_shapes import Asked, Group, Player, PlayerTest, ShownItem
    from metarr.cli.client import Client

app = typer.Typer(help="Players: list, add, change, test, tell, and what they show.", no_args_is_help=True)
groups = typer.Typer(help="Groups of players: list, add, change, remove.", no_args_is_help=True)
app.add_typer(groups, name="groups")
Name = Annotated[str, typer.Argument(help="The player's name or number.")]
Url = Annotated[str | None, typer.Option(help="Where its HTTP interface is: http://192.168.1.20:8080")]
User = Annotated[str | None, typer.Option(help="Kodi's user.")]
_ASKED = "Ask for the password (Kodi), API key (Jellyfin) or token (Plex)"
Secret = Annotated[bool, typer.Option("--secret", help=f"{_ASKED}.")]
TcpPort = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Kodi's second port, by which it tells what happens; 0: not used."),
]
Folders = Annotated[
    list[str] | None, typer.Option("--map", help="Our folder and the player's: /media/films=smb://nas/films")
]


_RULES: Mapping[str, Mapping[str, object]] = {
    "parallel": {"mode": "parallel"},
    "sequential": {"mode": "sequential"},
    "stop-on-error": {"continuesOnError": False},
    "skip-playing": {"skipsPlaying": True},
    "shared-database": {"isShared": True},
}
Rules = Annotated[
    list[str] | None, typer.Option("--rule", help=f"How they are told: {', '.join(_RULES)}; may be repeated.")
]
_UNRULED = {"mode": "parallel", "continuesOnError": True, "skipsPlaying": False, "isShared": False}


@app.command("list")
def list_players(*, data: Data = None, is_json: Json = False) -> None:
    """List the players and how far they are."""
    for player in _every(data):
        show(player.model_dump_json(by_alias=True) if is_json else "\n".join(_lines(player)))


@app.command()
def add(  # noqa: PLR0913  every option is an argument
    kind: Annotated[str, typer.Argument(help="kodi, jellyfin or plex.")],
    name: Annotated[str, typer.Argument(help="What you call it.")],
    url: Annotated[str, typer.Argument(help="Where its HTTP interface is: http://192.168.1.20:8080")],
    *,
    user: User = None,
    secret: Secret = False,
    tcp_port: TcpPort = None,
    folders: Folders = None,
    data: Data = None,
) -> None:
    """Add a player, and test it: metarr players add kodi den http://192.168.1.20:8080 --user kodi --secret."""
    from metarr.api.player_shapes import Player, PlayerTest
    from metarr.cli.session import connected

    given = {"user": user, "tcpPort": tcp_port, "mappings": _mappings(folders), **_secret(kind, secret or None)}
    body = {"kind": kind, "name": name, "url": url, **_named(given)}

    async def work(client: Client) -> PlayerTest:
        added = await client.post("/players", Player, body)
        return await client.post(f"/players/{added.id}/test", PlayerTest)

    _show_test(run(connected(load(data), work, is_looking=True)))


@app.command()
def change(  # noqa: PLR0913  every option is an argument
    name: Name,
    *,
    rename: Annotated[str | None, typer.Option(help="What you call it from now on.")] = None,
    url: Url = None,
    user: User = None,
    secret: Annotated[bool | None, typer.Option("--secret/--no-secret", help=f"{_ASKED}, or take it away.")] = None,
    tcp_port: TcpPort = None,
    folders: Folders = None,
    no_map: Annotated[
        bool, typer.Option("--no-map", help="It sees our folders under the paths they have here.")
    ] = False,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Tell it, or leave it alone.")] = None,
    data: Data = None,
) -> None:
    """Change a player. One that refused us is asked again."""
    from metarr.api.player_shapes import Player
    from metarr.cli.session import connected

    if folders and no_map:
        raise InvalidInput("--map and --no-map exclude each other.")
    mappings = [] if no_map else _mappings(folders)
    wanted = {"name": rename, "url": url, "user": user, "tcpPort": tcp_port, "mappings": mappings, "isEnabled": on}
    given = _named(wanted)

    async def work(client: Client) -> Player:
        player = await _find(client, name)
        body = given | _secret(player.kind, secret)
        return await client.patch(f"/players/{player.id}", Player, body)

    show("\n".join(_lines(run(connected(load(data), work, is_looking=True)))))


@app.command()
def remove(name: Name, *, data: Data = None) -> None:
    """Forget a player and what it showed."""
    from metarr.cli.session import connected

    async def work(client: Client) -> None:
        await client.send("DELETE", f"/players/{(await _find(client, name)).id}")

    run(connected(load(data), work, is_looking=True))


@app.command("test")
def prove(name: Name, *, data: Data = None, is_json: Json = False) -> None:
    """Prove address, credentials and path mappings. Exit code 1: something is wrong."""
    from metarr.api.player_shapes import PlayerTest
    from metarr.cli.session import connected

    async def work(client: Client) -> PlayerTest:
        return await client.post(f"/players/{(await _find(client, name)).id}/test", PlayerTest)

    found = run(connected(load(data), work, is_looking=True))
    if is_json:
        show(found.model_dump_json(by_alias=True))
        raise typer.Exit(0 if found.is_well else 1)
    _show_test(found)


@app.command()
def sync(name: Name, *, data: Data = None) -> None:
    """Tell one player, now, of everything."""
    _ask(name, data, "/sync", {"all": True})


@app.command()
def retry(name: Name, *, data: Data = None) -> None:
    """Tell a player again of what it does not show as it should."""
    _ask(name, data, None, None)


@app.command("items")
def list_items(
    name: Name,
    *,
    state: Annotated[str | None, typer.Option(help="Only those: pending, not_seen, expired, confirmed …")] = None,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """What a player shows of the items that it was told of."""
    from metarr.api.player_shapes import ShownItems
    from metarr.cli.session import connected

    async def work(client: Client) -> list[ShownItem]:
        path = f"/players/{(await _find(client, name)).id}/items"
        page = await client.get(path, ShownItems, state=state, limit=500)
        found = list(page.items)
        while page.after is not None:
            page = await client.get(path, ShownItems, state=state, limit=500, after=page.after)
            found += page.items
        return found

    for one in run(connected(load(data), work, is_looking=True)):
        show(one.model_dump_json(by_alias=True) if is_json else _item_line(one))


@groups.command("list")
def list_groups(*, data: Data = None, is_json: Json = False) -> None:
    """List the groups of players."""
    from metarr.api.player_shapes import Group
    from metarr.cli.session import connected

    async def work(client: Client) -> list[Group]:
        return await client.get_list("/player-groups", Group)

    for one in run(connected(load(data), work, is_looking=True)):
        show(one.model_dump_json(by_alias=True) if is_json else _group_line(one))


@groups.command("add")
def add_group(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    members: Annotated[list[str], typer.Argument(help="Its players, in the order in which they are told.")],
    *,
    rules: Rules = None,
    libraries: Annotated[
        list[str] | None, typer.Option("--library", help="Only of this library; may be repeated.")
    ] = None,
    data: Data = None,
) -> None:
    """Tell some players in a certain way, or of some libraries only."""
    from metarr.api.player_shapes import Group
    from metarr.cli.session import connected

    async def work(client: Client) -> Group:
        body = {
            "name": name,
            **_ruled(rules or ()),
            "libraries": await _libraries(client, libraries) if libraries else None,
            "members": [(await _find(client, one)).id for one in members],
        }
        return await client.post("/player-groups", Group, body)

    show(_group_line(run(connected(load(data), work, is_looking=True))))


@groups.command("change")
def change_group(
    group_id: Annotated[int, typer.Argument(help="The group's number, as the list shows it.")],
    *,
    rename: Annotated[str | None, typer.Option(help="What you call it from now on.")] = None,
    members: Annotated[
        list[str] | None, typer.Option("--member", help="Its players from now on, in order; may be repeated.")
    ] = None,
    rules: Rules = None,
    libraries: Annotated[
        list[str] | None, typer.Option("--library", help="Only of this library; may be repeated.")
    ] = None,
    all_libraries: Annotated[bool, typer.Option("--all-libraries", help="Of every library.")] = False,
    data: Data = None,
) -> None:
    """Change a group. What is not named stays; rules, players and libraries are named anew as a whole."""
    from metarr.api.player_shapes import Group
    from metarr.cli.session import connected

    if libraries and all_libraries:
        raise InvalidInput("--library and --all-libraries exclude each other.")

    async def work(client: Client) -> Group:
        body: dict[str, object] = _named({"name": rename}) | (_UNRULED | _ruled(rules) if rules else {})
        if libraries or all_libraries:
            body["libraries"] = await _libraries(client, libraries) if libraries else None
        if members:
            body["members"] = [(await _find(client, one)).id for one in members]
        return await client.patch(f"/player-groups/{group_id}", Group, body)

    show(_group_line(run(connected(load(data), work, is_looking=True))))


@groups.command("remove")
def remove_group(
    group_id: Annotated[int, typer.Argument(help="The group's number, as the list shows it.")], *, data: Data = None
) -> None:
    """Forget a group: its players are told by themselves again, of every library."""
    from metarr.cli.session import connected

    async def work(client: Client) -> None:
        await client.send("DELETE", f"/player-groups/{group_id}")

    run(connected(load(data), work, is_looking=True))


def _named(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those that were named on the command line."""
    return {name: value for name, value in settings.items() if value is not None}


def _secret(kind: str, wanted: bool | None) -> dict[str, str]:  # noqa: FBT001  a value
    """A secret is asked for, and never stands on the command line; False takes it away."""
    field, words = ("password", "Password") if kind == "kodi" else ("token", "API key or token")
    if wanted is None:
        return {}
    return {field: typer.prompt(words, hide_input=True) if wanted else ""}


def _mappings(folders: Sequence[str] | None) -> list[dict[str, str]] | None:
    pairs = [folder.partition("=") for folder in folders or ()]
    if any(not (local and remote) for local, _, remote in pairs):
        raise InvalidInput("--map must be like /our/folder=/its/folder.")
    return [{"local": local, "remote": remote} for local, _, remote in pairs] or None


def _ruled(rules: Sequence[str]) -> dict[str, object]:
    strange = [rule for rule in rules if rule not in _RULES]
    if strange:
        raise InvalidInput(f"{strange[0]!r} is no rule of a group; there are {', '.join(_RULES)}.")
    return {name: value for rule in rules for name, value in _RULES[rule].items()}


async def _libraries(client: Client, names: Sequence[str]) -> list[int]:
    from metarr.api.library_shapes import ListedLibrary

    known = {one.name: one.id for one in await client.get_list("/libraries", ListedLibrary)}
    strange = [one for one in names if one not in known]
    if strange:
        raise NotFound(f"There is no library {strange[0]!r}; there are {', '.join(known)}.")
    return [known[one] for one in names]


def _every(data: Data) -> list[Player]:
    from metarr.api.player_shapes import Player
    from metarr.cli.session import connected

    async def work(client: Client) -> list[Player]:
        return await client.get_list("/players", Player)

    return run(connected(load(data), work, is_looking=True))


async def _find(client: Client, name: str) -> Player:
    from metarr.api.player_shapes import Player

    known = await client.get_list("/players", Player)
    found = next((one for one in known if name in {one.name, str(one.id)}), None)
    if found is None:
        names = ", ".join(one.name for one in known) or "none"
        raise NotFound(f"There is no player {name!r}; there are: {names}.")
    return found


def _ask(name: str, data: Data, path: str | None, body: dict[str, Any] | None) -> None:
    from metarr.api.player_shapes import Asked
    from metarr.cli.session import connected

    async def work(client: Client) -> Asked:
        player = await _find(client, name)
        if path is None:
            return await client.post(f"/players/{player.id}/retry", Asked)
        return await client.post(path, Asked, {**(body or {}), "player": player.id})

    asked = run(connected(load(data), work))
    show(f"{name} is told of {counted(asked.items, 'item')}.")


def _lines(player: Player) -> list[str]:
    state = "" if player.is_enabled else "  (off)"
    fixed = "  (set by the environment)" if player.is_fixed else ""
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in player.counts.items())
    first = f"{player.id:>4}  {player.kind:9} {player.name:16} {player.url}{state}{fixed}  {counts}".rstrip()
    return [first, *(f"      {trouble}" for trouble in player.troubles)]


def _item_line(one: ShownItem) -> str:
    numbers = "".join(
        f"{letter}{number:02}" for letter, number in (("S", one.season), ("E", one.episode)) if number is not None
    )
    title = " ".join(part for part in (one.title, f"({one.year})" if one.year else "", numbers) if part)
    return f"{one.item_id:>6}  {one.state.value.replace('_', ' '):13} {title}: {one.detail}"


def _group_line(group: Group) -> str:
    words = [group.mode.value, *(["one database"] if group.is_shared else [])]
    words += ["skips who plays"] if group.skips_playing else []
    words += [] if group.continues_on_error else ["stops on errors"]
    libraries = "all libraries" if group.libraries is None else f"libraries {', '.join(map(str, group.libraries))}"
    members = ", ".join(map(str, group.members)) or "none"
    return f"{group.id:>4}  {group.name:16} {', '.join(words)}; players {members}; {libraries}"


def _show_test(found: PlayerTest) -> None:
    for check in found.checks:
        show(f"{'ok   ' if check.is_well else 'WRONG'}  {check.what}: {check.message}")
    for folder in found.folders:
        words = {True: "seen", False: "not seen", None: "the player cannot tell"}[folder.is_seen]
        is_well = folder.exists and folder.is_seen is not False
        here = "" if folder.exists else ", and it is no folder here"
        mark = "ok   " if is_well else "WRONG"
        show(f"{mark}  {folder.library}: {folder.local} is {folder.remote} there: {words}{here}")
    for one in found.suggestions:
        show(f"       try: --map '{one.local}={one.remote}'")
    if not found.is_well:
        raise typer.Exit(1)
