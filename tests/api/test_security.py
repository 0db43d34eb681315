"""Who is admitted, over real connections: logins, keys, foreign pages, hosts, sizes, headers."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import encode_basic_auth
from sqlalchemy.exc import OperationalError

from patience import PATIENCE
from people import AS_OWNER, OURS, WORD, people, session
from running import TOKEN, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from people import People
    from running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEY = "the-owners-key"
JSON = {"Content-Type": "application/json"}


def _folder(made: Path, migrated: Path) -> Path:
    (made / "metarr.db").write_bytes(migrated.read_bytes())
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    return _folder(tmp_path_factory.mktemp("security"), migrated_sqlite)


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    return _folder(tmp_path_factory.mktemp("free"), migrated_sqlite)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(folder: Path) -> AsyncIterator[People]:
    """One program for what changes nothing that others see."""
    async with people(folder, api_key=KEY) as found:
        yield found


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        pytest.param("GET", {}, 200, id="a program of this machine is admitted"),
        pytest.param("GET", {"Host": "evil.example"}, 421, id="another name for this address is DNS rebinding"),
        pytest.param("GET", {"Host": "[oops"}, 421, id="a Host that is none is refused"),
        pytest.param("GET", {"Host": "localhost:1"}, 200, id="localhost is this machine whatever the port"),
        pytest.param("GET", {"Host": "metarr.example"}, 401, id="under the owner's name somebody may be elsewhere"),
        pytest.param("GET", {"X-Forwarded-For": "127.0.0.1"}, 401, id="behind a proxy nobody is on this machine"),
        pytest.param("GET", {"X-Forwarded-For": "192.0.2.1"}, 401, id="whoever the proxy says that it is"),
        pytest.param("GET", {"X-Api-Key": "wrong"}, 401, id="who shows a key shows the right one"),
        pytest.param("POST", {"Origin": "https://evil.example"}, 403, id="another site's page may change nothing"),
        pytest.param("POST", {"Origin": "null"}, 403, id="a page without an origin may change nothing"),
        pytest.param("POST", {"Sec-Fetch-Site": "cross-site"}, 403, id="a browser says that the request is foreign"),
        pytest.param("POST", {"Sec-Fetch-Site": "same-site"}, 403, id="another program's page on this machine"),
        pytest.param(
            "GET", {"Origin": "https://evil.example"}, 200, id="reading needs no origin: no CORS header is sent"
        ),
    ],
)
async def test_where_this_machine_needs_no_login(
    free: Running, method: str, headers: dict[str, str], status: int
) -> None:
    path = "/jobs" if method == "GET" else "/jobs/retry"
    found, body = await free.ask(method, path, headers=headers)
    assert found == status, body
    if status >= 400:
        assert body["status"] == status
        assert body["type"].startswith("urn:metarr:problem:")
        assert body["detail"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def free(other_folder: Path) -> AsyncIterator[Running]:
    """A program whose owner chose that this machine needs no login."""
    async with running(other_folder, is_working=False, hosts=("metarr.example",)) as found:
        yield found


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 401, id="nothing"),
        pytest.param({"X-Api-Key": "wrong"}, 401, id="a wrong key"),
        pytest.param({"X-Api-Key": "schlüssel"}, 401, id="a key that is not ASCII"),
        pytest.param({"X-Api-Key": KEY}, 200, id="the owner's key"),
        pytest.param({"Authorization": f"Bearer {KEY}"}, 200, id="the key as a bearer's"),
        pytest.param({"X-Api-Key": TOKEN}, 200, id="the token of this start"),
        pytest.param({"Authorization": encode_basic_auth("anyone", KEY)}, 200, id="the key as a password"),
        pytest.param({"Authorization": encode_basic_auth("viewer", WORD)}, 200, id="name and password"),
        pytest.param({"Authorization": encode_basic_auth("viewer", "wrong")}, 401, id="a wrong password"),
        pytest.param({"Authorization": "Basic ???"}, 401, id="a password that cannot be decoded"),
        pytest.param({"Cookie": "metarr_session=guess"}, 401, id="a session that is none"),
        pytest.param({"Cookie": 'metarr_session="\\; =;;é'}, 401, id="a cookie that is none"),
    ],
)
async def test_ways_in(house: People, headers: dict[str, str], status: int) -> None:
    found, body = await house.ask("nobody", "GET", "/api/v1/me", headers=headers)
    assert found == status, body
    assert KEY not in str(body)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Sec-Fetch-Site": "same-origin"}, 202, id="the browser says that the page is ours"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="the browser says that it is another's"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="another port of this host"),
        pytest.param({"Sec-Fetch-Site": "none"}, 403, id="nobody's page"),
        pytest.param({"Origin": "{url}"}, 202, id="our own origin, over plain http"),
        pytest.param({"Origin": "http://evil.example"}, 403, id="another origin"),
        pytest.param({"Referer": "{url}/"}, 403, id="a referrer proves nothing"),
        pytest.param({}, 403, id="no proof at all"),
    ],
)
async def test_a_session_changes_something_only_from_our_own_pages(
    house: People, headers: dict[str, str], status: int
) -> None:
    url = house.house.app.url
    sent = {name: value.format(url=url) for name, value in headers.items()}
    cookie = {"Cookie": house.headers["editor"]["Cookie"]}
    found, body = await house.ask("nobody", "POST", "/api/v1/jobs/retry", headers=cookie | sent)
    assert (found in {200, 202}) == (status == 202), body
    if status == 403:
        assert body["type"] == "urn:metarr:problem:foreign-page"
        assert (await house.ask("nobody", "GET", "/api/v1/me", headers=cookie | sent))[0] == 200


async def test_a_key_beside_a_session_is_what_counts(house: People) -> None:
    """A program with a cookie jar is no browser."""
    headers = {"Cookie": house.headers["viewer"]["Cookie"], "X-Api-Key": KEY}
    assert (await house.ask("nobody", "POST", "/api/v1/jobs/retry", headers=headers))[0] < 300


async def test_the_first_run(data: Path) -> None:
    """Nobody has an account: pages lead to the setup, programs are told, and one account is made."""
    async with running(data, is_working=False, loopback_auth=True) as house:
        url = house.app.url
        assert house.app.setup_code is not None
        status, body = await house.ask("GET", "/items")
        assert (status, "/setup" in body["detail"]) == (401, True)
        async with house.client.get(url + "/", headers={"Accept": "text/html"}) as answer:
            assert urlsplit(str(answer.url)).path == "/setup"
        new = {"name": "alex", "password": WORD}
        far = {"X-Forwarded-For": "192.0.2.9"}
        status, body = await house.ask("POST", "/setup", json=new, headers=far)
        assert (status, "setup code" in body["detail"]) == (403, True)
        async with house.client.post(f"{url}/api/v1/setup", json=new) as answer:
            assert answer.status == 201
            assert (await answer.json())["role"] == "administrator"
            cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        ours = OURS | {"Cookie": cookie.partition(";")[0]}
        assert (await house.ask("GET", "/items", headers=ours))[0] == 200
        status, body = await house.ask("POST", "/setup", json=new | {"name": "eve", "code": house.app.setup_code})
        assert (status, body["type"]) == (409, "urn:metarr:problem:conflict")
        assert (await house.ask("POST", "/logout", headers=ours))[0] == 204
        assert (await house.ask("GET", "/items", headers=ours))[0] == 401
    async with running(data, is_working=False, loopback_auth=True) as house:
        assert house.app.setup_code is None


async def test_from_afar_the_printed_code_opens_the_setup(data: Path) -> None:
    async with running(data, is_working=False, loopback_auth=True) as house:
        new = {"name": "alex", "password": WORD, "code": house.app.setup_code}
        headers = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "https"}
        async with house.client.post(f"{house.app.url}/api/v1/setup", json=new, headers=headers) as answer:
            assert answer.status == 201
            assert "Secure" in answer.headers["Set-Cookie"]
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_guessing_is_answered_with_when_to_come_back(house: People) -> None:
    url = f"{house.house.app.url}/api/v1/login"
    headers = {"X-Forwarded-For": "192.0.2.200"}
    for number in range(5):
        wrong = {"name": "no-such-user", "password": f"guess {number}"}
        assert (await house.ask("nobody", "POST", "/api/v1/login", json=wrong, headers=headers))[0] == 401
    wrong = {"name": "no-such-user", "password": "the last guess"}
    async with house.house.client.post(url, json=wrong, headers=headers) as answer:
        assert answer.status == 429
        assert answer.headers["Retry-After"] in {"1", "2"}
        assert (await answer.json())["type"] == "urn:metarr:problem:throttled"
    basic = {"Authorization": encode_basic_auth("no-such-user", "another"), "X-Forwarded-For": "192.0.2.201"}
    assert (await house.ask("nobody", "GET", "/api/v1/me", headers=basic))[0] == 429
    assert (await house.ask("viewer", "GET", "/api/v1/me"))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/", 200, id="a page"),
        pytest.param("GET", "/static/metarr.css", 200, id="a file"),
        pytest.param("GET", "/api/v1/me", 200, id="an answer of the API"),
        pytest.param("GET", "/api/v1/nothing", 404, id="an address that there is not"),
        pytest.param("DELETE", "/api/v1/me", 405, id="a method that there is not"),
        pytest.param("GET", "/nothing", 404, id="a page that there is not"),
        pytest.param("POST", "/api/v1/users", 403, id="a refusal"),
    ],
)
async def test_every_answer_protects_itself(house: People, method: str, path: str, status: int) -> None:
    url = house.house.app.url + path
    async with house.house.client.request(method, url, headers=house.headers["viewer"]) as answer:
        assert answer.status == status
        for name in ("Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy"):
            assert answer.headers.getall(name)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        assert "Server" not in answer.headers
        if not path.startswith("/static"):
            assert answer.headers.getall("Cache-Control", ["no-store"]) == ["no-store"]


async def test_an_unforeseen_fault_is_answered_with_the_same_protection(
    house: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the framework's last resort answers."""
    monkeypatch.setattr("metarr.store.accounts.everyone", lambda _: 1 // 0)
    url = f"{house.house.app.url}/api/v1/users"
    async with house.house.client.get(url, headers=AS_OWNER) as answer:
        assert answer.status == 500
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "division" not in await answer.text()


async def test_a_database_that_is_gone_is_said_without_a_word_about_it(
    house: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("SELECT secret", None, Exception("disk"))

    monkeypatch.setattr("metarr.store.accounts.recognised", gone)
    status, body = await house.ask("nobody", "GET", "/api/v1/me", headers={"Cookie": "metarr_session=any"})
    assert (status, body["type"]) == (503, "urn:metarr:problem:unavailable")
    assert "SELECT" not in str(body)


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        pytest.param("/api/v1/login", (1 << 20) + 1, 413, id="no body is longer than a mebibyte"),
        pytest.param("/login", (1 << 20) + 1, 413, id="no form is"),
        pytest.param("/api/v1/webhooks/radarr", (8 << 20) + 1, 413, id="no webhook is longer than eight"),
        pytest.param("/api/v1/items/1/artwork/poster/upload", (30 << 20) + 1, 413, id="no picture is longer than 30"),
        pytest.param("/api/v1/login", 10**18, 413, id="more than any machine holds"),
    ],
)
async def test_a_body_that_says_that_it_is_too_long_is_not_read(
    house: People, path: str, length: int, status: int
) -> None:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", f"X-Api-Key: {KEY}", "", ""]
    answer = await _raw(house, "\r\n".join(lines).encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"urn:metarr:problem:too-large" in answer


async def test_the_rename_of_a_long_show_is_taken(house: People) -> None:
    sent = io.BytesIO(json.dumps({"eventType": "Test", "series": {"title": "x" * (2 << 20)}}).encode())
    headers = {"Content-Type": "application/json"}
    status, answer = await house.ask("webhook key", "POST", "/api/v1/webhooks/sonarr", data=sent, headers=headers)
    assert status == 202, answer


async def test_a_body_that_does_not_say_how_long_it_is_ends_where_it_is_too_long(house: People) -> None:
    head = b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    answer = await _raw(house, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 17)
    assert answer.startswith(b"HTTP/1.1 413 ")


async def _raw(house: People, request: bytes) -> bytes:
    """What comes back for bytes that no client of ours would send."""
    address = urlsplit(house.house.app.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    await writer.drain()
    async with asyncio.timeout(PATIENCE):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.read(2000)
    writer.close()
    return head + body


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: a=b",
        "",
    ],
)
async def test_a_login_leads_to_our_own_pages_only(house: People, goal: str) -> None:
    form = {"name": "viewer", "password": WORD}
    url = f"{house.house.app.url}/login"
    async with house.house.client.post(url, params={"next": goal}, data=form, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/"
        assert answer.headers.getall("Set-Cookie", [])[0].startswith("metarr_session=")
        assert len(answer.headers.getall("Set-Cookie")) == 1
    house.house.client.cookie_jar.clear()


@pytest.mark.parametrize("search", ["%", "_", "'", '"', "\\", "') OR 1=1 --", "\x00", "%00", "é", "\U0001f600" * 50])
async def test_what_is_searched_for_is_only_text(house: People, search: str) -> None:
    for path in ("/api/v1/items", "/"):
        status, body = await house.ask("viewer", "GET", path, params={"search": search})
        assert status in {200, 422}, body
        if status == 200 and path != "/":
            assert body["items"] == []


async def test_names_are_only_text(house: People) -> None:
    name = 'Robert\'); DROP TABLE "user";--'
    user = {"name": name, "password": WORD, "role": "viewer"}
    status, body = await house.ask("administrator", "POST", "/api/v1/users", json=user)
    assert (status, body["name"]) == (201, name)
    _, users = await house.ask("administrator", "GET", "/api/v1/users")
    assert name in {one["name"] for one in users}
    await house.ask("administrator", "DELETE", f"/api/v1/users/{body['id']}")


async def test_faults_of_fields_are_told_one_by_one(house: People) -> None:
    status, body = await house.ask("administrator", "POST", "/api/v1/users", json={"role": "boss"})
    assert (status, body["type"]) == (422, "urn:metarr:problem:invalid-input")
    assert {fault["field"] for fault in body["errors"]} == {"name", "password", "role"}
    assert all(fault["message"] for fault in body["errors"])


async def test_a_password_is_never_in_an_answer(house: People) -> None:
    for method, path, body in (
        ("POST", "/api/v1/users", {"name": ["x"], "password": "hush-hush-1", "role": "boss"}),
        ("POST", "/api/v1/login", {"name": "nobody", "password": "hush-hush-1"}),
        ("POST", "/api/v1/me/password", {"old": "hush-hush-1"}),
    ):
        _, found = await house.ask("administrator", method, path, json=body)
        assert "hush" not in str(found)


async def test_sessions_are_listed_and_ended_by_their_own_user(house: People) -> None:
    cookie = await session(house.house, "editor")
    _, found = await house.ask("editor", "GET", "/api/v1/me/sessions")
    assert [one["isThis"] for one in found].count(True) == 1
    newest = max(one["id"] for one in found)
    status, _ = await house.ask("viewer", "DELETE", f"/api/v1/me/sessions/{newest}")
    assert status == 404
    assert (await house.ask("nobody", "GET", "/api/v1/me", headers={"Cookie": cookie}))[0] == 200
    assert (await house.ask("editor", "DELETE", f"/api/v1/me/sessions/{newest}"))[0] == 204
    assert (await house.ask("nobody", "GET", "/api/v1/me", headers={"Cookie": cookie}))[0] == 401


async def test_a_key_is_shown_once(house: People) -> None:
    wanted: dict[str, Any] = {"name": "Tautulli", "scopes": ["read", "operate"]}
    status, added = await house.ask("administrator", "POST", "/api/v1/api-keys", json=wanted)
    assert (status, added["createdBy"]) == (201, "administrator")
    _, listed = await house.ask("administrator", "GET", "/api/v1/api-keys")
    assert added["key"] not in str(listed)
    headers = {"X-Api-Key": added["key"]}
    _, me = await house.ask("nobody", "GET", "/api/v1/me", headers=headers)
    assert (me["name"], me["rights"], me["userId"]) == ("key Tautulli", ["operate", "read"], None)
    assert (await house.ask("nobody", "GET", "/api/v1/me/sessions", headers=headers))[0] == 409
    assert (await house.ask("administrator", "DELETE", f"/api/v1/api-keys/{added['id']}"))[0] == 204
    assert (await house.ask("nobody", "GET", "/api/v1/me", headers=headers))[0] == 401


async def test_a_webhook_key_may_stand_in_the_address_of_webhooks_only(house: People) -> None:
    key = house.headers["webhook key"]["X-Api-Key"]
    event = {"eventType": "Test", "instanceName": "Radarr"}
    for options in ({"params": {"apikey": key}}, {"headers": {"Authorization": encode_basic_auth("x", key)}}):
        status, body = await house.ask("nobody", "POST", "/api/v1/webhooks/radarr", json=event, **options)
        assert status == 202, body
    assert (await house.ask("nobody", "GET", "/api/v1/me", params={"apikey": KEY}))[0] == 401
    async with house.house.client.post(f"{house.house.app.url}/api/v1/webhooks/radarr", json=event) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


async def test_listening_everywhere_needs_no_key_but_asks_everybody_who_they_are(data: Path) -> None:
    async with running(data, is_working=False, loopback_auth=True, host="0.0.0.0") as house:  # noqa: S104  the case
        assert (await house.ask("GET", "/items"))[0] == 401
        for host, status in (("nas.lan", 401), ("192.168.1.5:7879", 401), ("evil.example", 421)):
            assert (await house.ask("GET", "/items", headers={"Host": host}))[0] == status


async def test_a_stream_of_events_is_for_those_who_may_read(house: People) -> None:
    url = f"{house.house.app.url}/api/v1/events"
    for who, status in (("nobody", 401), ("webhook key", 403), ("viewer", 200)):
        async with house.house.client.get(url, headers=house.headers[who]) as answer:
            assert answer.status == status
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await house.house.client.ws_connect(url)
