"""Metadata by hand: every value is checked, is a person's from then on, and is locked. Locking and freeing, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from metarr.actions.follow_up import follow_up, nothing
from metarr.actions.showing import storable
from metarr.errors import InvalidInput
from metarr.model.job import JobKind
from metarr.model.media import USER, CastMember, CollectionRef, CrewMember, ItemKind, Rating
from metarr.store import collections, items, locks, people
from metarr.store.locks import EVERYTHING, TARGETS, LockedBy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.actions.phases import Submitted
    from metarr.model.media import Item
    from metarr.store.db import Tx


def _date(text: str) -> str:
    date.fromisoformat(text)
    return text


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


_Name = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(storable)]
_Text = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(storable)] | None
_Names = Annotated[tuple[_Name, ...], Field(max_length=500), AfterValidator(_unique)]
_LARGEST = 2**63 - 1
_Number = Annotated[int, Field(gt=0, le=_LARGEST)] | None
_Date = (
    Annotated[
        str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"}), AfterValidator(_date)
    ]
    | None
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class EditedRating(_Part):
    """A rating on its own scale."""

    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    value: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
    scale: Annotated[float, Field(ge=0.1, le=1e6, allow_inf_nan=False)] = 10.0
    votes: Annotated[int, Field(ge=0, le=_LARGEST)] | None = None


class EditedActor(_Part):
    """An actor; the place in the list is the billing order."""

    name: _Name
    role: Annotated[str, Field(max_length=500), AfterValidator(storable)] = ""
    tmdb: _Number = None
    portrait_url: Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=2000)] | None = None


class EditedMaker(_Part):
    """A director or writer."""

    name: _Name
    job: Literal["director", "writer"]
    tmdb: _Number = None


class EditedCollection(_Part):
    """The movie set that a movie belongs to."""

    name: _Name
    tmdb: _Number = None
    overview: _Text = None


class Edit(_Part):
    """What a person says about an item: fields that are named are set, null and [] empty them, others stay.

    Which item it is, and which episode, is not metadata: that is said by identification.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Sintel", "genres": ["Fantasy"], "plot": "A girl and her dragon."}]}
    )

    title: _Name = ""
    original_title: _Text = None
    sort_title: _Name | None = None
    original_language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None
    year: Annotated[int, Field(ge=1870, le=2200)] | None = None
    premiered: _Date = None
    plot: _Text = None
    outline: _Text = None
    tagline: _Text = None
    runtime: Annotated[int, Field(gt=0, le=10_000)] | None = None  # minutes
    certification: _Text = None
    genres: _Names = ()
    studios: _Names = ()
    countries: _Names = ()
    tags: _Names = ()
    ratings: Annotated[tuple[EditedRating, ...], Field(max_length=50)] = ()
    user_rating: Annotated[int, Field(ge=1, le=10)] | None = None
    cast: Annotated[tuple[EditedActor, ...], Field(max_length=1000)] = ()
    crew: Annotated[tuple[EditedMaker, ...], Field(max_length=1000)] = ()
    collection: EditedCollection | None = None
    trailer: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{11}$")] | None = None  # a YouTube id
    status: _Text = None
    show_title: _Text = None
    display_season: Annotated[int, Field(ge=0, le=99_999)] | None = None
    display_episode: Annotated[int, Field(ge=0, le=99_999)] | None = None


def edit(tx: Tx, item_id: int, wanted: Edit) -> Submitted:
    """Set the fields that are named, lock them, and publish. Raises NotFound, InvalidInput."""
    return follow_up(tx, apply(tx, item_id, wanted), JobKind.PUBLISH)


