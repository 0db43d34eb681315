"""The settings' page, written from their models: `python -m metarr.api.settings_reference > docs/settings.md`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from metarr.actions import provider_settings
from metarr.actions.settings import described
from metarr.providers.live import Fixed
from metarr.web import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_HEAD = f"""# Settings

Written from the code by `python -m metarr.api.settings_reference`; do not edit.

They are kept in the database and count at once, in every process; none needs a restart. `GET {BASE}/settings` gives
all of them, `GET {BASE}/settings/schema` what there is with its meaning and bounds. `GET/PATCH
{BASE}/settings/SECTION` reads and changes one section: a JSON merge patch, in which `null` is the way back to the
default. On the command line that is `metarr config show [SECTION]`, `metarr config set SECTION.KEY VALUE` and
`metarr config keys`. What a newer version set and this one does not know stays where it is and is ignored; the health
page names it.
"""
_PROVIDERS = f"""
## Providers

`GET/PATCH {BASE}/providers/NAME/settings`, or `metarr config set tmdb.apiKey -`, which reads the key from standard
input. Keys are sealed before they are stored and never shown again. What the server's environment or file says wins,
and is only shown; addresses can be set there alone, since whoever changes one can have a key sent anywhere.
`POST {BASE}/providers/NAME/test` with the same body tries settings out before they are saved.

| key | variable | default | |
|---|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    return _HEAD + "".join(_sections()) + _PROVIDERS + "".join(_of_providers())


def _sections() -> Iterator[str]:
    for group in described():
        yield f"\n## {group.name}\n\n{group.help}\n\n| key | default | bounds | |\n|---|---|---|---|\n"
        for one in group.settings:
            yield f"| `{one.key}` | {_value(one.default)} | {_bounds(one.json_schema)} | {_cell(one.help)} |\n"


def _of_providers() -> Iterator[str]:
    for provider, one in provider_settings.described():
        setting = f"`{provider}.{one.key}`" if one.can_change else ""
        variable = f"`{Fixed.variable(provider, one.name)}`"
        default = "" if one.is_secret else _value(one.default)
        yield f"| {setting} | {variable} | {default} | {_cell(one.help)} |\n"


def _bounds(schema: Mapping[str, Any]) -> str:
    """The numbers or words that it takes, as people write them."""
    words = schema.get("enum", [])
    if words:
        return ", ".join(f"`{word}`" for word in words)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum")
    above = "above " if "exclusiveMinimum" in schema else ""
    return "" if low is None or high is None else f"{above}{low:g} to {high:g}"


def _value(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
