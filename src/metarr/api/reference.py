"""The API's reference page, written from the code: `python -m metarr.api.reference > docs/api.md`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI

from metarr.api.application import ROUTERS
from metarr.web import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEAD = f"""# REST API

Written from the code by `python -m metarr.api.reference`; do not edit. The full description with every field is
OpenAPI 3.1 at `{BASE}/openapi.json`.

Every error is a problem document (RFC 9457, `application/problem+json`) with `type`, `title`, `status` and `detail`.
With `METARR_API_KEY` set, every request carries it in the header `X-Api-Key`. Lists are paged by key: an answer's
`after` (items) or `before` (jobs) asks for the next page.
"""


def page() -> str:
    """The page as Markdown."""
    app = FastAPI()
    api = APIRouter(prefix=BASE)
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    return _HEAD + "".join(_sections(app.openapi()["paths"]))


def _sections(paths: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    tag = ""
    for path, methods in paths.items():
        for method, operation in methods.items():
            if operation["tags"][0] != tag:
                tag = operation["tags"][0]
                yield f"\n## {tag.capitalize()}\n\n| request | |\n|---|---|\n"
            yield f"| `{method.upper()} {path}{_query(operation)}` | {_words(operation)} |\n"


def _query(operation: Mapping[str, Any]) -> str:
    names = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
    return f"?{'&'.join(names)}" if names else ""


def _words(operation: Mapping[str, Any]) -> str:
    return str(operation.get("description") or operation["summary"]).replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(page())
