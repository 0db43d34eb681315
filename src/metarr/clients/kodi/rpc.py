"""JSON-RPC 2.0 as Kodi speaks it: what goes out, what comes back, and its errors. Knows no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from metarr.errors import Permanent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json: TypeAlias = Any  # what `json.loads` returns
Call: TypeAlias = "tuple[str, Mapping[str, Json]]"  # a method and its parameters
METHOD_NOT_FOUND: Final = -32601  # JSON-RPC 2.0, section 5.1
INVALID_PARAMS: Final = -32602


class RpcError(Permanent):
    """Kodi understood the request and answered with an error. `code` is the JSON-RPC one."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


class NoSuchMethod(RpcError):
    """The method does not exist in this Kodi."""


class InvalidParams(RpcError):
    """A parameter is wrong; also Kodi's answer to an id that is no longer in its library."""


_ERRORS: Final = {METHOD_NOT_FOUND: NoSuchMethod, INVALID_PARAMS: InvalidParams}


def question(calls: Sequence[Call], first: int = 0) -> list[dict[str, Json]] | dict[str, Json]:
    """The document that asks for the calls: a batch, or the one call. Their ids are numbered on from `first`."""
    batch = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(calls, first)
    ]
    return batch if len(batch) > 1 else batch[0]


def result_of(who: str, method: str, answer: Mapping[str, Json]) -> Json:
    """What Kodi answered, with lower-case keys; its error is raised."""
    if "error" not in answer:
        return lowered(answer.get("result"))
    code = int(answer["error"].get("code", 0))
    text = f"{who}: {method}: {answer['error'].get('message', 'unknown error')} ({code})"
    raise _ERRORS.get(code, RpcError)(text, code=code)


def is_refusal(answer: Mapping[str, Json]) -> bool:
    """The error for an id that is gone; any other is a fault."""
    return bool(answer.get("error", {}).get("code") == INVALID_PARAMS)


def lowered(value: Json) -> Json:
    """The document with every key in lower case: the newest Kodi writes `movieId`, released ones `movieid`."""
    if isinstance(value, dict):
        return {key.lower(): lowered(part) for key, part in value.items()}
    return [lowered(part) for part in value] if isinstance(value, list) else value
