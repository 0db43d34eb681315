"""No page is left out of what the browser tests open."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import FastAPI

from every_page import OTHERS, PAGES
from metarr import ui
from metarr.web.routing import Route

if TYPE_CHECKING:
    from metarr.store.thumbs import Thumbs


def test_the_table_has_every_page() -> None:
    web = FastAPI()
    ui.install(web, cast("Thumbs", None))
    routes = {route.path for route in web.routes if isinstance(route, Route) and route.method == "GET"}
    pages = {route for route in routes if not route.endswith(".webp")} - OTHERS
    assert pages == {page.route for page in PAGES}
