"""Items as lists show them: a picture, a title, what is special about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind, ItemState
from metarr.store import item_pages, traits
from metarr.store.traits import Trait
from metarr.ui.badges import AWAITS_CHOICE, STATES, UNMONITORED
from metarr.ui.filters import TRAITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.items import ItemLine
    from metarr.store.db import Tx
    from metarr.ui.badges import Badge


@dataclass(frozen=True, slots=True)
class Card:
    """An item in a grid or a table."""

    line: ItemLine
    title: str
    address: str
    note: str
    poster: str | None
    marks: tuple[Badge, ...]
    quality: tuple[str, ...]

    @property
    def id(self) -> int:
        """The item's number."""
        return self.line.id

    def with_role(self, role: str) -> Card:
        """The same, saying whom somebody plays in it."""
        return replace(self, note=f"{role} · {self.note}" if role and self.note else role or self.note)


def cards(tx: Tx, lines: Sequence[ItemLine]) -> list[Card]:
    """In their order."""
    shows = _shows(tx, lines)
    seen = traits.among(tx, [one.id for one in lines], (Trait.RESOLUTION, Trait.HDR))
    return [_card(one, shows.get(one.id, ""), seen.get(one.id, ())) for one in lines]


def _card(line: ItemLine, show: str, seen: Sequence[str]) -> Card:
    folder = "collections" if line.kind == ItemKind.COLLECTION else "items"
    kind = ArtworkKind.THUMB if line.kind == ItemKind.EPISODE else ArtworkKind.POSTER
    quality = tuple(TRAITS.get(value, value).partition(" (")[0] for value in seen)
    note = " · ".join(part for part in (show, _number(line), str(line.year or "")) if part)
    return Card(line, line.title, f"/{folder}/{line.id}", note, line.pictures.get(kind), _marks(line), quality)


def _number(line: ItemLine) -> str:
    if line.kind == ItemKind.EPISODE and line.season_number is not None and line.episode_number is not None:
        return f"S{line.season_number:02}E{line.episode_number:02}"
    return ""


def _marks(line: ItemLine) -> tuple[Badge, ...]:
    """What is special about it: that it is published is not."""
    found = [STATES[line.state]] if line.state is not ItemState.PUBLISHED else []
    if line.awaits_choice:
        found.append(AWAITS_CHOICE)
    if not line.is_monitored:
        found.append(UNMONITORED)
    return tuple(found)


def _shows(tx: Tx, lines: Sequence[ItemLine]) -> dict[int, str]:
    """Of seasons and episodes, the title of the show."""
    above = {one.id: one.parent_id for one in lines if one.parent_id is not None}
    if not above:
        return {}
    rows = item_pages.rows_of(tx, set(above.values()))
    rows |= item_pages.rows_of(tx, {row["parent_id"] for row in rows.values() if row["parent_id"] is not None})
    found = {}
    for item_id, parent_id in above.items():
        row = rows[parent_id]
        row = rows.get(row["parent_id"], row)
        found[item_id] = str(row["title"] or row["folder"])
    return found
