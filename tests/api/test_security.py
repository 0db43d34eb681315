"""Who is admitted, over real connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import encode_basic_auth

from metarr.errors import InvalidInput
from running import TOKEN, running

if TYPE_CHECKING:
    from pathlib import Path

KEY = "the-owners-key"


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        pytest.param("GET", {}, 200, id="a program of this machine is admitted"),
        pytest.param("GET", {"Host": "evil.example"}, 421, id="another name for this address is DNS rebinding"),
        pytest.param("GET", {"Host": "[oops"}, 421, id="a Host that is none is refused"),
        pytest.param("GET", {"Host": "localhost:1"}, 200, id="localhost is this machine whatever the port"),
        pytest.param("POST", {"Origin": "https://evil.example"}, 403, id="another site's page may change nothing"),
        pytest.param("POST", {"Origin": "null"}, 403, id="a page without an origin may change nothing"),
        pytest.param("POST", {"Sec-Fetch-Site": "cross-site"}, 403, id="a browser says that the request is foreign"),
        pytest.param(
            "GET", {"Origin": "https://evil.example"}, 200, id="reading needs no origin: no CORS header is sent"
        ),
    ],
)
async def test_without_a_key(data: Path, method: str, headers: dict[str, str], status: int) -> None:
    async with running(data, is_working=False) as house:
        path = "/health" if method == "GET" else "/jobs/retry"
        found, body = await house.ask(method, path, headers=headers)
    assert found == status, body
    if status >= 400:
        assert body["status"] == status
        assert body["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 401, id="no key"),
        pytest.param({"X-Api-Key": "wrong"}, 401, id="a wrong key"),
        pytest.param({"X-Api-Key": "schlüssel"}, 401, id="a key that is not ASCII"),
        pytest.param({"X-Api-Key": KEY}, 200, id="the key"),
        pytest.param({"X-Api-Key": TOKEN}, 200, id="the token of this start"),
        pytest.param({"Authorization": encode_basic_auth("anyone", KEY)}, 200, id="the key as a browser's password"),
        pytest.param({"Authorization": encode_basic_auth("anyone", "wrong")}, 401, id="a wrong password"),
        pytest.param({"Authorization": "Basic ???"}, 401, id="a password that cannot be decoded"),
    ],
)
async def test_with_a_key(data: Path, headers: dict[str, str], status: int) -> None:
    async with running(data, api_key=KEY, is_working=False) as house:
        for path in ("/api/v1/health", "/", "/static/live.js"):
            async with house.client.get(house.app.url + path, headers=headers) as answer:
                assert answer.status == status, path


async def test_another_address_than_loopback_needs_a_key(data: Path) -> None:
    with pytest.raises(InvalidInput, match="METARR_API_KEY"):
        async with running(data, host="192.0.2.1"):
            pass
