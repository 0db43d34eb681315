"""`/api/v1/providers`: the metadata providers with their state and settings, and a test of address and key."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Path, Response

from metarr.actions import provider_settings, providers
from metarr.api import etags
from metarr.api.deps import House
from metarr.api.etags import IfMatch
from metarr.api.health_shapes import ProviderHealth, ProviderTest
from metarr.api.settings_shapes import ProviderSettings
from metarr.store.db import Tx
from metarr.web.access import ADMIN, READ
from metarr.web.routing import Router

router = Router(prefix="/providers", tags=["providers"])
_Name = Annotated[str, Path(max_length=40, examples=["tmdb"])]
_EXAMPLE = {"apiKey": "0123456789abcdef0123456789abcdef", "requestsPerSecond": 20, "enabled": True}
_Patch = Annotated[dict[str, Any], Body(examples=[_EXAMPLE])]
_Draft = Annotated[dict[str, Any] | None, Body(examples=[_EXAMPLE])]


@router.get("", dependencies=[READ])
async def list_providers(house: House) -> list[ProviderHealth]:
    """Every provider: its state, its calls and their limit, and the words that its terms ask for."""
    found = await house.store.read(lambda tx: providers.listed(tx, house))
    return [ProviderHealth.model_validate(one) for one in found]


@router.post("/{name}/test", dependencies=[ADMIN])
async def prove_provider(house: House, name: _Name, draft: _Draft = None) -> ProviderTest:
    """Ask the provider now, to prove its address and our key. With a body: as if this had been set already."""
    if draft is None:
        return ProviderTest.model_validate(await providers.test(house, name))
    wanted = await house.store.read(lambda tx: provider_settings.draft(tx, house, name, draft))
    return ProviderTest.model_validate(await providers.test_draft(name, wanted))


@router.get("/{name}/settings", dependencies=[READ])
async def get_provider_settings(house: House, name: _Name, response: Response) -> ProviderSettings:
    """What can be set of a provider, and what it is; of keys only whether they are set."""
    found = await house.store.read(lambda tx: _shown(tx, house, name))
    response.headers["ETag"] = _tag(found)
    return found


@router.patch("/{name}/settings", dependencies=[ADMIN])
async def change_provider_settings(
    house: House, name: _Name, patch: _Patch, response: Response, if_match: IfMatch = None
) -> ProviderSettings:
    """Set or clear (null) a key, a limit and the rest. It counts at once: what the provider may know is asked of it."""

    def body(tx: Tx) -> ProviderSettings:
        etags.check(if_match, _tag(_shown(tx, house, name)))
        provider_settings.change(tx, house, name, patch)
        return _shown(tx, house, name)

    changed = await house.store.write(body)
    response.headers["ETag"] = _tag(changed)
    return changed


def _shown(tx: Tx, house: House, name: str) -> ProviderSettings:
    settings = provider_settings.shown(tx, house, name)
    return ProviderSettings.model_validate({"name": name, "settings": list(settings)}, from_attributes=True)


def _tag(shown: ProviderSettings) -> str:
    return etags.etag_of(shown.model_dump(mode="json", by_alias=True))
