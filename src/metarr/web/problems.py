"""Every error as RFC 9457 problem details: the type of the error decides the status, its text is the detail.

Types are stable names for programs: `urn:metarr:problem:not-found`. Texts are for people and may change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import Match

from metarr.errors import (
    BadCredentials,
    Conflict,
    Forbidden,
    InvalidInput,
    MetarrError,
    NotFound,
    Outdated,
    Permanent,
    Throttled,
    Transient,
    Unauthenticated,
    Wait,
    shown,
)
from metarr.web import BASE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI, Request

MEDIA_TYPE: Final = "application/problem+json"
_URN = "urn:metarr:problem:"


class ProblemType(NamedTuple):
    """What a type of problem says of itself, always the same."""

    title: str
    status: HTTPStatus


PROBLEM_TYPES: Mapping[str, ProblemType] = MappingProxyType(
    {
        "malformed": ProblemType("The request is not understood", HTTPStatus.BAD_REQUEST),
        "unauthenticated": ProblemType("Who asks is not known", HTTPStatus.UNAUTHORIZED),
        "forbidden": ProblemType("Who asks may not do this", HTTPStatus.FORBIDDEN),
        "foreign-page": ProblemType("Another site's page may change nothing", HTTPStatus.FORBIDDEN),
        "not-found": ProblemType("What is named does not exist", HTTPStatus.NOT_FOUND),
        "method-not-allowed": ProblemType("This address takes other methods", HTTPStatus.METHOD_NOT_ALLOWED),
        "conflict": ProblemType("Its state forbids this", HTTPStatus.CONFLICT),
        "outdated": ProblemType("It was changed since it was read", HTTPStatus.PRECONDITION_FAILED),
        "too-large": ProblemType("The body is too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        "unsupported-type": ProblemType("The body is of another type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        "misdirected": ProblemType("This server has no such name", HTTPStatus.MISDIRECTED_REQUEST),
        "invalid-input": ProblemType("The request cannot be fulfilled as it is", HTTPStatus.UNPROCESSABLE_ENTITY),
        "throttled": ProblemType("Too many wrong passwords", HTTPStatus.TOO_MANY_REQUESTS),
        "internal": ProblemType("An unforeseen fault", HTTPStatus.INTERNAL_SERVER_ERROR),
        "refused-outside": ProblemType("Something outside this program refused", HTTPStatus.BAD_GATEWAY),
        "unavailable": ProblemType("Not now: try again later", HTTPStatus.SERVICE_UNAVAILABLE),
    }
)
# The first that fits: more special errors stand before those that they are kinds of.
_NAMES: tuple[tuple[type[MetarrError], str], ...] = (
    (NotFound, "not-found"),
    (Unauthenticated, "unauthenticated"),
    (Forbidden, "forbidden"),
    (Outdated, "outdated"),
    (Conflict, "conflict"),
    (InvalidInput, "invalid-input"),
    (Throttled, "throttled"),
    (Transient, "unavailable"),
    (Wait, "unavailable"),
    (BadCredentials, "refused-outside"),
    (Permanent, "refused-outside"),
)
_BY_STATUS = {kind.status: name for name, kind in reversed(list(PROBLEM_TYPES.items()))}


class Fault(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details. `errors`: what is wrong field by field, where that is known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": f"{_URN}not-found",
                    "title": PROBLEM_TYPES["not-found"].title,
                    "status": 404,
                    "detail": "There is no item 7.",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None


def problem(
    name: str, detail: str, headers: Mapping[str, str] | None = None, errors: Iterable[Fault] = ()
) -> JSONResponse:
    """The answer for a problem of this type."""
    title, status = PROBLEM_TYPES[name]
    return _answer(Problem(type=_URN + name, title=title, status=status, detail=detail), headers, errors)


def problem_of(error: MetarrError, *, is_webhook: bool = False) -> JSONResponse:
    """The answer for an error of ours. `is_webhook`: its sender is no browser, which would ask its user."""
    name = next((name for kind, name in _NAMES if isinstance(error, kind)), "internal")
    headers = {}
    if name == "unauthenticated":
        headers["WWW-Authenticate"] = f'{"Basic" if is_webhook else "Bearer"} realm="Metarr"'
    if isinstance(error, Transient) and error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
    return problem(name, str(error), headers)


def install(app: FastAPI) -> None:
    """Answer every error that a route or the framework raises."""
    app.add_exception_handler(MetarrError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unforeseen)


def described(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document in which problems have the media type that they are answered with."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                if _is_problem(content.get("application/json", {})):
                    content[MEDIA_TYPE] = content.pop("application/json")
    return document


def _is_problem(content: Mapping[str, Any]) -> bool:
    return str(content.get("schema", {}).get("$ref", "")).endswith("/Problem")


async def _ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, MetarrError):
        raise error
    if isinstance(error, Unauthenticated) and _wants_page(request):
        return _to_login(request)
    return await fitting(request, problem_of(error, is_webhook=request.url.path.startswith(f"{BASE}/webhooks/")))


def _to_login(request: Request) -> Response:
    """People who open a page are asked who they are, and come back to it."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_worth_it = request.method == "GET" and here != "/"
    return RedirectResponse(f"/login?next={quote(here)}" if is_worth_it else "/login", HTTPStatus.SEE_OTHER)


