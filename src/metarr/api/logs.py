"""`/system/logs`: what the program wrote down."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from metarr.actions import logs
from metarr.api.deps import House, Number
from metarr.api.shapes import Document, Shape, Text
from metarr.web.access import ADMIN
from metarr.web.routing import Router

router = Router(prefix="/system/logs", tags=["system"])


class Level(StrEnum):
    """How bad it is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class Line(Shape):
    """One line. `more`: what else was said of it."""

    at: datetime
    level: Text
    event: Text
    job: int | None
    phase: Text | None
    item: int | None
    more: Document
    traceback: Text | None


class LogPage(Shape):
    """Newest first. `before`: what to ask the next page with; null: this was the last one."""

    lines: list[Line]
    before: datetime | None


@router.get("", dependencies=[ADMIN])
async def list_log(
    house: House,
    level: Level = Level.DEBUG,
    text: Annotated[str, Query(max_length=200)] = "",
    job: Number = None,
    before: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> LogPage:
    """What was written down of that level or worse, with these words in it, of this job, before then."""
    wanted = logs.Wanted(level.value, text, job, before)
    found = await logs.page(house, wanted, limit + 1)
    lines = [Line.model_validate(one) for one in found[:limit]]
    return LogPage(lines=lines, before=lines[-1].at if len(found) > limit else None)
