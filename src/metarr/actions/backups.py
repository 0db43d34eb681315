"""Backups: which there are, one more, one less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.actions import phases
from metarr.model.audit import Deed
from metarr.model.schedule import Chore
from metarr.phases.base import in_thread
from metarr.store import audit, settings
from metarr.store.backups import making

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.actions.installation import Installation
    from metarr.actions.phases import Started
    from metarr.store.backups.making import Backup


async def folder(house: Installation) -> Path:
    """Where they lie."""
    chosen = await house.store.read(settings.load)
    return making.folder_in(house.data, chosen.backup.folder)


async def listed(house: Installation) -> list[Backup]:
    """All of them, newest first."""
    return await in_thread(making.listed, await folder(house))


async def get(house: Installation, name: str) -> Backup:
    """One of them. Raises NotFound."""
    return await in_thread(making.get, await folder(house), name)


async def make(house: Installation) -> Started:
    """Ask for one now; it is a job."""
    return await house.store.write(lambda tx: phases.chore(tx, Chore.BACKUP, None))


async def fetch(house: Installation, name: str) -> Backup:
    """One of them, for somebody to keep; nobody gets it unnoticed, for it holds every secret. Raises NotFound."""
    found = await get(house, name)
    await house.store.write(lambda tx: audit.record(tx, Deed.BACKUP_FETCHED, name))
    return found


async def remove(house: Installation, name: str) -> None:
    """It is no more. Raises NotFound."""
    await in_thread(making.remove, await folder(house), name)
    await house.store.write(lambda tx: audit.record(tx, Deed.BACKUP_REMOVED, name))
