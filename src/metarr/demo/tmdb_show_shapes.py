"""A show in the shapes of TMDB's answers. Pure; https://developer.themoviedb.org/reference/tv-series-details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.demo.drawing import season_assets, still
from metarr.demo.tmdb_shapes import (
    appended,
    cast_member,
    crew_member,
    images,
    listed,
    named,
    pictures,
    trailers,
    translations,
    wanted_language,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.demo.tmdb_shapes import Appendices, Json
    from metarr.demo.works import Episode, EpisodeGroup, Season, Show

# What TMDB calls an episode that has no title in the language asked for
_PLACEHOLDERS = {"de": "Folge", "es": "Episodio", "fr": "Épisode"}


def details(show: Show, query: Mapping[str, str]) -> Json:
    """The answer to `/tv/{id}`, with what `append_to_response` asks for."""
    wanted = wanted_language(query)
    words = show.translations.get(wanted)
    regular = [season for season in show.seasons if season.number > 0]
    answer: Json = {
        **result(show, wanted),
        "created_by": [{"id": member["id"], "name": member["name"]} for member in map(_creator, show.creators)],
        "episode_run_time": [show.runtime] if show.runtime else [],
        "genres": named(show.genres),
        "in_production": show.status != "Ended",
        "networks": named(show.networks),
        "number_of_episodes": sum(episode.season > 0 for episode in show.episodes),
        "number_of_seasons": len(regular),
        "production_companies": [],
        "production_countries": [{"iso_3166_1": code, "name": name} for code, name in show.countries],
        "seasons": [_summary(show, season) for season in show.seasons],
        "status": show.status,
        "tagline": words.tagline if words else show.tagline,
        "type": "Scripted",
    }
    return {**answer, **appended(_OF_SHOW, show, query)}


def result(show: Show, language: str = "en") -> Json:
    """A show as it stands in the lists of search and find."""
    words = show.translations.get(language)
    return {
        "adult": False,
        "id": show.tmdb,
        "name": (words.title if words else "") or show.title,
        "original_name": show.original_title or show.title,
        "original_language": show.language,
        "origin_country": [code for code, _ in show.countries],
        "overview": words.plot if words else show.plot if language == "en" else "",
        "popularity": round(show.votes / 100, 3),
        "first_air_date": show.released,
        "vote_average": show.rating,
        "vote_count": show.votes,
    }


def search_results(shows: Sequence[Show]) -> Json:
    """The answer to `/search/tv`."""
    return listed([result(show) for show in shows])


def season_details(show: Show, season: Season, query: Mapping[str, str]) -> Json:
    """The answer to `/tv/{id}/season/{number}`."""
    wanted = wanted_language(query)
    episodes = [_episode(show, episode, wanted) for episode in show.of_season(season.number)]
    answer = {**_summary(show, season), "_id": f"{season.tmdb:024x}", "episodes": episodes}
    del answer["episode_count"]
    return {**answer, **appended(_of_season(season), show, query)}


def groups(show: Show) -> Json:
    """The answer to `/tv/{id}/episode_groups`."""
    return {"id": show.tmdb, "results": [_group_summary(group) for group in show.groups]}


def group_details(show: Show, group: EpisodeGroup) -> Json:
    """The answer to `/tv/episode_group/{id}`."""
    known = {(episode.season, episode.number): episode for episode in show.episodes}
    seasons = [
        {
            "id": f"{group.id[:-2]}{order:02x}",
            "name": "Specials" if order == 0 else f"Part {order}",
            "order": order,
            "episodes": [{**_episode(show, known[place], "en"), "order": count} for count, place in enumerate(places)],
            "locked": True,
        }
        for order, places in group.seasons.items()
    ]
    return {**_group_summary(group), "groups": seasons}


def _creator(name: str) -> Json:
    return crew_member(name, "Creator", "Creator")


def _summary(show: Show, season: Season) -> Json:
    episodes = show.of_season(season.number)
    return {
        "air_date": min((episode.aired for episode in episodes), default=None),
        "episode_count": len(episodes),
        "id": season.tmdb,
        "name": season.title,
        "overview": season.plot,
        "poster_path": None,
        "season_number": season.number,
        "vote_average": show.rating,
    }


def _episode(show: Show, episode: Episode, language: str) -> Json:
    words = episode.translations.get(language)
    is_told = language == "en"
    placeholder = f"{_PLACEHOLDERS.get(language, 'Episode')} {episode.number}"
    crew = [crew_member(name, "Directing", "Director") for name in episode.directors]
    crew += [crew_member(name, "Writing", "Writer") for name in episode.writers]
    return {
        "air_date": episode.aired,
        "crew": crew,
        "episode_number": episode.number,
        "episode_type": "standard",
        "guest_stars": [cast_member(name, role, 500 + order) for order, (name, role) in enumerate(episode.guests)],
        "id": episode.tmdb,
        "name": words.title if words else episode.title if is_told else placeholder,
        "overview": words.plot if words else episode.plot if is_told else "",
        "production_code": "",
        "runtime": episode.runtime or None,
        "season_number": episode.season,
        "show_id": show.tmdb,
        "still_path": f"/{still(show, episode.season, episode.number).name}",
        "vote_average": episode.rating,
        "vote_count": episode.votes,
    }


def _group_summary(group: EpisodeGroup) -> Json:
    return {
        "description": "",
        "episode_count": sum(map(len, group.seasons.values())),
        "group_count": len(group.seasons),
        "id": group.id,
        "name": group.name,
        "network": None,
        "type": group.type,
    }


def _aggregate_credits(show: Show, _: Mapping[str, str]) -> Json:
    count = len(show.episodes)
    cast = []
    for order, (name, role) in enumerate(show.cast):
        member = cast_member(name, role, order)
        roles = [{"character": member.pop("character"), "episode_count": count}]
        cast.append({**member, "roles": roles, "total_episode_count": count})
    return {"cast": cast, "crew": []}


def _credits(show: Show, _: Mapping[str, str]) -> Json:
    return {"cast": [cast_member(name, role, order) for order, (name, role) in enumerate(show.cast)], "crew": []}


def _content_ratings(show: Show, _: Mapping[str, str]) -> Json:
    return {"results": [{"descriptors": [], "iso_3166_1": "US", "rating": show.certification}]}


def _external_ids(show: Show, _: Mapping[str, str]) -> Json:
    return {"imdb_id": show.imdb, "tvdb_id": show.tvdb, "wikidata_id": None}


def _alternative_titles(show: Show, _: Mapping[str, str]) -> Json:
    return {"results": [{"iso_3166_1": "US", "title": title, "type": ""} for title in show.also_known_as]}


def _keywords(show: Show, _: Mapping[str, str]) -> Json:
    return {"results": named(show.keywords)}


_OF_SHOW: Appendices[Show] = {
    "aggregate_credits": _aggregate_credits,
    "credits": _credits,
    "images": images,
    "content_ratings": _content_ratings,
    "external_ids": _external_ids,
    "videos": trailers,
    "keywords": _keywords,
    "translations": lambda show, _: translations(show, "name"),
    "alternative_titles": _alternative_titles,
}


def _of_season(season: Season) -> Appendices[Show]:
    own = {"iso_639_1": "en", "iso_3166_1": "US", "data": {"name": "", "overview": season.plot}}
    return {
        "credits": _credits,
        "images": lambda show, query: pictures(season_assets(show, season.number), ("posters",), query),
        "external_ids": lambda _show, _query: {"tvdb_id": season.tvdb, "wikidata_id": None},
        "videos": lambda _show, _query: {"results": []},
        "translations": lambda _show, _query: {"translations": [own]},
    }
