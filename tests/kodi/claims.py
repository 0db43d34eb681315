"""What Kodi should say of the published library: a table of claims, each of which compares one thing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from kodi.shelves import (
    ACTORS,
    ALIENS,
    DISCS,
    EPISODES,
    FANARTS,
    FLAT,
    FULL,
    FULL_PLACE,
    GUEST,
    OF_SLASH,
    OWN_NFO,
    SEASONS,
    SETS,
    SETS_FOLDER,
    SHOW,
    SPARSE,
    STACK,
    STACKS,
    STREAMS,
    VERSIONS,
)
from metarr.library.nfo.tags import RATING_NAMES, YOUTUBE
from metarr.model.artwork import KINDS, ArtworkKind
from metarr.model.media import ItemKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from metarr.model.media import Metadata

# Modes of a source of films; what is published for Kodi alone, and not for all players, is read in the first again.
OWN = "separate folders"
SHARED = "one folder"
ALONE = "separate, for Kodi alone"
MODES = (OWN, SHARED, ALONE)


@dataclass(frozen=True)
class Told:
    """What Kodi says. Paths are relative to the library's root."""

    mode: str  # of the movie source
    version: str
    films: Mapping[str, Any]  # by their file
    sets: Mapping[str, Any]  # by their title
    show: Any
    seasons: Mapping[int, Any]
    episodes: Mapping[tuple[int, int], Any]


Where: TypeAlias = "Callable[[Told], Any]"  # which of the things that Kodi told of


@dataclass(frozen=True)
class Claim:
    """Something that Kodi should say: `look` gives what is wanted, and what it says."""

    of: str
    what: str
    look: Callable[[Told], tuple[Any, Any]]
    modes: tuple[str, ...] = MODES


def _ratings(metadata: Metadata) -> dict[str, Any]:
    """On Kodi's scale of ten."""
    return {
        RATING_NAMES.get(one.source, one.source): {
            "rating": round(one.value / one.scale * 10, 3),
            "votes": one.votes,
            "default": one is metadata.ratings[0],
        }
        for one in metadata.ratings
    }


def _art(start: str, kind: ItemKind) -> dict[str, str]:
    """All that was hung, and nothing else."""
    return {
        f"{one}{rank or ''}": f"{start}{one}{rank or ''}.png"
        for one in sorted(KINDS[kind])
        for rank in range(FANARTS if one is ArtworkKind.FANART else 1)
    }


