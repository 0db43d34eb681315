"""`/api/v1/single-sign-on`: the secret of the client, a test of the connection, and which users are whom elsewhere.

What else can be set of it is a section of the settings, `/api/v1/settings/singleSignOn`.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ConfigDict, Field, SecretStr

from metarr.actions.entrance import Entrance
from metarr.actions.sign_on import connecting
from metarr.api.deps import House, Id
from metarr.api.shapes import Shape, Text
from metarr.store import sign_ons
from metarr.web.access import ADMIN, Known
from metarr.web.routing import Router

router = Router(prefix="/single-sign-on", tags=["accounts"])


class Connection(Shape):
    """`redirectAddress`: what is to be registered at the provider, for the address that this was asked at."""

    has_secret: bool
    redirect_address: Text


class ClientSecret(Shape):
    model_config = ConfigDict(json_schema_extra={"examples": [{"secret": "insecure_secret"}]})

    secret: Annotated[SecretStr, Field(max_length=1000)]
    """Empty: there is none any more."""


class Finding(Shape):
    is_well: bool
    words: Text


class UserIdentity(Shape):
    """A user who is somebody elsewhere. `issuer`: who says so; `proxy`: a trusted proxy."""

    id: int
    user_id: int
    user: Text
    issuer: Text
    subject: Text
    name: Text
    linked_at: datetime


def _entrance(request: Request) -> Entrance:
    entrance: Entrance = request.app.state.entrance
    return entrance


def _redirect(request: Request) -> str:
    return connecting.redirect_of(str(request.base_url))


Door = Annotated[Entrance, Depends(_entrance)]
Redirect = Annotated[str, Depends(_redirect)]


@router.get("", dependencies=[ADMIN])
async def get_single_sign_on(house: House, redirect: Redirect) -> Connection:
    """Whether the client's secret is stored for the issuer, and where the provider sends people back to."""
    return Connection(has_secret=await house.store.read(connecting.has_secret), redirect_address=redirect)


@router.put("/secret", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def change_client_secret(house: House, caller: Known, new: ClientSecret) -> None:
    """Keep the client's secret, sealed, for the issuer and the client as they are set now; it is never shown."""
    secret = new.secret.get_secret_value()
    await house.store.write(lambda tx: connecting.change_secret(tx, house, caller, secret))


@router.post("/test", dependencies=[ADMIN])
async def test_single_sign_on(house: House, redirect: Redirect) -> list[Finding]:
    """Ask the provider what a login would ask it, as the settings are stored."""
    return [Finding.model_validate(one) for one in await connecting.test(house, redirect)]


@router.get("/identities", dependencies=[ADMIN])
async def list_identities(house: House) -> list[UserIdentity]:
    """Which users are whom elsewhere, by the users' names."""
    return [UserIdentity.model_validate(one) for one in await house.store.read(sign_ons.everyone)]


@router.delete("/identities/{identity_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def unlink_identity(door: Door, caller: Known, identity_id: Id) -> None:
    """A user is nobody's elsewhere any more. The sessions that were begun so end; the user stays."""
    await connecting.cut_link(door, caller, identity_id)
