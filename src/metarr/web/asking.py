"""What a request says about its sender: credentials, where it comes from, and whose page sent it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from metarr.actions.entrance import Proxied, Shown
from metarr.web import BASE
from metarr.web.hosts import is_loopback_address, is_loopback_name
from metarr.webhooks import Source

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

COOKIE: Final = "metarr_session"
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_WEBHOOKS = tuple(f"{BASE}/webhooks/{source}" for source in Source)
_SENDING = frozenset({"POST", "PUT"})
# Whoever sends one of these stands behind a proxy, even one on this machine.
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


def shown(request: HTTPConnection) -> Shown:
    """Its credentials: a key before a password before a session."""
    key, name, password = _authorization(request)
    return Shown(
        address=address_of(request),
        is_near=is_near(request),
        session=request.cookies.get(COOKIE),
        key=key,
        name=name,
        password=password,
        agent=request.headers.get("user-agent", ""),
        proxied=_proxied(request),
    )


def address_of(request: HTTPConnection) -> str:
    """The sender's address; of one behind a trusted proxy, what the proxy says."""
    return request.client.host if request.client else ""


def is_near(request: HTTPConnection) -> bool:
    """Whether it was sent on this machine, to this machine, through nothing that we know of.

    Proxies that say nothing of themselves mostly speak HTTP/1.0, as nginx does unless told otherwise:
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version
    """
    return (
        is_loopback_address(address_of(request))
        and is_loopback_name(request.headers.get("host", ""))
        and request.scope.get("http_version") != "1.0"
        and not any(name in request.headers for name in _FORWARDING)
        and _proxied(request) is None
    )


def is_webhook(request: HTTPConnection) -> bool:
    """Whether a download manager delivers something: its key may stand in the address, for want of better."""
    return request.scope["method"] in _SENDING and request.scope["path"].startswith(_WEBHOOKS)


def is_foreign(request: HTTPConnection) -> bool:
    """Whether the page of another site sent it. Programs send neither header, and browsers cannot leave both out."""
    return _is_own(request) is False


def is_own(request: HTTPConnection) -> bool:
    """Whether it proves that a page of ours sent it."""
    return _is_own(request) is True


def _is_own(request: HTTPConnection) -> bool | None:
    """None: it says nothing. Pages cannot write these headers (https://fetch.spec.whatwg.org/#forbidden-request-header).

    `Sec-Fetch-Site` is only sent to https and localhost. It counts more, as proxies may change the Host header that
    `Origin` is compared with.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "none":
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return None
    try:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:
        return False


def _proxied(request: HTTPConnection) -> Proxied | None:
    found: Proxied | None = getattr(request.state, "proxied", None)
    return found


def _authorization(request: HTTPConnection) -> tuple[str | None, str | None, str | None]:
    """Key, name and password."""
    key = request.headers.get("x-api-key")
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if key is None and scheme.lower() == "bearer":
        key = value.strip()
    if key is None and is_webhook(request):
        key = request.query_params.get("apikey")
    if key is not None or scheme.lower() != "basic":
        return key, None, None
    return None, *_decoded(value)


def _decoded(basic: str) -> tuple[str, str]:
    """Name and password; what cannot be decoded fits nobody's."""
    try:
        name, _, password = base64.b64decode(basic, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return name, password
