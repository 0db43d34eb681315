"""The support bundle: everything that helps is in it, and nothing that lets anybody in."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import sqlite3
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from metarr.cli import app
from metarr.errors import MetarrError
from people import AS_OWNER, OURS, people
from plain_browser import opened
from running import TOKEN, running

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from running import Running

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
_PARTS = {
    *("README.txt", "versions.json", "configuration.json", "settings.json", "providers.json", "players.json"),
    *("channels.json", "doctor.json", "health.json", "queue.json", "failed-jobs.json", "figures.json", "metrics.txt"),
    *("database.json", "libraries.json", "log.jsonl"),
}
_MARK = 'Ge"heim ü/%s&x'  # as awkward as secrets are: quotes, letters beyond ASCII, what addresses escape
_BASE64 = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="


_ONLY_HASHED = {"user's password", "session"}  # the program itself cannot tell them
_STORED = (
    *(("password_hash", "user"), ("token_hash", "session"), ("key_hash", "api_key"), ("url", "channel")),
    *(("json_extract(settings, '$.password')", "player"), ("json_extract(value, '$.api_key')", "setting")),
)


def data_made(data: Path) -> Path:
    """The data folder, before the program makes it."""
    data.mkdir(exist_ok=True)
    return data


async def _bundle(house: Running, **query: str) -> dict[str, str]:
    url = f"{house.app.url}/api/v1/support-bundle"
    async with house.client.get(url, params=query, headers=AS_OWNER) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
        return _unpacked(await answer.read())


def _unpacked(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name).decode() for name in packed.namelist()}


def _log(data: Path, *lines: Mapping[str, object]) -> None:
    (data / "logs").mkdir(exist_ok=True)
    start = {"timestamp": "2026-01-01T00:00:01Z", "level": "info", "event": "said"}
    text = "".join(json.dumps({**start, **line}) + "\n" for line in lines)
    (data / "logs" / "metarr.log").write_text(text, encoding="utf-8")


def _places(found: Mapping[str, str], secret: str) -> list[str]:
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret, safe="")}
    return [name for name, text in found.items() if any(form in text for form in forms)]


async def test_no_secret_that_the_program_knows_is_in_it(data: Path) -> None:
    known = {
        "provider's key in the environment": "key-in-the-environment",
        "provider's key in the database": "key-in-the-database",
        "player's password": _MARK % "player",
        "player's token": "token-of-the-player-1234",
        "channel's address": "discord://123456789012/channel-token-abcdefgh",
        "channel's token": "channel-token-abcdefgh",
        "owner's key": "key-of-the-owner-12345",
        "key of this start": TOKEN,
        "key of the secrets": _BASE64,
        "user's password": _MARK % "user",
    }
    keys = {"omdb_api_key": known["provider's key in the environment"]}
    given = {**keys, "api_key": known["owner's key"], "secret_key": _BASE64}
    options = {"api_key": known["owner's key"], "secret_key": _BASE64, "given": given}
    async with people(data, integrations=keys, **options) as crowd:
        house = crowd.house

        async def ask(method: str, path: str, body: object) -> object:
            status, answer = await house.ask(method, path, json=body, headers=AS_OWNER)
            assert status < 300, answer
            return answer

        await ask("PATCH", "/providers/tmdb/settings", {"apiKey": known["provider's key in the database"]})
        kodi = {"kind": "kodi", "name": "Den", "url": "http://127.0.0.1:9", "user": "kodi"}
        await ask("POST", "/players", kodi | {"password": known["player's password"]})
        plex = {"kind": "plex", "name": "Plex", "url": "http://127.0.0.1:9", "token": known["player's token"]}
        await ask("POST", "/players", plex)
        await ask("POST", "/channels", {"name": "Chat", "url": known["channel's address"]})
        await ask("POST", "/users", {"name": "Anna", "password": known["user's password"], "role": "viewer"})
        made = await ask("POST", "/api-keys", {"name": "Sonarr", "scopes": ["webhook"]})
        assert isinstance(made, dict)
        known["API key"] = made["key"]
        known["session"] = crowd.headers["viewer"]["Cookie"].partition("=")[2]
        database = sqlite3.connect(data / "metarr.db")
        for number, (column, table) in enumerate(_STORED):
            rows = database.execute(f"SELECT {column} FROM {table}").fetchall()  # noqa: S608  names of ours
            assert rows, table
            known |= {f"{table} {number} {place}": str(row[0]) for place, row in enumerate(rows) if row[0]}
        database.close()
        seen = [
            {"value": secret, "exception": f"Broken: {secret!r} at http://x/?q={quote(secret)}"}
            for name, secret in known.items()
            if name not in _ONLY_HASHED
        ]
        _log(data, *seen)
        found = await _bundle(house)
        bare = await _bundle(house, names="false")
    assert set(found) == set(bare) == _PARTS
    for name, secret in known.items():
        assert not _places(found, secret), name
        assert not _places(bare, secret), name
    assert json.loads(found["providers.json"])["tmdb"]["apiKey"] == "set"
    assert json.loads(found["configuration.json"])["METARR_OMDB_API_KEY"] == "(hidden)"
    assert json.loads(found["players.json"])[0]["secrets"] == ["password"]


async def test_it_tells_what_helps(data: Path, tmp_path: Path) -> None:
    (tmp_path / "Films").mkdir()
    _log(data_made(data), {"event": "scan failed", "level": "error", "job": 7, "folder": "/films/Alien"})
    async with running(data, is_working=False, given={"port": "0"}) as house:
        library = {"path": str(tmp_path / "Films"), "kind": "movies", "name": "My films"}
        assert (await house.ask("POST", "/libraries", json=library))[0] == 201
        found = await _bundle(house)
        (line,) = (await house.get("/audit", deed="bundle_made"))["entries"]
    assert line["more"] == {"names": True}
    assert json.loads(found["database.json"])["rows"]["library"] == 1
    assert "ix_job_ready" in json.loads(found["database.json"])["indexes"]["job"]
    assert json.loads(found["libraries.json"])[0]["root"] == str(tmp_path / "Films")
    assert any(one["about"] == "My films" for one in json.loads(found["doctor.json"]))
    assert json.loads(found["versions.json"])["packages"]["fastapi"]
    assert json.loads(found["configuration.json"]) == {"METARR_PORT": "0"}
    assert "metarr_uptime_seconds" in found["metrics.txt"]
    assert json.loads(found["log.jsonl"].splitlines()[0])["folder"] == "/films/Alien"


async def test_without_names_every_name_is_the_same_word_everywhere(data: Path, tmp_path: Path) -> None:
    (tmp_path / "Films").mkdir()
    traceback = f'Traceback:\n  File "/opt/metarr/phases/clean.py", line 7, in run\nValueError: {tmp_path}/Films/Alien'
    _log(data_made(data), {"folder": str(tmp_path / "Films"), "title": "Alien", "size": 7, "exception": traceback})
    async with running(data, is_working=False) as house:
        library = {"path": str(tmp_path / "Films"), "kind": "movies", "name": "Dark secrets"}
        assert (await house.ask("POST", "/libraries", json=library))[0] == 201
        found = await _bundle(house, names="false")
    text = "".join(found.values())
    assert not [word for word in ("Alien", "Dark secrets", str(tmp_path)) if word in text]
    line = json.loads(found["log.jsonl"].splitlines()[0])
    assert line["folder"] == json.loads(found["libraries.json"])[0]["root"]
    assert (line["size"], line["exception"]) == (7, ["phases/clean.py, line 7, in run", "ValueError"])


async def test_it_stays_small_however_long_the_log_is(data: Path) -> None:
    (data_made(data) / "logs").mkdir()
    line = json.dumps({"timestamp": "2026-01-01T00:00:01Z", "level": "info", "event": "x" * 200}) + "\n"
    for number in range(4):
        name = "metarr.log" if number == 0 else f"metarr.log.{number}"
        (data / "logs" / name).write_text(line * (5_000_000 // len(line)))
    async with running(data, is_working=False) as house:
        found = await _bundle(house)
    assert 7_000_000 < len(found["log.jsonl"]) < 9_000_000


async def test_the_command_and_the_page_make_it(data: Path, tmp_path: Path) -> None:
    async with running(data, is_working=False) as house:
        page = await opened(house, "/system/support")
        assert "No password, key or token is in it" in page.text
        url = f"{house.app.url}/system/support"
        async with house.client.post(url, data={"nameless": "on"}, headers=OURS) as answer:
            assert set(_unpacked(await answer.read())) == _PARTS
    file = tmp_path / "bundle.zip"
    said = await asyncio.to_thread(CliRunner().invoke, app, ["support-bundle", str(file), "--data", str(data)])
    assert said.exit_code == 0, said.output
    assert set(_unpacked(file.read_bytes())) == _PARTS


async def test_the_command_leaves_what_is_there_alone_and_says_where_to_go(data: Path, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(b"holiday pictures")
    said = await _made(data, tmp_path / "bundle.zip")
    assert (
        said == f"{tmp_path}/bundle.zip is there already, and stays as it is. Name another: metarr support-bundle FILE"
    )
    assert (tmp_path / "bundle.zip").read_bytes() == b"holiday pictures"
    said = await _made(data, tmp_path / "nowhere" / "bundle.zip")
    assert said.startswith(f"{tmp_path}/nowhere/bundle.zip cannot be written: No such file or directory. Name a file")


async def test_a_full_disk_leaves_no_half_bundle(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, real = tmp_path / "bundle.zip", os.fsync

    def full(handle: int) -> None:
        if file.exists() and os.path.samestat(os.fstat(handle), file.stat()):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    assert "cannot be written: No space left on device. Name a file in a folder" in await _made(data, file)
    assert not file.exists()


async def _made(data: Path, file: Path) -> str:
    """What the command says that does not make it."""
    said = await asyncio.to_thread(CliRunner().invoke, app, ["support-bundle", str(file), "--data", str(data)])
    assert isinstance(said.exception, MetarrError)
    return str(said.exception)
