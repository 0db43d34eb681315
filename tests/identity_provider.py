"""A real OpenID Connect provider on loopback, in a process of its own: oidc-provider-mock, of Authlib's server side.

Run as a program it is the provider, with PKCE demanded and with faults that a test can ask for at /test/fault. Imported
it is what tests talk to it with.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import flask


@dataclass(frozen=True, slots=True)
class Provider:
    """`url` is its issuer, too. It knows one client."""

    url: str
    client_id: str
    client_secret: str
    process: asyncio.subprocess.Process

    async def has(self, subject: str, **claims: Any) -> None:
        """From now on it knows somebody so."""
        async with aiohttp.ClientSession() as client, client.put(f"{self.url}/users/{subject}", json=claims) as answer:
            assert answer.status == 204

    async def breaks(self, fault: str) -> None:
        """From now on it has this fault; "": none."""
        async with aiohttp.ClientSession() as client, client.post(f"{self.url}/test/fault", data=fault) as answer:
            assert answer.status == 200


@asynccontextmanager
async def provider(redirect: str) -> AsyncIterator[Provider]:
    """It runs while the block does. `redirect`: where its client lets people be sent back to."""
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONWARNINGS": "ignore"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # it tells of each request
        env=environment,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        url = f"http://127.0.0.1:{int(line)}"
        form = {"redirect_uris": [redirect]}
        async with aiohttp.ClientSession() as client, client.post(f"{url}/oauth2/clients", json=form) as answer:
            known = await answer.json()
        yield Provider(url, known["client_id"], known["client_secret"], process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


class _Faulty:
    """What it does otherwise than a good provider, and what makes it a better one."""

    def __init__(self) -> None:
        self.fault = ""
        self.challenges: dict[str, str] = {}

    def before(self) -> flask.Response | None:
        """PKCE: the verifier is that of the challenge which the code was asked for with."""
        import flask
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        if flask.request.path == "/test/fault":
            self.fault = flask.request.get_data(as_text=True)
            return flask.Response("")
        if flask.request.path == "/oauth2/token" and self.fault != "believing":
            wanted = self.challenges.get(flask.request.form["code"])
            if wanted is not None and create_s256_code_challenge(flask.request.form["code_verifier"]) != wanted:
                return flask.Response('{"error": "invalid_grant"}', 400, content_type="application/json")
        return None

    def after(self, response: flask.Response) -> flask.Response:
        """What it answers."""
        from urllib.parse import parse_qs, urlsplit

        import flask

        path, document = flask.request.path, response.get_json(silent=True)
        if path == "/oauth2/authorize" and "Location" in response.headers:
            code = parse_qs(urlsplit(response.headers["Location"]).query).get("code")
            if code:
                self.challenges[code[0]] = flask.request.args["code_challenge"]
        if path == "/.well-known/openid-configuration" and document:
            response.set_data(flask.json.dumps(document | self._of_itself()))
        if path == "/oauth2/token" and document and "id_token" in document:
            response.set_data(flask.json.dumps(document | {"id_token": self._token(document["id_token"])}))
        if path == "/jwks" and self.fault == "no keys":
            response.set_data('{"keys": []}')
        return response

    def _of_itself(self) -> dict[str, Any]:
        if self.fault == "another issuer":
            return {"issuer": "https://elsewhere.example"}
        if self.fault == "elsewhere":
            return {"token_endpoint": "http://169.254.169.254/token"}
        return {"code_challenge_methods_supported": ["S256"]}

    def _token(self, token: str) -> str:
        """The token with the fault in it, signed by the provider's own key unless that is the fault."""
        import time

        import flask
        from authlib import jose
        from joserfc import jwt
        from joserfc.jwk import OctKey, RSAKey
        from joserfc.jws import extract_compact

        storage = flask.g.oidc_provider_mock_storage
        claims = flask.json.loads(extract_compact(token.encode()).payload)
        if self.fault == "rotated":
            storage.jwk = jose.RSAKey.generate_key(is_private=True)
            self.fault = ""
        own: Any = RSAKey.import_key(storage.jwk.as_dict(is_private=True))
        header = {"alg": "RS256", "kid": own.kid or own.thumbprint()}
        wrong = {
            "nonce": {"nonce": "another"},
            "expired": {"exp": int(time.time()) - 3600},
            "audience": {"aud": "somebody-else"},
            "issued elsewhere": {"iss": "https://elsewhere.example"},
            "in the future": {"iat": int(time.time()) + 3600},
        }.get(self.fault, {})
        claims |= wrong
        if self.fault == "slim":
            claims = {name: value for name, value in claims.items() if name not in {"groups", "preferred_username"}}
        if self.fault == "no nonce":
            del claims["nonce"]
        if self.fault == "another key":
            own = RSAKey.generate_key(2048)
        if self.fault == "shared secret":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("a secret that clients know, too"))
        if self.fault == "unsigned":
            head, body, _ = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("whatever it may be")).split(".")
            return f"eyJhbGciOiJub25lIn0.{body}." if head else ""
        return jwt.encode(header, claims, own)


def main() -> None:
    """The provider; it says its port."""
    import werkzeug.serving
    from oidc_provider_mock import app

    made, faulty = app(require_client_registration=True, require_nonce=True), _Faulty()
    made.before_request(faulty.before)
    made.after_request(faulty.after)
    server = werkzeug.serving.make_server("127.0.0.1", 0, made, threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
