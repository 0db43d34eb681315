"""The user's settings as rows: one per section, holding only what differs from the defaults.

What another version wrote and this one does not understand is left in its row, and its default is used meanwhile. Rows
of providers stand beside them, with sealed keys: `provider:tmdb`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import ValidationError

from metarr.errors import InvalidInput, NotFound
from metarr.section import Section
from metarr.settings import Settings
from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.store.db import Tx

Rows = tuple[tuple[str, str], ...]  # section, JSON


class WrongSettings(InvalidInput):
    """Some of them cannot be as they were wanted. `faults`: why, by their keys in the document of all settings."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{key}: {words}" for key, words in faults.items()))
        self.faults = faults


_SETTING = schema.setting
_PROVIDER = "provider:"
_SECRET = "secret:"  # noqa: S105  what rows begin with


def section_of(model: type[Section], name: str) -> type[Section] | None:
    """The section inside `model` that this key or field holds; None: it holds a value, or does not exist."""
    for field_name, field in model.model_fields.items():
        if name in {field_name, field.alias}:
            inner = field.annotation
            return inner if isinstance(inner, type) and issubclass(inner, Section) else None
    return None


def merged(model: type[Section], kept: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """What was set, changed by `patch` as a JSON merge patch (RFC 7396); null is the way back to the default.

    In a setting that is a map of its own, null takes a key out of it, and keys not named stay as they are.
    """
    result = dict(kept)
    for key, value in patch.items():
        inner = section_of(model, key)
        if value is None and _exists(model, key):
            result.pop(key, None)
        elif not isinstance(value, dict):
            result[key] = value
        elif inner is not None:
            result[key] = merged(inner, kept.get(key) or {}, value)
        else:
            before = kept.get(key, default_of(model, key))
            together = {**(before if isinstance(before, dict) else {}), **value}
            result[key] = {name: one for name, one in together.items() if one is not None}
    return result


def _exists(model: type[Section], key: str) -> bool:
    return any(key == field.alias for field in model.model_fields.values())


def default_of(model: type[Section], key: str) -> Any:  # noqa: ANN401  whatever the setting holds
    """A setting's default as JSON has it; None where there is no such key."""
    return model().model_dump(by_alias=True, mode="json").get(key)


def rows(tx: Tx) -> Rows:
    """Everything that was ever set, as it is kept."""
    text = sa.type_coerce(_SETTING.c.value, sa.Text)
    found = tx.execute(sa.select(_SETTING.c.section, text).order_by(_SETTING.c.section))
    return tuple((row.section, row.value) for row in found)


def load(tx: Tx) -> Settings:
    """All settings, defaults where nothing was set."""
    return read(rows(tx))


def read(found: Rows) -> Settings:
    """The settings in these rows. They are read with every claim, and seldom change."""
    return _understood(found)[0]


def ignored(tx: Tx) -> tuple[str, ...]:
    """What is kept, but means nothing to this version: dotted names, as in `enrichment.colour`."""
    return _understood(rows(tx))[1]


def change(tx: Tx, section: str, patch: Mapping[str, Any]) -> Settings:
    """Merge `patch` (camelCase, nested, null: back to the default) into one section.

    Raises WrongSettings naming the keys that are wrong, and NotFound for a section that does not exist.
    """
    name, _, model = _section(section)
    row = tx.one(sa.select(_SETTING.c.value).where(_SETTING.c.section == name).with_for_update())
    settings = draft(tx, section, patch)
    _save(tx, name, merged(model, row["value"] if row else {}, patch))
    return settings


def draft(tx: Tx, section: str, patch: Mapping[str, Any]) -> Settings:
    """What `change` would lead to; nothing is kept. Raises what it raises."""
    _, alias, model = _section(section)
    if "\\u0000" in json.dumps(patch):
        raise InvalidInput(f"{alias}: a NUL character cannot be stored.")
    understood = _documents(rows(tx))
    _, unknown = _understood(rows(tx))
    for path in unknown:
        _drop(understood, path.split("."))
    understood[alias] = merged(model, understood.get(alias, {}), patch)
    try:
        return _validated(understood)
    except ValidationError as error:
        raise _wrong(error) from error


def provider_rows(found: Rows) -> dict[str, dict[str, Any]]:
    """What was set of each provider, by its name."""
    return {name.removeprefix(_PROVIDER): json.loads(text) for name, text in found if name.startswith(_PROVIDER)}


def save_provider(tx: Tx, name: str, values: Mapping[str, Any]) -> None:
    """In place of what was set of this provider before; secrets among the values are sealed."""
    _save(tx, _PROVIDER + name, dict(values))


def secret(tx: Tx, name: str) -> dict[str, str]:
    """A sealed secret with what belongs to it; empty: there is none."""
    row = tx.one(sa.select(_SETTING.c.value).where(_SETTING.c.section == _SECRET + name))
    return {} if row is None else dict(row["value"])


def save_secret(tx: Tx, name: str, value: Mapping[str, str]) -> None:
    """In place of the one before; empty: there is none any more. What is secret of it is sealed already."""
    _save(tx, _SECRET + name, dict(value))


def _save(tx: Tx, name: str, value: dict[str, Any]) -> None:
    tx.execute(upsert(tx, _SETTING, ["section"], {"section": name, "value": value, "updated_at": NOW}))


def _section(name: str) -> tuple[str, str, type[Section]]:
    """The row, the key and the model of a section."""
    for field_name, field in Settings.model_fields.items():
        model = section_of(Settings, field_name)
        if name in {field_name, field.alias} and model is not None:
            return field_name, field.alias or field_name, model
    raise NotFound(f"There is no section {name!r} of settings.")


def _documents(found: Rows) -> dict[str, dict[str, Any]]:
    aliases = {name: field.alias or name for name, field in Settings.model_fields.items()}
    return {
        aliases.get(name, name): json.loads(text) for name, text in found if not name.startswith((_PROVIDER, _SECRET))
    }


@lru_cache(maxsize=8)
def _understood(found: Rows) -> tuple[Settings, tuple[str, ...]]:
    """The settings, and what of the rows had to be left out."""
    documents = _documents(found)
    left_out: list[str] = []
    while True:
        try:
            return _validated(documents), tuple(left_out)
        except ValidationError as error:
            path = _place(documents, error.errors(include_url=False)[0]["loc"])
            left_out.append(".".join(path))
            _drop(documents, path)


def _validated(documents: Mapping[str, Any]) -> Settings:
    return Settings.model_validate(documents, by_alias=True, by_name=False)


def _place(documents: Mapping[str, Any], location: tuple[str | int, ...]) -> list[str]:
    """The setting that an error is about: as far into the sections as the error's place goes."""
    path: list[str] = []
    model: type[Section] | None = Settings
    inner: Any = documents
    for part in location:
        if model is None or not isinstance(inner, dict) or part not in inner:
            break
        path.append(str(part))
        model, inner = section_of(model, str(part)), inner[str(part)]
    return path


def _drop(documents: dict[str, Any], path: list[str]) -> None:
    *parents, last = path
    for part in parents:
        documents = documents[part]
    documents.pop(last, None)


def _wrong(error: ValidationError) -> WrongSettings:
    return WrongSettings(faults_of(error))


def faults_of(error: ValidationError) -> dict[str, str]:
    """What is wrong by dotted key, in words."""
    return {
        ".".join(str(part) for part in one["loc"]): one["msg"].removeprefix("Value error, ")
        for one in error.errors(include_url=False, include_context=False)
    }
