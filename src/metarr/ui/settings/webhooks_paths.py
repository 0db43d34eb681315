"""Where download managers see our folders under other paths, proved with the paths that they really sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from metarr import webhooks
from metarr.actions import mappings
from metarr.errors import InvalidInput, MetarrError
from metarr.phases.base import in_thread
from metarr.store import libraries
from metarr.store import mappings as stored
from metarr.store.mappings import Mapping as Kept
from metarr.ui.framing import back, house_of
from metarr.ui.settings.area import SETTINGS
from metarr.ui.settings.entered import texts
from metarr.ui.settings.webhooks import NAMES
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.actions.mappings import Named
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
_PAGE = "/settings/webhooks/paths"


@router.get(_PAGE, dependencies=[ADMIN])
async def overview(request: Request) -> HTMLResponse:
    """Every mapping, and every folder that was named of late."""
    return await _page(request, {})


@router.post(_PAGE, dependencies=[ADMIN])
async def change(request: Request) -> Response:
    """Add a mapping, or remove one."""
    house, form = house_of(request), await texts(request)
    try:
        if form.get("deed") == "remove":
            number = _number(form.get("mapping", ""))
            await house.store.write(lambda tx: mappings.remove(tx, number))
            return back(request, "The mapping is removed.", _PAGE)
        kept = await house.store.write(lambda tx: mappings.add(tx, _wanted(form)))
    except InvalidInput as fault:
        return await _page(request, form, fault)
    return back(request, f"{kept.remote} is {kept.local} from now on.", _PAGE)


def _wanted(form: Mapping[str, str]) -> Kept:
    names = ("source", "instance", "remote", "local")
    source, instance, remote, local = (form.get(name, "") for name in names)
    return Kept(source, webhooks.name(instance), remote, local)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) >= len("9223372036854775807"):
        raise InvalidInput("Which mapping is meant? Open the page anew.")
    return int(text)


async def _page(request: Request, form: Mapping[str, str], fault: MetarrError | None = None) -> HTMLResponse:
    def look(tx: Tx) -> tuple[list[Kept], Named, list[str]]:
        return stored.everything(tx), mappings.named(tx), [one.root for one in libraries.everything(tx)]

    kept, named, roots = await house_of(request).store.read(look)
    checks = await in_thread(mappings.proved, named)
    values = {"kept": kept, "checks": checks, "roots": roots, "form": form, "sources": NAMES}
    return await SETTINGS.show(request, "settings_webhook_paths.html", fault, **values)
