"""What routes ask for: the installation they act on, and short ways to run an action in a transaction."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from metarr.actions.installation import Installation
from metarr.jobs.summary import Scope


def _installation(request: Request) -> Installation:
    installation: Installation = request.app.state.installation
    return installation


def _scope(
    root: int | None = None, item: int | None = None, library: int | None = None, since: int | None = None
) -> Scope:
    return Scope(root=root, item_id=item, library_id=library, since=since)


House = Annotated[Installation, Depends(_installation)]
Scoped = Annotated[Scope, Depends(_scope)]
Limit = Annotated[int, Query(ge=1, le=500)]
