"""Questions to Kodi over HTTP: with a password, and without a word from Kodi by itself."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import aiohttp

from metarr.clients.kodi.rpc import Json, question
from metarr.errors import BadCredentials, Transient, Wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yarl import URL

    from metarr.clients.kodi.rpc import Call

OFFLINE_DELAY: Final = timedelta(minutes=5)
SWITCH: Final = "'Allow remote control via HTTP' in its Settings > Services > Control"


class HttpLink:
    """One Kodi's web server. `session` is the caller's to close."""

    def __init__(
        self, name: str, url: URL, user: str | None, password: str | None, session: aiohttp.ClientSession, limit: float
    ) -> None:
        self._name = name
        self._url = url
        self._session = session
        self._headers = {"Content-Type": "application/json"}  # Kodi answers 415 to any other
        if user:
            credentials = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
            self._headers["Authorization"] = f"Basic {credentials}"
        self._timeout = aiohttp.ClientTimeout(total=limit)

    async def ask(self, calls: Sequence[Call]) -> list[dict[str, Json]]:
        """The answers to the calls, in their order, from one request."""
        text = await self._exchange(json.dumps(question(calls)))
        try:
            answer = json.loads(text)
            answers = {one["id"]: one for one in (answer if isinstance(answer, list) else [answer])}
            return [answers[number] for number in range(len(calls))]
        except (ValueError, KeyError, TypeError) as error:
            raise Transient(f"{self._who} gave an answer that is not JSON-RPC: is this address Kodi's?") from error

    async def _exchange(self, body: str) -> str:
        try:
            async with self._session.post(
                self._url, data=body, headers=self._headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                if response.status == HTTPStatus.UNAUTHORIZED:
                    text = f"{self._who} rejects the user name or the password: correct them in its settings"
                    raise BadCredentials(text)
                if not response.ok:
                    raise Transient(f"{self._who} answered HTTP {response.status}: is this address Kodi's?")
                return await response.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as error:
            text = f"{self._who} does not answer ({_reason(error)}): is it on, with {SWITCH}?"
            raise Wait(text, cause=f"player:{self._name}", delay=OFFLINE_DELAY) from error

    @property
    def _who(self) -> str:
        return f"Kodi {self._name!r} at {self._url.origin()}"


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "no machine of this name is known"
        case aiohttp.ClientConnectorError():
            return "nothing listens there"
        case TimeoutError():
            return "no answer in time"
        case _:
            return "the connection broke"
