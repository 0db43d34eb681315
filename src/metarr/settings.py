"""User settings: typed, with the design's defaults. One registry serves defaults, validation, documentation and API.

`PhaseConfig` holds exactly the keys of the phase overview; what this program adds lives in sections of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from metarr.model.artwork import ArtworkKind
from metarr.model.event import EventType
from metarr.model.media import ItemKind, Metadata
from metarr.section import PlainText, Section
from metarr.sign_on import SingleSignOnSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")
S = TypeVar("S", bound="Section")
FULL_SCORE = 100  # points
_YEARS = 3650  # days; longer is a slip of the finger
TEXTLESS = "textless"  # in a rank list of languages: pictures without text
PREFERRED = "preferred"  # there, too: the languages of the item's texts, in their order
_TEXT_FIRST = (PREFERRED, TEXTLESS)
_LANGUAGES = dict.fromkeys(
    (ArtworkKind.FANART, ArtworkKind.KEYART, ArtworkKind.CHARACTERART, ArtworkKind.THUMB), (TEXTLESS, PREFERRED)
)


class ScanningPhase(Section):
    """Finding what is there."""

    enabled: Literal[True] = True
    """Always on: everything starts with a scan."""


class EnrichmentPhase(Section):
    """Metadata and artwork from providers."""

    enabled: bool = True
    """Ask the metadata providers; off: jobs pass through to publishing."""
    auto_select_assets: bool = False
    """Choose artwork automatically; off: candidates wait for a person's choice."""
    preferred_language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "en"
    """The first language asked for, as ISO 639-1."""


class PublishingPhase(Section):
    """NFO files and artwork into the library."""

    enabled: bool = True
    """Write NFO files and artwork into the library; off: jobs pass through to the players."""
    cleanup_unselected: bool = True
    """Move files that this program published and nobody wants any more into the recycle bin."""


class PlayerSyncPhase(Section):
    """Telling the players."""

    enabled: bool = True
    """Tell the players about changes."""
    auto_sync: bool = False
    """Do so at the end of every chain; off: only when a person asks."""


class PhaseConfig(Section):
    """Which phases are on, and how they work."""

    scanning: ScanningPhase = ScanningPhase()
    enrichment: EnrichmentPhase = EnrichmentPhase()
    publishing: PublishingPhase = PublishingPhase()
    player_sync: PlayerSyncPhase = PlayerSyncPhase()


_Names = Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")], ...], Field(max_length=100)]  # providers'


def _time_zone(name: str) -> str:
    if not name:
        return name
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone that this machine knows, such as Europe/Berlin") from error
    return name


class GeneralSettings(Section):
    """What concerns everything."""

    time_zone: Annotated[PlainText, AfterValidator(_time_zone)] = ""
    """The zone of schedules, as in `Europe/Berlin`; empty: the machine's own."""
    keep_audit_days: Annotated[int, Field(title="Keep the audit log", ge=30, le=_YEARS)] = 365
    """How long it is kept who changed what and who logged in."""


class ScanningSettings(Section):
    """How libraries are scanned."""

    concurrent_directories: Annotated[int, Field(ge=1, le=64)] = 5
    """How many directories are read and probed at the same time."""
    ignore_patterns: Annotated[tuple[PlainText, ...], Field(max_length=1000)] = ()
    """Names (`*.iso`) or paths from a library's root (`Downloads/*`) to leave alone; `*` and `?` stand for characters
    of one name. Also left alone: what a `.plexignore` says (the same patterns, from its folder down), folders with a
    `.nomedia`, `@eaDir`, `#recycle` and their like, hidden files."""
    watch: bool = False
    """Scan folders as soon as something changes in them, where the system can tell; beside scheduled scans."""


