"""Which items a list or a bulk operation is about, and how a list is sorted: the same words in both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from metarr.actions.showing import storable
from metarr.api.deps import LARGEST
from metarr.api.shapes import Shape
from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind, ItemState
from metarr.model.player import Shown
from metarr.store.item_pages import Filter, Order, Sort
from metarr.store.traits import Trait

Number = Annotated[int | None, Field(ge=1, le=LARGEST)]
Words = Annotated[str, Field(max_length=200), AfterValidator(storable)]
Year = Annotated[int | None, Field(ge=0, le=9999)]
Language = Annotated[str | None, Field(pattern="^[a-z]{2,3}$", description="ISO 639, as in the file: de, en, ja")]
Locks = Annotated[
    dict[Annotated[str, Field(max_length=50)], bool],
    Field(min_length=1, max_length=100, examples=[{"title": True, "artwork.poster": False}]),
]
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class ItemQuery(Shape):
    """Which items. Nothing named: all, but movie sets only by their kind."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": ["movie"], "library": 1}]})

    kind: Annotated[list[ItemKind], Field(max_length=len(ItemKind), default_factory=list)]
    library: Number = None
    parent: Annotated[Number, Field(description="Seasons of this show, or episodes of this season")] = None
    collection: Annotated[Number, Field(description="Movies of this set")] = None
    person: Annotated[Number, Field(description="With a credit of this person")] = None
    search: Annotated[Words | None, Field(description="Words of the titles; case and accents do not matter")] = None
    state: ItemState | None = None
    is_monitored: bool | None = None
    is_locked: Annotated[bool | None, Field(description="Whether it has any lock of its own")] = None
    lacks_artwork: Annotated[ArtworkKind | None, Field(description="No picture of this kind is chosen")] = None
    awaits_choice: Annotated[bool | None, Field(description="Pictures of a kind are on offer, none is chosen")] = None
    is_published: Annotated[bool | None, Field(description="What was published is what is known now")] = None
    is_synced: Annotated[bool | None, Field(description="Players were told of the files as they are")] = None
    shown: Annotated[Shown | None, Field(description="How far some player is with it")] = None
    player: Annotated[Number, Field(description="What this player was told of, or is so far with")] = None
    genre: Words | None = None
    resolution: Literal["2160", "1080", "720", "sd"] | None = None
    hdr: Literal["dolbyvision", "hdr10plus", "hdr10", "hlg"] | None = None
    audio: Language = None
    subtitle: Language = None
    year_from: Year = None
    year_to: Year = None
    added_since: Annotated[AwareDatetime | None, Field(ge=_FIRST, le=_LAST)] = None

    def as_filter(self) -> Filter:
        """The same in the store's words."""
        return Filter(
            kinds=tuple(dict.fromkeys(self.kind)),
            library_id=self.library,
            parent_id=self.parent,
            collection_id=self.collection,
            person_id=self.person,
            search=self.search,
            state=self.state,
            is_monitored=self.is_monitored,
            is_locked=self.is_locked,
            lacks_artwork=self.lacks_artwork,
            awaits_choice=self.awaits_choice,
            is_published=self.is_published,
            is_synced=self.is_synced,
            shown=self.shown,
            player_id=self.player,
            traits={one: value for one in Trait if (value := getattr(self, one.value)) is not None},
            year_from=self.year_from,
            year_to=self.year_to,
            added_since=self.added_since,
        )


class ItemListing(ItemQuery):
    """A page of a list."""

    sort: Sort = Sort.TITLE
    descending: bool = False
    after: Annotated[str | None, Field(max_length=4000, description="The `after` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    count: Annotated[bool, Field(description="Say how many there are on all pages")] = False

    @property
    def order(self) -> Order:
        """How it is sorted."""
        return Order(self.sort, self.descending)
