"""Settings as a person meets them: what there is and what it means, what it is set to, and changing it.

All of it comes from the models in `metarr.settings`: a field with its default, its bounds and its docstring is a
setting in the API, on the command line, in the documentation and in forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from metarr.actions import channels, phase_config
from metarr.errors import NotFound
from metarr.model.audit import Deed
from metarr.section import Section
from metarr.settings import Settings
from metarr.store import audit, settings
from metarr.store.settings import section_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic.fields import FieldInfo

    from metarr.jobs.policy import Conditions
    from metarr.store.db import Tx

_PATHS = {"phase_config": "phase-config"}  # the overview's own spelling


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set. `key`: its dotted name in its section. `json_schema`: JSON Schema of its values."""

    key: str
    label: str
    help: str
    default: Any
    json_schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """A section of settings, in the order in which forms and pages show them. `name`: in addresses and commands."""

    name: str
    label: str
    help: str
    settings: tuple[Setting, ...]


def sections() -> dict[str, str]:
    """Every section's name in addresses, with its field in `Settings`."""
    return {_PATHS.get(name, field.alias or name): name for name, field in Settings.model_fields.items()}


def key_of(path: str) -> str:
    """The key of a section in the document of all settings, by its name in addresses."""
    name = sections()[path]
    return Settings.model_fields[name].alias or name


@cache
def described() -> tuple[Group, ...]:
    """Everything that can be set."""
    return tuple(_group(path, name) for path, name in sections().items())


def section(tx: Tx, field: str) -> Section:
    """One section as it is now; `field` as in `sections`."""
    found: Section = getattr(settings.load(tx), field)
    return found


def change(tx: Tx, field: str, patch: Mapping[str, Any], conditions: Callable[[Tx], Conditions]) -> Section:
    """Merge `patch` (camelCase, nested; null: back to the default) and submit what becomes possible by it.

    Raises InvalidInput naming the key that is wrong.
    """
    before = conditions(tx)
    changed = settings.change(tx, field, patch)
    if changed.notification != before.settings.notification:
        channels.checked(changed.notification.templates.values())
    names = list(_differing(getattr(before.settings, field), getattr(changed, field)))
    if names:
        path = next(path for path, name in sections().items() if name == field)
        audit.record(tx, Deed.SETTINGS_CHANGED, path, settings=names)
    phase_config.submit_possible(tx, before, conditions(tx))
    return section(tx, field)


def _differing(before: Section, now: Section, prefix: str = "") -> Iterator[str]:
    """The dotted names of what is not as it was."""
    for name, field in type(now).model_fields.items():
        key, old, new = f"{prefix}{field.alias or name}", getattr(before, name), getattr(now, name)
        if isinstance(new, Section):
            yield from _differing(old, new, f"{key}.")
        elif old != new:
            yield key


def draft(tx: Tx, field: str, patch: Mapping[str, Any]) -> Settings:
    """All settings as they would be after this change; nothing is kept. Raises as `change` does."""
    return settings.draft(tx, field, patch)


def patch_of(key: str, value: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401  whatever the setting holds
    """The section and the patch that set one key, as in `jobs.maxAttempts`. Raises NotFound."""
    for group in described():
        inner = key.removeprefix(f"{group.name}.")
        if inner in {one.key for one in group.settings} and inner != key:
            patch = value
            for part in reversed(inner.split(".")):
                patch = {part: patch}
            return group.name, patch
    raise NotFound(f"There is no setting {key!r}; `metarr config keys` lists them.")


def model_of(path: str) -> type[Section]:
    """The model of a section, by its name in addresses. Raises NotFound."""
    model = section_of(Settings, sections().get(path, ""))
    if model is None:
        raise NotFound(f"There is no section {path!r} of settings; there are {', '.join(sections())}.")
    return model


@cache
def described_of(model: type[Section]) -> tuple[Setting, ...]:
    """What can be set in a model."""
    return tuple(_settings(model))


def _group(path: str, name: str) -> Group:
    model = model_of(path)
    return Group(path, _words(name), _one_line(model.__doc__), described_of(model))


def _settings(model: type[Section], prefix: str = "") -> Iterator[Setting]:
    schema = model.model_json_schema()
    for name, field in model.model_fields.items():
        key = field.alias or name
        inner = section_of(model, name)
        if inner is not None:
            yield from _settings(inner, f"{prefix}{key}.")
        else:
            yield _setting(f"{prefix}{key}", name, field, schema)


def _setting(key: str, name: str, field: FieldInfo, schema: Mapping[str, Any]) -> Setting:
    own = _inlined(schema["properties"][key.rpartition(".")[2]], schema.get("$defs", {}))
    default = own.pop("default", None)
    for word in ("description", "title"):
        own.pop(word, None)
    return Setting(key, field.title or _words(name), _one_line(field.description), default, own)


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401  any JSON
    """A schema that stands by itself. Sections do not contain themselves, so this ends."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    return [_inlined(one, definitions) for one in schema] if isinstance(schema, list) else schema


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
