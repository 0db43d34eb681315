"""The user's settings as rows: one per section, holding only what differs from the defaults."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import ValidationError

from metarr.errors import InvalidInput
from metarr.settings import Settings
from metarr.store import schema
from metarr.store.db import NOW
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.store.db import Tx

_SETTING = schema.setting


def load(tx: Tx) -> Settings:
    """All settings, defaults where nothing was set."""
    text = sa.type_coerce(_SETTING.c.value, sa.Text)
    rows = tx.execute(sa.select(_SETTING.c.section, text).order_by(_SETTING.c.section))
    return _parsed(tuple((row.section, row.value) for row in rows))


@lru_cache(maxsize=8)
def _parsed(rows: tuple[tuple[str, str], ...]) -> Settings:
    """They are read with every claim, and seldom change."""
    return Settings.model_validate({section: json.loads(value) for section, value in rows})


def change(tx: Tx, section: str, patch: Mapping[str, Any]) -> Settings:
    """Merge `patch` (camelCase, nested) into one section. Raises InvalidInput naming the key that is wrong."""
    row = tx.one(sa.select(_SETTING.c.value).where(_SETTING.c.section == section).with_for_update())
    merged = _merged(row["value"] if row else {}, patch)
    others = {r["section"]: r["value"] for r in tx.rows(sa.select(_SETTING)) if r["section"] != section}
    try:
        settings = Settings.model_validate({**others, section: merged})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{key}: {first['msg']}") from error
    tx.execute(upsert(tx, _SETTING, ["section"], {"section": section, "value": merged, "updated_at": NOW}))
    return settings


def _merged(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in patch.items():
        before = merged.get(key)
        merged[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
