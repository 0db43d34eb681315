"""`/api/v1/settings/phase-config`, `/api/v1/settings/scanning` and `/api/v1/health`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from metarr.actions import health, phase_config
from metarr.api.deps import House
from metarr.api.health_shapes import Health
from metarr.settings import PhaseConfig, ScanningSettings
from metarr.store import settings
from metarr.web.access import ADMIN, READ

router = APIRouter()


@router.get("/settings/phase-config", tags=["settings"], dependencies=[READ])
async def get_phase_config(house: House) -> PhaseConfig:
    """Which phases are on, and how they work."""
    return (await house.store.read(settings.load)).phase_config


@router.patch("/settings/phase-config", tags=["settings"], dependencies=[ADMIN])
async def change_phase_config(house: House, patch: dict[str, Any]) -> PhaseConfig:
    """Change some keys. What a change makes possible for the items that are there is submitted at once."""
    return await house.store.write(lambda tx: phase_config.change(tx, patch, house.conditions))


@router.get("/settings/scanning", tags=["settings"], dependencies=[READ])
async def get_scanning(house: House) -> ScanningSettings:
    """How libraries are scanned, and whether they are watched."""
    return (await house.store.read(settings.load)).scanning


@router.patch("/settings/scanning", tags=["settings"], dependencies=[ADMIN])
async def change_scanning(house: House, patch: dict[str, Any]) -> ScanningSettings:
    """Change some keys. The next scan goes by them; watching begins and ends within seconds."""
    return (await house.store.write(lambda tx: settings.change(tx, "scanning", patch))).scanning


@router.get("/health", tags=["health"], dependencies=[READ])
async def get_health(house: House) -> Health:
    """What is wrong now, one line per cause."""
    return Health.model_validate(await house.store.read(lambda tx: health.report(tx, house)))
