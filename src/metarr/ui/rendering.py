"""Pages from templates: everything is escaped, and no copy is kept by browsers or proxies."""

from __future__ import annotations

from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from metarr.actions.showing import shown
from metarr.ui import said

_templates = Environment(
    loader=PackageLoader("metarr.ui"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.filters["shown"] = shown
_templates.filters["bytes"] = said.size
_templates.filters["lasting"] = said.lasting
_templates.filters["moment"] = said.moment
_templates.filters["since"] = said.since
_templates.filters["counted"] = said.counted


def render(template: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401  what templates show
    """The page."""
    text = _templates.get_template(template).render(**values)
    return HTMLResponse(shown(text), status, headers={"Cache-Control": "no-store"})
