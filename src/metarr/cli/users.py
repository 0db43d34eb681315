"""`metarr user …` and `metarr key …`: who may come in. On the server's own machine they need no login."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from metarr.cli.common import Data, Json, load, run, show

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from metarr.api.account_shapes import ApiKey, User
    from metarr.cli.client import Client

app = typer.Typer(help="Users: list, add, reset-password, role, remove.", invoke_without_command=True)
keys = typer.Typer(help="API keys of programs: list, add, revoke.", invoke_without_command=True)
Name = Annotated[str, typer.Argument(help="The user's name.")]
T = TypeVar("T")
KeyName = Annotated[str, typer.Argument(help="What uses the key: Radarr, say.")]
RoleName = Annotated[str, typer.Argument(help="administrator, editor or viewer.")]
Piped = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input: its first line.")]


@app.callback()
def list_users(context: typer.Context, *, data: Data = None, is_json: Json = False) -> None:
    """List the users."""
    if context.invoked_subcommand is None:
        _list_users(data, is_json=is_json)


@app.command("list")
def list_again(*, data: Data = None, is_json: Json = False) -> None:
    """List the users."""
    _list_users(data, is_json=is_json)


@app.command()
def add(
    name: Name,
    *,
    role: Annotated[str, typer.Option(help="administrator, editor or viewer.")] = "administrator",
    is_piped: Piped = False,
    data: Data = None,
) -> None:
    """Add a user; the password is asked for."""
    body = {"name": name, "password": _password(is_piped=is_piped), "role": role}
    _do(lambda client: client.send("POST", "/users", body), data)
    show(f"{name} may come in as {role}.")


@app.command("reset-password")
def reset_password(name: Name, *, is_piped: Piped = False, data: Data = None) -> None:
    """Set a new password, and end all sessions of this user; it is asked for."""
    _patch(name, {"password": _password(is_piped=is_piped), "isDisabled": False}, data)
    show(f"{name} has a new password.")


@app.command()
def role(name: Name, new: RoleName, *, data: Data = None) -> None:
    """Change what a user may do."""
    _patch(name, {"role": new}, data)
    show(f"{name} is {new} now.")


@app.command()
def remove(name: Name, *, data: Data = None) -> None:
    """Remove a user. The last administrator stays."""

    async def work(client: Client) -> None:
        await client.send("DELETE", f"/users/{(await _user(client, name)).id}")

    _do(work, data)
    show(f"{name} is removed.")


@keys.callback()
def list_keys(context: typer.Context, *, data: Data = None, is_json: Json = False) -> None:
    """List the keys, without the keys."""
    if context.invoked_subcommand is None:
        _list_keys(data, is_json=is_json)


@keys.command("list")
def list_keys_again(*, data: Data = None, is_json: Json = False) -> None:
    """List the keys, without the keys."""
    _list_keys(data, is_json=is_json)


@keys.command("add")
def add_key(
    name: KeyName,
    *,
    scopes: Annotated[list[str], typer.Option("--scope", help="read, operate, admin or webhook; repeatable.")],
    data: Data = None,
) -> None:
    """Make a key for a program. It is shown this once."""
    from metarr.api.account_shapes import AddedApiKey

    body = {"name": name, "scopes": scopes}
    show(_do(lambda client: client.post("/api-keys", AddedApiKey, body), data).key)


@keys.command()
def revoke(name: KeyName, *, data: Data = None) -> None:
    """Take a key back: it opens nothing any more."""
    from metarr.errors import NotFound

    async def work(client: Client) -> None:
        found = next((key for key in await _keys(client) if key.name == name), None)
        if found is None:
            raise NotFound(f"There is no key called {name!r}; see: metarr key list")
        await client.send("DELETE", f"/api-keys/{found.id}")

    _do(work, data)
    show(f"The key {name} opens nothing any more.")


def _list_users(data: Data, *, is_json: bool) -> None:
    for user in _do(_users, data):
        seen = f"{user.logged_in_at:%Y-%m-%d %H:%M}" if user.logged_in_at else "never"
        line = f"{user.name}  {user.role}{', kept out' if user.is_disabled else ''}, last login: {seen}"
        show(user.model_dump_json(by_alias=True) if is_json else line)


def _list_keys(data: Data, *, is_json: bool) -> None:
    for key in _do(_keys, data):
        used = f"{key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never"
        line = f"{key.name}  …{key.hint}  {' '.join(key.scopes)}, last used: {used}"
        show(key.model_dump_json(by_alias=True) if is_json else line)


def _patch(name: str, body: dict[str, object], data: Data) -> None:
    async def work(client: Client) -> None:
        await client.send("PATCH", f"/users/{(await _user(client, name)).id}", body)

    _do(work, data)


def _do(work: Callable[[Client], Awaitable[T]], data: Data) -> T:
    from metarr.cli.session import connected

    return run(connected(load(data), work, is_looking=True))


async def _user(client: Client, name: str) -> User:
    from metarr.actions.entrance import key_of
    from metarr.errors import NotFound

    found = next((user for user in await _users(client) if key_of(user.name) == key_of(name)), None)
    if found is None:
        raise NotFound(f"There is no user called {name!r}; see: metarr user list")
    return found


async def _users(client: Client) -> list[User]:
    from metarr.api.account_shapes import User

    return await client.get_list("/users", User)


async def _keys(client: Client) -> list[ApiKey]:
    from metarr.api.account_shapes import ApiKey

    return await client.get_list("/api-keys", ApiKey)


def _password(*, is_piped: bool) -> str:
    """Asked for twice where somebody types it."""
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    return typed
