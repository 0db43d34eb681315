"""What a provider tells the shared HTTP client about itself: whom to ask, how to show the key, how to read errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import UnionType
from typing import TYPE_CHECKING, Any

from metarr.providers.outcome import Verdict, by_status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import SecretStr


def bearer(secret: str) -> tuple[dict[str, str], dict[str, str]]:
    """A token in the header (RFC 6750)."""
    return {"Authorization": f"Bearer {secret}"}, {}


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in: POST `body(key)` as JSON to `path`; `token` finds the token in the answer (None: there is none).

    `lifetime`: after which a new one is got unasked. TVDB's last a month: https://github.com/thetvdb/v4-api
    """

    body: Callable[[str], Mapping[str, str]]
    token: Callable[[Any], str | None]
    path: str = "/login"
    lifetime: timedelta = timedelta(days=25)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom to ask and how. `probe` is a cheap path that a working provider always answers.

    `credentials`: headers and query parameters that show the key (after a login: the token).
    `judge`: what an answer is, from its status and its JSON (None where it holds none).
    """

    name: str
    url: str
    api_key: SecretStr | None
    key_setting: str  # what a person sets to change the key
    requests_per_second: float
    probe: str
    credentials: Callable[[str], tuple[Mapping[str, str], Mapping[str, str]]] = bearer
    login: Login | None = None
    judge: Callable[[int, Any], Verdict] = by_status
    needs_key: bool = True
    shape: type | UnionType = dict | list  # of a good answer; another one is a fault
    # How long to wait, from a moment in UTC, when the provider has had enough and states no time of its own
    quota_pause: Callable[[datetime], timedelta] = lambda _now: timedelta(seconds=10)
    timeout_seconds: float = 20.0
    connect_seconds: float = 5.0
    max_body: int = 8 * 1024 * 1024  # bytes; the longest TMDB answers are below one megabyte
