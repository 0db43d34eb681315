"""JSON over HTTP as media servers (Jellyfin, Plex) speak it: one request at a time, and every fault an error that says
what to do. Secrets go in headers only, and no header ever reaches an error or a log.
"""

from __future__ import annotations

import json
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from metarr import tracing
from metarr.errors import BadCredentials, InvalidInput, Permanent, Transient, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json: TypeAlias = Any  # what `json.loads` returns
T = TypeVar("T")
_OFFLINE_DELAY: Final = timedelta(minutes=5)
_STARTING_DELAY: Final = timedelta(minutes=1)
_LONGEST_RETRY_AFTER: Final = 3600  # seconds; a header may hold anything


class Unknown(Permanent):
    """The server has no such thing, or does not know this way of asking (HTTP 404, 405)."""


class MediaServerClient:
    """One server. `kind` and `name` (what the owner calls it) appear in every error; `headers` never do."""

    def __init__(
        self,
        kind: str,
        name: str,
        url: str,
        headers: Mapping[str, str],
        *,
        session: aiohttp.ClientSession | None = None,
        timeout: float = 15.0,  # seconds for one answer
    ) -> None:
        self.kind = kind
        self.name = name
        self._base = _base(kind, name, url)
        self._headers = {"Accept": "application/json", **headers}
        self._session = session
        self._owns_session = session is None
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    @property
    def who(self) -> str:
        """How errors name it."""
        return f"{self.kind} {self.name!r} at {self._base.origin()}"

    async def close(self) -> None:
        """Close the connections, unless the session was given to us."""
        if self._owns_session and self._session is not None:
            await self._session.close()
            self._session = None

    async def get(self, path: str, query: Mapping[str, str], read: Callable[[Json], T]) -> T:
        """What `read` makes of the answer."""
        text = await self._exchange("GET", path, query, None)
        try:
            return read(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise Transient(
                f"{self.who} gave an answer to {path} that is not {self.kind}'s: is this its address?"
            ) from error

    async def send(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Json | None = None
    ) -> None:
        """Tell it something whose answer does not matter."""
        await self._exchange(method, path, query or {}, body)

    async def _exchange(self, method: str, path: str, query: Mapping[str, str], body: Json | None) -> str:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            with tracing.call(method, path, {"metarr.player": self.kind}) as span:
                async with self._session.request(
                    method,
                    self._address(path, query),
                    json=body,
                    headers=self._headers,
                    timeout=self._timeout,
                    allow_redirects=False,  # the headers must not follow to another host
                ) as response:
                    span.note({"http.response.status_code": response.status})
                    self._refuse(response, path)
                    return await response.text()
        except aiohttp.ClientSSLError as error:
            way = "use its http address, or have this machine trust its certificate"
            text = f"{self.who} has a certificate that is not trusted here, or speaks no TLS: {way}"
            raise Wait(text, cause=self._cause, delay=_OFFLINE_DELAY) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            text = f"{self.who} does not answer ({type(error).__name__}): is it on, and is this its address?"
            raise Wait(text, cause=self._cause, delay=_OFFLINE_DELAY) from error
        except UnicodeDecodeError as error:
            raise Transient(f"{self.who} gave an answer to {path} that is no text") from error

    def _address(self, path: str, query: Mapping[str, str]) -> URL:
        """Names of files go out as the bytes that they are, even where these are no UTF-8."""
        asked = urlencode(query, quote_via=quote, errors="surrogateescape")
        return URL(f"{self._base.origin()}{self._base.raw_path.rstrip('/')}{path}?{asked}".rstrip("?"), encoded=True)

    @property
    def _cause(self) -> str:
        return f"player:{self.name}"

    def _refuse(self, response: aiohttp.ClientResponse, path: str) -> None:
        """Raise what an answer other than 2xx means."""
        status = response.status
        text = f"{self.who} answered HTTP {status} to {path}"
        if status == HTTPStatus.UNAUTHORIZED:
            raise BadCredentials(f"{self.who} rejects the token: create a new one there and put it into its settings")
        if status == HTTPStatus.FORBIDDEN:
            raise BadCredentials(f"{self.who} forbids {path} with this token: it needs an administrator's")
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
            raise Unknown(f"{text}: is this address {self.kind}'s?")
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise Wait(f"{self.who} is starting or busy (HTTP 503)", cause=self._cause, delay=_STARTING_DELAY)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Transient(text, retry_after=_retry_after(response.headers.get("Retry-After")))
        if not response.ok or status >= HTTPStatus.MULTIPLE_CHOICES:
            raise Permanent(f"{text}: is this address {self.kind}'s?")


def _retry_after(header: str | None) -> timedelta | None:
    """The other form of the header, a date, is left alone: no media server sends it. RFC 9110, section 10.2.3."""
    if header is None or not (header.isascii() and header.isdigit()):
        return None
    return timedelta(seconds=min(int(header[:9]), _LONGEST_RETRY_AFTER))


def _base(kind: str, name: str, url: str) -> URL:
    """The address, with a path where a proxy puts one. Credentials in it would reach logs."""
    try:
        parsed = URL(url)
    except ValueError as error:
        raise InvalidInput(f"{kind} {name!r} needs an address like http://192.168.1.20:8096") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise InvalidInput(f"{kind} {name!r} needs an address like http://192.168.1.20:8096")
    if parsed.user or parsed.password or parsed.query_string:
        raise InvalidInput(f"{kind} {name!r}: put the token into its own field, not into the address")
    return parsed.origin().with_path(parsed.path)
