"""Which source's word counts for which field. Pure.

By the order of sources, respecting locks, and never replacing something with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from metarr.model.media import USER, CastMember, CollectionRef, ExternalIds, Metadata, Rating

if TYPE_CHECKING:
    from collections.abc import Iterator

    Source = tuple[str, Metadata | None]

_FIELDS = tuple(entry.name for entry in fields(Metadata))
# Sources that speak of this very item, and are no provider: the order of providers does not move them.
OWN_SOURCES = frozenset({USER, "nfo", "managed-nfo", "name", "webhook"})
_NO_ORDERS: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Change:
    """One field that got another value, and whose word that is."""

    field: str
    before: Any  # Any: each field has its own type
    after: Any
    source: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The metadata to store, where each field is from, and what differs from before."""

    metadata: Metadata
    provenance: Mapping[str, str]
    changes: tuple[Change, ...]


def merge(
    current: Metadata,
    provenance: Mapping[str, str],
    locks: frozenset[str],
    sources: Sequence[Source],
    orders: Mapping[str, Sequence[str]] = _NO_ORDERS,
) -> Merged:
    """Fill every unlocked field from the first source, in the order given, that knows it.

    `orders`: for some fields the providers that come first among the providers.

    A source with None failed to answer this time: what it said earlier keeps its place in the order. A field that no
    source knows keeps its value, and its provenance.
    """
    values: dict[str, Any] = {}
    origins = dict(provenance)
    changes = []
    for name in _FIELDS:
        before = getattr(current, name)
        values[name] = before
        if name in locks:
            continue
        ranked = _ordered(sources, orders[name]) if name in orders else sources
        after, source = _decide(name, before, provenance.get(name), ranked)
        if source is None:
            continue
        values[name] = after
        origins[name] = source
        if after != before:
            changes.append(Change(name, before, after, source))
    return Merged(Metadata(**values), origins, tuple(changes))


def _ordered(sources: Sequence[Source], order: Sequence[str]) -> Sequence[Source]:
    """Providers among themselves in another order; everybody else keeps the place."""
    places = {name: place for place, name in enumerate(order)}
    providers = [source for source in sources if source[0] not in OWN_SOURCES]
    turn = iter(sorted(providers, key=lambda source: places.get(source[0], len(places))))
    return [source if source[0] in OWN_SOURCES else next(turn) for source in sources]


def _decide(name: str, before: Any, origin: str | None, sources: Sequence[Source]) -> tuple[Any, str | None]:  # noqa: ANN401 - each field has its own type
    """The field's value and its source; no source: leave it as it is."""
    known = [(source, value) for source, value in _offers(name, before, origin, sources) if value not in (None, "", ())]
    if not known:
        return before, None
    source, best = known[0]
    others = [value for _, value in known[1:]] + ([before] if before else [])
    match best:
        case ExternalIds():
            return _ids(before, known, origin)
        case CollectionRef():
            return _collection(best, others), source
        case (Rating(), *_):
            return _ratings(before, [value for _, value in known]), source
        case (CastMember(), *_):
            return _cast(best, others), source
        case _:
            return best, source


def _offers(name: str, before: Any, origin: str | None, sources: Sequence[Source]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - each field has its own type
    for source, metadata in sources:
        if metadata is not None:
            yield source, getattr(metadata, name)
        elif source == origin:
            yield source, before


def _ids(
    before: ExternalIds, known: Sequence[tuple[str, ExternalIds]], origin: str | None
) -> tuple[ExternalIds, str | None]:
    """Identity is decided elsewhere; sources only fill its gaps."""
    ids = before
    for _, offered in known:
        ids = ids.merged_with(offered)
    if ids == before:
        return before, None
    return ids, origin or next(source for source, offered in known if before.merged_with(offered) != before)


def _collection(best: CollectionRef, others: Sequence[CollectionRef]) -> CollectionRef:
    """The best source's set, its gaps filled from those who mean the same set."""
    for other in others:
        if best.name == other.name or (best.tmdb is not None and best.tmdb == other.tmdb):
            best = replace(best, tmdb=best.tmdb or other.tmdb, overview=best.overview or other.overview)
    return best


def _ratings(before: Sequence[Rating], known: Sequence[Sequence[Rating]]) -> tuple[Rating, ...]:
    """One rating per scale, the first source's that has it, in the order in which the scales were first seen."""
    latest: dict[str, Rating] = {}
    for rating in (rating for ratings in known for rating in ratings):
        latest.setdefault(rating.source, rating)
    return tuple(({rating.source: rating for rating in before} | latest).values())


def _cast(best: Sequence[CastMember], others: Sequence[Sequence[CastMember]]) -> tuple[CastMember, ...]:
    """The best source's cast, with what others know of the same people (an NFO rarely knows where head shots are)."""
    ids: dict[str, int] = {}
    portraits: dict[str, str] = {}
    for member in (member for cast in (best, *others) for member in cast):
        if member.tmdb is not None:
            ids.setdefault(member.name, member.tmdb)
        if member.portrait_url is not None:
            portraits.setdefault(member.name, member.portrait_url)
    return tuple(
        replace(
            member,
            tmdb=ids.get(member.name) if member.tmdb is None else member.tmdb,
            portrait_url=member.portrait_url or portraits.get(member.name),
        )
        for member in best
    )
