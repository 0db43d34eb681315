"""The user's settings as rows: only what differs, merged, and refused where wrong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from metarr.errors import InvalidInput
from metarr.settings import Settings
from metarr.store import schema
from metarr.store import settings as stored_settings
from metarr.store.db import NOW
from stages import rows

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx


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
        ("jobs", {"max_attempts": 2}, "max_attempts"),
        ("jobs", {"colour": None}, "colour"),
        ("general", {"timeZone": "Europe/Atlantis"}, "Europe/Atlantis"),
        ("general", {"timeZone": "../../etc/passwd"}, "time zone"),
        ("scanning", {"ignorePatterns": ["a\x07b"]}, "control characters"),
        ("scanning", {"ignorePatterns": ["\ud800"]}, "ignorePatterns"),
        ("notification", {"templates": {"scan_failed": {"title": "a\x00b"}}}, "NUL"),
        ("jobs", {"backoffSeconds": float("nan")}, "backoffSeconds"),
        ("jobs", {"maxAttempts": 10**400}, "maxAttempts"),
        ("nonsense", {}, "nonsense"),
    ],
    ids=[
        "scanning cannot be switched off",
        "no such language",
        "unknown key",
        "out of range",
        "a name of the program's own",
        "unknown key with null",
        "no such zone",
        "a path for a zone",
        "control character",
        "half a character",
        "zero character in a map",
        "not a number",
        "larger than any number",
        "unknown section",
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(
    store: Store, section: str, patch: dict[str, object], named: str
) -> None:
    with pytest.raises(InvalidInput, match=named):
        store.write_now(lambda tx: stored_settings.change(tx, section, patch))
    assert store.write_now(lambda tx: rows(tx, schema.setting)) == []


@pytest.mark.parametrize(
    ("patches", "kept"),
    [
        pytest.param([{"maxAttempts": 5}, {"maxAttempts": None}], {}, id="null is the way back to the default"),
        pytest.param([{"maxAttempts": None}], {}, id="what was never set may be null"),
        pytest.param(
            [{"maxAttempts": 5, "keepFailedDays": 7}, {"maxAttempts": None}],
            {"keepFailedDays": 7},
            id="what is not named stays",
        ),
    ],
)
def test_null_is_the_way_back(store: Store, patches: list[dict[str, object]], kept: dict[str, object]) -> None:
    for patch in patches:
        store.write_now(partial(stored_settings.change, section="jobs", patch=patch))
    [row] = store.write_now(lambda tx: rows(tx, schema.setting))
    assert row["value"] == kept


def test_a_whole_part_of_a_section_goes_back_to_its_defaults(store: Store) -> None:
    for patch in ({"enrichment": {"enabled": False}, "playerSync": {"autoSync": True}}, {"enrichment": None}):
        store.write_now(partial(stored_settings.change, section="phase_config", patch=patch))
    phases = store.write_now(stored_settings.load).phase_config
    assert (phases.enrichment.enabled, phases.player_sync.auto_sync) == (True, True)


@pytest.mark.parametrize(
    ("patches", "limits"),
    [
        pytest.param([{"poster": 5}], {"poster": 5, "fanart": 4}, id="the default's other keys stay"),
        pytest.param([{"fanart": None}], {"poster": 3}, id="null takes a key out of the map"),
        pytest.param([{"poster": 5}, {"banner": 2}], {"poster": 5, "fanart": 4, "banner": 2}, id="one after the other"),
        pytest.param([{"poster": 5}, None], {"poster": 3, "fanart": 4}, id="null for all is the default"),
    ],
)
def test_a_map_is_changed_key_by_key(store: Store, patches: list[object], limits: dict[str, int]) -> None:
    for patch in patches:
        store.write_now(partial(stored_settings.change, section="enrichment", patch={"artworkLimits": patch}))
    assert store.write_now(stored_settings.load).enrichment.artwork_limits == limits


@pytest.mark.parametrize(
    ("section", "document", "ignored"),
    [
        pytest.param("jobs", {"colour": 1, "maxAttempts": 7}, ("jobs.colour",), id="a key of a newer version"),
        pytest.param("jobs", {"keepFailedDays": 0, "maxAttempts": 7}, ("jobs.keepFailedDays",), id="no longer allowed"),
        pytest.param("colours", {"sky": "blue"}, ("colours",), id="a section of a newer version"),
        pytest.param(
            "phase_config",
            {"enrichment": {"mood": "good", "enabled": False}, "verification": {}},
            ("phaseConfig.enrichment.mood", "phaseConfig.verification"),
            id="keys inside a section",
        ),
        pytest.param("enrichment", {"artworkLimits": {"smell": 3}}, ("enrichment.artworkLimits",), id="inside a map"),
        pytest.param("jobs", ["what"], ("jobs",), id="something else altogether"),
    ],
)
def test_what_another_version_stored_is_ignored_but_kept(
    store: Store, section: str, document: object, ignored: tuple[str, ...]
) -> None:
    def fill(tx: Tx) -> None:
        tx.execute(sa.insert(schema.setting).values(section=section, value=document, updated_at=NOW))

    store.write_now(fill)
    assert store.write_now(stored_settings.ignored) == ignored
    found = store.write_now(stored_settings.load)
    assert found.jobs.max_attempts == (7 if isinstance(document, dict) and "maxAttempts" in document else 3)
    assert found.phase_config.enrichment.enabled == (section != "phase_config")
    other = "scanning" if section == "jobs" and isinstance(document, list) else "jobs"
    store.write_now(lambda tx: stored_settings.change(tx, other, {"watch": True} if other == "scanning" else {}))
    assert store.write_now(stored_settings.ignored) == ignored


def test_providers_are_kept_beside_settings_and_are_none_of_them(store: Store) -> None:
    store.write_now(lambda tx: stored_settings.save_provider(tx, "tmdb", {"requests_per_second": 3.0}))
    assert store.write_now(stored_settings.load) == Settings()
    assert store.write_now(stored_settings.ignored) == ()
    found = stored_settings.provider_rows(store.write_now(stored_settings.rows))
    assert found == {"tmdb": {"requests_per_second": 3.0}}
