"""The API's description is complete: what a program or a person needs to know of each request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from metarr.api import application
from metarr.model.access import Right
from metarr.web.access import OPEN_SCOPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCUMENT = application.description()
RIGHTS = application.rights()
EVERY_RIGHT = {*Right, OPEN_SCOPE}


def _operations() -> Iterator[Any]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield pytest.param(operation, id=f"{method} {path}")


OPERATIONS = list(_operations())


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    found: Mapping[str, Any] = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
    return found


def _can_be_invented(schema: Mapping[str, Any]) -> bool:
    """Whether any value of the right type will do, or what to send is said."""
    found = _resolved(schema)
    if "examples" in found or "example" in found or "enum" in found or "default" in found:
        return True
    if "anyOf" in found:
        return any(_can_be_invented(one) for one in found["anyOf"])
    needed = found.get("required", ())
    return found.get("type") in {"object", "array"} and all(
        "examples" in found["properties"][name] or found["properties"][name].get("type") in {"boolean", "integer"}
        for name in needed
    )


def test_it_is_openapi_3_1_and_every_operation_has_a_name_of_its_own() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    names = [param.values[0]["operationId"] for param in OPERATIONS]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z][a-zA-Z0-9]*", name)] == []


def test_every_tag_is_used_and_described() -> None:
    used = {tag for param in OPERATIONS for tag in param.values[0].get("tags", ["none"])}
    described = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    assert used == described


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_says_what_it_does_needs_and_answers(operation: Mapping[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    rights = set(RIGHTS[operation["operationId"]].split(", "))
    assert rights
    assert rights <= EVERY_RIGHT
    answers = operation["responses"]
    good = {status: answer for status, answer in answers.items() if status.startswith("2")}
    assert good
    for status, answer in good.items():
        kinds = answer.get("content", {})
        assert status == "204" or kinds
        bare = [kind for kind, one in kinds.items() if not one.get("schema")]
        assert all(kind.startswith(("image/", "application/zip")) for kind in bare), answer
    assert set(answers["default"]["content"]) == {"application/problem+json"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_body_has_an_example_or_needs_none(operation: Mapping[str, Any]) -> None:
    body = operation.get("requestBody", {"content": {}})
    for kind, content in body["content"].items():
        if kind == "application/json":
            assert "examples" in content or _can_be_invented(content["schema"]), content["schema"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_number_that_is_taken_has_bounds(operation: Mapping[str, Any]) -> None:
    for one in operation.get("parameters", ()):
        for schema in one["schema"].get("anyOf", [one["schema"]]):
            for part in (schema, schema.get("items", {})):
                if part.get("type") == "integer":
                    assert {"minimum", "maximum"} <= part.keys(), one["name"]


def test_no_operation_is_hidden_behind_another() -> None:
    """A word that an address takes is not the address of something else, which would answer in its place."""
    known = {(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    hidden = [
        (method, path, word)
        for method, path in known
        for parameter in DOCUMENT["paths"][path][method].get("parameters", ())
        for word in _resolved(parameter["schema"]).get("enum", ())
        if parameter["in"] == "path" and (method, path.replace(f"{{{parameter['name']}}}", word)) in known
    ]
    assert hidden == []
