"""What a provider is to the rest of the program: small capabilities, a settings model and a way to connect.

A provider implements the capabilities it has; callers ask `isinstance(connection, Finder)`. `None` always means that
the provider answered "I do not know it"; a fault raises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Generic, Protocol, TypeVar, runtime_checkable

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from metarr.errors import Permanent
from metarr.model.job import Priority
from metarr.model.media import Metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from metarr.model.answer import Kept
    from metarr.model.artwork import Candidate
    from metarr.model.media import ExternalIds
    from metarr.model.search import SearchHit


class BadKey(Permanent):
    """The provider refuses our key, or there is none. The text names the setting, never the key."""


_LONGEST_KEY = 4096  # characters; TMDB's longest are below 300


def is_usable_key(key: str) -> bool:
    """Whether it can be sent: keys are words of printable ASCII, and headers take nothing else."""
    return bool(key) and all("!" <= character <= "~" for character in key)


def _stripped(secret: SecretStr | None) -> SecretStr | None:
    key = "" if secret is None else secret.get_secret_value().strip()
    if key and not (is_usable_key(key) and len(key) <= _LONGEST_KEY):
        raise ValueError("a key holds no spaces and no special characters: copy it again from the provider's page")
    return SecretStr(key) if key else None


# A key or PIN; blanks around it are dropped.
Key = Annotated[SecretStr | None, AfterValidator(_stripped)]
Rate = Annotated[float, Field(gt=0, le=10_000)]  # calls per second
Countries = Annotated[
    tuple[Annotated[str, StringConstraints(to_upper=True, pattern="^[A-Za-z]{2}$")], ...], Field(max_length=300)
]  # ISO 3166-1


class ProviderSettings(BaseModel):
    """What every provider can be told; each provider's own model adds its address and its wishes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    url: str = Field(description="Base address of the provider's API", pattern=r"^https?://\S+[^/\s]$")
    api_key: Key = Field(default=None, description="Key of your account with the provider")
    requests_per_second: Rate = Field(default=5.0, description="Calls per second, shared by all jobs")
    enabled: bool = Field(default=True, description="Ask this provider at all")

    @property
    def is_ready(self) -> bool:
        """False: no key was given, or it is switched off. Those are states to show, not errors."""
        return self.enabled and self.api_key is not None

    @property
    def addresses(self) -> tuple[str, ...]:
        """All that are configured: wherever these are, the owner wants us to go there."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value for value in values if isinstance(value, str) and value.startswith(("http://", "https://")))


@dataclass(frozen=True, slots=True)
class Ask:
    """How a question is to be asked. `languages`: wanted for texts, first choice first; `original` among them.

    `priority`: the job's; the limiter lets higher ones go first. `is_fresh`: past the answers kept from earlier.
    `order`: of a show's episodes ("aired", "dvd", "absolute", "tmdb:<group>"); None: the provider's usual one.
    """

    languages: tuple[str, ...] = ("en",)
    priority: int = Priority.AUTOMATED
    is_fresh: bool = False
    order: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider knows about one item. A provider of pictures or ratings alone leaves the rest empty."""

    metadata: Metadata = field(default_factory=Metadata)
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class SeasonAnswer:
    """What one provider knows about one season, and about its episodes by their numbers."""

    season: Answer
    episodes: Mapping[int, Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EpisodeOrder:
    """A way to number the episodes of a show, as it is pinned ("dvd", "tmdb:5acf…") and as a person reads it."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Health:
    """For the health line. `state`: "ok", "paused" or "unreachable". `calls_today`: since midnight UTC.

    `per_second`: our own limit; `paused_for`: how long we leave the provider alone (None: it works).
    """

    calls: int
    paused_for: timedelta | None
    state: str = "ok"
    calls_today: int = 0
    per_second: float = 0.0


class Connection(Protocol):
    """What every connected provider can do."""

    async def check(self) -> None:
        """Ask for nothing in particular, to prove address and key. Raises BadKey, Wait or Transient."""
        ...

    def health(self) -> Health: ...

    async def retire(self) -> None:
        """Settings replaced it: it closes whenever no request is under way, and still answers whoever holds it."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class MovieSource(Protocol):
    """Knows facts or pictures of movies."""

    async def movie(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        """Everything about the movie with these ids. None also where the provider knows none of these ids."""
        ...


@runtime_checkable
class SeriesSource(Protocol):
    """Knows facts or pictures of shows. `ids` are the show's, always."""

    async def series(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        """Everything about the show itself."""
        ...

    async def season(self, ids: ExternalIds, number: int, ask: Ask) -> SeasonAnswer | None:
        """One season of the show (0: the specials) with its episodes, numbered by `ask.order`."""
        ...


@runtime_checkable
class OrderSource(Protocol):
    """Knows other ways to number a show's episodes."""

    async def orders(self, ids: ExternalIds, ask: Ask) -> tuple[EpisodeOrder, ...]:
        """The orders that `Ask.order` may name for this show, beside the usual one."""
        ...


@runtime_checkable
class CollectionSource(Protocol):
    """Knows movie sets."""

    async def collection(self, ids: ExternalIds, ask: Ask) -> Answer | None:
        """Everything about the movie set with these ids (only `tmdb` is in use): title, plot, pictures."""
        ...


@runtime_checkable
class Finder(Protocol):
    """Finds the ids of a movie."""

    async def search_movie(self, title: str, year: int | None, ask: Ask) -> tuple[SearchHit, ...]:
        """Hits by title, in the provider's order."""
        ...

    async def find_movie(self, ids: ExternalIds, ask: Ask) -> ExternalIds | None:
        """The provider's own ids for somebody else's."""
        ...


@runtime_checkable
class SeriesFinder(Protocol):
    """Finds the ids of a show."""

    async def search_series(self, title: str, year: int | None, ask: Ask) -> tuple[SearchHit, ...]:
        """Hits by title, in the provider's order; `SearchHit.year` is the first year."""
        ...

    async def find_series(self, ids: ExternalIds, ask: Ask) -> ExternalIds | None:
        """The provider's own ids for somebody else's."""
        ...


class AnswerCache(Protocol):
    """Keeps raw answers, so that asking again within days costs no call, and works without a network."""

    async def get(self, key: str) -> Kept | None:
        """What is kept under this key, however old; the caller judges its age."""
        ...

    async def put(self, key: str, body: bytes | None) -> None:
        """Keep it in place of what was kept before."""
        ...


class Lease(Protocol):
    """Where several processes share one provider's limit: a place in the common queue."""

    async def reserve(self, name: str, interval: float) -> float:
        """Seconds until our next call to `name`, where all processes together keep `interval` seconds between calls."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connection is given beside its settings. None: it remembers nothing, or is alone."""

    answers: AnswerCache | None = None
    lease: Lease | None = None


S = TypeVar("S", bound=ProviderSettings)


@dataclass(frozen=True, slots=True)
class Provider(Generic[S]):
    """A provider that can be connected: its name in tables and provenance, its settings, and how to build it."""

    name: str
    settings_model: type[S]
    build: Callable[[S, Surroundings], Connection]
    attribution: str = ""  # the words that the provider's terms ask for
    needs_key: bool = True
    title: str = ""  # as people know it
    knows: str = ""  # what it has, in words
    allowance: str = ""  # how often it may be asked, as far as it says
    key_from: str = ""  # the page where one gets a key
