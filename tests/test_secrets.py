"""No key and no password gets out: not into an answer, a log, a text for people, nor readably into the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from metarr.api import application
from metarr.app import configured, logs
from metarr.config import Config, load
from metarr.providers.base import Surroundings
from metarr.providers.live import Connections
from metarr.store.sealed import Vault
from running import running

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary"
FIXED = {
    "tvdb_api_key": f"{CANARY}-tvdb",
    "tvdb_pin": f"{CANARY}-pin",
    "kodi_url": "http://127.0.0.1:1",
    "kodi_user": "kodi",
    "kodi_password": f"{CANARY}-kodi",
    **{f"{name}_url": "http://127.0.0.1:1" for name in ("tmdb", "tvdb", "omdb", "fanarttv", "tvmaze")},
}
OWN: dict[str, Any] = {
    "api_key": f"{CANARY}-of-the-api",
    "notify_urls": (f"kodi-screen://user:{CANARY}-screen@127.0.0.1:1",),
    "secret_key": "canary0canary0canary0canary0canary0canary0c=",
}
STORED = {
    "tmdb": {"apiKey": f"{CANARY}-tmdb"},
    "omdb": {"apiKey": f"{CANARY}-omdb"},
    "fanarttv": {"clientKey": f"{CANARY}-fanart"},
}


def _readable() -> list[str]:
    """Every address that needs nothing but a GET."""
    paths = application.description()["paths"]
    plain = [path for path, methods in paths.items() if "get" in methods and "{" not in path]
    return plain + [f"/api/v1/providers/{name}/settings" for name in STORED]


@pytest.mark.usefixtures("own_log")
async def test_no_secret_gets_out(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug")
    answers: list[str] = []
    async with running(data, FIXED, is_working=True, **OWN) as house:
        key = {"X-Api-Key": OWN["api_key"]}
        for name, patch in STORED.items():
            path = f"/providers/{name}/settings"
            status, body = await house.ask("PATCH", path, json=patch, headers=key)
            assert status == 200, body
            answers.append(str(body))
            wrong = {**patch, "requestsPerSecond": "x"}
            answers += map(str, await house.ask("PATCH", path, json=wrong, headers=key))
            answers += map(str, await house.ask("POST", f"/providers/{name}/test", headers=key))
            answers += map(str, await house.ask("POST", f"/providers/{name}/test", json=patch, headers=key))
        for path in _readable():
            answers.append(await _read(house.client, house.app.url + path, OWN["api_key"]))
        answers.append(repr(house.app.__dict__))
    assert [answer for answer in answers if CANARY in answer] == []
    said = capfd.readouterr()
    assert CANARY not in said.out + said.err
    assert _files_with_it(data) == []


def _files_with_it(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


async def _read(client: aiohttp.ClientSession, address: str, key: str) -> str:
    async with client.get(address, headers={"X-Api-Key": key}, timeout=aiohttp.ClientTimeout(total=10)) as answer:
        is_endless = answer.content_type == "text/event-stream"
        return f"{address}: {answer.headers} {'' if is_endless else (await answer.read()).decode(errors='replace')}"


async def test_no_secret_is_in_what_python_shows_of_things(tmp_path: Path) -> None:
    environment = {f"METARR_{name.upper()}": str(value) for name, value in FIXED.items()}
    environment |= {"METARR_API_KEY": CANARY, "METARR_SECRET_KEY": CANARY, "METARR_NOTIFY_URLS": f"json://{CANARY}"}
    config: Config = load(environment, data=tmp_path)
    wanted = configured.read(Config(data=tmp_path, integrations=FIXED, notify_urls=OWN["notify_urls"]))
    connections = Connections(wanted.fixed, Surroundings(), Vault())
    connections.learn({})
    shown: list[Any] = [config, wanted, wanted.fixed, connections, *connections.values(), Vault()]
    assert [text for text in map(repr, shown) if re.search(CANARY, text)] == []
