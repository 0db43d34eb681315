"""TMDB's answers about shows, their seasons, and the groups that number episodes differently, as our words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metarr.model.media import ExternalIds, Metadata
from metarr.providers import tmdb_images, tmdb_people
from metarr.providers.base import Answer, EpisodeOrder, SeasonAnswer
from metarr.providers.json_fields import Json, date, dict_, dicts, names, number, text, year
from metarr.providers.tmdb_fields import Reading, Texts, language, listed, object_
from metarr.providers.tmdb_parse import ratings, trailer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Types of episode groups; https://developer.themoviedb.org/reference/tv-episode-group-details. The first, "original
# air date", is missing: "aired" means TMDB's own seasons.
GROUP_TYPES: Mapping[str, int] = {"absolute": 2, "dvd": 3, "digital": 4, "story": 5, "production": 6, "tv": 7}
_TYPE_NAMES = {1: "original air date", **{number_: name for name, number_ in GROUP_TYPES.items()}}
_PREFIX = "tmdb:"
_PLACEHOLDER = re.compile(r"\w+ (\d+)")  # "Episode 5", "Folge 5": TMDB's title for an episode that has none


def series(answer: object, reading: Reading) -> Answer:
    """A show's details with everything appended."""
    details = object_(answer, "show", "name", "first_air_date")
    texts = Texts(details, reading.languages, title="name")
    aggregate, plain = dict_(details.get("aggregate_credits")), dict_(details.get("credits"))
    minutes = [minutes for minutes in map(number, _list(details.get("episode_run_time"))) if minutes]
    metadata = Metadata(
        title=texts.title,
        original_title=text(details.get("original_name")),
        original_language=language(details.get("original_language")),
        year=year(details.get("first_air_date")),
        premiered=date(details.get("first_air_date")),
        plot=texts.first("overview"),
        tagline=texts.first("tagline"),
        runtime=minutes[0] if minutes else None,
        certification=_certification(dict_(details.get("content_ratings")), reading.countries),
        genres=names(details.get("genres")),
        studios=names(details.get("networks")) or names(details.get("production_companies")),
        countries=names(details.get("production_countries")),
        tags=names(dict_(details.get("keywords")).get("results")),
        ratings=ratings(details),
        cast=tmdb_people.cast(aggregate or plain, reading.image_url),
        crew=tmdb_people.creators(details.get("created_by")),
        trailer=trailer(dict_(details.get("videos")), reading.languages),
        status=text(details.get("status")),
        ids=_ids(details),
    )
    return Answer(metadata, tmdb_images.of_item(details.get("images"), reading.image_url))


def season_details(answer: object) -> Json:
    """A season's answer, checked to be one."""
    details = object_(answer, "season", "season_number")
    listed(details, "season", "episodes")
    return details


def lacks_texts(answers: Sequence[Json]) -> bool:
    """Whether some episode still has no plot or no real title in any of the languages asked so far."""
    by_number = _by_number(answers)
    return any(
        not any(text(raw.get("overview")) for raw in versions) or _title(versions) is None
        for versions in by_number.values()
    )


def season(answers: Sequence[Json], reading: Reading, original: str | None) -> SeasonAnswer:
    """A season from its answers in several languages: the first has everything, the others fill missing texts.

    `original` is the language that the show was made in.
    """
    details = answers[0]
    texts = Texts({**details, "original_language": original}, reading.languages, title="name")
    place = number(details.get("season_number"))
    metadata = Metadata(
        title=texts.title,
        year=year(details.get("air_date")),
        premiered=date(details.get("air_date")),
        plot=next(filter(None, (texts.first("overview"), *(text(raw.get("overview")) for raw in answers))), None),
        cast=tmdb_people.cast(dict_(details.get("credits")), reading.image_url),
        trailer=trailer(dict_(details.get("videos")), reading.languages),
        season=place,
        ids=_ids(details),
    )
    credits_ = dict_(details.get("credits"))
    episodes = {
        episode: _episode(versions, place, credits_, reading) for episode, versions in _by_number(answers).items()
    }
    return SeasonAnswer(Answer(metadata, tmdb_images.of_season(details.get("images"), reading.image_url)), episodes)


def orders(answer: object) -> tuple[EpisodeOrder, ...]:
    """The groups of a show, under the keys that pin them."""
    return tuple(
        EpisodeOrder(f"{_PREFIX}{raw['id']}", f"{text(raw.get('name')) or raw['id']} ({_described(raw)})")
        for raw in listed(answer, "list of episode groups", "results")
        if text(raw.get("id"))
    )


def group_id(order: str) -> str | None:
    """The group that an order names outright (`tmdb:5acf93e60e0a26346d0000ce`); None: it names a type, or another's."""
    id_ = order.removeprefix(_PREFIX)
    return id_ if id_ != order and id_.isascii() and id_.isalnum() else None


def group_of_type(answer: object, order: str) -> str | None:
    """The id of the show's group of this type that has most episodes; None: it has none."""
    groups = [
        raw
        for raw in listed(answer, "list of episode groups", "results")
        if raw.get("type") == GROUP_TYPES.get(order) and text(raw.get("id"))
    ]
    best = max(groups, key=lambda raw: number(raw.get("episode_count")) or 0, default=None)
    return None if best is None else text(best["id"])


