"""The typed document of an item, as the database keeps it: what is not known is left out."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from metarr.model.media import Metadata

_DOCUMENT = TypeAdapter(Metadata)


def dumped(metadata: Metadata) -> Any:  # noqa: ANN401  a document
    """Reverse of `loaded`."""
    return _DOCUMENT.dump_python(metadata, mode="json", exclude_defaults=True)


def loaded(found: Any) -> Metadata:  # noqa: ANN401  a document
    """The document as data."""
    return _DOCUMENT.validate_python(found)
