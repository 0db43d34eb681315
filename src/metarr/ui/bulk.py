"""What the forms around lists do: the same to many items, and keeping a filtered list as a tab."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, ValidationError

from metarr.actions import bulk, views
from metarr.actions.bulk import MOST, Action, BulkOrder
from metarr.actions.editing import Edit
from metarr.actions.showing import storable
from metarr.actions.views import Place
from metarr.api import listing_text
from metarr.api.deps import LARGEST, Id
from metarr.errors import InvalidInput
from metarr.model.words import counted, is_name
from metarr.store.locks import EVERYTHING
from metarr.ui.framing import back, house_of
from metarr.ui.lists import SHELVES, of_shelf
from metarr.web.access import OPERATE, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.item_pages import Filter

router = Router(include_in_schema=False)
Text = Annotated[str, Field(max_length=listing_text.LONGEST)]
_LONGEST_NAME = 200  # characters, of a saved list
_LISTS = frozenset({"genres", "studios", "countries", "tags"})
_TEXTS = frozenset({"certification", "status", "original_language"})
_NUMBERS = frozenset({"year", "user_rating"})
EDITABLE = tuple(sorted(_LISTS | _TEXTS | _NUMBERS))
_NUMBER = re.compile("[0-9]{1,19}")
_DONE = {
    Action.SCAN: "is scanned",
    Action.ENRICH: "is enriched",
    Action.PUBLISH: "is published",
    Action.SYNC: "is told to the players",
    Action.VERIFY: "is verified",
    Action.EDIT: "was changed",
    Action.LOCK: "was locked",
    Action.UNLOCK: "was unlocked",
    Action.MONITOR: "is monitored",
    Action.UNMONITOR: "is no longer monitored",
    Action.RELEASE: "was released",
    Action.LOCAL: "was marked as known here only",
}


class BulkForm(BaseModel):
    """`press`: a button that is an action by itself; `item`: numbers, or several in one; `which`: "all" that match."""

    action: Text = ""
    press: Text = ""
    which: Text = ""
    place: Text = ""
    query: Text = ""
    target: Text = EVERYTHING
    field: Text = ""
    value: Text = ""
    item: Annotated[list[str], Field(max_length=MOST)] = Field(default_factory=list)

    def order(self) -> BulkOrder:
        """What is to be done. Raises InvalidInput."""
        action = self.press or self.action
        if action not in set(Action):
            raise InvalidInput("Choose what is to be done.")
        edit = _edit(self.field, self.value) if action == Action.EDIT else None
        return BulkOrder(Action(action), edit, (self.target or EVERYTHING,))

    def wanted(self) -> Filter | list[int]:
        """To what. Raises InvalidInput."""
        return _matching(self.place, self.query) if self.which == "all" else _named(self.item)


@router.post("/bulk", dependencies=[OPERATE])
async def change_many(request: Request, form: Annotated[BulkForm, Form()]) -> RedirectResponse:
    """The buttons below a list."""
    otherwise = f"/{form.place}" if form.place in SHELVES else "/"
    try:
        order = form.order()
        done = await bulk.run(house_of(request), form.wanted(), order)
    except InvalidInput as error:
        return back(request, str(error), otherwise, is_fault=True)
    said = f"{counted(done.items, 'item')}: each {_DONE[order.action]}."
    if done.failed:
        said += f" Not {len(done.failed):,} of them: {next(iter(done.failed.values()))}"
    work = done.scope if done.jobs else None
    return back(request, said, otherwise, is_fault=bool(done.failed), work=work)


class ViewForm(BaseModel):
    """A tab."""

    place: Place
    name: Text = ""
    query: Text = ""


@router.post("/views", dependencies=[OPERATE])
async def keep_view(request: Request, caller: Known, form: Annotated[ViewForm, Form()]) -> RedirectResponse:
    """Keep the list as it is filtered and sorted now."""
    place, words = form.place, form.name.strip()
    if not is_name(words) or len(words) > _LONGEST_NAME:
        return back(request, "A saved list needs a name.", f"/{place}", is_fault=True)
    try:
        plain = listing_text.written(listing_text.read(form.query))
        await house_of(request).store.write(lambda tx: views.save(tx, caller, place, storable(words), plain))
    except InvalidInput as error:
        return back(request, str(error), f"/{place}", is_fault=True)
    return back(request, f"Saved as {words}.", f"/{place}")


@router.post("/views/{view_id}/remove", dependencies=[OPERATE])
async def remove_view(request: Request, caller: Known, view_id: Id) -> RedirectResponse:
    """Remove a tab; the items stay as they are."""
    try:
        await house_of(request).store.write(lambda tx: views.remove(tx, caller, view_id))
    except InvalidInput as error:
        return back(request, str(error), is_fault=True)
    return back(request, "The saved list was removed.")


def _edit(field: str, value: str) -> Edit:
    """One field; nothing empties it. Lists are separated by commas. Raises InvalidInput."""
    if field not in EDITABLE:
        raise InvalidInput("Choose a field.")
    words = value.strip()
    given = [part.strip() for part in words.split(",") if part.strip()] if field in _LISTS else words or None
    try:
        return Edit.model_validate({field: given})
    except ValidationError as error:
        raise InvalidInput(f"{field}: {error.errors()[0]['msg']}.") from error


def _matching(place: str, query: str) -> Filter:
    """Everything in the list as it was filtered. Raises InvalidInput."""
    if place not in SHELVES:
        raise InvalidInput("There is no such list.")
    return of_shelf(SHELVES[Place(place)], listing_text.read(query)).as_filter()


def _named(items: Sequence[str]) -> list[int]:
    """Raises InvalidInput."""
    found = [int(number) for text in items for number in _NUMBER.findall(text)]
    if not found:
        raise InvalidInput("Select at least one item.")
    if len(found) > MOST or max(found) > LARGEST:
        raise InvalidInput(f"These are no items, or more than {MOST:,}.")
    return found
