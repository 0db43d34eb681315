"""No page is left out of what the browser tests open."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from every_page import OTHERS, PAGES
from metarr import ui

if TYPE_CHECKING:
    from metarr.store.thumbs import Thumbs


def test_the_table_has_every_page() -> None:
    web = FastAPI()
    ui.install(web, cast("Thumbs", None))
    routes = {
        str(context.path)
        for context in iter_route_contexts(web.routes)
        if isinstance(context.original_route, APIRoute) and "GET" in (context.original_route.methods or ())
    }
    pages = {route for route in routes if not route.endswith(".webp")} - OTHERS
    assert pages == {page.route for page in PAGES}
