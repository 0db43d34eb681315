"""From the process configuration to providers, players, channels and permissions. Errors name the variable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_origin

from pydantic import ValidationError

from metarr import notifiers, players
from metarr.errors import InvalidInput
from metarr.jobs.reach import EVERYTHING, Reach
from metarr.library.files import Permissions
from metarr.model.event import EventType
from metarr.model.job import JobKind
from metarr.model.paths import PathMapping
from metarr.players.base import PlayerSettings
from metarr.providers import PROVIDERS
from metarr.schedule import machine_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from metarr.config import Config
    from metarr.providers.base import Provider, ProviderSettings

_KODI_KEYS = frozenset({"kodi_url", "kodi_user", "kodi_password", "kodi_paths"})
_OWNER_KEYS = frozenset({"puid", "pgid", "umask"})
# The starred ones of the design's notification list.
DEFAULT_EVENTS = (
    EventType.SCAN_FAILED,
    EventType.ENRICHMENT_FAILED,
    EventType.PUBLISHING_COMPLETED,
    EventType.PUBLISHING_FAILED,
    EventType.PLAYER_SYNC_FAILED,
    EventType.VERIFICATION_COMPLETED,
    EventType.VERIFICATION_FAILED,
    EventType.DOWNLOAD_COMPLETED,
    EventType.UPGRADE_COMPLETED,
    EventType.ERROR_OCCURRED,
)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where to tell."""

    name: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Configured:
    """Everything outside that this installation uses, checked. `notices`: what is odd, for people."""

    providers: Mapping[str, ProviderSettings]
    players: tuple[PlayerSettings, ...]
    channels: tuple[Channel, ...]
    events: tuple[EventType, ...]
    permissions: Permissions
    machine_zone: tzinfo
    notices: tuple[str, ...]


def read(config: Config) -> Configured:
    """Raises InvalidInput naming the variable that cannot be used, never its value."""
    keys = config.integrations
    known = {*_KODI_KEYS, *_OWNER_KEYS}
    providers = {}
    for provider in PROVIDERS.values():
        known |= {f"{provider.name}_{name}" for name in provider.settings_model.model_fields}
        providers[provider.name] = _provider(provider, keys)
    return Configured(
        providers=providers,
        players=_kodi(keys),
        channels=_channels(config.notify_urls),
        events=_events(config.notify_events),
        permissions=Permissions(_number(keys, "puid"), _number(keys, "pgid"), _number(keys, "umask", base=8)),
        machine_zone=machine_zone(config.time_zone),
        notices=tuple(
            f"{_variable(key)} is not known to this version and is ignored; check its spelling."
            for key in sorted(keys.keys() - known)
        ),
    )


def reach(config: Config) -> Reach:
    """Which jobs this process may claim. Raises InvalidInput, also where nobody else could do the others."""
    if not config.worker_kinds and not config.worker_libraries:
        return EVERYTHING
    if config.database_url is None:
        raise InvalidInput(
            "METARR_WORKER_KINDS and METARR_WORKER_LIBRARIES divide the work between machines, which needs "
            "PostgreSQL (METARR_DATABASE_URL). On SQLite one process does everything."
        )
    unknown = [name for name in config.worker_kinds if name not in set(JobKind)]
    if unknown:
        raise InvalidInput(f"METARR_WORKER_KINDS: {unknown[0]!r} is no kind of job; there are {', '.join(JobKind)}.")
    kinds = frozenset(map(JobKind, config.worker_kinds))
    return Reach(kinds or None, frozenset(config.worker_libraries) or None)


def _provider(provider: Provider[Any], keys: Mapping[str, str]) -> ProviderSettings:
    values: dict[str, Any] = {}
    for name, setting in provider.settings_model.model_fields.items():
        text = keys.get(f"{provider.name}_{name}")
        if text is not None:
            is_list = get_origin(setting.annotation) is tuple
            values[name] = text.replace(",", " ").split() if is_list else text
    try:
        settings: ProviderSettings = provider.settings_model.model_validate(values)
    except ValidationError as error:
        raise _invalid(error, f"{provider.name}_") from error
    return settings


def _kodi(keys: Mapping[str, str]) -> tuple[PlayerSettings, ...]:
    given = keys.keys() & _KODI_KEYS
    if not given:
        return ()
    if "kodi_url" not in given:
        raise InvalidInput(f"{_variable(min(given))} is set, but METARR_KODI_URL is not: where is that Kodi?")
    values = {name: keys.get(f"kodi_{name}") for name in ("url", "user", "password")}
    try:
        settings = PlayerSettings.model_validate(
            {"kind": "kodi", "name": "kodi", **values, "mappings": _mappings(keys.get("kodi_paths", ""))}
        )
    except ValidationError as error:
        raise _invalid(error, "kodi_") from error
    players.build(settings)  # proves the address
    return (settings,)


def _mappings(text: str) -> tuple[PathMapping, ...]:
    pairs = [pair.strip().partition("=") for pair in text.split(";") if pair.strip()]
    for local, _, remote in pairs:
        if not local.startswith("/") or not remote:
            raise InvalidInput("METARR_KODI_PATHS must be like /our/folder=/its/folder, pairs separated by `;`.")
    return tuple(PathMapping(local, remote) for local, _, remote in pairs)


def _channels(urls: tuple[str, ...]) -> tuple[Channel, ...]:
    channels = []
    for number, url in enumerate(urls, start=1):
        channel = Channel(f"{url.partition(':')[0]}-{number}", url)
        notifiers.build(channel.name, channel.url)
        channels.append(channel)
    return tuple(channels)


def _events(names: tuple[str, ...]) -> tuple[EventType, ...]:
    known = set(EventType)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidInput(f"METARR_NOTIFY_EVENTS: {unknown[0]!r} is no event; there are {', '.join(EventType)}.")
    return tuple(EventType(name) for name in names) or DEFAULT_EVENTS


def _number(keys: Mapping[str, str], key: str, *, base: int = 10) -> int | None:
    text = keys.get(key)
    if text is None:
        return None
    try:
        return int(text, base)
    except ValueError as error:
        raise InvalidInput(f"{_variable(key)} must be a number, not {text!r}.") from error


def _invalid(error: ValidationError, prefix: str) -> InvalidInput:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    return InvalidInput(f"{_variable(prefix + name)}: {first['msg']}")


def _variable(key: str) -> str:
    return f"METARR_{key.upper()}"
