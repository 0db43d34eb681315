"""Documentation is under test: what exists is described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metarr.api import reference, settings_reference
from metarr.config import OWN_KEYS
from metarr.model.event import EventType
from metarr.model.job import JobKind, JobState
from metarr.model.schedule import Chore
from metarr.providers import PROVIDERS
from metarr.section import Section
from metarr.settings import Settings

ROOT = Path(__file__).parents[1]
MANUAL = (ROOT / "docs" / "manual.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_settings_page_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == settings_reference.page()


@pytest.mark.parametrize("section", [Settings, *(f.annotation for f in Settings.model_fields.values())])
def test_every_setting_has_a_description(section: type[Section]) -> None:
    for name, field in section.model_fields.items():
        assert field.description or (isinstance(field.annotation, type) and issubclass(field.annotation, Section)), name


@pytest.mark.parametrize("word", [*EventType, *JobKind, *Chore])
def test_every_event_job_kind_and_chore_is_in_the_manual(word: str) -> None:
    assert re.search(rf"\b{re.escape(word)}\b", MANUAL)


@pytest.mark.parametrize("state", list(JobState))
def test_every_job_state_is_in_the_drawing(state: str) -> None:
    assert state in ARCHITECTURE


@pytest.mark.parametrize("key", sorted(OWN_KEYS))
def test_every_process_setting_is_in_the_manual(key: str) -> None:
    assert f"`METARR_{key.upper()}`" in MANUAL


def test_every_provider_key_is_in_the_manual() -> None:
    for name, provider in PROVIDERS.items():
        assert f"METARR_{name.upper()}_{'API_KEY' if provider.needs_key else 'ENABLED'}" in MANUAL


def test_every_command_is_in_the_manual() -> None:
    from typer.main import get_command

    from metarr.cli import app

    commands = get_command(app).commands  # type: ignore[attr-defined]  # a group, as the app has several commands
    missing = {name for name in commands if f"metarr {name}" not in MANUAL}
    assert missing == set()


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_api_reference_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "api.md").read_text() == reference.page()


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_words_of_every_provider_are_in_its_page(name: str) -> None:
    page = " ".join((ROOT / "docs" / "providers.md").read_text().split())
    assert PROVIDERS[name].attribution
    assert PROVIDERS[name].attribution in page
