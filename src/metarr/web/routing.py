"""Routes that cost nothing until they are asked for.

FastAPI works out what a function takes and gives when its route is declared, which for hundreds of routes takes longer
than everything else at a start. Here a route is only noted, and FastAPI is asked when the first request may be for it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, cast

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Unpack

    from fastapi.params import Depends
    from fastapi.routing import APIRoute
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Options(TypedDict, total=False):
    """What FastAPI is told of a route: its `add_api_route`, in the same words."""

    dependencies: Sequence[Depends]
    description: str
    generate_unique_id_function: Callable[[APIRoute], str]
    include_in_schema: bool
    name: str
    openapi_extra: dict[str, Any] | None
    operation_id: str
    response_class: type[Response]
    response_model: Any
    responses: Mapping[int | str, dict[str, Any]]
    status_code: int
    summary: str
    tags: Sequence[str]


class Route(BaseRoute):
    """One method of one address."""

    def __init__(self, method: str, path: str, endpoint: Callable[..., Any], options: Options) -> None:
        self.method = method
        self.path = path
        self.endpoint = endpoint
        self.options = options
        self._beginning, _, rest = path.partition("{")
        self._slashes = None if ":path}" in rest else path.count("/")

    @property
    def name(self) -> str:
        """Of its function, where it has no other."""
        return self.options.get("name", self.endpoint.__name__)

    @property
    def dependencies(self) -> Sequence[Depends]:
        """What is asked before its function is."""
        return self.options.get("dependencies", ())

    @cached_property
    def resolved(self) -> APIRoute:
        """As FastAPI understands it. Raises FastAPIError where it does not."""
        router = APIRouter()
        router.add_api_route(self.path, self.endpoint, methods=[self.method], **cast("Any", self.options))
        return cast("APIRoute", router.routes[0])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for it. One whose address cannot fit is not worth FastAPI's answer."""
        path: str = scope["path"]
        if not path.startswith(self._beginning) or self._slashes not in {None, path.count("/")}:
            return Match.NONE, {}
        return self.resolved.matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self.resolved.handle(scope, receive, send)


class Router:
    """The routes of one part, in the order in which they are tried."""

    def __init__(self, *, prefix: str = "", tags: Sequence[str] = (), include_in_schema: bool = True) -> None:
        self.routes: list[Route] = []
        self._prefix = prefix
        self._tags = tags
        self._include_in_schema = include_in_schema

    def get(self, path: str, **options: Unpack[Options]) -> Callable[[Endpoint], Endpoint]:
        """Decorates the function that answers GET."""
        return self._adding("GET", path, options)

    def post(self, path: str, **options: Unpack[Options]) -> Callable[[Endpoint], Endpoint]:
        """The same for POST."""
        return self._adding("POST", path, options)

    def put(self, path: str, **options: Unpack[Options]) -> Callable[[Endpoint], Endpoint]:
        """The same for PUT."""
        return self._adding("PUT", path, options)

    def patch(self, path: str, **options: Unpack[Options]) -> Callable[[Endpoint], Endpoint]:
        """The same for PATCH."""
        return self._adding("PATCH", path, options)

    def delete(self, path: str, **options: Unpack[Options]) -> Callable[[Endpoint], Endpoint]:
        """The same for DELETE."""
        return self._adding("DELETE", path, options)

    def add(self, method: str, path: str, endpoint: Callable[..., Any], **options: Unpack[Options]) -> None:
        """A route whose function is made for it."""
        tags = [*self._tags, *options.get("tags", ())]
        whole: Options = {"include_in_schema": self._include_in_schema, **options, "tags": tags}
        self.routes.append(Route(method, self._prefix + path, endpoint, whole))

    def _adding(self, method: str, path: str, options: Options) -> Callable[[Endpoint], Endpoint]:
        def add(endpoint: Endpoint) -> Endpoint:
            self.add(method, path, endpoint, **options)
            return endpoint

        return add


def below(prefix: str, routers: Iterable[Router], **options: Unpack[Options]) -> list[Route]:
    """Their routes under a prefix. `options`: what FastAPI is told of each; its own count for more."""
    return [
        Route(route.method, prefix + route.path, route.endpoint, _joined(options, route.options))
        for router in routers
        for route in router.routes
    ]


def _joined(every: Options, own: Options) -> Options:
    return cast("Options", {**every, **own, "responses": {**every.get("responses", {}), **own.get("responses", {})}})
