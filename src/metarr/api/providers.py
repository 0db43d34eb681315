"""`/api/v1/providers`: the metadata providers with their state, and a test of address and key."""

from __future__ import annotations

from fastapi import APIRouter

from metarr.actions import providers
from metarr.api.deps import House
from metarr.api.health_shapes import ProviderHealth, ProviderTest
from metarr.web.access import ADMIN, READ

router = APIRouter(prefix="/providers", tags=["providers"])


@router.get("", dependencies=[READ])
async def list_providers(house: House) -> list[ProviderHealth]:
    """Every provider: its state, its calls and their limit, and the words that its terms ask for."""
    found = await house.store.read(lambda tx: providers.listed(tx, house))
    return [ProviderHealth.model_validate(one) for one in found]


@router.post("/{name}/test", dependencies=[ADMIN])
async def test_provider(house: House, name: str) -> ProviderTest:
    """Ask the provider now, to prove its address and our key."""
    return ProviderTest.model_validate(await providers.test(house, name))
