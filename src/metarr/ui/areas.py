"""Areas of many pages (settings, system, one's own account): the list of them stands beside each."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from metarr.model.access import Right
from metarr.ui.framing import show
from metarr.web.problems import problem_of

if TYPE_CHECKING:
    from fastapi import Request
    from fastapi.responses import HTMLResponse

    from metarr.errors import MetarrError


class Place(NamedTuple):
    """A page of an area. `help`: one sentence for its index; `right`: what a visitor needs to see it."""

    address: str
    name: str
    help: str
    right: Right = Right.READ


@dataclass(frozen=True, slots=True)
class Area:
    """`place`: its entry in the navigation; `groups`: headings ("": none) with their pages."""

    place: str
    name: str
    groups: tuple[tuple[str, tuple[Place, ...]], ...]

    async def show(
        self,
        request: Request,
        template: str,
        fault: MetarrError | None = None,
        **values: Any,  # noqa: ANN401  what templates show
    ) -> HTMLResponse:
        """A page that extends beside.html; with a fault, what went wrong stands at its top, and in the status."""
        status = HTTPStatus.OK if fault is None else problem_of(fault).status_code
        text = "" if fault is None else str(fault)
        return await show(
            request, template, self.place, status, area=self.name, groups=self.groups, fault=text, **values
        )
