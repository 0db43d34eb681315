"""The libraries: which there are and how they are, and adding one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Query, Request, Response

from metarr.actions import libraries, roots
from metarr.errors import InvalidInput, MetarrError
from metarr.model.media import LibraryKind
from metarr.store import sizes
from metarr.ui.folders import look_at
from metarr.ui.framing import house_of, onward
from metarr.ui.settings.area import SETTINGS
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.actions.libraries import Listed
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
HERE = "/settings/libraries"
PathText = Annotated[str, Form(max_length=4000)]
_NO_FOLDER = "Choose a folder first."


@dataclass(frozen=True, slots=True)
class Line:
    """A library in the list. `size`: bytes of its files, as scans found them; `is_there`: its folder can be opened."""

    listed: Listed
    size: int
    is_there: bool


@router.get(HERE, dependencies=[ADMIN])
async def list_libraries(request: Request) -> Response:
    """The list."""
    return await SETTINGS.show(request, "settings_libraries.html", lines=await _lines(request))


@router.get(f"{HERE}/add", dependencies=[ADMIN])
async def look_for_one(request: Request, path: Annotated[str, Query(max_length=4000)] = "") -> Response:
    """Which folder, with what can be said of it before it is added."""
    return await _add_page(request, path)


@router.post(f"{HERE}/add", dependencies=[ADMIN])
async def add_library(
    request: Request, path: PathText = "", kind: PathText = "movies", name: PathText = ""
) -> Response:
    """Add the folder as a library."""
    house, wanted = house_of(request), name.strip()
    try:
        if not path:
            raise InvalidInput(_NO_FOLDER)
        checked = await roots.patiently(roots.check_root, path)
        added = await house.store.write(lambda tx: libraries.add(tx, checked.root, kind, wanted or None))
    except MetarrError as error:
        return await _add_page(request, path, error, {"kind": kind, "name": name})
    return onward(request, f"{HERE}/{added.id}", f"{added.name} is a library now.")


async def _lines(request: Request) -> list[Line]:
    house = house_of(request)

    def read(tx: Tx) -> tuple[list[Listed], dict[int, int]]:
        return libraries.listed(tx), sizes.of_libraries(tx)

    known, bytes_of = await house.store.read(read)
    there = await asyncio.gather(*(roots.is_there(one.library.root) for one in known))
    return [Line(one, bytes_of.get(one.library.id, 0), is_so) for one, is_so in zip(known, there, strict=True)]


async def _add_page(
    request: Request, path: str, fault: MetarrError | None = None, given: dict[str, str] | None = None
) -> Response:
    look = await look_at(house_of(request), path)
    values = {"look": look, "path": path, "kinds": tuple(LibraryKind), "given": given or {}}
    return await SETTINGS.show(request, "settings_library_add.html", fault, **values)
