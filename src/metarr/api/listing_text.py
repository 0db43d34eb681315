"""A filtered and sorted list as the query of an address, `resolution=2160&sort=year`: what pages link to and keep."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from pydantic import ValidationError

from metarr.api.item_query import ItemListing
from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 8000  # characters
_NAMES = {field.alias or name: name for name, field in ItemListing.model_fields.items()}
_LISTS = frozenset({"kind"})
_OF_THE_PAGE = frozenset({"after", "limit", "count"})


def read(query: str) -> ItemListing:
    """The list. What is empty is not asked for. Raises InvalidInput."""
    given = parts(query)
    unknown = sorted({name for name, _ in given} - _NAMES.keys())
    wanted, faults = understood(given)
    if unknown or faults:
        raise InvalidInput(" ".join([*(f"{name}: no such name." for name in unknown), *faults]))
    return wanted


def understood(pairs: Iterable[tuple[str, str]]) -> tuple[ItemListing, tuple[str, ...]]:
    """As much of it as is right, and what is wrong with the rest. Names of other things are passed over."""
    given: dict[str, str | list[str]] = {}
    for name, value in pairs:
        if name in _LISTS and value:
            given[name] = [*given.get(name, ()), value]
        elif name in _NAMES and value:
            given[name] = value
    try:
        return ItemListing.model_validate(given), ()
    except ValidationError as error:
        wrong = {str(one["loc"][0]): str(one["msg"]) for one in error.errors()}
    right = {name: value for name, value in given.items() if name not in wrong}
    return ItemListing.model_validate(right), tuple(f"{name}: {words}." for name, words in wrong.items())


def written(wanted: ItemListing) -> str:
    """The query, always the same for the same list; which page of it is left out."""
    return urlencode(pairs(wanted))


def pairs(wanted: ItemListing) -> list[tuple[str, str]]:
    """Names and values of the query."""
    document = wanted.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(_OF_THE_PAGE))
    found = []
    for name, value in document.items():
        found += [(name, _text(one)) for one in (value if isinstance(value, list) else [value])]
    return found


def parts(query: str) -> list[tuple[str, str]]:
    """Names and values as they stand there. Raises InvalidInput."""
    try:
        return parse_qsl(query, max_num_fields=100)
    except ValueError as error:
        raise InvalidInput("This is no query of a list of items.") from error


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
