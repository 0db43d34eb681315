"""The API's reference page, written from the code: `python -m metarr.api.reference > docs/api.md`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from metarr.api import application
from metarr.web import BASE
from metarr.web.problems import PROBLEM_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEAD = f"""# REST API

Written from the code by `python -m metarr.api.reference`; do not edit. The full description with every field is
OpenAPI 3.1 at `{BASE}/openapi.json`.

Names are in camelCase, times in UTC (ISO 8601). Lists are paged by key: an answer's `after` or `before` asks for the
next page, and is null on the last.

A program sends its key in the header `X-Api-Key`; a browser has a session. Each request needs one right: `read` (see
everything but secrets), `operate` (change items and start work), `admin` (change how the program works), `webhook`
(deliver what download managers send). Viewers may read, editors operate too, administrators everything. `open` needs
nothing.
"""
_PROBLEMS = """
## Problems

Every error is a problem document (RFC 9457, `application/problem+json`) with `type`, `title`, `status` and `detail`,
and with `errors` where single fields are wrong. Types never change; texts may.

| type | status | |
|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    return "".join((_HEAD, *_sections(application.description(), application.rights()), _PROBLEMS, *_problems()))


def _sections(document: Mapping[str, Any], rights: Mapping[str, str]) -> Iterator[str]:
    by_tag: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append((f"{method.upper()} {path}", operation))
    for tag in document["tags"]:
        requests = by_tag[tag["name"]]
        yield f"\n## {tag['name'].capitalize()}\n\n{tag['description']}\n\n| request | right | |\n|---|---|---|\n"
        for request, operation in requests:
            yield f"| `{request}{_query(operation)}` | {rights[operation['operationId']]} | {_words(operation)} |\n"
        yield from _details(requests, document)


def _details(requests: list[tuple[str, Mapping[str, Any]]], document: Mapping[str, Any]) -> Iterator[str]:
    """What cannot be guessed from the names: parameters with a description, and examples of bodies."""
    for request, operation in requests:
        words = [
            f"- `{one['name']}`: {_one_line(one['description'])}\n"
            for one in operation.get("parameters", ())
            if "description" in one
        ]
        examples = [json.dumps(one, ensure_ascii=False) for one in _examples(operation, document)]
        body = "".join(f"\n```json\n{one}\n```\n" for one in examples)
        if words or body:
            yield f"\n`{request}`\n\n{''.join(words)}{body if words else body.lstrip()}"


def _examples(operation: Mapping[str, Any], document: Mapping[str, Any]) -> list[Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    found: list[Any] = content.get("examples") or _resolved(content.get("schema", {}), document).get("examples", [])
    return found


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a body refers to; of those it may be, the first."""
    named = next((one for one in (schema, *schema.get("anyOf", ())) if "$ref" in one), None)
    if named is None:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][named["$ref"].rpartition("/")[2]]
    return found


def _problems() -> Iterator[str]:
    for name, (title, status) in PROBLEM_TYPES.items():
        yield f"| `urn:metarr:problem:{name}` | {status.value} | {title} |\n"


def _query(operation: Mapping[str, Any]) -> str:
    names = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
    return f"?{'&'.join(names)}" if names else ""


def _words(operation: Mapping[str, Any]) -> str:
    return _one_line(operation.get("description") or operation["summary"])


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
