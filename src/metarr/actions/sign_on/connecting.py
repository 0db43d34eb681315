"""This program as the identity provider knows it: its secret, and whether the connection is in order."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from metarr.clients.oidc import provider, tokens
from metarr.clients.oidc.wire import Client, Refused
from metarr.errors import Conflict, InvalidInput, MetarrError
from metarr.model.audit import Deed
from metarr.store import audit, settings, sign_ons

if TYPE_CHECKING:
    from metarr.actions.entrance import Entrance
    from metarr.actions.installation import Installation
    from metarr.clients.oidc.provider import Endpoints
    from metarr.model.access import Caller
    from metarr.sign_on import SingleSignOnSettings
    from metarr.store.db import Tx
    from metarr.store.sign_ons import Identity

log = structlog.get_logger()
_SECRET = "single_sign_on"  # noqa: S105  the row's name
CALLBACK = "/login/oidc/callback"
_LONGEST = 1000  # characters of a secret


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a test of the connection found, in words for a person."""

    is_well: bool
    words: str


def redirect_of(address: str) -> str:
    """Where the provider sends people back to, with the program at this address: what is registered there."""
    return f"{address.rstrip('/')}{CALLBACK}"


def has_secret(tx: Tx) -> bool:
    """Whether there is a client secret for the issuer as it is set now."""
    return bool(settings.secret(tx, _SECRET)) and _fits(tx, settings.load(tx).single_sign_on)


def change_secret(tx: Tx, house: Installation, by: Caller, secret: str) -> None:
    """Keep the client's secret, sealed; "": there is none any more.

    It is kept with the issuer and the client that it is for: who changes these cannot have it sent elsewhere. Raises
    Conflict while there is no issuer, InvalidInput.
    """
    wanted = settings.load(tx).single_sign_on
    if not secret:
        settings.save_secret(tx, _SECRET, {})
        _note_secret(tx, by, "forgotten")
        return
    if not wanted.issuer or not wanted.client_id:
        raise Conflict("Store the issuer and the client id first: the secret is kept for these alone.")
    if len(secret) > _LONGEST or not secret.isprintable():
        raise InvalidInput(f"A client secret has at most {_LONGEST} printable characters.")
    kept = {"issuer": wanted.issuer, "client_id": wanted.client_id, "secret": house.vault.seal(secret)}
    settings.save_secret(tx, _SECRET, kept)
    _note_secret(tx, by, "changed")


def client(tx: Tx, house: Installation) -> Client:
    """This program as the settings have it. Raises WrongKey where the secret cannot be opened."""
    wanted = settings.load(tx).single_sign_on
    kept = settings.secret(tx, _SECRET)
    secret = house.vault.open(kept["secret"]) if "secret" in kept and _fits(tx, wanted) else None
    return Client(wanted.issuer, wanted.client_id, secret, frozenset(wanted.further_hosts))


async def cut_link(entrance: Entrance, by: Caller, identity_id: int) -> Identity:
    """A user is nobody's elsewhere any more; what was begun so ends. Raises NotFound."""

    def body(tx: Tx) -> Identity:
        gone = sign_ons.cut_link(tx, identity_id)
        audit.record(tx, Deed.IDENTITY_UNLINKED, gone.user, called=gone.name, issuer=gone.issuer)
        return gone

    found = await entrance.store.write(body)
    entrance.forget()
    log.info("a user was unlinked", user=found.user, issuer=found.issuer, by=by.name)
    return found


def _note_secret(tx: Tx, by: Caller, what: str) -> None:
    log.info("the secret of single sign-on", now=what, by=by.name)
    audit.record(tx, Deed.SECRET_CHANGED, "single sign-on", now=what)


async def test(house: Installation, redirect: str) -> tuple[Finding, ...]:
    """Ask the provider what a login would ask it. `redirect`: where it would send people back to."""
    wanted = await house.store.read(lambda tx: settings.load(tx).single_sign_on)
    if not wanted.issuer or not wanted.client_id:
        return (Finding(False, "Store the issuer and the client id first."),)
    findings = [Finding(True, f"The redirect address that the provider must know is {redirect}")]
    try:
        own = await house.store.read(lambda tx: client(tx, house))
        endpoints = await provider.discover(own)
        findings.append(Finding(True, f"{own.issuer} answers, and calls itself so."))
        findings.append(await _of_keys(own, endpoints))
        findings.append(await _of_client(own, endpoints, redirect))
    except MetarrError as error:
        return (*findings, Finding(False, str(error)))
    return (*findings, *_advice(own, endpoints, wanted))


async def _of_keys(own: Client, endpoints: Endpoints) -> Finding:
    count = tokens.count_of(await provider.keys(own, endpoints))
    if count:
        return Finding(True, "It has published the keys that it signs with.")
    return Finding(False, f"{endpoints.keys} holds no key that signs: give this client one for RS256 or ES256 there.")


async def _of_client(own: Client, endpoints: Endpoints, redirect: str) -> Finding:
    """A code that was never given: a provider that knows us refuses the code, one that does not refuses us."""
    try:
        await provider.exchange(own, endpoints, secrets.token_urlsafe(16), redirect, secrets.token_urlsafe(32))
    except Refused as error:
        if error.code == "invalid_grant":
            return Finding(True, f"It knows the client {own.id!r}.")
        return Finding(False, f"It does not say whether it knows this client. {error}")
    except MetarrError as error:
        return Finding(False, str(error))
    return Finding(False, "It takes any code for good, which no provider may do.")


def _advice(own: Client, endpoints: Endpoints, wanted: SingleSignOnSettings) -> list[Finding]:
    """What works, but could be better."""
    found = []
    if own.issuer.startswith("http:"):
        found.append(Finding(True, "It is asked without TLS: whoever listens in that network can log in as others."))
    if own.secret is None:
        found.append(Finding(True, "No client secret is stored for it; that is right for a public client only."))
    if not endpoints.has_pkce:
        found.append(Finding(True, "It does not say that it supports PKCE (S256); it is used nevertheless."))
    if wanted.is_offered and not wanted.create_users and not any(wanted.groups_of.values()):
        found.append(Finding(True, "Only people who have a user here come in, with the role that they have here."))
    return found


def _fits(tx: Tx, wanted: SingleSignOnSettings) -> bool:
    kept = settings.secret(tx, _SECRET)
    return (kept.get("issuer"), kept.get("client_id")) == (wanted.issuer, wanted.client_id)
