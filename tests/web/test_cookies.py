"""The session's cookie: what a browser is told of it."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import Response

from metarr.web import cookies


def _told(response: Response) -> set[str]:
    name, *rest = response.headers["Set-Cookie"].split("; ")
    assert name.startswith("metarr_session=")
    return set(rest)


@pytest.mark.parametrize(
    ("scheme", "is_secure"),
    [pytest.param("https", True, id="over https it stays there"), pytest.param("http", False, id="over http")],
)
def test_no_script_reads_it_and_no_other_site_sends_it(scheme: str, *, is_secure: bool) -> None:
    response = Response()
    request = Request({"type": "http", "scheme": scheme, "server": ("nas", 80), "path": "/", "headers": []})
    cookies.give(response, request, "token")
    told = _told(response)
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=31536000"} <= told
    assert ("Secure" in told) is is_secure


def test_after_logging_out_it_is_gone() -> None:
    response = Response()
    cookies.take(response)
    assert {"Max-Age=0", "Path=/"} <= _told(response)
