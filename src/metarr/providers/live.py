"""The providers in use, by what is set now: in the configuration of this process first, else in the database.

A job looks its providers up when it starts. Settings that changed since make a new connection; jobs that run keep the
one they have, which from then on is open only while it is asked something.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, ItemsView, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args
from weakref import WeakSet

from pydantic import SecretStr, ValidationError

from metarr.errors import InvalidInput
from metarr.providers import PROVIDERS
from metarr.store.sealed import Vault, WrongKey, is_sealed

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from metarr.providers.base import Connection, Provider, ProviderSettings, Surroundings

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What this process was configured with, by provider and setting: `values`, and the variable that says so."""

    values: Mapping[str, Values] = field(default_factory=dict, repr=False)

    def of(self, provider: str) -> Values:
        """What of this provider nobody can change here."""
        return self.values.get(provider, {})

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where providers are, and their pictures: the owner wants us to go there, wherever that is."""
        nothing = Vault()
        chosen = (effective(provider, self.of(name), {}, nothing) for name, provider in PROVIDERS.items())
        return tuple(address for settings in chosen for address in settings.addresses)

    @staticmethod
    def variable(provider: str, setting: str) -> str:
        """What a person sets to fix a setting."""
        return f"METARR_{provider.upper()}_{setting.upper()}"


def is_secret(setting: FieldInfo) -> bool:
    """Whether it is a key or a PIN: kept sealed, never shown."""
    return _holds_secret(setting.annotation)


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_holds_secret, get_args(annotation)))


def effective(
    provider: Provider[Any],
    fixed: Values,
    stored: Values,
    vault: Vault,
    called: Callable[[str, str], str] = Fixed.variable,
) -> ProviderSettings:
    """A provider's settings: the fixed ones, else the stored, else the defaults.

    What another version stored and this one does not know is passed over. Raises InvalidInput naming the setting as it
    is `called`, never its value, and WrongKey.
    """
    fields = provider.settings_model.model_fields
    opened = {
        name: vault.open(value) if is_secret(fields[name]) and isinstance(value, str) else value
        for name, value in stored.items()
        if name in fields and name not in fixed
    }
    try:
        settings: ProviderSettings = provider.settings_model.model_validate({**opened, **fixed})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise InvalidInput(f"{called(provider.name, name)}: {first['msg']}") from None  # its value may be in the cause
    return settings


def understood(provider: Provider[Any], fixed: Values, stored: Values, vault: Vault) -> ProviderSettings:
    """The same; where another version stored what this one refuses, as if nothing was stored. Raises WrongKey."""
    try:
        return effective(provider, fixed, stored, vault)
    except InvalidInput:
        return effective(provider, fixed, {}, vault)


class Connections(Mapping[str, "Connection"]):
    """Providers that can be asked, by name, each connected when it is first looked up. `learn` before the first use.

    Made inside the loop that asks them.
    """

    def __init__(self, fixed: Fixed, surroundings: Surroundings, vault: Vault) -> None:
        self.fixed = fixed
        self._surroundings = surroundings
        self._vault = vault
        self._learnt: Mapping[str, Values] | None = None
        self._wanted: Mapping[str, ProviderSettings] = {}
        self._connected: dict[str, tuple[ProviderSettings, Connection]] = {}
        self._former: WeakSet[Connection] = WeakSet()  # those that somebody still holds
        self._loop = asyncio.get_running_loop()
        self._retiring: set[asyncio.Task[None]] = set()
        self._one_by_one = threading.Lock()  # what is listed is looked up in the database's threads

    def learn(self, stored: Mapping[str, Values]) -> None:
        """What the database says now. May be called from any thread, and often."""
        if stored != self._learnt:
            chosen = {name: self._settings(name, stored.get(name, {})) for name in PROVIDERS}
            self._wanted = {name: settings for name, settings in chosen.items() if settings.is_ready}
            self._learnt = stored
            with self._one_by_one:
                for name, (settings, _) in list(self._connected.items()):
                    if self._wanted.get(name) != settings:
                        self._retire(name)

    def _settings(self, name: str, stored: Values) -> ProviderSettings:
        provider, fixed = PROVIDERS[name], self.fixed.of(name)
        try:
            return understood(provider, fixed, stored, self._vault)
        except WrongKey:
            # A worker beside the server may lack the secret key. What it can read is still good.
            plain = {key: one for key, one in stored.items() if not (isinstance(one, str) and is_sealed(one))}
            return understood(provider, fixed, plain, self._vault)

    def __getitem__(self, name: str) -> Connection:
        return self._connection(name, self._wanted[name])

    def items(self) -> ItemsView[str, Connection]:
        """All of one moment: what is learnt meanwhile, perhaps by another thread, does not show."""
        return {name: self._connection(name, settings) for name, settings in self._wanted.items()}.items()

    def _connection(self, name: str, settings: ProviderSettings) -> Connection:
        with self._one_by_one:
            known = self._connected.get(name)
            if known is not None and known[0] == settings:
                return known[1]
            if known is not None:
                self._retire(name)
            connection = PROVIDERS[name].build(settings, self._surroundings)
            self._connected[name] = settings, connection
            return connection

    def _retire(self, name: str) -> None:
        """Whoever holds it goes on. From any thread; the closing is the loop's."""
        _, connection = self._connected.pop(name)
        self._former.add(connection)
        self._loop.call_soon_threadsafe(self._begin_retiring, connection)

    def _begin_retiring(self, connection: Connection) -> None:
        task = self._loop.create_task(connection.retire())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def __iter__(self) -> Iterator[str]:
        return iter(self._wanted)

    def __len__(self) -> int:
        return len(self._wanted)

    async def close(self) -> None:
        """All of them, the former ones too."""
        await asyncio.gather(*self._retiring)
        for connection in (*self._former, *(one for _, one in self._connected.values())):
            await connection.close()
        self._former.clear()
        self._connected.clear()