class ArtworkWeights(Section):
    """The most points that each part of a picture's score can have."""

    resolution: Annotated[int, Field(ge=0, le=FULL_SCORE)] = 30
    aspect: Annotated[int, Field(ge=0, le=FULL_SCORE)] = 20
    language: Annotated[int, Field(ge=0, le=FULL_SCORE)] = 20
    votes: Annotated[int, Field(ge=0, le=FULL_SCORE)] = 20
    provider: Annotated[int, Field(ge=0, le=FULL_SCORE)] = 10


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
    """What is asked for, and whose word counts."""

    languages: Annotated[tuple[LanguageCode, ...], Field(title="Further languages", max_length=100)] = ()
    """Further languages after the preferred one, in order; `original` stands for the item's own."""
    provider_order: _Names = ("tmdb", "tvdb", "tvmaze", "omdb", "fanarttv")
    """Whose word counts first, field by field; providers not named here come after these."""
    field_order: Mapping[MetadataField, _Names] = {}
    """Another order of providers for single fields, as in `{"plot": ["tvdb"], "ratings": ["omdb", "tmdb"]}`; those not
    named keep theirs, after these."""
    artwork_limits: Mapping[ArtworkKind, Annotated[int, Field(ge=0, le=20)]] = {
        ArtworkKind.POSTER: 3,
        ArtworkKind.FANART: 4,
    }
    """How many pictures of a kind are chosen; kinds not named here: 3 posters, 4 fanarts, 1 of every other."""
    artwork_weights: Mapping[ArtworkPlace, Annotated[ArtworkWeights, AfterValidator(_a_full_score)]] = {}
    """The most points of each part of a picture's score, where they are to differ from resolution 30, aspect 20,
    language 20, votes 20, provider 10: by kind (`poster`), by level (`season`) or both (`season.poster`). The five add
    up to 100."""
    artwork_languages: Mapping[ArtworkPlace, Annotated[tuple[_Language, ...], Field(max_length=100)]] = {}
    """In which language pictures are wanted, first choice first, keyed as the weights: `textless`, `preferred` (the
    languages of texts), `original`, or codes like `de`. Where nothing is said: `textless`, `preferred` for fanart,
    keyart, characterart and thumb; `preferred`, `textless` for others."""

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
    """What is written into libraries, and when."""

    actor_pictures: Annotated[int, Field(title="Head shots per item", ge=0, le=100)] = 15
    """How many head shots per item are published into `.actors`."""
    movie_sets_folder: Annotated[PlainText, AfterValidator(_path_below_root)] = ""
    """The folder for pictures of movie sets, as a path from the library's root (`Movie Sets`): Kodi's "movie set
    information folder". Empty: sets are not published."""
    recycle_days: Annotated[int, Field(title="Keep in the recycle bin", ge=1, le=_YEARS)] = 30
    """How long the recycle bin keeps what was replaced or removed."""
    settle_seconds: Annotated[float, Field(title="Publish again after", ge=0, le=3600)] = 10
    """How long after a download manager replaced, renamed or deleted a video its item is published again; it is looked
    at once more a minute and ten minutes later."""


class PlayerSyncSettings(Section):
    """When players are told."""

    settle_seconds: Annotated[float, Field(title="Tell a player after", ge=0, le=3600)] = 10
    """How long after the first change a player is told of it."""
    gather_seconds: Annotated[float, Field(title="Gather changes for", ge=0, le=3600)] = 30
    """How long further changes in the same folder are gathered, so that they are told together."""
    longest_wait_seconds: Annotated[float, Field(title="Hold back at most", ge=0, le=86400)] = 300
    """The longest that gathering may hold a change back."""
    updates_per_minute: Annotated[int, Field(ge=1, le=6000)] = 60
    """The most updates that one player gets in a minute."""
    expire_hours: Annotated[int, Field(title="Wait for a player for", ge=1, le=24 * 365)] = 24
    """How long a change waits for a player that is off or playing; after that it is told with the player's next change,
    or when you ask for it."""


class VerificationSettings(Section):
    """Whether libraries are still as they were published."""

    enabled: bool = True
    """Compare the library with what should be there, on schedule; off: only by hand."""
    auto_repair: bool = True
    """Put back what is missing or broken; off: only report."""


class MessageTemplate(Section):
    """How events of a type are told of, in Jinja; empty: our own words."""

    title: Annotated[str, Field(max_length=500)] = ""
    """The headline."""
    body: Annotated[str, Field(max_length=10_000)] = ""
    """The text: `event`, `type`, `count`, `first` and `items`, each with title, year, library, detail and data."""


class NotificationSettings(Section):
    """Telling people."""

    enabled: bool = True
    """Tell the channels about events."""
    gather_seconds: Annotated[float, Field(title="Gather events for", ge=0, le=3600)] = 30
    """How long similar events are gathered, so that they are told as one."""
    templates: Mapping[EventType, MessageTemplate] = {}
    """Words of one's own for events; those not named here have ours."""