def apply(tx: Tx, item_id: int, wanted: Edit) -> Item:
    """Set the fields that are named and lock them. Returns the item, which is to be published."""
    item = items.get(tx, item_id)
    values = {name: _value(name, getattr(wanted, name)) for name in wanted.model_fields_set}
    if not values:
        raise InvalidInput("Name at least one field to set.")
    metadata = replace(item.metadata, **values)
    provenance = {**item.provenance, **dict.fromkeys(values, USER)}
    items.save_metadata(tx, item, metadata, provenance, item.identity)
    if values.keys() & {"cast", "crew"}:
        people.save_credits(tx, item.id, metadata)
    if "collection" in values and item.kind is ItemKind.MOVIE:
        _link(tx, item, metadata.collection)
    locks.set_locks(tx, item.id, values, LockedBy.EDIT)
    return item


def _link(tx: Tx, movie: Item, named: CollectionRef | None) -> None:
    """The movie is of this set now. One that is new is asked about, as any other."""
    new = collections.link(tx, movie, named)
    if new is not None:
        follow_up(tx, items.get(tx, new), JobKind.ENRICH)


def save(tx: Tx, item_id: int, wanted: Edit, lock: Mapping[str, bool]) -> Submitted:
    """A form: the fields that are named are set, then these are locked or freed. Naming nothing changes nothing."""
    item, then = items.get(tx, item_id), None
    if wanted.model_fields_set:
        item, then = apply(tx, item_id, wanted), JobKind.PUBLISH
    if lock:
        item, freed = apply_locks(tx, item_id, lock)
        then = freed or then
    return nothing(tx, item) if then is None else follow_up(tx, item, then)


def set_locks(tx: Tx, item_id: int, wanted: Mapping[str, bool]) -> Submitted:
    """Lock or free fields, lists, kinds of artwork (`artwork.poster`) or everything (`*`).

    What becomes free is looked at again by enrichment.
    """
    item, then = apply_locks(tx, item_id, wanted)
    return nothing(tx, item) if then is None else follow_up(tx, item, then)


def apply_locks(tx: Tx, item_id: int, wanted: Mapping[str, bool]) -> tuple[Item, JobKind | None]:
    """The same without the work that it leads to, which is returned."""
    item = items.get(tx, item_id)
    unknown = sorted(wanted.keys() - TARGETS - {EVERYTHING})
    if unknown:
        raise InvalidInput(f"{unknown[0]!r} cannot be locked; there are *, {', '.join(sorted(TARGETS))}.")
    locks.set_locks(tx, item.id, [name for name, is_locked in wanted.items() if is_locked], LockedBy.USER)
    freed = [name for name, is_locked in wanted.items() if not is_locked]
    _free(tx, item, freed)
    return item, JobKind.ENRICH if freed else None


def _free(tx: Tx, item: Item, names: list[str]) -> None:
    """Say nothing about them any more; where something above still locks them, say explicitly that they are free."""
    own = locks.own(tx, item.id)
    locks.clear_locks(tx, item.id, own if EVERYTHING in names else names)
    still = items.get(tx, item.id).locks
    held = [name for name in names if (bool(still) if name == EVERYTHING else name in still)]
    locks.set_locks(tx, item.id, held, LockedBy.USER, is_locked=False)


def _value(name: str, given: Any) -> Any:  # noqa: ANN401  each field has its own type
    """The value in the words of the model."""
    match name:
        case "ratings":
            _check_ratings(given)
            return tuple(Rating(**one.model_dump()) for one in given)
        case "cast":
            return tuple(CastMember(order=place, **one.model_dump()) for place, one in enumerate(given))
        case "crew":
            return tuple(CrewMember(**one.model_dump()) for one in given)
        case "collection":
            return None if given is None else CollectionRef(**given.model_dump())
        case _:
            return given


def _check_ratings(ratings: tuple[EditedRating, ...]) -> None:
    for one in ratings:
        if one.value > one.scale:
            raise InvalidInput(f"The rating of {one.source} is {one.value:g} on a scale of {one.scale:g}.")
    if len({one.source for one in ratings}) < len(ratings):
        raise InvalidInput("Name each source of ratings once.")