@dataclass(frozen=True, slots=True)
class Group:
    """One season of an episode group. `places`: where each of its episodes is in TMDB's own seasons."""

    number: int
    name: str | None
    places: Mapping[int, tuple[int, int]]  # episode -> (season, episode)

    @property
    def seasons(self) -> tuple[int, ...]:
        """TMDB's own seasons that the episodes are from."""
        return tuple(sorted({season_ for season_, _ in self.places.values()}))


def group(answer: object, wanted: int) -> Group | None:
    """One season of a group's details. Groups are counted from 1 (0: specials), but their episodes from 0.

    So they appear on TMDB's own pages, and so reads them Jellyfin (TmdbEpisodeProvider: "Episode order starts at 0").
    """
    for raw in listed(answer, "episode group", "groups"):
        if number(raw.get("order")) == wanted:
            found = (_place(episode) for episode in dicts(raw.get("episodes")))
            return Group(wanted, text(raw.get("name")), dict(place for place in found if place is not None))
    return None


def regrouped(group_: Group, seasons: Mapping[int, SeasonAnswer]) -> SeasonAnswer:
    """The group's season, its episodes taken from TMDB's own seasons and counted anew.

    Plot and pictures of the season with the same number are right only where nothing else is in the group.
    """
    episodes: dict[int, Answer] = {}
    for place, (source, episode) in sorted(group_.places.items()):
        found = seasons[source].episodes.get(episode) if source in seasons else None
        if found is not None:
            episodes[place] = replace(found, metadata=replace(found.metadata, season=group_.number, episode=place))
    if group_.seasons == (group_.number,) and group_.number in seasons:
        return SeasonAnswer(seasons[group_.number].season, episodes)
    premiered = min(_premieres(episodes.values()), default=None)
    metadata = Metadata(title=group_.name, premiered=premiered, year=year(premiered), season=group_.number)
    return SeasonAnswer(Answer(metadata), episodes)


def original_language(answer: object) -> str | None:
    """The language that a show was made in, from its details."""
    return language(object_(answer, "show", "name", "first_air_date").get("original_language"))


def _premieres(episodes: Iterable[Answer]) -> list[str]:
    return [answer.metadata.premiered for answer in episodes if answer.metadata.premiered is not None]


def _place(episode: Json) -> tuple[int, tuple[int, int]] | None:
    order, season_, number_ = (number(episode.get(name)) for name in ("order", "season_number", "episode_number"))
    return None if order is None or season_ is None or number_ is None else (order + 1, (season_, number_))


def _described(raw: Json) -> str:
    kind = _TYPE_NAMES.get(number(raw.get("type")) or 0, "other")
    return f"{kind}, {number(raw.get('episode_count')) or 0} episodes"


def _by_number(answers: Sequence[Json]) -> dict[int, list[Json]]:
    """Each episode in every language that was asked for, in the order of the languages."""
    found: dict[int, list[Json]] = {}
    for raw in (raw for answer in answers for raw in dicts(answer.get("episodes"))):
        place = number(raw.get("episode_number"))
        if place is not None:
            found.setdefault(place, []).append(raw)
    return found


def _episode(versions: Sequence[Json], season_: int | None, credits_: Json, reading: Reading) -> Answer:
    raw = versions[0]
    metadata = Metadata(
        title=_title(versions) or text(raw.get("name")),
        year=year(raw.get("air_date")),
        premiered=date(raw.get("air_date")),
        plot=next(filter(None, (text(version.get("overview")) for version in versions)), None),
        runtime=number(raw.get("runtime")) or None,
        ratings=ratings(raw),
        cast=tmdb_people.episode_cast(credits_, raw, reading.image_url),
        crew=tmdb_people.crew(raw.get("crew")),
        season=season_,
        episode=number(raw.get("episode_number")),
        ids=ExternalIds.from_dict({"tmdb": raw.get("id")}),
    )
    return Answer(metadata, tmdb_images.of_episode(raw, reading.image_url))


def _title(versions: Sequence[Json]) -> str | None:
    """The first title that somebody gave the episode; None: there are only placeholders."""
    for raw in versions:
        title = text(raw.get("name"))
        match = _PLACEHOLDER.fullmatch(title or "")
        if title is not None and (match is None or int(match[1]) != number(raw.get("episode_number"))):
            return title
    return None


def _certification(content_ratings: Json, countries: Sequence[str]) -> str | None:
    """The first wanted country's age rating."""
    results = dicts(content_ratings.get("results"))
    by_country = {raw.get("iso_3166_1"): rating for raw in reversed(results) if (rating := text(raw.get("rating")))}
    return next((by_country[country] for country in countries if country in by_country), None)


def _ids(details: Json) -> ExternalIds:
    external = dict_(details.get("external_ids"))
    return ExternalIds.from_dict(
        {"tmdb": details.get("id"), "imdb": external.get("imdb_id"), "tvdb": external.get("tvdb_id")}
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
