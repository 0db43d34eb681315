"""`/api/v1/settings`: every section by its name, what can be set at all, and `/api/v1/health`.

The routes of the sections are made from the models in `metarr.settings`; a new section has its routes by being there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Body, Response

from metarr.actions import health
from metarr.actions import settings as actions
from metarr.api import etags
from metarr.api.deps import House
from metarr.api.etags import IfMatch
from metarr.api.health_shapes import Health
from metarr.api.settings_shapes import Group
from metarr.section import Section
from metarr.settings import Settings
from metarr.store import settings
from metarr.web.access import ADMIN, READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.store.db import Tx

router = Router()
_EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "phase-config": {"enrichment": {"autoSelectAssets": True}, "playerSync": {"autoSync": None}},
    "enrichment": {"languages": ["de", "original"], "artworkLimits": {"poster": 2, "fanart": None}},
    "jobs": {"maxAttempts": 5},
}
_Patch = Annotated[dict[str, Any], Body()]
_CHANGING = (
    "Change some keys, as a JSON merge patch (RFC 7396): null is the way back to the default. It counts at once, and "
    "what it makes possible for the items that are there is submitted."
)


@router.get("/settings", tags=["settings"], dependencies=[READ])
async def get_settings(house: House, response: Response) -> Settings:
    """All settings, section by section."""
    found = await house.store.read(settings.load)
    response.headers["ETag"] = _tag(found)
    return found


@router.get("/settings/schema", tags=["settings"], dependencies=[READ])
async def get_schema() -> list[Group]:
    """Everything that can be set, in order, with its meaning, default and bounds: enough to make forms of."""
    return [Group.model_validate(group) for group in actions.described()]


def _add_section(path: str, field: str, model: type[Section], meaning: str) -> None:
    async def read(house: House, response: Response) -> Section:
        found = await house.store.read(lambda tx: actions.section(tx, field))
        response.headers["ETag"] = _tag(found)
        return found

    async def change(
        house: House,
        response: Response,
        patch: _Patch,
        if_match: IfMatch = None,
    ) -> Section:
        def body(tx: Tx) -> Section:
            etags.check(if_match, _tag(actions.section(tx, field)))
            return actions.change(tx, field, patch, house.conditions)

        changed = await house.store.write(body)
        response.headers["ETag"] = _tag(changed)
        return changed

    example = {"requestBody": {"content": {"application/json": {"example": _EXAMPLES.get(path, {})}}}}
    for method, route, right, words, extra in (
        ("GET", read, READ, meaning, None),
        ("PATCH", change, ADMIN, _CHANGING, example),
    ):
        router.add(
            method,
            f"/settings/{path}",
            route,
            response_model=model,
            tags=["settings"],
            dependencies=[right],
            name=f"{'get' if method == 'GET' else 'change'}_{field}_settings",
            summary=f"{method.capitalize()} {path}",
            description=words,
            openapi_extra=extra,
        )


def _tag(section: Section) -> str:
    return etags.etag_of(section.model_dump(mode="json", by_alias=True))


for _group in actions.described():
    _add_section(_group.name, actions.sections()[_group.name], actions.model_of(_group.name), _group.help)


@router.get("/health", tags=["health"], dependencies=[READ])
async def get_health(house: House) -> Health:
    """What is wrong now, one line per cause."""
    return Health.model_validate(await house.store.read(lambda tx: health.report(tx, house)))
