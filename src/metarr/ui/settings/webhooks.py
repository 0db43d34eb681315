"""What Radarr, Sonarr and Lidarr need to tell us what they do: addresses, keys, and the settings to look at there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse

from metarr import webhooks
from metarr.actions import accounts
from metarr.actions import webhooks as taking
from metarr.errors import InvalidInput, MetarrError
from metarr.model.access import Right
from metarr.store import api_keys
from metarr.store.deliveries import Query as Wanted
from metarr.ui.account.own import entrance_of
from metarr.ui.framing import house_of
from metarr.ui.settings.area import SETTINGS
from metarr.web import BASE
from metarr.web.access import ADMIN, Known
from metarr.web.routing import Router
from metarr.webhooks import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.store.api_keys import ApiKey
    from metarr.store.db import Row, Tx

router = Router(include_in_schema=False)
_PAGE = "/settings/webhooks"
_RECENT = 200  # deliveries in which senders are looked for
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
NAMES = {one: one.title() for one in Source}
_Instance = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Heard:
    """Who has sent something of late. `instance`: which of several; "": it has no name."""

    source: str
    instance: str
    last: Row


@dataclass(frozen=True, slots=True)
class Made:
    """A key that was made just now; it is seen this once."""

    source: Source
    key: str


@router.get(_PAGE, dependencies=[ADMIN])
async def overview(request: Request, instance: _Instance = "") -> HTMLResponse:
    """Addresses and steps; `instance`: for one of several of a kind."""
    return await _page(request, instance)


@router.post(_PAGE, dependencies=[ADMIN])
async def make_key(
    request: Request,
    caller: Known,
    source: Annotated[Source, Form()],
    name: Annotated[str, Form(max_length=200)] = "",
    instance: _Instance = "",
) -> HTMLResponse:
    """A key that can do nothing but deliver. This page shows it, and no other ever does."""
    try:
        _, key = await accounts.add_key(entrance_of(request), caller, name or NAMES[source], [Right.WEBHOOK])
    except InvalidInput as fault:
        return await _page(request, instance, fault=fault)
    return await _page(request, instance, Made(source, key))


async def _page(
    request: Request, instance: str, made: Made | None = None, fault: MetarrError | None = None
) -> HTMLResponse:
    def look(tx: Tx) -> tuple[list[ApiKey], list[Heard]]:
        rows, _ = taking.listed(tx, Wanted(), _RECENT)
        return [key for key in api_keys.everything(tx) if Right.WEBHOOK in key.scopes], _heard(rows)

    keys, heard = await house_of(request).store.read(look)
    named = webhooks.name(instance).strip()
    tail = f"/{quote(named, safe='')}" if named else ""
    values = {"base": str(request.base_url).rstrip("/") + BASE, "tail": tail, "instance": named}
    return await SETTINGS.show(
        request,
        "settings_webhooks.html",
        fault,
        sources=NAMES,
        keys=keys,
        heard=heard,
        made=made,
        is_local=request.url.hostname in _LOCAL,
        **values,
    )


def _heard(rows: Sequence[Row]) -> list[Heard]:
    """The senders of these deliveries, which come newest first."""
    found: dict[tuple[str, str], Heard] = {}
    for row in rows:
        found.setdefault((row["source"], row["instance"]), Heard(row["source"], row["instance"], row))
    return sorted(found.values(), key=lambda one: (one.source, one.instance))
