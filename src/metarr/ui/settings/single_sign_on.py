"""Single sign-on: the provider, the secret, a test of both, who may do what, and who is linked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Form, Request
from fastapi.responses import Response

from metarr.actions.sign_on import connecting
from metarr.api.deps import Id
from metarr.errors import InvalidInput, MetarrError
from metarr.store import sign_ons
from metarr.ui.account.own import entrance_of
from metarr.ui.framing import house_of, onward
from metarr.ui.settings.registry_form import Page
from metarr.ui.settings.sections import FORMS
from metarr.web.access import ADMIN, Known
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.actions.sign_on.connecting import Finding
    from metarr.store.db import Tx
    from metarr.ui.settings.registry_form import Sheet

router = Router(include_in_schema=False)
Text = Annotated[str, Form(max_length=2000)]
_HERE = "/settings/single-sign-on"
_FORM = FORMS["single-sign-on"]


@router.get(_HERE, dependencies=[ADMIN])
async def single_sign_on_page(request: Request) -> Response:
    """All of it."""
    return await _page().show(request)


@router.post(_HERE, dependencies=[ADMIN])
async def save(request: Request) -> Response:
    """The settings; the secret and the test have forms of their own."""
    return await _page().submit(request)


@router.post(f"{_HERE}/secret", dependencies=[ADMIN])
async def change_secret(request: Request, caller: Known, secret: Text = "", deed: Text = "save") -> Response:
    """Another secret, or none."""
    house, is_gone = house_of(request), deed == "forget"
    if not secret and not is_gone:
        return onward(request, _HERE, "Nothing was changed: the field was empty.")
    try:
        await house.store.write(lambda tx: connecting.change_secret(tx, house, caller, "" if is_gone else secret))
    except InvalidInput as error:
        return await _page(fault_of_secret=error).show(request)
    return onward(request, _HERE, "The secret is forgotten." if is_gone else "The secret is stored.")


@router.post(f"{_HERE}/test", dependencies=[ADMIN])
async def test(request: Request) -> Response:
    """What the provider answers, in words."""
    return await _page(await connecting.test(house_of(request), _redirect(request))).show(request)


@router.post(f"{_HERE}/identities/{{identity_id}}/unlink", dependencies=[ADMIN])
async def unlink(request: Request, caller: Known, identity_id: Id) -> Response:
    """A user is nobody's elsewhere any more."""
    found = await connecting.cut_link(entrance_of(request), caller, identity_id)
    return onward(request, _HERE, f"{found.user} is linked no more.")


def _page(findings: tuple[Finding, ...] = (), fault_of_secret: MetarrError | None = None) -> Page:
    values = {"findings": findings, "fault_of_secret": "" if fault_of_secret is None else str(fault_of_secret)}
    return Page(_FORM, "settings_single_sign_on.html", {}, values, _beside)


async def _beside(request: Request, _form: Sheet) -> Mapping[str, Any]:
    def body(tx: Tx) -> Mapping[str, Any]:
        return {"has_secret": connecting.has_secret(tx), "identities": sign_ons.everyone(tx)}

    return {**await house_of(request).store.read(body), "redirect_address": _redirect(request)}


def _redirect(request: Request) -> str:
    return connecting.redirect_of(str(request.base_url))