class JobSettings(Section):
    """How jobs are tried and kept."""

    max_attempts: Annotated[int, Field(title="Attempts at most", ge=1, le=20)] = 3
    """How often a job is tried before it goes to the dead letter."""
    backoff_seconds: Annotated[float, Field(title="Pause before the second attempt", gt=0, le=3600)] = 5.0
    """The pause before the second attempt; it doubles with each further one."""
    keep_completed_days: Annotated[int, Field(title="Keep finished jobs", ge=1, le=_YEARS)] = 30
    """How long finished jobs are kept."""
    keep_failed_days: Annotated[int, Field(title="Keep failed jobs", ge=1, le=_YEARS)] = 90
    """How long failed jobs are kept."""


def _whole_path(path: str) -> str:
    if path and (not path.startswith("/") or {".", ".."} & set(path.split("/"))):
        raise ValueError(f"{path!r} is no whole path, such as /mnt/backup/metarr")
    return path


class BackupSettings(Section):
    """Copies of everything that the program knows."""

    keep: Annotated[int, Field(ge=1, le=1000)] = 8
    """How many backups are kept of those by the clock, and as many of those by hand and before upgrades."""
    folder: Annotated[PlainText, AfterValidator(_whole_path)] = ""
    """Where they lie: a whole path on the server, best on another disk. Empty: `backups` in the data folder."""
    with_cache: bool = False
    """Also the pictures of the cache, which otherwise are fetched again."""


class Settings(Section):
    """Everything a user can set, as one snapshot. A job runs on the snapshot taken when it was claimed."""

    phase_config: PhaseConfig = PhaseConfig()
    general: GeneralSettings = GeneralSettings()
    scanning: ScanningSettings = ScanningSettings()
    enrichment: EnrichmentSettings = EnrichmentSettings()
    publishing: PublishingSettings = PublishingSettings()
    player_sync: PlayerSyncSettings = PlayerSyncSettings()
    verification: VerificationSettings = VerificationSettings()
    notification: NotificationSettings = NotificationSettings()
    jobs: JobSettings = JobSettings()
    backup: BackupSettings = BackupSettings()
    single_sign_on: SingleSignOnSettings = SingleSignOnSettings()

    @property
    def languages(self) -> tuple[str, ...]:
        """Ordered and without repeats, the preferred one first."""
        return tuple(dict.fromkeys((self.phase_config.enrichment.preferred_language, *self.enrichment.languages)))


class LibraryOverrides(Section):
    """What one library has otherwise than all the others; null: as everywhere."""

    auto_select_assets: bool | None = None
    """Choose artwork automatically."""
    publish: bool | None = None
    """Write NFO files and artwork."""
    cleanup_unselected: bool | None = None
    """Move files that this program published and nobody wants any more into the recycle bin."""
    auto_sync: bool | None = None
    """Tell the players at the end of every chain."""
    auto_repair: bool | None = None
    """Put back what verification finds missing or broken."""
    actor_pictures: Annotated[int, Field(ge=0, le=100)] | None = None
    """How many head shots per item are published."""
    movie_sets_folder: Annotated[str, Field(max_length=1000), AfterValidator(_path_below_root)] | None = None
    """The folder below the root for pictures of movie sets."""
    artwork_limits: dict[ArtworkKind, Annotated[int, Field(ge=0, le=20)]] | None = None
    """How many pictures of a kind are chosen; kinds not named here: as everywhere."""
    ignore_patterns: tuple[Annotated[str, Field(max_length=1000)], ...] | None = None
    """Names or paths to leave alone, instead of those of all libraries."""


def in_library(settings: Settings, own: LibraryOverrides) -> Settings:
    """The settings as one library has them."""
    phases = settings.phase_config
    limits = {**settings.enrichment.artwork_limits, **(own.artwork_limits or {})}
    return _but(
        settings,
        phase_config=_but(
            phases,
            enrichment=_but(phases.enrichment, auto_select_assets=own.auto_select_assets),
            publishing=_but(phases.publishing, enabled=own.publish, cleanup_unselected=own.cleanup_unselected),
            player_sync=_but(phases.player_sync, auto_sync=own.auto_sync),
        ),
        scanning=_but(settings.scanning, ignore_patterns=own.ignore_patterns),
        enrichment=_but(settings.enrichment, artwork_limits=limits),
        publishing=_but(
            settings.publishing, actor_pictures=own.actor_pictures, movie_sets_folder=own.movie_sets_folder
        ),
        verification=_but(settings.verification, auto_repair=own.auto_repair),
    )


def _but(section: S, **values: object) -> S:
    """The section with these values, but for those that are None."""
    return section.model_copy(update={name: value for name, value in values.items() if value is not None})
