"""The audit log over the API: whatever changes how the program works leaves a line, and no secret stands in one."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from typer.testing import CliRunner

from metarr.api import application
from metarr.cli import app
from metarr.model.access import Right
from metarr.model.audit import WORDS, Deed
from metarr.web.access import declared
from people import AS_OWNER, WORD, people
from plain_browser import opened
from running import running

if TYPE_CHECKING:
    from pathlib import Path

    from people import People
    from running import Running

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
_SECRET = "secret-that-nobody-may-read"
_KODI = {"kind": "kodi", "name": "Den", "url": "http://127.0.0.1:9", "user": "kodi", "password": f"{_SECRET}-1"}
_CHAT = {"name": "Chat", "url": f"discord://123456789012/{_SECRET}-2"}
_SIGN_ON = {"issuer": "https://id.example", "clientId": "metarr"}

# Each in its order: METHOD, path of the API's description, the address asked, what is sent, the deed. {} in an address
# is the number in the answer of the last POST.
_DEEDS: Final[tuple[tuple[str, str, str, Any, Deed], ...]] = (
    ("PATCH", "/settings/phase-config", "", {"playerSync": {"autoSync": True}}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/general", "", {"keepAuditDays": 400}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/scanning", "", {"concurrentDirectories": 3}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/enrichment", "", {"languages": ["de"]}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/publishing", "", {"recycleDays": 31}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/playerSync", "", {"settleSeconds": 11}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/verification", "", {"autoRepair": False}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/notification", "", {"enabled": False}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/jobs", "", {"maxAttempts": 5}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/backup", "", {"keep": 3}, Deed.SETTINGS_CHANGED),
    ("PATCH", "/settings/singleSignOn", "", _SIGN_ON, Deed.SETTINGS_CHANGED),
    ("PUT", "/single-sign-on/secret", "", {"secret": f"{_SECRET}-3"}, Deed.SECRET_CHANGED),
    ("PATCH", "/providers/{name}/settings", "/providers/tmdb/settings", {"apiKey": _SECRET}, Deed.PROVIDER_CHANGED),
    ("POST", "/players", "", _KODI, Deed.PLAYER_ADDED),
    ("PATCH", "/players/{player_id}", "/players/{}", {"password": f"{_SECRET}-4"}, Deed.PLAYER_CHANGED),
    ("DELETE", "/players/{player_id}", "/players/{}", None, Deed.PLAYER_REMOVED),
    ("POST", "/player-groups", "", {"name": "Rooms"}, Deed.GROUP_SAVED),
    ("PATCH", "/player-groups/{group_id}", "/player-groups/{}", {"name": "House"}, Deed.GROUP_SAVED),
    ("DELETE", "/player-groups/{group_id}", "/player-groups/{}", None, Deed.GROUP_REMOVED),
    ("POST", "/channels", "", _CHAT, Deed.CHANNEL_ADDED),
    ("PATCH", "/channels/{channel_id}", "/channels/{}", {"url": f"{_CHAT['url']}-new"}, Deed.CHANNEL_CHANGED),
    ("DELETE", "/channels/{channel_id}", "/channels/{}", None, Deed.CHANNEL_REMOVED),
    ("POST", "/schedules", "", {"chore": "scan", "cron": "1 2 * * *"}, Deed.SCHEDULE_ADDED),
    ("PATCH", "/schedules/{schedule_id}", "/schedules/{}", {"isEnabled": False}, Deed.SCHEDULE_CHANGED),
    ("DELETE", "/schedules/{schedule_id}", "/schedules/{}", None, Deed.SCHEDULE_REMOVED),
    ("POST", "/path-mappings", "", {"source": "radarr", "remote": "/movies", "local": "/films"}, Deed.MAPPING_ADDED),
    ("DELETE", "/path-mappings/{mapping_id}", "/path-mappings/{}", None, Deed.MAPPING_REMOVED),
    ("POST", "/users", "", {"name": "Owner", "password": f"{_SECRET}-0", "role": "administrator"}, Deed.USER_ADDED),
    ("POST", "/users", "", {"name": "Anna", "password": f"{_SECRET}-5", "role": "viewer"}, Deed.USER_ADDED),
    ("PATCH", "/users/{user_id}", "/users/{}", {"role": "editor"}, Deed.USER_CHANGED),
    ("PATCH", "/users/{user_id}", "/users/{}", {"password": f"{_SECRET}-6"}, Deed.PASSWORD_SET),
    ("DELETE", "/users/{user_id}", "/users/{}", None, Deed.USER_REMOVED),
    ("POST", "/api-keys", "", {"name": "Sonarr", "scopes": ["webhook"]}, Deed.KEY_ADDED),
    ("DELETE", "/api-keys/{key_id}", "/api-keys/{}", None, Deed.KEY_REVOKED),
    ("POST", "/backups", "", None, Deed.BACKUP_MADE),
    ("GET", "/backups/{name}", "/backups/metarr-20200101-000000-manual.zip", None, Deed.BACKUP_FETCHED),
    ("DELETE", "/backups/{name}", "/backups/metarr-20200101-000000-manual.zip", None, Deed.BACKUP_REMOVED),
    ("GET", "/audit/export", "", None, Deed.AUDIT_EXPORTED),
    ("GET", "/support-bundle", "", None, Deed.BUNDLE_MADE),
)
_OF_LIBRARIES: Final[tuple[tuple[str, str, str, Any, Deed], ...]] = (
    ("POST", "/libraries", "", {"path": "films", "kind": "movies"}, Deed.LIBRARY_ADDED),
    ("PATCH", "/libraries/{library_id}", "/libraries/1", {"name": "Films"}, Deed.LIBRARY_CHANGED),
    ("POST", "/libraries/{library_id}/confirm", "/libraries/1/confirm", None, Deed.LIBRARY_CONFIRMED),
    ("POST", "/libraries/{library_id}/relocate", "/libraries/1/relocate", {"path": "moved"}, Deed.LIBRARY_MOVED),
    ("DELETE", "/libraries/{library_id}", "/libraries/1?confirm=Films", None, Deed.LIBRARY_REMOVED),
)
_EXCEPTIONS: Final = {
    "POST /settings/enrichment/preview": "only looks",
    "POST /providers/{name}/test": "only asks a provider",
    "POST /players/test": "only asks a player",
    "POST /players/{player_id}/test": "only asks a player",
    "POST /libraries/check": "only looks",
    "POST /channels/test": "only sends a word",
    "POST /channels/preview": "only looks",
    "POST /channels/deliver": "only sends what waits",
    "POST /channels/{channel_id}/test": "only sends a word",
    "POST /single-sign-on/test": "only asks the provider",
    "DELETE /single-sign-on/identities/{identity_id}": "there is none without a provider; ui/test_single_sign_on.py",
}


def _changing() -> set[str]:
    """Every operation that needs an administrator and does not only read."""
    return {
        f"{route.method} {route.path}"
        for router in application.ROUTERS
        for route in router.routes
        if Right.ADMIN in declared(route) and route.method != "GET"
    }


def test_every_operation_of_administrators_is_recorded_or_has_its_reason() -> None:
    tried = {f"{method} {path}" for method, path, *_ in (*_DEEDS, *_OF_LIBRARIES) if method != "GET"}
    assert tried | _EXCEPTIONS.keys() == _changing()
    assert not tried & _EXCEPTIONS.keys()


def test_every_deed_has_words() -> None:
    assert WORDS.keys() == set(Deed)


async def _lines(house: Running, **query: object) -> list[Any]:
    params = {name: str(value) for name, value in query.items()}
    status, body = await house.ask("GET", "/audit", params=params, headers=AS_OWNER)
    assert status == 200, body
    return list(body["entries"])


async def test_whatever_an_administrator_changes_leaves_a_line_without_a_secret(data: Path, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "moved").mkdir()
    (data / "backups").mkdir(parents=True)
    (data / "backups" / "metarr-20200101-000000-manual.zip").write_bytes(b"old")
    number = 0
    async with running(data, is_working=False) as house:
        for method, path, address, body, deed in (*_DEEDS, *_OF_LIBRARIES):
            sent = body if not isinstance(body, dict) else dict(body)
            if isinstance(sent, dict) and sent.get("path") in {"films", "moved"}:
                sent["path"] = str(tmp_path / sent["path"])
            before = (await _lines(house, limit=1) or [{"id": 0}])[0]["id"]
            url = f"{house.app.url}/api/v1{(address or path).replace('{}', str(number))}"
            async with house.client.request(method, url, json=sent) as answer:
                content = await answer.read()
                assert answer.status < 300, (path, content)
            if method == "POST":
                number = json.loads(content or b"{}").get("id", 0) or number
            new = [line for line in await _lines(house, limit=10) if line["id"] > before]
            assert [line["deed"] for line in new] == [deed.value], path
            assert (new[0]["who"], new[0]["address"]) == ("this machine", "127.0.0.1")
        assert _SECRET not in json.dumps(await _lines(house, limit=500))
        changed = await _lines(house, deed="settings_changed")
        assert changed[-2]["more"] == {"settings": ["keepAuditDays"]}
        assert changed[-2]["what"] == "general"


@pytest.fixture
async def crowd(data: Path) -> Any:
    async with people(data) as found:
        yield found


async def _log_in(crowd: People, name: str, password: str) -> int:
    url = f"{crowd.house.app.url}/api/v1/login"
    async with crowd.house.client.post(url, json={"name": name, "password": password}) as answer:
        return answer.status


async def test_logins_are_there_with_how_they_ended(crowd: People) -> None:
    house = crowd.house
    statuses: list[int] = []
    while (
        429 not in statuses
    ):  # each wrong guess makes the wait longer, and in the end longer than a slow machine takes
        statuses.append(await _log_in(crowd, "viewer", f"wrong {len(statuses)}"))
    refused = await _lines(house, deed="login", result="refused")
    assert [(line["what"], line["who"], line["times"]) for line in refused] == [("viewer", "", statuses.count(401))]
    assert len(await _lines(house, deed="login", result="throttled")) == 1
    logged_in = await _lines(house, deed="login", result="done", who="viewer")
    assert [(line["address"], line["more"]) for line in logged_in] == [("127.0.0.1", {"way": "password"})]
    assert (await crowd.ask("viewer", "POST", "/api/v1/logout"))[0] == 204
    assert [line["who"] for line in await _lines(house, deed="logout")] == ["viewer"]


async def test_what_was_typed_for_a_name_is_not_kept(crowd: People) -> None:
    assert await _log_in(crowd, "my secret word", "x" * 12) == 401
    (line,) = await _lines(crowd.house, deed="login", result="refused")
    assert line["what"] == ""
    assert "my secret word" not in json.dumps(line)


async def test_an_unknown_key_is_there_once_a_minute(crowd: People) -> None:
    for _ in range(3):
        assert (await crowd.house.ask("GET", "/me", headers={"X-Api-Key": "metarr_unknown-key"}))[0] == 401
    lines = await _lines(crowd.house, deed="key_used")
    assert [(line["result"], line["times"]) for line in lines] == [("refused", 1)]


async def test_what_somebody_known_may_not_do_is_there_once_a_minute(crowd: People) -> None:
    for _ in range(3):
        for number in (1, 2):  # another thing to do it to is the same action
            assert (await crowd.ask("editor", "DELETE", f"/api/v1/users/{number}"))[0] == 403
    assert (await crowd.ask("webhook key", "GET", "/api/v1/items"))[0] == 403
    assert (await crowd.ask("viewer", "GET", "/settings/users"))[0] == 403
    assert (await crowd.ask("nobody", "GET", "/api/v1/items"))[0] == 401
    lines = [
        {name: line[name] for name in ("who", "userId", "address", "result", "times", "what", "more")}
        for line in await _lines(crowd.house, deed="forbidden")
    ]
    common = {"address": "127.0.0.1", "result": "refused", "times": 1}
    assert lines == [
        {**common, "who": "viewer", "userId": 3, "what": "GET /settings/users", "more": {"right": "admin"}},
        {**common, "who": "key Radarr", "userId": None, "what": "GET /api/v1/items", "more": {"right": "read"}},
        {**common, "who": "editor", "userId": 2, "what": "DELETE /api/v1/users/{user_id}", "more": {"right": "admin"}},
    ]


async def test_a_backup_by_a_schedule_that_somebody_starts_is_theirs(crowd: People) -> None:
    new = {"chore": "backup", "cron": "1 2 * * *"}
    schedule = (await crowd.house.ask("POST", "/schedules", json=new, headers=AS_OWNER))[1]["id"]
    assert (await crowd.ask("editor", "POST", f"/api/v1/schedules/{schedule}/run"))[0] == 202
    assert [line["who"] for line in await _lines(crowd.house, deed="backup_made")] == ["editor"]


async def test_sessions_that_are_ended_are_there(crowd: People) -> None:
    assert (await crowd.ask("editor", "DELETE", "/api/v1/me/sessions"))[0] == 204
    (line,) = await _lines(crowd.house, deed="session_ended")
    assert (line["who"], line["what"], line["userId"]) == ("editor", "editor", 2)


async def test_who_does_it_is_a_user_a_key_or_the_command_line(crowd: People) -> None:
    scopes = {"name": "Robot", "scopes": ["admin"]}
    key = (await crowd.house.ask("POST", "/api-keys", json=scopes, headers=AS_OWNER))[1]["key"]
    await crowd.ask("administrator", "PATCH", "/api/v1/settings/jobs", json={"maxAttempts": 4})
    await crowd.house.ask("PATCH", "/settings/jobs", json={"maxAttempts": 5}, headers={"X-Api-Key": key})
    lines = await _lines(crowd.house, limit=3)
    assert [(line["who"], line["address"]) for line in lines] == [
        ("key Robot", "127.0.0.1"),
        ("administrator", "127.0.0.1"),
        ("command line", ""),
    ]


@pytest.mark.parametrize("who", ["viewer", "editor", "nobody", "webhook key"])
@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/audit/export", "/api/v1/support-bundle", "/system/audit"])
async def test_only_administrators_read_it(who: str, path: str, crowd: People) -> None:
    assert (await crowd.ask(who, "GET", path))[0] in {401, 403, 303}


async def test_the_first_administrator_is_there(data: Path) -> None:
    async with running(data, is_working=False, loopback_auth=True) as house:
        assert (await house.ask("POST", "/setup", json={"name": "Anna", "password": WORD}))[0] == 201
        lines = await _lines(house)
    assert [(line["deed"], line["who"], line["what"]) for line in lines] == [
        ("login", "Anna", "Anna"),
        ("setup", "first run", "Anna"),
    ]


async def test_it_is_exported_as_json_lines_and_csv(data: Path) -> None:
    async with running(data, is_working=False) as house:
        await house.ask("POST", "/path-mappings", json={"source": "radarr", "remote": "/=1", "local": "/films"})
        url = f"{house.app.url}/api/v1/audit/export"
        async with house.client.get(url) as answer:
            lines = [json.loads(line) for line in (await answer.text()).splitlines()]
        async with house.client.get(url, params={"format": "csv", "deed": "audit_exported"}) as answer:
            rows = list(csv.DictReader(io.StringIO(await answer.text())))
        page = (await opened(house, "/system/audit?deed=mapping_added&since=2020-01-01")).text
    assert [line["deed"] for line in lines] == ["audit_exported", "mapping_added"]
    assert [row["deed"] for row in rows] == ["audit_exported", "audit_exported"]
    assert "Path mapping added: /=1" in page
    assert "Audit log exported (" not in page


async def test_commands_are_there_and_read_it(data: Path) -> None:
    async def metarr(*words: str) -> str:
        said = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--data", str(data)], input=f"{WORD}\n")
        assert said.exit_code == 0, said.output
        return said.output

    await metarr("user", "add", "Anna", "--stdin")
    await metarr("backup")
    newest, oldest = (await metarr("audit")).splitlines()
    assert "command line  Backup made: metarr-" in newest
    assert "command line  User added: Anna (role administrator)" in oldest
    (line,) = (await metarr("audit", "--what", "user_added", "--format", "jsonl")).splitlines()
    assert json.loads(line)["more"] == {"role": "administrator"}
    assert (await metarr("audit", "--format", "csv", "--limit", "0")).count("\n") == 3
