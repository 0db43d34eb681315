"""What was entered in a form, checked by the shapes that the API takes; what is wrong is said field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from metarr.errors import InvalidInput, Outdated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

Model = TypeVar("Model", bound=BaseModel)
_FIELDS = 300  # that a form may have
_LONGEST = 20_000  # characters of a field
_IN_OUR_WORDS = {
    "missing": "This is needed.",
    "string_too_short": "This is needed.",
    "string_pattern_mismatch": "This does not have the form that is wanted.",
}


_OVERTAKEN = (
    "Somebody has changed it since this page was opened. Nothing of yours was stored: save again if it is still "
    "wanted, or open the page anew to see what they stored."
)


class Refused(InvalidInput):
    """`faults`: what is wrong with which field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("Nothing was saved: some fields hold what they cannot.")
        self.faults = faults


def checked(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The values as the model understands them. Raises Refused, which names no value."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise Refused(
            {str(one["loc"][0]) if one["loc"] else "": _words(one["type"], one["msg"]) for one in found}
        ) from None


def _words(kind: str, message: str) -> str:
    text = _IN_OUR_WORDS.get(kind) or message.removeprefix("Value error, ")
    return text[:1].upper() + text[1:]


def still(version: str, current: str) -> None:
    """Raises Outdated if a form was made of an earlier state; one that says of none is taken as it is."""
    if version and version != current:
        raise Outdated(_OVERTAKEN)


def faults_of(fault: InvalidInput | None, otherwise: str = "") -> Mapping[str, str]:
    """What is wrong with which field; a fault that names none belongs to `otherwise`."""
    if fault is None:
        return {}
    if isinstance(fault, Refused):
        return fault.faults
    return {otherwise: str(fault)} if otherwise else {}


async def texts(request: Request) -> dict[str, str]:
    """The form's fields that are texts, without blanks around them."""
    async with request.form(max_files=0, max_fields=_FIELDS) as form:
        return {name: value[:_LONGEST].strip() for name, value in form.items() if isinstance(value, str)}


async def ticked(request: Request, name: str) -> list[str]:
    """The values of the boxes of this name that were ticked."""
    async with request.form(max_files=0, max_fields=_FIELDS) as form:
        return [value for value in form.getlist(name) if isinstance(value, str)]
