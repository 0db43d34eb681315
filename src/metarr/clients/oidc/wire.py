"""Asking an identity provider: one request, one short answer in JSON, and only where the owner said."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from metarr.errors import MetarrError, Permanent, Transient, Wait

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST: Final = 1 << 20  # bytes of an answer
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, sock_connect=5)
_AGAIN: Final = timedelta(minutes=1)
_ACCEPT: Final = {"Accept": "application/json", "User-Agent": "Metarr"}


class Refused(Permanent):
    """It answered with an error of the protocol. `code`: its name, as in `invalid_client`."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Client:
    """This program as the provider knows it. `hosts`: what else may be asked, besides the issuer's own host."""

    issuer: str
    id: str
    secret: str | None = field(default=None, repr=False)
    hosts: frozenset[str] = frozenset()

    def may_ask(self, address: str) -> bool:
        """Whether the owner has said that requests may go there, and not less protected than to the issuer itself."""
        try:
            here, own = urlsplit(address), urlsplit(self.issuer)
            if here.scheme == "http" and own.scheme == "https":
                return False
            is_own = (here.scheme, here.netloc.lower()) == (own.scheme, own.netloc.lower())
        except ValueError:
            return False
        return here.scheme in {"http", "https"} and (is_own or here.netloc.lower() in self.hosts)


async def get(client: Client, address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What lies there. Raises Wait, Transient, Permanent."""
    return await _ask(client, "GET", address, None, headers or {})


async def post(client: Client, address: str, body: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The answer to a form. Raises Refused where it answers with an error of the protocol, and what `get` raises."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return await _ask(client, "POST", address, body, {**headers, **form})


async def _ask(
    client: Client, method: str, address: str, body: str | None, headers: Mapping[str, str]
) -> dict[str, Any]:
    if not client.may_ask(address):
        raise Permanent(
            f"The provider wants {address[:200]!r} to be asked, which is not at {client.issuer}. If that is right, add "
            f"{urlsplit(address).netloc[:200]!r} to the further hosts; https is never left for http."
        )
    where = urlsplit(address)._replace(query="").geturl()
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(
                method,
                URL(address),
                data=body,
                headers={**_ACCEPT, **headers},
                allow_redirects=False,  # secrets must not follow to another host
            ) as answer,
        ):
            return _understood(where, answer, await _body(answer))
    except aiohttp.ClientSSLError as error:
        text = f"{where} has a certificate that is not trusted here, or speaks no TLS ({type(error).__name__})"
        raise _down(f"{text}: have this machine trust it.") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _down(f"{where} does not answer ({type(error).__name__}): is it on, and reachable from here?") from error
    except ValueError as error:
        raise Permanent(f"{where} is no address that can be asked.") from error


def _down(text: str) -> MetarrError:
    return Wait(text, cause="single sign-on", delay=_AGAIN)


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """All of it, as far as it is not too long. Raises Permanent."""
    data = bytearray()
    async for piece in answer.content.iter_chunked(1 << 16):
        data += piece
        if len(data) > _LARGEST:
            raise Permanent(f"{answer.url.host} answers with more than {_LARGEST} bytes, which is no provider's way.")
    return bytes(data)


def _understood(where: str, answer: aiohttp.ClientResponse, body: bytes) -> dict[str, Any]:
    """The document. Raises what an error means."""
    status = answer.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Permanent(f"{where} leads elsewhere (HTTP {status}): is the issuer written as the provider writes it?")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Transient(f"{where} has trouble of its own (HTTP {status}).")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and answer.ok:
        return document
    if isinstance(document, dict) and isinstance(document.get("error"), str):
        code = document["error"][:100]
        raise Refused(f"{where} refuses: {code}{_described(document)}", code)
    words = "without JSON" if answer.ok else f"HTTP {status}"
    raise Permanent(f"{where} answers {words}: is this the address of an OpenID Connect provider?")


def _described(document: Mapping[str, Any]) -> str:
    """Its own words, if they are words."""
    words = document.get("error_description")
    return f" ({words[:300]})" if isinstance(words, str) and words.isprintable() else ""
