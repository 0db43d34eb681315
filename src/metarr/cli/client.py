"""A small client of the API: every command is one, whether a server runs or this very process serves."""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self, TypeVar

import aiohttp

from metarr.api.shapes import Submitted
from metarr.errors import Conflict, InvalidInput, MetarrError, NotFound
from metarr.web import BASE

if TYPE_CHECKING:
    from types import TracebackType

    from metarr.api.shapes import Shape

S = TypeVar("S", bound="Shape")
_ERRORS = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidInput,
}


class Client:
    """`async with Client(url, key) as client:`; errors of the API are raised as what they are."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers={"X-Api-Key": self._key})
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, shape: type[S], **query: object) -> S:
        """One answer; None in the query is left out."""
        return shape.model_validate(await self._ask("GET", path, query=query))

    async def get_list(self, path: str, shape: type[S], **query: object) -> list[S]:
        """An answer that is a list."""
        return [shape.model_validate(one) for one in await self._ask("GET", path, query=query)]

    async def fetch(self, path: str, **query: object) -> bytes:
        """A file."""
        if self._session is None:
            raise RuntimeError("the client is used outside its block")
        params = {name: str(value) for name, value in query.items()}
        try:
            async with self._session.get(f"{self._url}{BASE}{path}", params=params) as answer:
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    raise MetarrError((await answer.json(content_type=None))["detail"])
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise MetarrError(f"The server at {self._url} broke off: {error}") from error

    async def post(self, path: str, shape: type[S], body: object = None, **query: object) -> S:
        """Ask for something to be done, and what came of it."""
        return shape.model_validate(await self._ask("POST", path, query=query, body=body))

    async def patch(self, path: str, shape: type[S], body: object) -> S:
        """Change something, and what it is now."""
        return shape.model_validate(await self._ask("PATCH", path, body=body))

    async def change(self, method: str, path: str, body: object = None) -> Submitted:
        """Ask for a change that starts work, and what to follow. A body of bytes is sent as it is."""
        return Submitted.model_validate(await self._ask(method, path, body=body))

    async def send(self, method: str, path: str, body: object = None) -> None:
        """Ask for something to be done."""
        await self._ask(method, path, body=body)

    async def _ask(self, method: str, path: str, *, query: dict[str, object] | None = None, body: object = None) -> Any:  # noqa: ANN401  any JSON
        if self._session is None:
            raise RuntimeError("the client is used outside its block")
        params = [
            (name, str(one))
            for name, value in (query or {}).items()
            if value is not None
            for one in (value if isinstance(value, list | tuple) else [value])
        ]
        content: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        try:
            async with self._session.request(method, f"{self._url}{BASE}{path}", params=params, **content) as answer:
                document = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise MetarrError(f"The server at {self._url} broke off: {error}") from error
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise _ERRORS.get(HTTPStatus(answer.status), MetarrError)(document["detail"])
        return document


def as_target(text: str) -> str:
    """A target as the server understands it: a path becomes absolute, since the server stands elsewhere."""
    is_path = os.sep in text or text in {os.curdir, os.pardir}
    if not is_path and not (text.isascii() and text.isdigit()):
        is_path = os.path.exists(text)  # noqa: PTH110  names may be no UTF-8
    return absolute(text) if is_path else text


def absolute(path: str) -> str:
    """The path from the root on, links as they are."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111  names may be no UTF-8
