"""To the provider and back: the authorization code flow with PKCE, state and nonce.

What we need to know when somebody comes back goes with their browser, sealed: no other browser has it, and no memory
of ours fills up. https://www.rfc-editor.org/rfc/rfc9700 says what is guarded against here.
"""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metarr.actions.sign_on import connecting, tickets, vouching
from metarr.actions.sign_on.tickets import Purpose
from metarr.clients.oidc import provider, tokens
from metarr.clients.oidc.wire import Refused
from metarr.errors import Conflict, Forbidden, InvalidInput
from metarr.store import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.actions.installation import Installation
    from metarr.actions.sign_on.vouching import Person
    from metarr.clients.oidc.provider import Endpoints
    from metarr.clients.oidc.wire import Client
    from metarr.sign_on import SingleSignOnSettings
    from metarr.store.db import Tx

_BYTES = 32  # of chance in each secret of a login
_SAID = {
    "access_denied": "You, or the provider, said no.",
    "login_required": "You are not logged in there.",
    "invalid_scope": "It does not know one of the scopes that are asked for; an administrator can change them.",
    "unauthorized_client": "It does not let this client log people in; an administrator can change that there.",
}


@dataclass(frozen=True, slots=True)
class Departure:
    """`address`: where the browser goes; `ticket`: what it keeps for when it comes back."""

    address: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, and `goal`: the page that they wanted to see."""

    person: Person
    goal: str


async def depart(house: Installation, redirect: str, goal: str) -> Departure:
    """Send somebody to the provider. Raises Conflict while single sign-on is off, and what discovery raises."""
    own, wanted = await house.store.read(lambda tx: _offered(tx, house))
    endpoints = await house.discovery.endpoints(own)
    state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
    values = {"state": state, "nonce": nonce, "verifier": verifier, "issuer": own.issuer, "redirect": redirect}
    return Departure(
        _grant_address(endpoints, own, wanted, values),
        tickets.write(house.vault, Purpose.LOGIN, {**values, "goal": goal}),
    )


async def arrive(house: Installation, ticket: str, answer: Mapping[str, str]) -> Arrival:
    """Somebody comes back with the provider's `answer`. Raises InvalidInput, Forbidden, and what asking it raises."""
    begun = tickets.read(house.vault, Purpose.LOGIN, ticket)
    if begun is None or not hmac.compare_digest(
        begun["state"].encode(), answer.get("state", "").encode("utf-8", "replace")
    ):
        raise InvalidInput("This login was not begun in this browser, or is finished, or took more than ten minutes.")
    own, wanted = await house.store.read(lambda tx: _offered(tx, house))
    # Some say who answers (RFC 9207); an answer of somebody else's, or to what was asked before, is none.
    if own.issuer != begun["issuer"] or answer.get("iss", own.issuer) != own.issuer:
        raise InvalidInput("This answer is not that of the provider who is asked now.")
    if "error" in answer:
        raise Forbidden(_said(answer))
    if not answer.get("code"):
        raise InvalidInput("The provider sent you back without a code.")
    claims = await _claims(house, own, wanted, answer["code"], begun)
    return Arrival(vouching.person_of(claims, own.issuer, wanted), begun["goal"])


async def departure_for_good(house: Installation, back: str) -> str | None:
    """Where one logs out at the provider, too, and comes `back`; None: it does not say.

    https://openid.net/specs/openid-connect-rpinitiated-1_0.html
    """
    own, _ = await house.store.read(lambda tx: _offered(tx, house))
    endpoints = await house.discovery.endpoints(own)
    if endpoints.end_session is None:
        return None
    return _with(endpoints.end_session, {"client_id": own.id, "post_logout_redirect_uri": back})


def _offered(tx: Tx, house: Installation) -> tuple[Client, SingleSignOnSettings]:
    wanted = settings.load(tx).single_sign_on
    if not wanted.is_offered:
        raise Conflict("Single sign-on is off. Log in with a password at /login/local.")
    return connecting.client(tx, house), wanted


def _grant_address(endpoints: Endpoints, own: Client, wanted: SingleSignOnSettings, values: Mapping[str, str]) -> str:
    asked = {
        "response_type": "code",
        "client_id": own.id,
        "redirect_uri": values["redirect"],
        "scope": " ".join(dict.fromkeys(("openid", *wanted.scopes))),
        "state": values["state"],
        "nonce": values["nonce"],
        "code_challenge": tokens.challenge_of(values["verifier"]),
        "code_challenge_method": "S256",
    }
    return _with(endpoints.authorization, asked)


def _with(address: str, asked: Mapping[str, str]) -> str:
    from authlib.common.urls import add_params_to_uri

    return str(add_params_to_uri(address, list(asked.items())))


async def _claims(
    house: Installation, own: Client, wanted: SingleSignOnSettings, code: str, begun: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What the provider says of them: in the token, and where that does not say it all, when it is asked for more."""
    endpoints = await house.discovery.endpoints(own)
    try:
        given = await provider.exchange(own, endpoints, code, begun["redirect"], begun["verifier"])
    except Refused as error:
        raise InvalidInput(f"The provider does not take the code that it sent you back with. {error}") from error
    keys = await provider.keys(own, endpoints)
    now = int(time.time())
    claims = tokens.verified(given.id_token, keys, own, begun["nonce"], now, given.access_token)
    needed = (wanted.name_claim, wanted.groups_claim)
    if given.access_token is None or all(vouching.claim(claims, name) is not None for name in needed):
        return claims
    more = await provider.userinfo(own, endpoints, given.access_token)
    # https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse: else it may be about somebody else.
    if more and more.get("sub") != claims["sub"]:
        raise Forbidden("What the provider tells is about somebody else than its token.")
    return {**more, **claims}


def _said(answer: Mapping[str, str]) -> str:
    code = answer["error"]
    known = _SAID.get(code)
    if known is not None:
        return f"The provider did not let you in. {known}"
    is_word = code.isascii() and code.replace("_", "").isalnum() and len(code) <= 60  # noqa: PLR2004  as in its specs
    return f"The provider did not let you in ({code if is_word else 'for no known reason'})."
