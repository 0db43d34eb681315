"""What a provider is to the rest of the program: small capabilities, a settings model and a way to connect.

A provider implements the capabilities it has; callers ask `isinstance(connection, Finder)`. `None` always means that
the provider answered "I do not know it"; a fault raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from metarr.errors import Permanent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from metarr.model.artwork import Candidate
    from metarr.model.media import ExternalIds, Metadata
    from metarr.model.search import SearchHit


class BadKey(Permanent):
    """The provider refuses our key, or there is none. The text names the setting, never the key."""


class ProviderSettings(BaseModel):
    """What every provider can be told; each provider's own model adds its address and its wishes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Base address of the provider's API", pattern=r"^https?://\S+[^/\s]$")
    api_key: SecretStr | None = Field(default=None, description="Key of your account with the provider")
    requests_per_second: float = Field(default=5.0, gt=0, description="Calls per second, shared by all jobs")

    @property
    def is_ready(self) -> bool:
        """False: no key was given. That is a state to show, not an error."""
        return self.api_key is not None


@dataclass(frozen=True, slots=True)
class ProviderMovie:
    """One provider's answer about one movie."""

    metadata: Metadata
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """For the health line: calls made since the start, and how long we leave the provider alone (None: it works)."""

    calls: int
    paused_for: timedelta | None


class Connection(Protocol):
    """What every connected provider can do."""

    async def check(self) -> None:
        """Ask for nothing in particular, to prove address and key. Raises BadKey, Wait or Transient."""
        ...

    def health(self) -> Health: ...

    async def close(self) -> None: ...


@runtime_checkable
class MetadataSource(Protocol):
    """Knows facts and pictures of movies."""

    async def movie(self, ids: ExternalIds, languages: Sequence[str]) -> ProviderMovie | None:
        """Everything about the movie with these ids; texts in the first of `languages` that has them."""
        ...


@runtime_checkable
class Finder(Protocol):
    """Finds the ids of a movie."""

    async def search_movie(self, title: str, year: int | None) -> tuple[SearchHit, ...]:
        """Hits by title, in the provider's order."""
        ...

    async def find(self, ids: ExternalIds) -> ExternalIds | None:
        """The provider's own ids for somebody else's."""
        ...


S = TypeVar("S", bound=ProviderSettings)


@dataclass(frozen=True, slots=True)
class Provider(Generic[S]):
    """A provider that can be connected: its name in tables and provenance, its settings, and how to build it."""

    name: str
    settings_model: type[S]
    build: Callable[[S], Connection]
