"""User settings: typed, with the design's defaults. One registry serves defaults, validation, documentation and API.

`PhaseConfig` holds exactly the keys of the phase overview; what this program adds lives in sections of its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from metarr.model.artwork import ArtworkKind


class Section(BaseModel):
    """A frozen group of settings; camelCase outside, unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class ScanningPhase(Section):
    enabled: Literal[True] = True
    """Always on: everything starts with a scan."""


class EnrichmentPhase(Section):
    enabled: bool = True
    """Ask the metadata providers; off: jobs pass through to publishing."""
    auto_select_assets: bool = False
    """Choose artwork automatically; off: candidates wait for a person's choice."""
    preferred_language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "en"
    """The first language asked for, as ISO 639-1."""


class PublishingPhase(Section):
    enabled: bool = True
    """Write NFO files and artwork into the library; off: jobs pass through to the players."""
    cleanup_unselected: bool = True
    """Move files that this program published and nobody wants any more into the recycle bin."""


class PlayerSyncPhase(Section):
    enabled: bool = True
    """Tell the players about changes."""
    auto_sync: bool = False
    """Do so at the end of every chain; off: only when a person asks."""


class PhaseConfig(Section):
    """Exactly the overview's keys: `GET/PATCH /api/v1/settings/phase-config`."""

    scanning: ScanningPhase = ScanningPhase()
    enrichment: EnrichmentPhase = EnrichmentPhase()
    publishing: PublishingPhase = PublishingPhase()
    player_sync: PlayerSyncPhase = PlayerSyncPhase()


class GeneralSettings(Section):
    time_zone: str = ""
    """The zone of schedules, as in "Europe/Berlin"; empty: the machine's own."""


class ScanningSettings(Section):
    concurrent_directories: Annotated[int, Field(ge=1, le=64)] = 5
    """How many directories are read and probed at the same time."""
    ignore_patterns: tuple[str, ...] = ()
    """Names or paths in libraries to leave alone, as in a `.plexignore` at the root."""


class EnrichmentSettings(Section):
    languages: tuple[str, ...] = ()
    """Further languages after the preferred one, in order; `original` stands for the item's own."""
    artwork_limits: dict[ArtworkKind, Annotated[int, Field(ge=0, le=20)]] = {
        ArtworkKind.POSTER: 3,
        ArtworkKind.FANART: 4,
    }
    """How many pictures of a kind are chosen; kinds not named here: 1."""


class PublishingSettings(Section):
    actor_pictures: Annotated[int, Field(ge=0, le=100)] = 15
    """How many head shots per item are published into `.actors`."""
    recycle_days: Annotated[int, Field(ge=1)] = 30
    """How long the recycle bin keeps what was replaced or removed."""


class VerificationSettings(Section):
    enabled: bool = True
    """Compare the library with what should be there, on schedule; off: only by hand."""
    auto_repair: bool = True
    """Put back what is missing or broken."""


class NotificationSettings(Section):
    enabled: bool = True
    """Tell the channels about events."""


class JobSettings(Section):
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """How often a job is tried before it goes to the dead letter."""
    backoff_seconds: Annotated[float, Field(gt=0)] = 5.0
    """The pause before the second attempt; it doubles with each further one."""
    keep_completed_days: Annotated[int, Field(ge=1)] = 30
    """How long finished jobs are kept."""
    keep_failed_days: Annotated[int, Field(ge=1)] = 90
    """How long failed jobs are kept."""


class Settings(Section):
    """Everything a user can set, as one snapshot. A job runs on the snapshot taken when it was claimed."""

    phase_config: PhaseConfig = PhaseConfig()
    general: GeneralSettings = GeneralSettings()
    scanning: ScanningSettings = ScanningSettings()
    enrichment: EnrichmentSettings = EnrichmentSettings()
    publishing: PublishingSettings = PublishingSettings()
    verification: VerificationSettings = VerificationSettings()
    notification: NotificationSettings = NotificationSettings()
    jobs: JobSettings = JobSettings()

    @property
    def languages(self) -> tuple[str, ...]:
        """Ordered and without repeats, the preferred one first."""
        return tuple(dict.fromkeys((self.phase_config.enrichment.preferred_language, *self.enrichment.languages)))
