"""What the pages before all others share: where somebody goes who has just come in, and never to another site."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import Form, Query
from fastapi.responses import RedirectResponse

from metarr.ui.tastes import taste_of
from metarr.web import cookies

if TYPE_CHECKING:
    from fastapi import Request

Text = Annotated[str, Form(max_length=2000)]
Address = Annotated[str, Query(alias="next", max_length=2000)]


def welcome(request: Request, token: str, goal: str) -> RedirectResponse:
    """In, to the page that was asked for, or to the one that this visitor wants to see first."""
    answer = to(goal if goal != "/" else taste_of(request.cookies).home)
    cookies.give(answer, request, token)
    return answer


def to(goal: str) -> RedirectResponse:
    """A page of ours; whatever else the address of the login page named, the overview."""
    return RedirectResponse(goal if is_ours(goal) else "/", HTTPStatus.SEE_OTHER)


def is_ours(goal: str) -> bool:
    """Whether it is the address of a page of ours, to every browser."""
    is_path = goal.startswith("/") and not goal.startswith(("//", "/\\")) and goal.isprintable() and "\\" not in goal
    try:
        return is_path and not urlsplit(goal).netloc
    except ValueError:
        return False
