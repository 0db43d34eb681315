"""`/api/v1/views`: filtered and sorted lists that people keep, which the pages show as tabs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from metarr.actions import views
from metarr.actions.showing import storable
from metarr.actions.views import Place
from metarr.api import listing_text
from metarr.api.deps import House, Id
from metarr.api.shapes import Name, Shape
from metarr.store import views as stored
from metarr.web.access import OPERATE, READ, Known
from metarr.web.routing import Router

router = Router(prefix="/views", tags=["views"])


class NewView(Shape):
    """`query`: as in an address, in the words of the list of items; `sort` and `descending` among them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"place": "movies", "name": "No poster", "query": "lacksArtwork=poster"}]}
    )

    place: Place
    name: Annotated[Name, AfterValidator(storable)]
    query: Annotated[str, Field(max_length=listing_text.LONGEST)]


class SavedView(Shape):
    """`isShared`: everybody has it, for it was kept without an account."""

    id: int
    place: Place
    name: str
    query: str
    is_shared: bool


@router.get("", dependencies=[READ])
async def list_views(house: House, caller: Known) -> list[SavedView]:
    """Those of everybody, and one's own."""
    return [_shown(one) for one in await house.store.read(lambda tx: views.listed(tx, caller))]


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[OPERATE])
async def save_view(house: House, caller: Known, new: NewView) -> SavedView:
    """Keep a list, in place of one's own of the same name. A key, which is nobody's, keeps it for everybody."""
    query = listing_text.written(listing_text.read(new.query))
    return _shown(await house.store.write(lambda tx: views.save(tx, caller, new.place, new.name, query)))


@router.delete("/{view_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[OPERATE])
async def remove_view(house: House, caller: Known, view_id: Id) -> None:
    """Keep it no longer. Those of everybody are for administrators."""
    await house.store.write(lambda tx: views.remove(tx, caller, view_id))


def _shown(view: stored.SavedView) -> SavedView:
    return SavedView(
        id=view.id, place=Place(view.place), name=view.name, query=view.query, is_shared=view.user_id is None
    )
