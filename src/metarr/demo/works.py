"""What the demo's TMDB knows about a film, a set of films and a show. The films themselves are in `catalogue`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Colour = tuple[int, int, int]

INVENTED_IDS = 90_000_000  # ids from here up belong to no real film

NIGHT: tuple[Colour, Colour, Colour] = ((18, 20, 38), (92, 84, 140), (236, 214, 168))


@dataclass(frozen=True, slots=True)
class Words:
    """A film's texts in another language."""

    title: str
    plot: str
    tagline: str = ""


@dataclass(frozen=True, slots=True)
class FilmSet:
    """A set of films."""

    tmdb: int
    title: str
    plot: str
    translations: Mapping[str, Words] = field(default_factory=dict)
    palette: tuple[Colour, Colour, Colour] = NIGHT

    @property
    def key(self) -> str:
        """What the names of its pictures begin with."""
        return f"set{self.tmdb}"


@dataclass(frozen=True, slots=True)
class Film:
    """What the demo server knows about a film. `palette`: dark, middle and light colour of its drawn artwork."""

    tmdb: int
    title: str
    released: str  # ISO date
    imdb: str | None = None
    original_title: str | None = None
    also_known_as: tuple[str, ...] = ()
    language: str = "en"  # ISO 639-1
    plot: str = ""
    tagline: str = ""
    runtime: int = 0  # minutes, 0 = unknown, as TMDB has it
    genres: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    countries: tuple[tuple[str, str], ...] = ()  # ISO 3166-1 code, name
    directors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    cast: tuple[tuple[str, str], ...] = ()  # name, role
    certification: str = ""  # in the United States
    rating: float = 0.0  # 0-10
    votes: int = 0
    keywords: tuple[str, ...] = ()
    collection: FilmSet | None = None
    trailer: str | None = None  # a YouTube id
    translations: Mapping[str, Words] = field(default_factory=dict)
    palette: tuple[Colour, Colour, Colour] = NIGHT

    @property
    def key(self) -> str:
        """What the names of its pictures begin with."""
        return str(self.tmdb)

    @property
    def year(self) -> int:
        return int(self.released[:4])


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode, where TMDB counts it."""

    tmdb: int
    season: int
    number: int
    title: str
    aired: str  # ISO date
    plot: str = ""
    runtime: int = 0  # minutes, 0 = unknown, as TMDB has it
    directors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    guests: tuple[tuple[str, str], ...] = ()  # name, role
    rating: float = 0.0  # 0-10
    votes: int = 0
    translations: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Season:
    """What is said about a season beside its episodes."""

    tmdb: int
    number: int
    title: str
    plot: str = ""
    tvdb: int | None = None


@dataclass(frozen=True, slots=True)
class EpisodeGroup:
    """Another order of the episodes: its seasons by number, each with (season, episode) as TMDB counts them."""

    id: str
    name: str
    type: int  # 1-7; https://developer.themoviedb.org/reference/tv-episode-group-details
    seasons: Mapping[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Show:
    """What the demo server knows about a show. `palette`: dark, middle and light colour of its drawn artwork."""

    tmdb: int
    title: str
    released: str  # ISO date of the first episode
    seasons: tuple[Season, ...]
    episodes: tuple[Episode, ...]
    imdb: str | None = None
    tvdb: int | None = None
    original_title: str | None = None
    also_known_as: tuple[str, ...] = ()
    language: str = "en"  # ISO 639-1
    plot: str = ""
    tagline: str = ""
    runtime: int = 0  # minutes, 0 = unknown, as TMDB has it
    genres: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    countries: tuple[tuple[str, str], ...] = ()  # ISO 3166-1 code, name
    creators: tuple[str, ...] = ()
    cast: tuple[tuple[str, str], ...] = ()  # name, role
    certification: str = ""  # in the United States
    rating: float = 0.0  # 0-10
    votes: int = 0
    keywords: tuple[str, ...] = ()
    status: str = "Ended"
    trailer: str | None = None  # a YouTube id
    groups: tuple[EpisodeGroup, ...] = ()
    translations: Mapping[str, Words] = field(default_factory=dict)
    palette: tuple[Colour, Colour, Colour] = NIGHT

    @property
    def key(self) -> str:
        """What the names of its pictures begin with: TMDB counts shows and films apart."""
        return f"tv{self.tmdb}"

    @property
    def year(self) -> int:
        return int(self.released[:4])

    def of_season(self, number: int) -> tuple[Episode, ...]:
        """The episodes of one season."""
        return tuple(episode for episode in self.episodes if episode.season == number)
