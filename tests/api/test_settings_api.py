"""Settings over HTTP: the overview's keys exactly, every section alike, merge patches, tags, effect at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import TmdbServer
from metarr.settings import Settings
from metarr.store.db import NOW, Store, sqlite_url
from metarr.store.schema import setting
from running import Running, make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# The interface `PhaseConfig` of the phase overview, key by key with its defaults.
OVERVIEW: dict[str, dict[str, Any]] = {
    "scanning": {"enabled": True},
    "enrichment": {"enabled": True, "autoSelectAssets": False, "preferredLanguage": "en"},
    "publishing": {"enabled": True, "cleanupUnselected": True},
    "playerSync": {"enabled": True, "autoSync": False},
}
EXTRAS = {
    "scanning",
    "enrichment",
    "publishing",
    "playerSync",
    "verification",
    "notification",
    "general",
    "jobs",
    "backup",
    "singleSignOn",
}


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    """An installation that does no jobs."""
    async with running(data, is_working=False) as found:
        yield found


async def _patch(house: Running, path: str, patch: Any, status: int = 200, tag: str = "*") -> Any:
    found, body = await house.ask("PATCH", f"/settings/{path}", json=patch, headers={"If-Match": tag})
    assert found == status, body
    return body


async def test_phase_config_is_exactly_the_overviews(house: Running) -> None:
    assert await house.get("/settings/phase-config") == OVERVIEW
    changed = await _patch(house, "phase-config", {"enrichment": {"autoSelectAssets": True}})
    expected = {**OVERVIEW, "enrichment": {**OVERVIEW["enrichment"], "autoSelectAssets": True}}
    assert changed == await house.get("/settings/phase-config") == expected
    assert await _patch(house, "phase-config", {"enrichment": None}) == OVERVIEW


async def test_what_is_wrong_names_the_key_and_changes_nothing(house: Running) -> None:
    before = await house.get("/settings")
    wrong: list[tuple[str, Any, str]] = [
        ("phase-config", {"scanning": {"enabled": False}}, "phaseConfig.scanning.enabled"),
        ("phase-config", {"enrichment": {"reviewBeforePublish": True}}, "phaseConfig.enrichment.reviewBeforePublish"),
        ("phase-config", {"verification": {"enabled": True}}, "phaseConfig.verification"),
        ("phase-config", {"enrichment": {"auto_select_assets": True}}, "phaseConfig.enrichment.auto_select_assets"),
        ("phase-config", {"enrichment": [1]}, "phaseConfig.enrichment"),
        ("jobs", {"maxAttempts": "many"}, "jobs.maxAttempts"),
        ("playerSync", {"updatesPerMinute": 0}, "playerSync.updatesPerMinute"),
        ("jobs", {"\ud800": 1}, ""),
        ("jobs", [], "dict"),
    ]
    for path, patch, key in wrong:
        assert key in (await _patch(house, path, patch, 422))["detail"]
    assert await house.get("/settings") == before
    assert (await house.ask("PATCH", "/settings/weather", json={}))[0] == 404


async def test_every_section_is_served_and_described(house: Running) -> None:
    described = {group["name"]: group for group in await house.get("/settings/schema")}
    assert described.keys() == EXTRAS | {"phase-config"}
    everything = await house.get("/settings")
    assert everything == Settings().model_dump(mode="json", by_alias=True)
    for name, group in described.items():
        section = await house.get(f"/settings/{name}")
        assert section == everything["phaseConfig" if name == "phase-config" else name]
        assert group["help"]
        for one in group["settings"]:
            assert (one["label"], one["help"]) > ("", ""), one
            value = section
            for part in one["key"].split("."):
                value = value[part]
            assert value == one["default"]
            assert one["jsonSchema"].keys() & {"type", "anyOf", "enum", "const"}, one
    assert described["playerSync"]["settings"][0] == {
        "key": "settleSeconds",
        "label": "Tell a player after",
        "help": "How long after the first change a player is told of it.",
        "default": 10,
        "jsonSchema": {"maximum": 3600, "minimum": 0, "type": "number"},
    }


async def test_nobody_overwrites_what_another_has_changed_meanwhile(house: Running) -> None:
    async with house.client.get(f"{house.app.url}/api/v1/settings/jobs") as answer:
        tag = answer.headers["ETag"]
    await _patch(house, "jobs", {"maxAttempts": 4}, tag=tag)
    detail = (await _patch(house, "jobs", {"maxAttempts": 5}, 412, tag=tag))["detail"]
    assert "changed since" in detail
    assert (await house.get("/settings/jobs"))["maxAttempts"] == 4


async def test_what_another_version_stored_is_named_by_the_health_page(data: Path) -> None:
    store = Store(sqlite_url(data / "metarr.db"))
    store.write_now(
        lambda tx: tx.execute(setting.insert().values(section="jobs", value={"colour": "red"}, updated_at=NOW))
    )
    store.close()
    async with running(data, {"tmdb_api_key": "x"}, is_working=False) as house:
        [notice] = (await house.get("/health"))["notices"]
        assert "jobs.colour" in notice
        assert (await _patch(house, "jobs", {"maxAttempts": 4}))["maxAttempts"] == 4


async def test_a_phase_that_is_switched_on_does_at_once_what_items_lack(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "library", f"{FILMS[0].title} ({FILMS[0].year})")
    async with TmdbServer(FILMS) as tmdb:
        keys = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "tmdb_api_key": tmdb.key}
        async with running(data, keys) as house:
            await _patch(house, "phase-config", {"enrichment": {"enabled": False}, "publishing": {"enabled": False}})
            await house.ask("POST", "/libraries", json={"path": str(tmp_path / "library")})
            await house.ask("POST", "/jobs/scan", json={"target": str(tmp_path / "library")})
            await house.until_idle()
            assert not list((tmp_path / "library").rglob("*.nfo"))
            await _patch(house, "phase-config", {"enrichment": None, "publishing": None})
            await house.until_idle()
            assert list((tmp_path / "library").rglob("*.nfo"))
