"""Whether an ID token is true: signed by a key of the provider, for this client, for this login, and not too old.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation, done by Authlib and joserfc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from metarr.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from joserfc.jwk import Key

    from metarr.clients.oidc.wire import Client

# Signatures that only the provider can make. With HS256 whoever knows the client's secret could make them, and "none"
# is no signature at all.
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
_LEEWAY: Final = 60  # seconds that clocks may differ
_LONGEST: Final = 255  # characters of a subject; https://openid.net/specs/openid-connect-core-1_0.html#IDToken
_WORDS: Final = {
    "nonce": "it belongs to another login",
    "aud": "it is meant for another client",
    "azp": "it is meant for another client",
    "iss": "somebody else issued it",
    "exp": "it has expired; are the clocks of both machines right?",
    "iat": "it was issued in the future; are the clocks of both machines right?",
    "nbf": "it is not valid yet; are the clocks of both machines right?",
    "at_hash": "it does not belong to its access token",
}


def verified(
    token: str, keys: Iterable[Mapping[str, Any]], client: Client, nonce: str, now: int, access_token: str | None = None
) -> Mapping[str, Any]:
    """What a token claims, if all of it is true. Raises Forbidden.

    The libraries are loaded by the first login: they take a third of a second, and most starts need none.
    """
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
    from joserfc.jwk import KeySet
    from joserfc.jws import JWSRegistry

    try:
        rules = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)  # unknown headers mean nothing, RFC 7515
        found = jwt.decode(token, KeySet(_usable(keys)), registry=rules)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _untrue(f"its signature is not the provider's ({_named(error)}){_hint(token)}") from error
    wanted = {
        "iss": {"essential": True, "value": client.issuer},
        "aud": {"essential": True, "value": client.id},
        "sub": {"essential": True},
        "exp": {"essential": True},
    }
    about = {"nonce": nonce, "client_id": client.id, "access_token": access_token}
    try:
        CodeIDToken(found.claims, found.header, wanted, about).validate(now, _LEEWAY)
    except ExpiredTokenError as error:
        raise _untrue(_WORDS["exp"]) from error
    except (InvalidClaimError, MissingClaimError) as error:
        raise _untrue(_WORDS.get(error.claim, f"its claim {error.claim} is wrong")) from error
    except (JoseError, ValueError, TypeError) as error:
        raise _untrue(f"it is malformed ({_named(error)})") from error
    subject = found.claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST or not subject.isprintable():
        raise _untrue("its subject is none")
    return found.claims


def count_of(keys: Iterable[Mapping[str, Any]]) -> int:
    """How many of these keys signatures can be compared with."""
    return len(_usable(keys))


def challenge_of(verifier: str) -> str:
    """What is shown of a verifier before it is (RFC 7636, 4.2)."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    return str(create_s256_code_challenge(verifier))


def _usable(keys: Iterable[Mapping[str, Any]]) -> list[Key]:
    """Keys of kinds that sign so that only their owner can; others are passed over."""
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry

    found = []
    for key in keys:
        if key.get("kty") not in {"RSA", "EC", "OKP"} or key.get("use", "sig") != "sig":
            continue
        try:
            found.append(JWKRegistry.import_key(dict(key)))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return found


def _hint(token: str) -> str:
    """What to do where the provider signs in a way that is not taken."""
    from joserfc.errors import JoseError
    from joserfc.jws import extract_compact

    try:
        name = str(extract_compact(token.encode()).headers().get("alg"))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return ""
    if name in ALGORITHMS:
        return ""
    return f". It is signed with {name[:20]!r}: give this client a key for RS256 or ES256 at the provider"


def _named(error: Exception) -> str:
    return type(error).__name__.removesuffix("Error")


def _untrue(why: str) -> Forbidden:
    return Forbidden(f"The provider's token is not believed: {why}.")
