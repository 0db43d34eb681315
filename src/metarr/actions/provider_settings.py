"""What a person can set of each provider: keys, limits, whether it is asked at all.

A key is sealed before it is stored and never shown again. What the configuration of the server says wins, and is only
shown. Addresses can be set there alone: whoever could change one here could have a stored key sent anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from metarr.actions import phase_config, providers
from metarr.errors import Conflict, InvalidInput
from metarr.model.audit import Deed
from metarr.providers import PROVIDERS
from metarr.providers.live import Fixed, effective, is_secret
from metarr.store import audit, facts, health, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import SecretStr
    from pydantic.fields import FieldInfo

    from metarr.actions.installation import Installation
    from metarr.providers.base import Provider, ProviderSettings
    from metarr.store.db import Tx

_USER_PART = re.compile(r"(?<=://)[^/@\s]*@")
_LABELS = {"api_key": "API key", "pin": "PIN", "url": "Address", "image_url": "Address of pictures"}


class Source(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    DATABASE = "database"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class ProviderSetting:
    """One thing that can be set of a provider. `name`: in its model; `key`: outside.

    `value`: None for secrets, of which only `is_set` is told. `fixed_by`: the variable that sets it for good; None: it
    can be changed. `json_schema`: JSON Schema of its values.
    """

    name: str
    key: str
    label: str
    help: str
    json_schema: Mapping[str, Any]
    default: Any
    value: Any
    is_secret: bool
    is_set: bool
    source: Source
    fixed_by: str | None
    can_change: bool


def without_user(value: Any) -> Any:  # noqa: ANN401  any JSON
    """An address without the user and the password that may stand in it; anything else as it is."""
    return _USER_PART.sub("…@", value) if isinstance(value, str) else value


def described() -> Iterator[tuple[str, ProviderSetting]]:
    """Everything that can be set of any provider, by the provider's name, with the defaults."""
    for name, provider in PROVIDERS.items():
        yield from ((name, one) for one in _settings(provider, {}, {}, provider.settings_model()))


def shown(tx: Tx, house: Installation, name: str) -> tuple[ProviderSetting, ...]:
    """Everything that can be set of a provider. Raises NotFound, and Wait where what is stored cannot be opened."""
    provider = providers.named(name)
    stored = _stored(tx, name)
    now = providers.understood(house, provider, stored)
    return tuple(_settings(provider, house.fixed.of(name), stored, now))


def change(tx: Tx, house: Installation, name: str, patch: Mapping[str, Any]) -> tuple[ProviderSetting, ...]:
    """Set some (camelCase; null: back to the default, or no key), with effect at once.

    What the provider can tell of items that lack it is submitted. Raises NotFound, InvalidInput, Conflict.
    """
    provider = providers.named(name)
    before, used = house.conditions(tx), facts.usable(tx)
    stored = _stored(tx, name)
    settings.save_provider(tx, name, patched(house, provider, stored, patch))
    if patch:
        audit.record(tx, Deed.PROVIDER_CHANGED, name, settings=sorted(patch))
    if any(is_secret(provider.settings_model.model_fields[_field(provider, key)]) for key in patch):
        health.clear(tx, f"{name}:key")
    providers.know(tx, house, used)
    phase_config.submit_possible(tx, before, house.conditions(tx))
    return shown(tx, house, name)


def draft(tx: Tx, house: Installation, name: str, patch: Mapping[str, Any]) -> ProviderSettings:
    """What a provider's settings would be, for a test before they are saved."""
    provider = providers.named(name)
    stored = patched(house, provider, _stored(tx, name), patch)
    return effective(provider, house.fixed.of(name), stored, house.vault, _called)


def patched(
    house: Installation, provider: Provider[Any], stored: Mapping[str, Any], patch: Mapping[str, Any]
) -> dict[str, Any]:
    """What is to be stored after the change, checked, with secrets sealed."""
    fields = provider.settings_model.model_fields
    given = {_changeable(house, provider, key): value for key, value in patch.items()}
    wanted = {name: value for name, value in given.items() if value is not None}
    checked = effective(provider, {**house.fixed.of(provider.name), **wanted}, {}, house.vault, _called)
    result = {name: value for name, value in stored.items() if name not in given}
    for name in wanted:
        if is_secret(fields[name]):
            secret: SecretStr | None = getattr(checked, name)
            if secret is not None:
                result[name] = house.vault.seal(secret.get_secret_value())
        else:
            result[name] = checked.model_dump(mode="json", include={name})[name]
    return result


def _stored(tx: Tx, name: str) -> Mapping[str, Any]:
    return settings.provider_rows(settings.rows(tx)).get(name, {})


def _changeable(house: Installation, provider: Provider[Any], key: str) -> str:
    """The setting's name, if it can be changed here."""
    name = _field(provider, key)
    variable = Fixed.variable(provider.name, name)
    if name in house.fixed.of(provider.name):
        raise Conflict(f"{provider.name}.{key} is fixed by {variable} in the server's configuration; change it there.")
    if _is_address(name):
        raise InvalidInput(
            f"{provider.name}.{key} can only be set by {variable}: whoever changes it can have a key sent anywhere."
        )
    return name


def _field(provider: Provider[Any], key: str) -> str:
    names = {to_camel(name): name for name in _fields(provider)}
    if key not in names:
        raise InvalidInput(f"{provider.name}.{key} is no setting; there are {', '.join(sorted(names))}.")
    return names[key]


def _fields(provider: Provider[Any]) -> dict[str, FieldInfo]:
    """What makes sense for this provider."""
    fields: dict[str, FieldInfo] = provider.settings_model.model_fields
    return {name: field for name, field in fields.items() if provider.needs_key or not is_secret(field)}


def _called(provider: str, setting: str) -> str:
    return f"{provider}.{to_camel(setting)}"


def _is_address(name: str) -> bool:
    return name == "url" or name.endswith("_url")


def _settings(
    provider: Provider[Any], fixed: Mapping[str, Any], stored: Mapping[str, Any], now: ProviderSettings
) -> Iterator[ProviderSetting]:
    schema = provider.settings_model.model_json_schema()["properties"]
    values = now.model_dump(mode="json")
    for name, field in _fields(provider).items():
        source = Source.CONFIGURATION if name in fixed else Source.DATABASE if name in stored else Source.DEFAULT
        hidden = is_secret(field)
        own = {word: value for word, value in schema[name].items() if word not in {"title", "description", "default"}}
        yield ProviderSetting(
            name=name,
            key=to_camel(name),
            label=_LABELS.get(name) or name.replace("_", " ").capitalize(),
            help=field.description or "",
            json_schema=own,
            default=None if hidden else schema[name].get("default"),
            value=None if hidden else without_user(values[name]),
            is_secret=hidden,
            is_set=source is not Source.DEFAULT and getattr(now, name) is not None,
            source=source,
            fixed_by=Fixed.variable(provider.name, name) if name in fixed else None,
            can_change=name not in fixed and not _is_address(name),
        )


def unreadable(tx: Tx, house: Installation) -> tuple[str, ...]:
    """What is stored of providers and refused by this version, in words for a person."""
    found = settings.provider_rows(settings.rows(tx))
    faults = []
    for name, provider in PROVIDERS.items():
        try:
            effective(provider, house.fixed.of(name), found.get(name, {}), house.vault, _called)
        except InvalidInput as error:
            faults.append(f"{error}. What is stored of {name} is ignored until it is set again.")
    return tuple(faults)