async def fitting(request: Request, answer: JSONResponse) -> Response:
    """What people see instead in a browser; `problem_page` is theirs to make."""
    page = getattr(request.app.state, "problem_page", None)
    if page is None or not _wants_page(request):
        return answer
    shown_page: Response = await page(request, Problem.model_validate_json(bytes(answer.body)))
    for name, value in answer.headers.items():
        if not name.startswith("content-"):  # when to try again, which methods it takes, that the connection ends
            shown_page.headers[name] = value
    return shown_page


def _wants_page(request: Request) -> bool:
    """Whether somebody opens it in a browser: scripts, pictures and programs ask for other things."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(f"{BASE}/")


async def _malformed(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    if any(fault["type"] == "json_invalid" for fault in found):
        return problem("malformed", "The body is no JSON.")
    if _is_of_another_type(request) and any(fault["loc"][0] == "body" for fault in found):
        return problem("unsupported-type", "The body is to be JSON, and to say so: Content-Type: application/json.")
    faults = [
        Fault(field=".".join(str(part) for part in fault["loc"][1:]) or "body", message=fault["msg"]) for fault in found
    ]
    words = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
    return await fitting(request, problem("invalid-input", words or str(error), errors=faults))


def _is_of_another_type(request: Request) -> bool:
    """Whether it says that its body is no JSON, which is what the API takes."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return request.url.path.startswith(f"{BASE}/") and not kind.endswith(("/json", "+json"))


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    detail = f"There is nothing at {request.url.path}." if status is HTTPStatus.NOT_FOUND else str(error.detail)
    headers = error.headers
    if status is HTTPStatus.METHOD_NOT_ALLOWED and request.url.path.startswith(f"{BASE}/"):
        headers = {"Allow": ", ".join(_methods(request))}
    name = _BY_STATUS.get(status)
    if name is not None:
        return await fitting(request, problem(name, detail, headers))
    # Without a type of its own the status says it all (RFC 9457, 4.2.1).
    plain = Problem(type="about:blank", title=status.phrase, status=status, detail=detail)
    return await fitting(request, _answer(plain, headers))


def _methods(request: Request) -> list[str]:
    """All that the address takes (RFC 9110, 15.5.6); the framework names only those of the first route that fits."""
    return [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.router.routes
        )
    ]


async def _unforeseen(request: Request, error: Exception) -> Response:
    """The log has the rest; an answer could tell a stranger too much."""
    words = f"An unforeseen fault ({type(error).__name__}); the log has it."
    return await fitting(request, problem("internal", words))


def _answer(what: Problem, headers: Mapping[str, str] | None = None, errors: Iterable[Fault] = ()) -> JSONResponse:
    faults = [Fault(field=shown(fault.field), message=shown(fault.message)) for fault in errors]
    body = what.model_copy(update={"detail": shown(what.detail), "errors": faults or None})
    return JSONResponse(body.model_dump(exclude_none=True), what.status, dict(headers or {}), media_type=MEDIA_TYPE)
