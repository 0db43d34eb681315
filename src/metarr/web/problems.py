"""Every error as RFC 9457 problem details: the type of the error decides the status, its text is the detail."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from metarr.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    MetarrError,
    NotFound,
    Outdated,
    Transient,
    Unauthenticated,
    Wait,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

_STATUS = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (Outdated, HTTPStatus.PRECONDITION_FAILED),
    (Conflict, HTTPStatus.CONFLICT),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Transient, HTTPStatus.SERVICE_UNAVAILABLE),
    (Wait, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer for an error."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=shown(detail))
    return JSONResponse(body.model_dump(), status, dict(headers or {}), media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error that a route or the framework raises."""
    app.add_exception_handler(MetarrError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    found = (status for kind, status in _STATUS if isinstance(error, kind))
    return problem(next(found, HTTPStatus.INTERNAL_SERVER_ERROR), str(error))


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    words = [f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'body'}: {fault['msg']}" for fault in faults]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(words) or str(error))


async def _refused(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    known = {HTTPStatus.NOT_FOUND: f"There is nothing at {request.url.path}."}
    return problem(error.status_code, known.get(HTTPStatus(error.status_code), str(error.detail)), error.headers)


async def _unforeseen(_: Request, error: Exception) -> JSONResponse:
    """The log has the rest; an answer could tell a stranger too much."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"An unforeseen fault ({type(error).__name__}); the log has it.")
