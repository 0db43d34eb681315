"""From the process configuration to providers, players, channels and permissions. Errors name the variable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_origin

from metarr import notifiers
from metarr.actions.installation import Given
from metarr.actions.provider_settings import without_user
from metarr.app import players
from metarr.config import is_secret
from metarr.errors import InvalidInput
from metarr.jobs.reach import EVERYTHING, Reach
from metarr.library.files import Permissions
from metarr.model.event import NOTABLE, EventType
from metarr.model.job import JobKind
from metarr.model.redaction import HIDDEN
from metarr.providers import PROVIDERS
from metarr.providers.live import Fixed, effective
from metarr.schedule import machine_zone
from metarr.store.sealed import Vault
from metarr.store.secrets import parts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from metarr.config import Config
    from metarr.players.base import PlayerSettings
    from metarr.providers.base import Provider

_OWNER_KEYS = frozenset({"puid", "pgid", "umask"})


@dataclass(frozen=True, slots=True)
class Channel:
    """Where to tell."""

    name: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Configured:
    """Everything outside that this installation uses, checked. `notices`: what is odd, for people."""

    fixed: Fixed
    players: tuple[PlayerSettings, ...]
    channels: tuple[Channel, ...]
    events: tuple[EventType, ...]
    permissions: Permissions
    machine_zone: tzinfo
    notices: tuple[str, ...]
    given: Given


def read(config: Config) -> Configured:
    """Raises InvalidInput naming the variable that cannot be used, never its value."""
    keys = config.integrations
    known = {*players.KEYS, *_OWNER_KEYS}
    for provider in PROVIDERS.values():
        known |= {f"{provider.name}_{name}" for name in provider.settings_model.model_fields}
    return Configured(
        fixed=_fixed(keys),
        players=players.read(keys),
        channels=_channels(config.notify_urls),
        events=_events(config.notify_events),
        permissions=Permissions(_number(keys, "puid"), _number(keys, "pgid"), _number(keys, "umask", base=8)),
        machine_zone=machine_zone(config.time_zone),
        notices=tuple(
            f"{_variable(key)} is not known to this version and is ignored; check its spelling."
            for key in sorted(keys.keys() - known)
        ),
        given=_given(config),
    )


def _given(config: Config) -> Given:
    """Every variable and key of the file as it may be shown, and what must not get out."""
    hidden = {value for key, value in config.given.items() if is_secret(key)}
    addresses = (config.database_url, *config.notify_urls, *config.integrations.values())
    own = (config.api_key, config.secret_key, *(value for key, value in config.integrations.items() if is_secret(key)))
    found = {part for address in addresses if address and "://" in address for part in parts(address)}
    shown = {
        _variable(key): HIDDEN if is_secret(key) else str(without_user(value)).partition("?")[0]
        for key, value in sorted(config.given.items())
    }
    return Given(shown, frozenset(hidden | found | {text for text in own if text}), config.secret_key)


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


def _fixed(keys: Mapping[str, str]) -> Fixed:
    """What is said of providers, checked."""
    fixed = Fixed({provider.name: _of_provider(provider, keys) for provider in PROVIDERS.values()})
    for provider in PROVIDERS.values():
        effective(provider, fixed.of(provider.name), {}, Vault())
    return fixed


def _of_provider(provider: Provider[Any], keys: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, setting in provider.settings_model.model_fields.items():
        text = keys.get(f"{provider.name}_{name}")
        if text is not None:
            is_list = get_origin(setting.annotation) is tuple
            values[name] = text.replace(",", " ").split() if is_list else text
    return values


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
    return tuple(EventType(name) for name in names) or NOTABLE


def _number(keys: Mapping[str, str], key: str, *, base: int = 10) -> int | None:
    text = keys.get(key)
    if text is None:
        return None
    try:
        return int(text, base)
    except ValueError as error:
        raise InvalidInput(f"{_variable(key)} must be a number, not {text!r}.") from error


def _variable(key: str) -> str:
    return f"METARR_{key.upper()}"
