"""ID tokens: which are believed. Signed here by keys of our own, so that each single claim can be wrong."""

from __future__ import annotations

import base64
import hmac
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from metarr.clients.oidc import tokens
from metarr.clients.oidc.wire import Client
from metarr.errors import Forbidden

NOW = 1_800_000_000
CLIENT = Client("https://auth.example.org", "metarr")
RSA = RSAKey.generate_key(2048, {"kid": "one"})
EC = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "three"})
SHARED = OctKey.import_key("a secret of at least as many bytes", {"kid": "one"})
KEYS: list[dict[str, Any]] = [key.as_dict(private=False) for key in (RSA, EC, ED)]
GOOD: dict[str, Any] = {
    "iss": CLIENT.issuer,
    "aud": "metarr",
    "sub": "7",
    "exp": NOW + 60,
    "iat": NOW,
    "nonce": "n",
    "preferred_username": "ada",
}


def _signed(claims: dict[str, Any], alg: str = "RS256", kid: str | None = "one", key: Any = RSA, **head: Any) -> str:
    header = {"alg": alg, **({} if kid is None else {"kid": kid}), **head}
    return jwt.encode(header, claims, key, algorithms=[alg])


def _claims(token: str, keys: list[dict[str, Any]] | None = None, access_token: str | None = None) -> Any:
    return tokens.verified(token, KEYS if keys is None else keys, CLIENT, "n", NOW, access_token)


@pytest.mark.parametrize(
    ("alg", "kid", "key"),
    [("RS256", "one", RSA), ("PS256", "one", RSA), ("ES256", "two", EC), ("Ed25519", "three", ED)],
    ids=["RSA", "RSA-PSS", "elliptic curve", "Edwards curve"],
)
def test_a_true_token_is_believed(alg: str, kid: str, key: Any) -> None:
    assert _claims(_signed(GOOD, alg, kid, key))["sub"] == "7"


@pytest.mark.parametrize(
    "change",
    [
        {"aud": ["metarr"]},
        {"aud": ["metarr", "other"], "azp": "metarr"},
        {"exp": NOW - 30},
        {"iat": NOW + 30},
        {"iat": NOW - 9000},
        {"unheard_of": {"of": 1}},
    ],
    ids=["a list of one audience", "two audiences, for us", "just over", "just before", "old, but not over", "more"],
)
def test_so_are_these(change: dict[str, Any]) -> None:
    assert _claims(_signed(GOOD | change))["sub"] == "7"


def test_headers_that_nobody_knows_mean_nothing() -> None:
    header = {"alg": "RS256", "kid": "one"}
    token = jwt.encode(header, GOOD, RSA)
    assert _claims(token)["sub"] == "7"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"iss": "https://auth.example.org/"}, "issued"),
        ({"aud": "other"}, "another client"),
        ({"aud": ["other"]}, "another client"),
        ({"aud": ["metarr", "other"], "azp": "other"}, "another client"),
        ({"aud": ["metarr", "other"]}, "another client"),
        ({"aud": []}, "another client"),
        ({"nonce": "m"}, "another login"),
        ({"nonce": None}, "another login"),
        ({"nonce": ["n"]}, "another login"),
        ({"exp": NOW - 61}, "expired"),
        ({"exp": "tomorrow"}, "expired"),
        ({"iat": NOW + 61}, "future"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": "7\n8"}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"at_hash": "of another"}, "access token"),
    ],
    ids=lambda one: str(one) if isinstance(one, dict) else "",
)
def test_a_claim_that_is_wrong_spoils_it(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Forbidden, match=words):
        _claims(_signed(GOOD | change), access_token="a")


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "exp", "iat", "nonce"])
def test_no_claim_may_be_missing(name: str) -> None:
    with pytest.raises(Forbidden):
        _claims(_signed({key: value for key, value in GOOD.items() if key != name}))


def _confused() -> str:
    """The provider's public key, which everybody knows, used as if it were a secret that is shared."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    text = f"{head}.{_HEADLESS[1]}"
    mark = hmac.digest(RSA.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


_HEADLESS = _signed(GOOD).split(".")


@pytest.mark.parametrize(
    ("token", "keys"),
    [
        (_signed(GOOD, key=RSAKey.generate_key(2048)), None),
        (_signed(GOOD, kid="two"), None),
        (_signed(GOOD, kid="unknown"), None),
        (_signed(GOOD, kid=None), None),
        (_signed(GOOD, "HS256", "one", SHARED), [*KEYS, SHARED.as_dict(private=True)]),
        (_confused(), None),
        (f"eyJhbGciOiJub25lIn0.{_HEADLESS[1]}.", None),
        (f"{_HEADLESS[0]}.{_HEADLESS[1]}.", None),
        (f"{_HEADLESS[0]}.{_signed(GOOD | {'sub': '8'}).split('.')[1]}.{_HEADLESS[2]}", None),
        (_signed(GOOD), []),
        (_signed(GOOD), [RSA.as_dict(private=False) | {"use": "enc"}]),
        (_signed(GOOD), [{"kty": "RSA", "kid": "one", "n": "AQ", "e": "!"}, {"kty": 5}, {}]),
        ("", None),
        ("a.b.c", None),
        ("..", None),
    ],
    ids=[
        "a key of somebody else",
        "a key of another kind",
        "a key that is not theirs",
        "nobody says which key",
        "the shared secret",
        "the public key for a shared secret",
        "no signature needed",
        "no signature",
        "another body",
        "no keys",
        "a key for something else",
        "keys that are none",
        "nothing",
        "no token",
        "dots",
    ],
)
def test_a_signature_that_is_not_the_providers_is_none(token: str, keys: list[dict[str, Any]] | None) -> None:
    with pytest.raises(Forbidden, match="signature"):
        _claims(token, keys)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*GOOD, "nbf", "azp", "amr", "auth_time", "at_hash", "jti", "iss"]), _JSON)
def test_whatever_a_signed_token_says_it_is_believed_or_refused(name: str, value: object) -> None:
    try:
        found = _claims(_signed(GOOD | {name: value}), access_token="a")
    except Forbidden:
        return
    assert (found["iss"], found["nonce"]) == (CLIENT.issuer, "n")
    assert "metarr" in found["aud"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,30}"))
def test_whatever_is_sent_for_a_token_is_refused_in_words(token: str) -> None:
    with pytest.raises(Forbidden, match="not believed"):
        _claims(token)


def test_keys_that_can_be_compared_with_are_counted() -> None:
    with warnings.catch_warnings():
        assert tokens.count_of([*KEYS, SHARED.as_dict(private=True), {"kty": "EC"}, {"use": "enc", "kty": "RSA"}]) == 3


def test_the_challenge_is_that_of_the_specification() -> None:
    """https://www.rfc-editor.org/rfc/rfc7636#appendix-B."""
    challenge = tokens.challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://auth.example.org/token", True),
        ("https://AUTH.example.org/token?x=1", True),
        ("https://auth.example.org:8443/token", False),
        ("http://auth.example.org/token", False),
        ("https://oauth2.example.org/token", True),
        ("http://oauth2.example.org/token", False),
        ("https://elsewhere.example/token", False),
        ("https://auth.example.org@elsewhere.example/token", False),
        ("https://elsewhere.example#https://auth.example.org", False),
        ("ftp://auth.example.org/token", False),
        ("https://[auth.example.org/token", False),
        ("/token", False),
    ],
)
def test_only_what_the_owner_named_is_asked(address: str, *, may: bool) -> None:
    client = Client("https://auth.example.org/realms/home", "metarr", None, frozenset({"oauth2.example.org"}))
    assert client.may_ask(address) is may
