"""`/api/v1/webhooks` and `/api/v1/path-mappings`: what download managers send, and where they see our folders."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import HTTPException, Path, Request

from metarr import webhooks
from metarr.actions import mappings
from metarr.actions import webhooks as taking
from metarr.actions.installation import Installation
from metarr.actions.webhooks import Sender
from metarr.api import webhook_shapes as shapes
from metarr.api.deps import House, Id, Limit, Number
from metarr.errors import InvalidInput
from metarr.phases.base import in_thread
from metarr.store import deliveries
from metarr.store import mappings as stored_mappings
from metarr.web.access import ADMIN, OPERATE, READ, WEBHOOK
from metarr.web.routing import Router
from metarr.webhooks import Source

router = Router()
_LARGEST = 8 << 20  # bytes; the rename of a long show lists every file
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "What Radarr, Sonarr or Lidarr send, of any version.",
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {
                    "eventType": "Download",
                    "instanceName": "Radarr",
                    "movie": {"title": "Heat", "year": 1995, "folderPath": "/movies/Heat (1995)", "tmdbId": 949},
                    "movieFile": {"relativePath": "Heat (1995).mkv"},
                    "isUpgrade": False,
                },
            }
        },
    }
}
_RECEIVING: dict[str, Any] = {
    "status_code": HTTPStatus.ACCEPTED,
    "tags": ["webhooks"],
    "openapi_extra": _BODY,
    "dependencies": [WEBHOOK],
}
Instance = Annotated[str, Path(max_length=100)]


@router.get("/webhooks/deliveries", tags=["webhooks"], dependencies=[READ])
async def list_deliveries(
    house: House,
    source: Source | None = None,
    outcome: deliveries.Outcome | None = None,
    before: Number = None,
    limit: Limit = 100,
) -> shapes.DeliveryPage:
    """What was received, newest first, and what became of it."""
    query = deliveries.Query(before, source, outcome)
    rows, following = await house.store.read(lambda tx: taking.listed(tx, query, limit))
    return shapes.DeliveryPage(deliveries=[shapes.Delivery.model_validate(row) for row in rows], before=following)


@router.get("/webhooks/deliveries/{delivery_id}", tags=["webhooks"], dependencies=[READ])
async def get_delivery(house: House, delivery_id: Id) -> shapes.DeliveryDetails:
    """One delivery with what was sent."""
    row = await house.store.read(lambda tx: deliveries.get(tx, delivery_id))
    return shapes.DeliveryDetails.model_validate(row)


@router.post(
    "/webhooks/deliveries/{delivery_id}/replay",
    status_code=HTTPStatus.ACCEPTED,
    tags=["webhooks"],
    dependencies=[OPERATE],
)
async def replay_delivery(house: House, delivery_id: Id) -> shapes.Received:
    """Take it once more: after a path mapping was added, say. It is a delivery of its own then."""
    return shapes.Received.model_validate(await house.store.write(lambda tx: taking.replay(tx, delivery_id)))


@router.post("/webhooks/{source}", **_RECEIVING)
@router.put("/webhooks/{source}", operation_id="receiveByPut", **_RECEIVING)
async def receive(house: House, source: Source, request: Request) -> shapes.Received:
    """Take what a download manager sends. It is stored and answered at once; the work follows."""
    return await _receive(house, Sender(source), request)


@router.post("/webhooks/{source}/{instance}", **_RECEIVING)
@router.put("/webhooks/{source}/{instance}", operation_id="receiveFromByPut", **_RECEIVING)
async def receive_from(house: House, source: Source, instance: Instance, request: Request) -> shapes.Received:
    """The same from one of several of a kind, by a name that its path mappings have, too."""
    return await _receive(house, Sender(source, webhooks.name(instance)), request)


async def _receive(house: Installation, sender: Sender, request: Request) -> shapes.Received:
    received = webhooks.receive(sender.source, await _body(request))
    taken = await house.store.write(lambda tx: taking.take(tx, sender, received), is_urgent=True)
    if not received.is_document:
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"{received.fault} It is kept as delivery {taken.id}.")
    if received.event is None:
        raise InvalidInput(f"{received.fault} It is kept as delivery {taken.id}.")
    return shapes.Received.model_validate(taken)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"More than {_LARGEST} bytes are no webhook.")
    return bytes(body)


@router.get("/path-mappings", tags=["path mappings"], dependencies=[READ])
async def list_mappings(house: House) -> list[shapes.Mapping]:
    """Where download managers see our folders under other paths. The longest that covers a path counts."""
    found = await house.store.read(stored_mappings.everything)
    return [shapes.Mapping.model_validate(one) for one in found]


@router.post("/path-mappings", status_code=HTTPStatus.CREATED, tags=["path mappings"], dependencies=[ADMIN])
async def add_mapping(house: House, new: shapes.NewMapping) -> shapes.Mapping:
    """Say what a download manager's folder is here."""
    wanted = stored_mappings.Mapping(new.source.value, webhooks.name(new.instance), new.remote, new.local)
    return shapes.Mapping.model_validate(await house.store.write(lambda tx: mappings.add(tx, wanted)))


@router.delete(
    "/path-mappings/{mapping_id}", status_code=HTTPStatus.NO_CONTENT, tags=["path mappings"], dependencies=[ADMIN]
)
async def remove_mapping(house: House, mapping_id: Id) -> None:
    """Forget one."""
    await house.store.write(lambda tx: mappings.remove(tx, mapping_id))


@router.get("/path-mappings/check", tags=["path mappings"], dependencies=[READ])
async def check_mappings(house: House) -> list[shapes.MappingCheck]:
    """Prove the mappings: each folder that was named of late, what it is here, and whether it is there."""
    found = await house.store.read(mappings.named)
    return [shapes.MappingCheck.model_validate(one) for one in await in_thread(mappings.proved, found)]
