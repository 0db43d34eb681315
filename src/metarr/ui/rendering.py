"""Pages from templates: everything is escaped, and no copy is kept by browsers or proxies."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from metarr.actions.remedies import remedy
from metarr.actions.showing import shown
from metarr.model.words import counted
from metarr.ui import said
from metarr.ui.badges import STATES
from metarr.ui.said import Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_USUAL = Clock()
_clock: ContextVar[Clock] = ContextVar("_clock")  # of the page being made: macros know nothing of its values


def _timed(say: Callable[[datetime, Clock], str]) -> Callable[[datetime], str]:
    return lambda at: say(at, _clock.get())


_templates = Environment(
    loader=PackageLoader("metarr.ui"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.filters["shown"] = shown
_templates.filters["bytes"] = said.size
_templates.filters["lasting"] = said.lasting
_templates.filters["moment"] = _timed(said.moment)
_templates.filters["since"] = _timed(said.since)
_templates.filters["until"] = _timed(said.until)
_templates.filters["day"] = _timed(said.day)
_templates.filters["source"] = said.source
_templates.filters["counted"] = counted
_templates.filters["badge"] = STATES.__getitem__
_templates.filters["remedy"] = lambda cause: remedy(cause).words


def render(
    template: str,
    status: int = 200,
    clock: Clock = _USUAL,
    /,
    **values: Any,  # noqa: ANN401  what templates show
) -> HTMLResponse:
    """The page. `clock`: how it writes times."""
    before = _clock.set(clock)
    try:
        text = _templates.get_template(template).render(**values)
    finally:
        _clock.reset(before)
    return HTMLResponse(shown(text), status, headers={"Cache-Control": "no-store"})
