"""Metadata providers as a person sees them: state, limits, the words they ask for, a test of address and key."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from metarr.errors import InvalidInput, NotFound, Transient, Wait
from metarr.model.job import Priority
from metarr.model.media import ItemKind, LibraryKind
from metarr.phases.enrich.asking import kinds_of
from metarr.providers import PROVIDERS
from metarr.providers.base import Ask, BadKey, EpisodeOrder, OrderSource, Surroundings
from metarr.store import health, items, libraries

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from metarr.actions.installation import Installation
    from metarr.store.db import Tx

_HOLDS = {LibraryKind.MOVIES: ItemKind.MOVIE, LibraryKind.TV: ItemKind.SERIES}
_WORDS = {ItemKind.MOVIE: "movies", ItemKind.SERIES: "shows"}
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
    return tuple(_state(name, house, causes) for name in PROVIDERS)


def lacking(tx: Tx, house: Installation) -> str | None:
    """What to set where nobody can be asked about what the libraries hold; None: somebody can."""
    wanted = {_HOLDS[library.kind] for library in libraries.everything(tx)} or set(_HOLDS.values())
    unknown = wanted - {kind for name in house.providers for kind in _kinds(name)}
    if not unknown:
        return None
    helpful = [name for name, one in PROVIDERS.items() if one.needs_key and unknown & _kinds(name)]
    words = " or ".join(_WORDS[kind] for kind in sorted(unknown))
    keys = " or ".join(_key(name) for name in helpful)
    return f"No metadata provider can be asked about {words}: set {keys}."


async def test(house: Installation, name: str) -> Tested:
    """Prove address and key, now. A key that was refused and is accepted again counts from then on. Raises NotFound."""
    if name not in PROVIDERS:
        raise NotFound(f"There is no provider {name!r}; there are {', '.join(PROVIDERS)}.")
    connection = house.providers.get(name)
    if connection is None:
        way = f"it has no key: set {_key(name)}" if PROVIDERS[name].needs_key else "it is switched off"
        return Tested(name, False, f"{name} is not used: {way}.")
    try:
        await connection.check()
    except Wait as wait:
        return Tested(name, False, f"{wait}; it is asked again in {max(1, round(wait.delay.total_seconds()))} s")
    except (BadKey, Transient) as error:
        return Tested(name, False, str(error))
    await house.store.write(lambda tx: health.clear(tx, f"{name}:key"))
    return Tested(name, True, f"{name} answers" + (" and accepts the key." if PROVIDERS[name].needs_key else "."))


async def episode_orders(house: Installation, item_id: int) -> tuple[EpisodeOrder, ...]:
    """The ways to number a show's episodes that providers know. Raises NotFound, InvalidInput, Wait or Transient."""
    show = await house.store.read(lambda tx: items.get(tx, item_id))
    if show.kind is not ItemKind.SERIES:
        raise InvalidInput(f"Item {item_id} is a {show.kind}; only shows have orders of episodes.")
    ask = Ask(priority=Priority.USER)
    sources = [one for one in house.providers.values() if isinstance(one, OrderSource)]
    found = await asyncio.gather(*(one.orders(show.metadata.ids, ask) for one in sources), return_exceptions=True)
    orders = [order for orders in found if not isinstance(orders, BaseException) for order in orders]
    faults = [fault for fault in found if isinstance(fault, BaseException)]
    if faults and not orders:
        raise faults[0]
    return (EpisodeOrder("aired", "as first aired"), *orders)


def _state(name: str, house: Installation, causes: Collection[str]) -> ProviderState:
    provider, connection = PROVIDERS[name], house.providers.get(name)
    unused = ProviderState(
        name,
        state="no key" if provider.needs_key else "off",
        has_key=False,
        needs_key=provider.needs_key,
        kinds=_kinds(name),
        attribution=provider.attribution,
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
def _kinds(name: str) -> frozenset[ItemKind]:
    provider = PROVIDERS[name]
    return kinds_of(provider.build(provider.settings_model(), Surroundings()))


def _key(name: str) -> str:
    return f"METARR_{name.upper()}_API_KEY"
