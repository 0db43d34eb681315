"""API keys: what programs log in with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from metarr.actions import accounts
from metarr.api.deps import Id
from metarr.errors import Conflict, InvalidInput, MetarrError
from metarr.model.access import Right
from metarr.store import api_keys
from metarr.ui.account.own import entrance_of
from metarr.ui.framing import house_of, onward
from metarr.ui.settings.area import SETTINGS
from metarr.web.access import ADMIN, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

router = Router(include_in_schema=False)
_HERE = "/settings/api-keys"
_MAY = {
    Right.WEBHOOK: "deliver what Radarr and Sonarr send, and nothing else",
    Right.READ: "see everything but secrets",
    Right.OPERATE: "edit items and start work, too",
    Right.ADMIN: "do everything, as an administrator",
}


class Shown(NamedTuple):
    """A key that was just made; it is seen this once."""

    name: str
    key: str
    is_for_webhooks: bool


@router.get("/settings/api-keys", dependencies=[ADMIN])
async def keys_page(request: Request) -> HTMLResponse:
    """The list, and the form for one more."""
    return await _page(request)


@router.post("/settings/api-keys", dependencies=[ADMIN])
async def add(
    request: Request,
    caller: Known,
    scope: Annotated[list[Right], Form(default_factory=list, max_length=len(Right))],
    name: Annotated[str, Form(max_length=2000)] = "",
) -> HTMLResponse:
    """One more key, which the answer shows."""
    try:
        added, key = await accounts.add_key(entrance_of(request), caller, name, scope)
    except (Conflict, InvalidInput) as error:
        return await _page(request, error, {"name": name, "scopes": scope})
    return await _page(request, made=Shown(added.name, key, Right.WEBHOOK in added.scopes))


@router.post("/settings/api-keys/{key_id}/remove", dependencies=[ADMIN])
async def remove(request: Request, caller: Known, key_id: Id) -> RedirectResponse:
    """It opens nothing any more."""
    await accounts.remove_key(entrance_of(request), caller, key_id)
    return onward(request, _HERE, "The key is revoked: it opens nothing any more.")


async def _page(
    request: Request,
    error: MetarrError | None = None,
    given: Mapping[str, object] | None = None,
    made: Shown | None = None,
) -> HTMLResponse:
    keys = await house_of(request).store.read(api_keys.everything)
    values = {"keys": keys, "rights": _MAY, "given": given or {}, "made": made}
    return await SETTINGS.show(request, "settings_api_keys.html", error, **values)
