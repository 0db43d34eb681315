"""What routes ask for: the installation they act on, and short ways to run an action in a transaction."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from metarr.actions.installation import Installation
from metarr.jobs.summary import Scope


def _installation(request: Request) -> Installation:
    installation: Installation = request.app.state.installation
    return installation


LARGEST = 2**63 - 1  # of the numbers that a database counts with
Id = Annotated[int, Path(ge=1, le=LARGEST)]
Number = Annotated[int | None, Query(ge=0, le=LARGEST)]


def _scope(
    root: Annotated[int | None, Query(ge=0, le=LARGEST, description="The job that a workflow began with.")] = None,
    item: Number = None,
    library: Number = None,
    since: Annotated[int | None, Query(ge=0, le=LARGEST, description="From this job on.")] = None,
) -> Scope:
    return Scope(root=root, item_id=item, library_id=library, since=since)


House = Annotated[Installation, Depends(_installation)]
Scoped = Annotated[Scope, Depends(_scope)]
Limit = Annotated[int, Query(ge=1, le=500)]
