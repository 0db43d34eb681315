"""What a request says of its sender, as a table over the request alone."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from metarr.web import asking

HOST = "nas.lan:7879"


def _request(headers: dict[str, str], *, method: str = "POST", path: str = "/", **scope: Any) -> HTTPConnection:
    lines = [(name.lower().encode(), value.encode("latin-1")) for name, value in ({"Host": HOST} | headers).items()]
    found = {"type": "http", "method": method, "path": path, "headers": lines, "query_string": b""}
    return HTTPConnection(found | {"client": ("127.0.0.1", 5), "http_version": "1.1", "scheme": "http"} | scope)


def _basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize(
    ("headers", "is_own", "is_foreign"),
    [
        pytest.param({}, False, False, id="a program says nothing"),
        pytest.param({"Origin": f"http://{HOST}"}, True, False, id="a page of ours, over plain http"),
        pytest.param({"Origin": "http://nas.lan:80"}, False, True, id="another program on the same machine"),
        pytest.param({"Origin": "http://evil.example"}, False, True, id="another site"),
        pytest.param({"Origin": "null"}, False, True, id="a page that hides where it is from"),
        pytest.param({"Origin": "http://[oops"}, False, True, id="an origin that is none"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, True, False, id="the browser says that it is a page of ours"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, False, True, id="another port of the same host"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, False, True, id="the browser says that it is another site"),
        pytest.param({"Sec-Fetch-Site": "none"}, False, False, id="typed into the address bar, which proves nothing"),
        pytest.param(
            {"Sec-Fetch-Site": "none", "Origin": f"http://{HOST}"}, True, False, id="a form of ours sent once more"
        ),
        pytest.param(
            {"Sec-Fetch-Site": "same-origin", "Origin": "https://outside.example"},
            True,
            False,
            id="a proxy changed the host, but the browser knows",
        ),
        pytest.param(
            {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"},
            False,
            True,
            id="the browser knows best",
        ),
    ],
)
def test_whose_page_sent_it(headers: dict[str, str], *, is_own: bool, is_foreign: bool) -> None:
    request = _request(headers)
    assert (asking.is_own(request), asking.is_foreign(request)) == (is_own, is_foreign)


@pytest.mark.parametrize(
    ("headers", "scope", "is_near"),
    [
        pytest.param({}, {}, True, id="from this machine to this machine"),
        pytest.param({}, {"client": ("::1", 5)}, True, id="in IPv6"),
        pytest.param({}, {"client": ("192.168.1.9", 5)}, False, id="from another machine"),
        pytest.param({}, {"client": None}, False, id="from nowhere"),
        pytest.param({"Host": "nas.lan"}, {}, False, id="to a name that others use, too"),
        pytest.param({"X-Forwarded-For": "127.0.0.1"}, {}, False, id="through a proxy, whatever it says"),
        pytest.param({"Forwarded": "for=127.0.0.1"}, {}, False, id="through a proxy of the newer kind"),
        pytest.param({"X-Real-Ip": "127.0.0.1"}, {}, False, id="through a proxy of the older kind"),
        pytest.param({"X-Forwarded-Proto": "https"}, {}, False, id="through a proxy that only says https"),
        pytest.param({"Via": "1.1 squid"}, {}, False, id="through a cache"),
        pytest.param({}, {"http_version": "1.0"}, False, id="in HTTP/1.0, as a proxy that says nothing does"),
    ],
)
def test_whether_it_was_sent_here(headers: dict[str, str], scope: dict[str, Any], *, is_near: bool) -> None:
    assert asking.is_near(_request({"Host": "localhost:7879"} | headers, **scope)) == is_near


@pytest.mark.parametrize(
    ("headers", "query", "path", "found"),
    [
        pytest.param({}, b"", "/", (None, None, None), id="nothing"),
        pytest.param({"X-Api-Key": "k"}, b"", "/", ("k", None, None), id="a key in its header"),
        pytest.param({"Authorization": "bearer k"}, b"", "/", ("k", None, None), id="a key as a bearer's"),
        pytest.param(_basic("alex:p:w"), b"", "/", (None, "alex", "p:w"), id="a password may hold colons"),
        pytest.param({"X-Api-Key": "k"} | _basic("a:b"), b"", "/", ("k", None, None), id="a key before a password"),
        pytest.param({"Authorization": "Basic ???"}, b"", "/", (None, "", ""), id="what cannot be decoded is nobody's"),
        pytest.param({"Authorization": "Basic /w=="}, b"", "/", (None, "", ""), id="bytes that are no text"),
        pytest.param({"Authorization": "Digest x"}, b"", "/", (None, None, None), id="a scheme that is not ours"),
        pytest.param({}, b"apikey=k", "/api/v1/webhooks/radarr", ("k", None, None), id="a webhook's address"),
        pytest.param({}, b"apikey=k", "/api/v1/webhooks/sonarr/4k", ("k", None, None), id="one of several webhooks"),
        pytest.param({}, b"apikey=k", "/api/v1/items", (None, None, None), id="no other address carries keys"),
        pytest.param({}, b"apikey=k", "/api/v1/webhooks/deliveries/1/replay", (None, None, None), id="nor its lists"),
    ],
)
def test_what_it_shows(
    headers: dict[str, str], query: bytes, path: str, found: tuple[str | None, str | None, str | None]
) -> None:
    shown = asking.shown(_request(headers, path=path, query_string=query))
    assert (shown.key, shown.name, shown.password) == found


def test_reading_needs_no_key_in_the_address() -> None:
    request = _request({}, method="GET", path="/api/v1/webhooks/radarr", query_string=b"apikey=k")
    assert asking.shown(request).key is None


def test_the_session_is_in_its_cookie() -> None:
    assert asking.shown(_request({"Cookie": "other=1; metarr_session=token"})).session == "token"
