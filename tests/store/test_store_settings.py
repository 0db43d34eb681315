"""The user's settings as rows: only what differs, merged, and refused where wrong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from metarr.errors import InvalidInput
from metarr.settings import Settings
from metarr.store import schema
from metarr.store import settings as stored_settings
from stages import rows

if TYPE_CHECKING:
    from metarr.store.db import Store


def test_an_empty_database_has_the_defaults(store: Store) -> None:
    assert store.write_now(stored_settings.load) == Settings()


def test_a_change_is_merged_and_only_what_was_said_is_stored(store: Store) -> None:
    for patch in ({"enrichment": {"preferredLanguage": "de"}}, {"enrichment": {"autoSelectAssets": True}}):
        changed = store.write_now(partial(stored_settings.change, section="phaseConfig", patch=patch))
        assert changed == store.write_now(stored_settings.load)
    enrichment = store.write_now(stored_settings.load).phase_config.enrichment
    assert (enrichment.preferred_language, enrichment.auto_select_assets, enrichment.enabled) == ("de", True, True)
    [row] = store.write_now(lambda tx: rows(tx, schema.setting))
    assert row["value"] == {"enrichment": {"preferredLanguage": "de", "autoSelectAssets": True}}


def test_every_change_is_seen_by_the_next_reader(store: Store) -> None:
    for attempts in (5, 7, 5):
        store.write_now(partial(stored_settings.change, section="jobs", patch={"maxAttempts": attempts}))
        assert store.write_now(stored_settings.load).jobs.max_attempts == attempts


@pytest.mark.parametrize(
    ("section", "patch", "named"),
    [
        ("phaseConfig", {"scanning": {"enabled": False}}, r"phaseConfig\.scanning\.enabled"),
        ("phaseConfig", {"enrichment": {"preferredLanguage": "german"}}, "preferredLanguage"),
        ("phaseConfig", {"enrichment": {"colour": 1}}, "colour"),
        ("jobs", {"maxAttempts": 0}, "maxAttempts"),
        ("nonsense", {}, "nonsense"),
    ],
    ids=["scanning cannot be switched off", "no such language", "unknown key", "out of range", "unknown section"],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(
    store: Store, section: str, patch: dict[str, object], named: str
) -> None:
    with pytest.raises(InvalidInput, match=named):
        store.write_now(lambda tx: stored_settings.change(tx, section, patch))
    assert store.write_now(lambda tx: rows(tx, schema.setting)) == []
