"""What the API says about settings: shapes beside those of `shapes.py`."""

from __future__ import annotations

from pydantic import ConfigDict

from metarr.actions.provider_settings import Source
from metarr.api.shapes import Document, Shape, Text


class Everything(Shape):
    """All settings, section by section, as a client reads them."""

    model_config = ConfigDict(extra="allow")


class Setting(Shape):
    """One thing that can be set."""

    key: str
    """Its dotted name in its section."""
    label: str
    help: str
    default: Document
    json_schema: Document
    """JSON Schema of its values."""


class Group(Shape):
    """A section of settings, and its settings in the order in which a form shows them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "jobs",
                    "label": "Jobs",
                    "help": "How jobs are tried and kept.",
                    "settings": [
                        {
                            "key": "maxAttempts",
                            "label": "Max attempts",
                            "help": "How often a job is tried before it goes to the dead letter.",
                            "default": 3,
                            "jsonSchema": {"type": "integer", "minimum": 1, "maximum": 20},
                        }
                    ],
                }
            ]
        }
    )

    name: str
    """In the address: `/api/v1/settings/{name}`."""
    label: str
    help: str
    settings: list[Setting]


class ProviderSetting(Shape):
    """One thing that can be set of a provider, and what it is."""

    key: str
    label: str
    help: str
    json_schema: Document
    default: Document
    value: Document
    """Null where it is a secret, of which only `isSet` is told."""
    is_secret: bool
    is_set: bool
    source: Source
    """Where the value comes from: `configuration` is the server's environment or file."""
    fixed_by: str | None
    """The variable of the server that sets it; null: none does."""
    can_change: bool


class ProviderSettings(Shape):
    """What can be set of one provider."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "tmdb",
                    "settings": [
                        {
                            "key": "apiKey",
                            "label": "Api key",
                            "help": "Key of your account with the provider",
                            "jsonSchema": {"type": "string", "format": "password", "writeOnly": True},
                            "default": None,
                            "value": None,
                            "isSecret": True,
                            "isSet": True,
                            "source": "configuration",
                            "fixedBy": "METARR_TMDB_API_KEY",
                            "canChange": False,
                        }
                    ],
                }
            ]
        }
    )

    name: Text
    settings: list[ProviderSetting]
