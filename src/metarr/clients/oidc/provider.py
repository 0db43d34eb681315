"""What a provider says of itself, and what it gives: tokens for a code, its keys, what it knows of a person."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

from metarr.clients.oidc import wire
from metarr.errors import BadCredentials, MetarrError, Permanent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metarr.clients.oidc.wire import Client

_FRESH: Final = 300.0  # seconds that what a provider says of itself is believed
_STALE: Final = 5.0  # seconds until one that did not answer is asked again: strangers can have it asked
_BASIC, _POST = "client_secret_basic", "client_secret_post"
_UNKNOWN_CLIENT: Final = frozenset({"invalid_client", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where it is asked what. `is_post`: it wants the client's secret in the form, not in a header."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    end_session: str | None
    is_post: bool
    has_pkce: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code is exchanged for."""

    id_token: str
    access_token: str | None


async def discover(client: Client) -> Endpoints:
    """Ask the provider about itself. Raises Permanent, Transient, Wait."""
    document = await wire.get(client, f"{client.issuer.rstrip('/')}/.well-known/openid-configuration")
    issuer = document.get("issuer")
    if issuer != client.issuer:
        raise Permanent(
            f"The provider calls itself {str(issuer)[:200]!r}, not {client.issuer!r}: write it the same way."
        )
    types = document.get("response_types_supported")
    if isinstance(types, list) and "code" not in types:
        raise Permanent("The provider does not offer the authorization code flow.")
    methods = document.get("token_endpoint_auth_methods_supported")
    challenges = document.get("code_challenge_methods_supported")
    return Endpoints(
        authorization=_web(document, "authorization_endpoint"),
        token=_web(document, "token_endpoint"),
        keys=_web(document, "jwks_uri"),
        userinfo=_web(document, "userinfo_endpoint") if document.get("userinfo_endpoint") else None,
        end_session=_web(document, "end_session_endpoint") if document.get("end_session_endpoint") else None,
        is_post=isinstance(methods, list) and _BASIC not in methods and _POST in methods,
        has_pkce=isinstance(challenges, list) and "S256" in challenges,
    )


class Discovery:
    """Remembers for a while what a provider says of itself, and that it said nothing. One for the whole program."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: tuple[Client, float, Endpoints | MetarrError] | None = None

    async def endpoints(self, client: Client) -> Endpoints:
        """Where this client asks. Raises as `discover` does."""
        async with self._lock:
            known = self._known
            if known is None or known[0] != client or self._clock() >= known[1]:
                known = self._known = await self._asked(client)
        if isinstance(known[2], MetarrError):
            raise known[2]
        return known[2]

    async def _asked(self, client: Client) -> tuple[Client, float, Endpoints | MetarrError]:
        try:
            found = await discover(client)
        except MetarrError as error:
            return client, self._clock() + _STALE, error
        return client, self._clock() + _FRESH, found


async def exchange(client: Client, endpoints: Endpoints, code: str, redirect: str, verifier: str) -> Tokens:
    """Tokens for a code. Raises BadCredentials where it does not know this client, Refused for the code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
    headers = _authenticated(client, endpoints, form)
    try:
        answer = await wire.post(client, endpoints.token, urlencode(form), headers)
    except wire.Refused as error:
        if error.code in _UNKNOWN_CLIENT:
            raise BadCredentials(f"The provider refuses this client: is its id or secret wrong? {error}") from error
        raise
    id_token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(id_token, str):
        raise Permanent("The provider answers without an ID token: is the scope openid allowed for this client?")
    return Tokens(id_token, access_token if isinstance(access_token, str) else None)


async def keys(client: Client, endpoints: Endpoints) -> list[Mapping[str, Any]]:
    """What the provider signs with now: asked anew each time, so that a key that was replaced is known at once."""
    found = (await wire.get(client, endpoints.keys)).get("keys")
    if not isinstance(found, list):
        raise Permanent(f"{endpoints.keys} holds no keys.")
    return [key for key in found if isinstance(key, dict)]


async def userinfo(client: Client, endpoints: Endpoints, access_token: str) -> Mapping[str, Any]:
    """What it tells of a person besides the token; {} where it tells nothing more."""
    if endpoints.userinfo is None:
        return {}
    return await wire.get(client, endpoints.userinfo, {"Authorization": f"Bearer {access_token}"})


def _authenticated(client: Client, endpoints: Endpoints, form: dict[str, str]) -> Mapping[str, str]:
    """Headers, and what stands in the form (RFC 6749, 2.3.1)."""
    if client.secret and not endpoints.is_post:
        pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    form["client_id"] = client.id
    if client.secret:
        form["client_secret"] = client.secret
    return {}


def _web(document: Mapping[str, Any], name: str) -> str:
    """An address of the document. Raises Permanent."""
    address = document.get(name)
    if isinstance(address, str) and address.isprintable() and len(address) <= 2000:  # noqa: PLR2004  no address is longer
        try:
            parts = urlsplit(address)
            if parts.scheme in {"http", "https"} and parts.hostname:
                return address
        except ValueError:
            pass
    raise Permanent(f"The provider says no usable {name}: is this the address of an OpenID Connect provider?")
