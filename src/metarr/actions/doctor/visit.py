"""Every look, side by side: one that hangs or breaks holds up no other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from metarr.actions.doctor import disk, inside, outside
from metarr.actions.doctor.finding import Finding, Level
from metarr.errors import MetarrError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from metarr.actions.installation import Installation

    Check = Callable[[Installation], Awaitable[list[Finding]]]

_PATIENCE = 60.0  # seconds
CHECKS: Final[Mapping[str, Check]] = {
    "Libraries": disk.roots,
    "Database": disk.database,
    "Room": disk.room,
    "Cache": disk.cache,
    "Watching": disk.watching,
    "Providers": outside.provider_keys,
    "Players": outside.player_folders,
    "Webhooks": outside.webhooks,
    "Jobs": inside.jobs,
    "Clock": inside.clock,
    "Secrets": inside.secrets,
    "Backups": inside.copies,
}


async def visit(house: Installation) -> list[Finding]:
    """All findings, the worst first."""
    found = await asyncio.gather(*(_look(house, name, check) for name, check in CHECKS.items()))
    order = [Level.FAULT, Level.WARNING, Level.NOTICE, Level.WELL]
    return sorted((one for findings in found for one in findings), key=lambda one: order.index(one.level))


async def _look(house: Installation, name: str, check: Check) -> list[Finding]:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check(house)
    except TimeoutError:
        return [
            Finding(Level.FAULT, name, f"This could not be found out within {_PATIENCE:.0f} seconds.", "Try again.")
        ]
    except MetarrError as error:
        return [Finding(Level.FAULT, name, str(error))]
