"""`/backups`: copies of everything that the program knows. The command line restores one, while nobody works."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Path
from fastapi.responses import FileResponse
from pydantic import ConfigDict

from metarr.actions import backups
from metarr.api.deps import House
from metarr.api.shapes import Shape, Started
from metarr.store.backups.archive import Reason
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from metarr.store.backups.making import Backup

router = Router(prefix="/backups", tags=["backups"])
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9.-]{1,100}$", examples=["metarr-20261122-013000-scheduled.zip"])]


class BackupFile(Shape):
    """One backup. `size`: bytes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "metarr-20261122-013000-scheduled.zip",
                    "madeAt": "2026-11-22T01:30:00Z",
                    "reason": "scheduled",
                    "size": 8_400_000,
                }
            ]
        }
    )

    name: str
    made_at: datetime
    reason: Reason
    size: int


class BackupList(Shape):
    """What lies in the folder of backups, newest first."""

    folder: str
    backups: list[BackupFile]


@router.get("", dependencies=[ADMIN])
async def list_backups(house: House) -> BackupList:
    """Every backup there is."""
    found = [
        BackupFile(name=one.path.name, made_at=one.at, reason=one.reason, size=one.size)
        for one in await backups.listed(house)
    ]
    return BackupList(folder=str(await backups.folder(house)), backups=found)


@router.post("", status_code=HTTPStatus.ACCEPTED, dependencies=[ADMIN])
async def make_backup(house: House) -> Started:
    """Make one now, as a job."""
    return Started.model_validate(await backups.make(house))


@router.get(
    "/{name}",
    response_class=FileResponse,
    responses={HTTPStatus.OK.value: {"content": {"application/zip": {}}, "description": "The backup"}},
    dependencies=[ADMIN],
)
async def download_backup(house: House, name: Name) -> FileResponse:
    """The file itself. It holds the key that opens the secrets in it: keep it as you keep passwords."""
    return file_of(await backups.fetch(house, name))


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT, dependencies=[ADMIN])
async def remove_backup(house: House, name: Name) -> None:
    """Remove one."""
    await backups.remove(house, name)


def file_of(backup: Backup) -> FileResponse:
    """As browsers and programs keep it."""
    return FileResponse(backup.path, media_type="application/zip", filename=backup.path.name)
