"""Process configuration: `METARR_…` environment variables over a TOML file, frozen once at start.

The file is `metarr.toml` in the data folder, or what `METARR_CONFIG` names. Its keys are the variables' names without
the prefix, in lower case: `METARR_TMDB_API_KEY` is `tmdb_api_key`.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "METARR_"
# https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
_COLLECTORS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HTTP_PROTOBUF = "http/protobuf"
_SECRETS = re.compile(r"(key|password|pin|token|secret|notify_urls)$")
_ON, _OFF = frozenset({"on", "true", "yes", "1"}), frozenset({"off", "false", "no", "0"})
OWN_KEYS = frozenset(
    {
        "data",
        "config",
        "host",
        "port",
        "api_key",
        "secret_key",
        "loopback_auth",
        "hosts",
        "proxies",
        "proxy_user_header",
        "proxy_groups_header",
        "proxy_groups_separator",
        "database_url",
        "workers",
        "worker_kinds",
        "worker_libraries",
        "log_level",
        "log_format",
        "notify_urls",
        "notify_events",
    }
)


@dataclass(frozen=True, slots=True)
class Config:
    """What a process needs to know before it can open its database.

    `integrations`: every further key (`tmdb_url`, `kodi_password`, …), read by the provider or player that owns it.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 7879
    api_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)  # seals secrets in the database; None: the file's
    loopback_auth: bool = True  # False: requests of this machine need no login
    hosts: tuple[str, ...] = ()  # names that the server answers to, besides those of every home network
    proxies: tuple[str, ...] = ()  # addresses and networks whose word about the sender is believed
    proxy_user_header: str | None = None  # in which they say who is there; None: they do not
    proxy_groups_header: str | None = None
    proxy_groups_separator: str = ","
    database_url: str | None = field(default=None, repr=False)
    workers: int = 4
    worker_kinds: tuple[str, ...] = ()  # of jobs that this process may claim; none: all
    worker_libraries: tuple[str, ...] = ()  # their names; none: all
    log_level: str = "info"
    log_format: str = "text"  # or json
    time_zone: str | None = None  # of the machine, as TZ names it
    notify_urls: tuple[str, ...] = field(default=(), repr=False)
    notify_events: tuple[str, ...] = ()
    integrations: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: Mapping[str, str] = field(default_factory=dict, repr=False)  # every key as it was written
    in_file: frozenset[str] = frozenset()  # those of them that the file says, and not the environment

    @property
    def cache(self) -> Path:
        """Where the content-addressed cache lies."""
        return self.data / "cache"


def load(environment: Mapping[str, str] | None = None, *, data: Path | None = None) -> Config:
    """Read environment and file; `data` (from the command line) wins over both.

    Raises InvalidInput naming the variable or the file that cannot be used.
    """
    environment = os.environ if environment is None else environment
    ours = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(_PREFIX) and value
    }
    folder = (data or Path(ours.get("data") or _default_data(environment))).expanduser().absolute()
    named = ours.get("config")
    written = _file(Path(named) if named else folder / "metarr.toml", is_named=bool(named))
    values = {**written, **ours}
    return Config(
        data=folder,
        host=values.get("host", "127.0.0.1"),
        port=_number(values, "port", 7879),
        api_key=values.get("api_key"),
        secret_key=values.get("secret_key"),
        loopback_auth=_switch(values, "loopback_auth", default=True),
        hosts=listed(values.get("hosts", "").replace(" ", ",")),
        proxies=listed(values.get("proxies", "").replace(" ", ",")),
        proxy_user_header=values.get("proxy_user_header"),
        proxy_groups_header=values.get("proxy_groups_header"),
        proxy_groups_separator=values.get("proxy_groups_separator", ","),
        database_url=values.get("database_url"),
        workers=_number(values, "workers", 4),
        worker_kinds=listed(values.get("worker_kinds", "").replace(" ", ",")),
        worker_libraries=listed(values.get("worker_libraries", "")),
        log_level=values.get("log_level", "info").lower(),
        log_format=values.get("log_format", "text").lower(),
        time_zone=environment.get("TZ"),
        notify_urls=tuple(values.get("notify_urls", "").split()),
        notify_events=tuple(values.get("notify_events", "").replace(",", " ").split()),
        integrations={name: value for name, value in values.items() if name not in OWN_KEYS},
        given=values,
        in_file=frozenset(written.keys() - ours.keys()),
    )


def is_secret(key: str) -> bool:
    """Whether what stands under a key is for nobody's eyes."""
    return _SECRETS.search(key) is not None


def listed(text: str) -> tuple[str, ...]:
    """What a text lists, separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _default_data(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME", "~")) / ".local" / "share")
    return Path(base) / "metarr"


def _file(path: Path, *, is_named: bool) -> dict[str, str]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if is_named:
            raise InvalidInput(f"METARR_CONFIG names {path}, which does not exist.") from error
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"The configuration file {path} cannot be read: {error}") from error
    nested = [name for name, value in document.items() if isinstance(value, dict)]
    if nested:
        raise InvalidInput(f"{path}: [{nested[0]}] is a section; keys stand at the top level, like tmdb_api_key = …")
    return {
        name: " ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in document.items()
    }


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise InvalidInput(f"{_PREFIX}{name.upper()} must be a whole number, not {text!r}.")
    return int(text)


def _switch(values: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = values.get(name)
    if text is None:
        return default
    if text.lower() not in _ON | _OFF:
        raise InvalidInput(f"{_PREFIX}{name.upper()} must be on or off, not {text!r}.")
    return text.lower() in _ON


def traces_by(environment: Mapping[str, str] | None = None) -> str | None:
    """By which protocol traces go to the collector that OpenTelemetry's own variables name; None: nobody wants any."""
    environment = os.environ if environment is None else environment
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if (environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp") != "otlp":
        return None
    if not any(environment.get(name, "").strip() for name in _COLLECTORS):
        return None
    return next((environment[name] for name in _PROTOCOLS if environment.get(name)), HTTP_PROTOBUF)