def _own(art: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """The art of this level, without what Kodi takes over from the one above, and without its own icons."""
    named = {key.removeprefix(prefix): path for key, path in art.items() if key.startswith(prefix)}
    return {key: path for key, path in named.items() if "." not in key and key != "icon"}


def _people(metadata: Metadata) -> list[tuple[str, str, int]]:
    return [(one.name, one.role, one.order) for one in metadata.cast]


def _pictures(cast: Sequence[Any]) -> dict[str, str | None]:
    return {one["name"]: one.get("thumbnail") for one in cast}


def _streams(details: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        "video": ("codec", "width", "height", "aspect", "duration", "hdrtype"),
        "audio": ("codec", "language", "channels"),
    }
    return {
        kind: [{name: one[name] for name in kept.get(kind, ("language",))} for one in details[kind]]
        for kind in ("video", "audio", "subtitle")
    }


_OF_NFO = {
    "video": [{"codec": "hevc", "width": 3840, "height": 1600, "aspect": 2.4, "duration": 7020, "hdrtype": "hdr10"}],
    "audio": [dict(one) for one in STREAMS["audio"]],
    "subtitle": [dict(one) for one in STREAMS["subtitle"]],
}
_OF_FILE = {
    "video": [{"codec": "h264", "width": 16, "height": 16, "aspect": 1.0, "duration": 5, "hdrtype": ""}],
    "audio": [],
    "subtitle": [],
}


def _detail(told: Told, found: Any) -> tuple[Any, Any]:
    return (_OF_FILE if told.mode == OWN else _OF_NFO), _streams(found["streamdetails"])


def _same(of: str, where: Where, what: str, key: str, wanted: Any) -> Claim:
    return Claim(of, what, lambda told: (wanted, where(told)[key]))


def _art_of(
    of: str, where: Where, wanted: Mapping[str, str], what: str = "art of every kind", prefix: str = ""
) -> Claim:
    return Claim(of, what, lambda told: (wanted, _own(where(told)["art"], prefix)))


def _faces_of(of: str, where: Where, wanted: Mapping[str, str | None]) -> Claim:
    return Claim(of, "pictures of its cast", lambda told: (wanted, _pictures(where(told)["cast"])))


_FULL_FILE = f"{FULL_PLACE}/{FULL_PLACE}.mkv"
_FLAT_FILES = [f"Flat/{film.title} ({film.year}).mkv" for film in FLAT]
_VERSION_STEMS = ("Versions - 1080p", "Versions - 2160p {edition-Final Cut}")
_STACK_FILES = {title: f"stack://{' , '.join(parts)}" for title, parts in STACKS.items()}
_OWN_FILE = "Own/Own.mkv"
_EPISODES = {(one.season, one.episode): one for episodes in EPISODES.values() for one in episodes}


def _film_at(file: str) -> Where:
    return lambda told: told.films[file]


_film = _film_at(_FULL_FILE)


def _show(told: Told) -> Any:
    return told.show


def _crew(metadata: Metadata, job: str) -> list[str]:
    return [one.name for one in metadata.crew if one.job == job]


def _titled(of: str, metadata: Metadata, where: Where) -> Iterator[Claim]:
    yield _same(of, where, "title", "title", metadata.title)
    yield _same(of, where, "original title", "originaltitle", metadata.original_title)
    yield _same(of, where, "sort title", "sorttitle", metadata.sort_title)
    yield _same(of, where, "year", "year", metadata.year)
    yield _same(of, where, "first shown", "premiered", metadata.premiered)
    yield _same(of, where, "plot", "plot", metadata.plot)
    yield _same(of, where, "certificate", "mpaa", metadata.certification)
    yield _same(of, where, "genres", "genre", list(metadata.genres))
    yield _same(of, where, "studios", "studio", list(metadata.studios))
    yield _same(of, where, "tags", "tag", list(metadata.tags))
    yield _same(of, where, "ratings, votes, default", "ratings", _ratings(metadata))
    yield _same(of, where, "own rating", "userrating", metadata.user_rating)
    ids = {source: str(value) for source, value in metadata.ids.as_dict().items()}
    yield _same(of, where, "unique ids", "uniqueid", ids)
    people = _people(metadata)
    yield Claim(
        of,
        "cast in its order, with roles",
        lambda told: (people, [(one["name"], one["role"], one["order"]) for one in where(told)["cast"]]),
    )


def _actor_files(folder: str, *names: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {name: f"{folder}/.actors/{name.replace(' ', '_')}.png" for name in names}
    return found | ({OF_SLASH: None} if OF_SLASH in found else {})


def _film_claims() -> Iterator[Claim]:
    of = "film"
    yield from _titled(of, FULL, _film)
    yield _same(of, _film, "outline", "plotoutline", FULL.outline)
    yield _same(of, _film, "tagline", "tagline", FULL.tagline)
    yield _same(of, _film, "countries", "country", list(FULL.countries))
    yield _same(of, _film, "directors", "director", _crew(FULL, "director"))
    yield _same(of, _film, "writers", "writer", _crew(FULL, "writer"))
    yield _same(of, _film, "trailer", "trailer", f"{YOUTUBE}{FULL.trailer}")
    yield _same(of, _film, "set", "set", ALIENS.name)
    yield Claim(of, "stream details", lambda told: _detail(told, _film(told)))
    yield Claim(of, "runtime (seconds)", lambda told: (5 if told.mode == OWN else 117 * 60, _film(told)["runtime"]))
    unseen = (0, "", {"position": 0, "total": 0})
    yield Claim(
        of,
        "nothing about watching",
        lambda told: (unseen, tuple(_film(told)[key] for key in ("playcount", "lastplayed", "resume"))),
    )
    yield _faces_of(of, _film, _actor_files(FULL_PLACE, *ACTORS))
    yield _art_of(of, _film, _art(f"{FULL_PLACE}/{FULL_PLACE}-", ItemKind.MOVIE))
    of_set = _art(f"{SETS_FOLDER}/{SETS[ALIENS]}/", ItemKind.COLLECTION)
    yield _art_of(of, _film, of_set, "art of its set", "set.")


def _layout_claims() -> Iterator[Claim]:
    for film, file in zip(FLAT, _FLAT_FILES, strict=True):
        yield from _shown(f"films in one folder: {film.title}", file, film, f"{file.removesuffix('.mkv')}-")
    for stem in _VERSION_STEMS:
        yield from _shown(f"versions of a film: {stem}", f"Versions/{stem}.mkv", VERSIONS, f"Versions/{stem}-")
    for title, file in _STACK_FILES.items():
        yield from _shown(f"film in two parts: {STACKS[title][0]}", file, STACK, f"{title}-")
    for disc in DISCS:
        of = f"disc: {disc.index}"
        yield from _shown(of, disc.index, disc.metadata, f"{disc.index.partition('/')[0]}/")
        pictures = _actor_files(disc.index.rpartition("/")[0], disc.metadata.cast[0].name)
        yield _faces_of(of, _film_at(disc.index), pictures)
    own = _same("film with a movie.nfo of another hand", _film_at(_OWN_FILE), "our title", "title", OWN_NFO.title)
    yield replace(own, modes=(OWN, ALONE))
    yield _same("film with nothing but a title", _film_at("Sparse/Sparse.mkv"), "title", "title", SPARSE.title)
    yield Claim("all films", "their files, and no other is taken for one", _all_films)


def _shown(of: str, file: str, film: Metadata, start: str) -> Iterator[Claim]:
    yield _same(of, _film_at(file), "title", "title", film.title)
    yield _same(of, _film_at(file), "year", "year", film.year)
    yield _art_of(of, _film_at(file), _art(start, ItemKind.MOVIE))


def _all_films(told: Told) -> tuple[set[str], set[str]]:
    wanted = {_FULL_FILE, *_FLAT_FILES, "Sparse/Sparse.mkv", *_STACK_FILES.values(), *(disc.index for disc in DISCS)}
    wanted |= {f"Versions/{stem}.mkv" for stem in _VERSION_STEMS}
    return wanted | (set() if told.mode == SHARED else {_OWN_FILE}), set(told.films)


def _set_claims() -> Iterator[Claim]:
    yield Claim("sets", "their titles", lambda told: ({one.name for one in SETS}, set(told.sets)))
    for collection, folder in SETS.items():
        of, where = f"set: {collection.name}", _set_called(collection.name)
        yield _same(of, where, "overview", "plot", collection.overview or "")
        yield _art_of(of, where, _art(f"{SETS_FOLDER}/{folder}/", ItemKind.COLLECTION))


def _set_called(name: str) -> Where:
    return lambda told: told.sets[name]


def _show_claims() -> Iterator[Claim]:
    of = "show"
    yield from _titled(of, SHOW, _show)
    yield _faces_of(of, _show, _actor_files("Dark", *(one.name for one in SHOW.cast)))
    yield _art_of(of, _show, _art("Dark/", ItemKind.SERIES))
    yield Claim(
        "seasons",
        "their names",
        lambda told: (SEASONS, {number: one["title"] for number, one in sorted(told.seasons.items())}),
    )
    for number in SEASONS:
        start = f"Dark/season{number:02}-" if number else "Dark/season-specials-"
        yield _art_of(f"season {number}", _season(number), _art(start, ItemKind.SEASON))


def _season(number: int) -> Where:
    return lambda told: told.seasons[number]


def _episode_claims() -> Iterator[Claim]:
    yield Claim("episodes", "their numbers", lambda told: (set(_EPISODES), set(told.episodes)))
    for video, episodes in EPISODES.items():
        for one in episodes:
            yield from _claims_of(video, one, len(episodes) > 1)


def _claims_of(video: str, episode: Metadata, is_shared: bool) -> Iterator[Claim]:  # noqa: FBT001 - a fact of the row
    number = (episode.season or 0, episode.episode or 0)
    of = f"episode S{number[0]:02}E{number[1]:02}" + (" of a file with two" if is_shared else "")

    def where(told: Told) -> Any:
        return told.episodes[number]

    yield _same(of, where, "title", "title", episode.title)
    yield _same(of, where, "plot", "plot", episode.plot)
    yield _same(of, where, "first aired", "firstaired", episode.premiered)
    yield _same(of, where, "name of its show", "showtitle", SHOW.title)
    yield _same(of, where, "ratings, votes, default", "ratings", _ratings(episode))
    yield _same(of, where, "own rating", "userrating", episode.user_rating)
    ids = {source: str(value) for source, value in episode.ids.as_dict().items()}
    yield _same(of, where, "unique ids", "uniqueid", ids)
    yield _same(of, where, "directors", "director", _crew(episode, "director"))
    yield _same(of, where, "writers", "writer", _crew(episode, "writer"))
    yield _same(of, where, "its file", "file", video)
    yield Claim(of, "stream details", lambda told: _detail(told, where(told)))
    yield Claim(
        of,
        "place among the regular episodes",
        lambda told: (
            (-1 if episode.display_season is None else episode.display_season, episode.display_episode or -1),
            (where(told)["specialsortseason"], where(told)["specialsortepisode"]),
        ),
    )
    guests = _actor_files("Dark", GUEST)
    yield Claim(
        of,
        "picture of its guest",
        lambda told: (guests, {GUEST: _pictures(where(told)["cast"]).get(GUEST)}),
    )
    yield _art_of(of, where, _art(f"{video.removesuffix('.mkv')}-", ItemKind.EPISODE), "its picture")


CLAIMS = [*_film_claims(), *_layout_claims(), *_set_claims(), *_show_claims(), *_episode_claims()]
