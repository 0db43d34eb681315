"""`metarr user …` and `metarr key …`, as the owner types them on the server itself."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from metarr.cli import app
from metarr.cli.lock import DataLock
from running import TOKEN, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    """A server that the commands find by the lock file, as they do while one runs."""
    with DataLock(data) as lock:
        async with running(data, is_working=False, loopback_auth=True) as found:
            lock.announce(found.app.url, TOKEN)
            yield found


async def _metarr(data: Path, *words: str, stdin: str = "") -> tuple[int, str]:
    result = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--data", str(data)], stdin)
    said = [line for line in result.output.splitlines(keepends=True) if "[info " not in line]  # the server's own log
    return result.exit_code, "".join(said) if result.exception is None else str(result.exception)


async def test_users_are_added_listed_changed_and_removed(data: Path, house: Running) -> None:
    assert (await _metarr(data, "user", "add", "Alex", "--stdin", stdin="correct horse\n"))[0] == 0
    assert await _metarr(data, "user", "list") == (0, "Alex  administrator, last login: never\n")
    typed = "correct horse\ncorrect horse\n"
    assert (await _metarr(data, "user", "add", "Sam", "--role", "viewer", stdin=typed))[0] == 0
    assert (await _metarr(data, "user", "role", "SAM", "editor"))[0] == 0
    listed = [json.loads(line) for line in (await _metarr(data, "user", "--json"))[1].splitlines()]
    assert [(one["name"], one["role"]) for one in listed] == [("Alex", "administrator"), ("Sam", "editor")]
    assert "correct" not in str(listed)
    code, said = await _metarr(data, "user", "role", "Alex", "viewer")
    assert (code, "last administrator" in said) == (1, True)
    assert await _metarr(data, "user", "remove", "sam") == (0, "sam is removed.\n")
    code, said = await _metarr(data, "user", "remove", "sam")
    assert (code, "metarr user list" in said) == (1, True)


async def test_a_forgotten_password_is_set_anew_and_opens_the_account_again(data: Path, house: Running) -> None:
    await _metarr(data, "user", "add", "Alex", "--stdin", stdin="correct horse\n")
    login = {"name": "alex", "password": "correct horse"}
    async with house.client.post(f"{house.app.url}/api/v1/login", json=login) as answer:
        cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    assert (await house.ask("GET", "/me", headers=cookie))[0] == 200
    code, said = await _metarr(data, "user", "reset-password", "alex", "--stdin", stdin="short\n")
    assert (code, "too short" in said) == (1, True)
    assert (await _metarr(data, "user", "reset-password", "alex", "--stdin", stdin="another horse\n"))[0] == 0
    assert (await house.ask("GET", "/me", headers=cookie))[0] == 401
    assert (await house.ask("POST", "/login", json=login))[0] == 401
    assert (await house.ask("POST", "/login", json=login | {"password": "another horse"}))[0] == 200


async def test_keys_are_shown_once_listed_and_revoked(data: Path, house: Running) -> None:
    code, key = await _metarr(data, "key", "add", "Radarr", "--scope", "webhook", "--scope", "read")
    assert (code, key.startswith("metarr_")) == (0, True)
    code, listed = await _metarr(data, "key", "list")
    assert listed == f"Radarr  …{key.strip()[-4:]}  read webhook, last used: never\n"
    assert json.loads((await _metarr(data, "key", "--json"))[1])["createdBy"] == "command line"
    code, said = await _metarr(data, "key", "add", "Other", "--scope", "everything")
    assert (code, "scopes" in said) == (1, True)
    assert (await _metarr(data, "key", "revoke", "Radarr"))[0] == 0
    assert await _metarr(data, "key", "list") == (0, "")
    code, said = await _metarr(data, "key", "revoke", "Radarr")
    assert (code, "metarr key list" in said) == (1, True)
