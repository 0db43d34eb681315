"""Metadata providers as a person sees them: state, limits, the words they ask for, a test of address and key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from metarr.actions import phase_config
from metarr.errors import InvalidInput, NotFound, Permanent, Transient, Wait
from metarr.model.job import Priority
from metarr.model.media import ItemKind, LibraryKind
from metarr.phases.enrich.asking import kinds_of
from metarr.providers import PROVIDERS, live
from metarr.providers.base import (
    Ask,
    BadKey,
    CollectionSource,
    EpisodeOrder,
    Finder,
    OrderSource,
    SeriesFinder,
    Surroundings,
)
from metarr.providers.live import Connections
from metarr.store import facts, health, items, libraries, settings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from metarr.actions.installation import Installation
    from metarr.providers.base import Connection, Provider, ProviderSettings
    from metarr.store.db import Tx

_HOLDS = {LibraryKind.MOVIES: ItemKind.MOVIE, LibraryKind.TV: ItemKind.SERIES}
_WORDS = {ItemKind.MOVIE: "movies", ItemKind.SERIES: "shows"}
_ABILITIES = (
    (Finder, "finds films by their title"),
    (SeriesFinder, "finds shows by their title"),
    (CollectionSource, "knows movie sets"),
    (OrderSource, "knows other orders of episodes"),
)
_OF_LINES = {"key": "key refused", "unreachable": "unreachable", "quota": "paused"}  # other processes see these, too


@dataclass(frozen=True, slots=True)
class ProviderState:
    """`state`: "ok", "paused", "unreachable", "no key", "key refused" or "off".

    Calls are this process's own, `calls_today` since midnight UTC. `paused_for`: how long it is left alone; None: it
    works. `attribution`: the words that its terms ask for. `kinds`: what it may know something of.
    """

    name: str
    state: str
    has_key: bool  # or it needs none, and is used
    needs_key: bool
    kinds: frozenset[ItemKind]
    attribution: str
    title: str = ""
    calls: int = 0
    calls_today: int = 0
    per_second: float = 0.0
    paused_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test came to, in words for a person."""

    name: str
    is_well: bool
    message: str


def listed(tx: Tx, house: Installation) -> tuple[ProviderState, ...]:
    """Every provider there is, in the order of the registry."""
    causes = {line["cause"] for line in health.lines(tx)}
    off = _switched_off(tx, house)
    return tuple(_state(name, house, causes, is_off=name in off) for name in PROVIDERS)


@dataclass(frozen=True, slots=True)
class Lacking:
    """Nobody can be asked about what the libraries hold: about what, and which keys would mend it."""

    fault: str
    remedy: str

    def __str__(self) -> str:
        """For places that can link to nothing."""
        return f"{self.fault}: {self.remedy}."


def lacking(tx: Tx, house: Installation) -> Lacking | None:
    """What to set where nobody can be asked about what the libraries hold; None: somebody can."""
    wanted = {_HOLDS[library.kind] for library in libraries.everything(tx)} or set(_HOLDS.values())
    unknown = wanted - {kind for name in house.providers for kind in _kinds(name)}
    if not unknown:
        return None
    helpful = [name for name, one in PROVIDERS.items() if one.needs_key and unknown & _kinds(name)]
    words = " or ".join(_WORDS[kind] for kind in sorted(unknown))
    keys = " or ".join(_key(name) for name in helpful)
    remedy = f"set {keys}, or a key in the settings of a provider"
    return Lacking(f"No metadata provider can be asked about {words}", remedy)


def named(name: str) -> Provider[Any]:
    """The provider of this name. Raises NotFound."""
    if name not in PROVIDERS:
        raise NotFound(f"There is no provider {name!r}; there are {', '.join(PROVIDERS)}.")
    return PROVIDERS[name]


def understood(house: Installation, provider: Provider[Any], stored: Mapping[str, Any]) -> ProviderSettings:
    """What counts of a provider, with this stored."""
    return live.understood(provider, house.fixed.of(provider.name), stored, house.vault)


def learn(house: Installation, stored: Mapping[str, Mapping[str, Any]]) -> None:
    """What is set of providers counts from now on. For transactions that write: they see the newest."""
    if isinstance(house.providers, Connections):
        house.providers.learn(stored)


def know(tx: Tx, house: Installation, used: Collection[str]) -> None:
    """Every process goes by the providers that the server has. What one that was not `used` may know is asked of it."""
    learn(house, settings.provider_rows(settings.rows(tx)))
    facts.save_providers(tx, {name: _kinds(name) for name, one in _now(tx, house).items() if one.is_ready})
    if used:
        phase_config.ask_added(tx, facts.providers(tx), used)


