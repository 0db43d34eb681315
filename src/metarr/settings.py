"""User settings: typed, with the design's defaults. One registry serves defaults, validation, documentation and API.

`PhaseConfig` holds exactly the keys of the phase overview; what this program adds lives in sections of its own.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind, Metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")
FULL_SCORE = 100  # points
TEXTLESS = "textless"  # in a rank list of languages: pictures without text
PREFERRED = "preferred"  # there, too: the languages of the item's texts, in their order
_TEXT_FIRST = (PREFERRED, TEXTLESS)
_LANGUAGES = dict.fromkeys(
    (ArtworkKind.FANART, ArtworkKind.KEYART, ArtworkKind.CHARACTERART, ArtworkKind.THUMB), (TEXTLESS, PREFERRED)
)


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
    watch: bool = False
    """Scan folders as soon as something changes in them, where the system can tell; beside scheduled scans."""


class ArtworkWeights(Section):
    """The most points that each part of a picture's score can have."""

    resolution: Annotated[int, Field(ge=0)] = 30
    aspect: Annotated[int, Field(ge=0)] = 20
    language: Annotated[int, Field(ge=0)] = 20
    votes: Annotated[int, Field(ge=0)] = 20
    provider: Annotated[int, Field(ge=0)] = 10


def _a_full_score(weights: ArtworkWeights) -> ArtworkWeights:
    total = sum(weights.model_dump().values())
    if total != FULL_SCORE:
        raise ValueError(f"the five weights must add up to {FULL_SCORE}, not {total}")
    return weights


_WEIGHTS = ArtworkWeights()


def _place_of_artwork(key: str) -> str:
    """`poster`, `season` or `season.poster`."""
    level, _, kind = key.rpartition(".")
    levels = {""} | set(ItemKind)
    if (kind in set(ArtworkKind) and level in levels) or (not level and kind in levels):
        return key
    raise ValueError(f"{key!r} names neither a kind of artwork, nor a level, nor both as in `season.poster`")


ArtworkPlace = Annotated[str, AfterValidator(_place_of_artwork)]
_Language = Annotated[str, Field(pattern=rf"^([a-z]{{2}}|original|{TEXTLESS}|{PREFERRED})$")]


def _field_of_metadata(name: str) -> str:
    if name in FIELDS:
        return name
    raise ValueError(f"{name!r} is no field of metadata; there are {', '.join(sorted(FIELDS))}")


MetadataField = Annotated[str, AfterValidator(_field_of_metadata)]
FIELDS = frozenset(field.name for field in fields(Metadata))


# A language of texts: ISO 639-1, perhaps with a region, or the item's own.
LanguageCode = Annotated[str, Field(pattern=r"^([a-z]{2}(-[A-Z]{2})?|original)$")]


class EnrichmentSettings(Section):
    languages: tuple[LanguageCode, ...] = ()
    """Further languages after the preferred one, in order; `original` stands for the item's own."""
    provider_order: tuple[str, ...] = ("tmdb", "tvdb", "tvmaze", "omdb", "fanarttv")
    """Whose word counts first, field by field; providers not named here come after these."""
    field_order: dict[MetadataField, tuple[str, ...]] = {}
    """Another order of providers for single fields (`plot`, `ratings`); those not named keep theirs, after these."""
    artwork_limits: dict[ArtworkKind, Annotated[int, Field(ge=0, le=20)]] = {
        ArtworkKind.POSTER: 3,
        ArtworkKind.FANART: 4,
    }
    """How many pictures of a kind are chosen; kinds not named here: 1."""
    artwork_weights: dict[ArtworkPlace, Annotated[ArtworkWeights, AfterValidator(_a_full_score)]] = {}
    """How a picture's score is made up, where it differs: for `poster`, `season` or `season.poster`."""
    artwork_languages: dict[ArtworkPlace, tuple[_Language, ...]] = {}
    """Which languages pictures are wanted in, where it differs from: preferred, textless."""

    def ordered(self, providers: Iterable[str]) -> tuple[str, ...]:
        """These providers by whose word counts first."""
        places = {name: place for place, name in enumerate(self.provider_order)}
        return tuple(sorted(providers, key=lambda name: (places.get(name, len(places)), name)))

    def weights_of(self, level: ItemKind, kind: ArtworkKind) -> ArtworkWeights:
        """The weights for a kind of picture of a kind of item."""
        return _nearest(self.artwork_weights, level, kind, _WEIGHTS)

    def languages_of(self, level: ItemKind, kind: ArtworkKind) -> tuple[str, ...]:
        """The rank list of languages for a kind of picture of a kind of item."""
        return _nearest(self.artwork_languages, level, kind, _LANGUAGES.get(kind, _TEXT_FIRST))


def _nearest(chosen: Mapping[str, T], level: ItemKind, kind: ArtworkKind, default: T) -> T:
    """What is said of exactly this, else of the kind of picture, else of the level."""
    names = (f"{level}.{kind}", kind.value, level.value)
    return next((chosen[name] for name in names if name in chosen), default)


def _path_below_root(path: str) -> str:
    if path and {"", ".", ".."} & set(path.split("/")):
        raise ValueError(f"{path!r} is no plain path below a library's root, such as `Movie Sets`")
    return path


class PublishingSettings(Section):
    actor_pictures: Annotated[int, Field(ge=0, le=100)] = 15
    """How many head shots per item are published into `.actors`."""
    movie_sets_folder: Annotated[str, AfterValidator(_path_below_root)] = ""
    """The folder below a library's root for pictures of movie sets: Kodi's "movie set information folder"."""
    recycle_days: Annotated[int, Field(ge=1)] = 30
    """How long the recycle bin keeps what was replaced or removed."""
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 10
    """How long after a download manager replaced, renamed or deleted a video its item is published again."""


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
