"""The rules for pictures, with a preview of what they come to for one item, before they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request, Response

from metarr.actions import artwork_preview, items
from metarr.actions.showing import storable
from metarr.errors import InvalidInput, NotFound
from metarr.model.artwork import IDEAL_SIZE, KINDS, ArtworkKind
from metarr.model.media import ItemKind
from metarr.settings import PREFERRED, TEXTLESS
from metarr.store.item_pages import Filter
from metarr.ui.framing import house_of
from metarr.ui.settings.registry_form import Form, Page
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.artwork_preview import Preview
    from metarr.actions.items import ItemLine
    from metarr.store.db import Tx
    from metarr.ui.settings.registry_form import Sheet

router = Router(include_in_schema=False)
KEYS: Final = ("artworkLimits", "artworkLanguages", "artworkWeights")
_HITS = 8
_SHOWN = 6  # pictures of a kind
_LONGEST = 200  # of a search
# Rules are for a kind of picture, for a kind of item, or for the one in the other.
_PLACES = (
    *(kind.value for kind in ArtworkKind),
    *(level.value for level in KINDS),
    *(f"{level}.{kind}" for level, kinds in KINDS.items() for kind in ArtworkKind if kind in kinds),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """The preview beside the form. `fault`: why there is none; `hits`: items that a search found."""

    search: str
    hits: Sequence[ItemLine]
    preview: Preview | None = None
    fault: str = ""


@router.get("/settings/artwork", dependencies=[ADMIN])
async def get_rules(request: Request) -> Response:
    """The page."""
    return await _page().show(request)


@router.post("/settings/artwork", dependencies=[ADMIN])
async def save_rules(request: Request) -> Response:
    """Store the rules, or show what they would come to."""
    return await _page().submit(request)


def _page() -> Page:
    words = {"artworkLanguages": _PLACES, "artworkWeights": _PLACES}
    values = {"ideal": IDEAL_SIZE, "most": _SHOWN, "words": (PREFERRED, TEXTLESS, "original")}
    return Page(Form("enrichment", KEYS), "settings_artwork.html", words, values, _beside)


async def _beside(request: Request, sheet: Sheet) -> Mapping[str, Any]:
    house = house_of(request)
    search = sheet.sent.one("search")[:_LONGEST].strip()
    chosen = _chosen(sheet.sent.one("deed")) or _number(sheet.sent.one("item"))
    chosen = chosen or _number(request.query_params.get("item", ""))

    def look(tx: Tx) -> Shown:
        hits = _hits(tx, search)
        item_id = chosen or artwork_preview.suitable(tx)
        if item_id is None:
            return Shown(search, hits)
        try:
            return Shown(search, hits, artwork_preview.preview(tx, house, item_id, sheet.patch))
        except NotFound:
            return Shown(search, hits, fault="That item is not there any more. Choose another one.")
        except InvalidInput as error:
            return Shown(search, hits, _stored(tx, item_id), f"These rules cannot be: {error}")

    def _stored(tx: Tx, item_id: int) -> Preview:
        return artwork_preview.preview(tx, house, item_id, {})

    return {"seen": await house.store.read(look)}


def _hits(tx: Tx, search: str) -> Sequence[ItemLine]:
    try:
        wanted = Filter(kinds=(ItemKind.MOVIE, ItemKind.SERIES, ItemKind.COLLECTION), search=storable(search))
    except ValueError:
        return ()
    return items.page(tx, wanted, limit=_HITS).items if search else ()


def _chosen(deed: str) -> int | None:
    """The item that a button names: `item:7`."""
    name, _, number = deed.partition(":")
    return _number(number) if name == "item" else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < len(str(2**63)) else None