async def test(house: Installation, name: str) -> Tested:
    """Prove address and key, now. A key that was refused and is accepted again counts from then on. Raises NotFound."""
    provider = named(name)
    connection = house.providers.get(name)
    if connection is None:
        is_lacking = provider.needs_key and name not in await house.store.read(lambda tx: _switched_off(tx, house))
        way = f"it has no key: set {_key(name)}" if is_lacking else "it is switched off"
        return Tested(name, False, f"{name} is not used: {way}.")
    tested = await _tested(name, connection)
    if tested.is_well:
        await house.store.write(lambda tx: health.clear(tx, f"{name}:key"))
    return tested


async def test_draft(name: str, draft: ProviderSettings) -> Tested:
    """The same with settings that are not saved yet. Nothing is remembered of it."""
    provider = named(name)
    if not draft.is_ready:
        way = "it has no key" if draft.enabled else "it is switched off"
        return Tested(name, False, f"{name} would not be used: {way}.")
    connection = provider.build(draft, Surroundings())
    try:
        return await _tested(name, connection)
    finally:
        await connection.close()


async def _tested(name: str, connection: Connection) -> Tested:
    try:
        await connection.check()
    except Wait as wait:
        return Tested(name, False, f"{wait}; it is asked again in {max(1, round(wait.delay.total_seconds()))} s")
    except (BadKey, Transient) as error:
        return Tested(name, False, str(error))
    return Tested(name, True, f"{name} answers" + (" and accepts the key." if PROVIDERS[name].needs_key else "."))


@dataclass(frozen=True, slots=True)
class EpisodeOrders:
    """The ways to number a show's episodes that are known, and who could not answer, with why."""

    orders: tuple[EpisodeOrder, ...]
    faults: Mapping[str, str]


async def episode_orders(house: Installation, item_id: int) -> EpisodeOrders:
    """The ways to number a show's episodes that providers know. Raises NotFound or InvalidInput."""
    show = await house.store.read(lambda tx: items.get(tx, item_id))
    if show.kind is not ItemKind.SERIES:
        raise InvalidInput(f"Item {item_id} is a {show.kind}; only shows have orders of episodes.")
    ask = Ask(priority=Priority.USER)
    orders = [EpisodeOrder("aired", "as first aired")]
    faults: dict[str, str] = {}
    for name, source in house.providers.items():
        if isinstance(source, OrderSource):
            try:
                orders += await source.orders(show.metadata.ids, ask)
            except (Permanent, Transient, Wait) as error:
                faults[name] = str(error)
    return EpisodeOrders(tuple(orders), faults)


def _now(tx: Tx, house: Installation) -> dict[str, ProviderSettings]:
    """What counts of every provider."""
    stored = settings.provider_rows(settings.rows(tx))
    return {name: understood(house, provider, stored.get(name, {})) for name, provider in PROVIDERS.items()}


def _switched_off(tx: Tx, house: Installation) -> frozenset[str]:
    """Those that a person does not want to be asked."""
    return frozenset(name for name, one in _now(tx, house).items() if not one.enabled)


def _state(name: str, house: Installation, causes: Collection[str], *, is_off: bool) -> ProviderState:
    provider, connection = PROVIDERS[name], house.providers.get(name)
    unused = ProviderState(
        name,
        state="no key" if provider.needs_key and not is_off else "off",
        has_key=False,
        needs_key=provider.needs_key,
        kinds=_kinds(name),
        attribution=provider.attribution,
        title=provider.title,
    )
    if connection is None:
        return unused
    seen = connection.health()
    known = (word for what, word in _OF_LINES.items() if f"{name}:{what}" in causes)
    return replace(
        unused,
        state=next(known, seen.state),
        has_key=True,
        calls=seen.calls,
        calls_today=seen.calls_today,
        per_second=seen.per_second,
        paused_for=seen.paused_for,
    )


@cache
def abilities(name: str) -> tuple[str, ...]:
    """What can be asked of it beside facts and pictures, in words. Raises NotFound."""
    provider = named(name)
    connection: object = provider.build(provider.settings_model(), Surroundings())
    return tuple(words for capability, words in _ABILITIES if isinstance(connection, capability))


@cache
def _kinds(name: str) -> frozenset[ItemKind]:
    provider = PROVIDERS[name]
    return kinds_of(provider.build(provider.settings_model(), Surroundings()))


def _key(name: str) -> str:
    return f"METARR_{name.upper()}_API_KEY"
