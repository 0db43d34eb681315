"""What files are called under each profile, shown with an example. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.library.naming import Place, Profile, artwork_paths, nfo_names
from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind, LibraryKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FILM = "Sintel (2010)"
_SHOW, _SEASON, _EPISODE = "Caminandes", "Season 1", "Caminandes S01E01"
_PICTURES = (
    ("Poster", ArtworkKind.POSTER, 0),
    ("Fanart", ArtworkKind.FANART, 0),
    ("Second fanart", ArtworkKind.FANART, 1),
    ("Clear logo", ArtworkKind.CLEARLOGO, 0),
)


@dataclass(frozen=True, slots=True)
class Example:
    """What is written, and under which names, by profile; none: it is not written for that one."""

    what: str
    names: Mapping[Profile, tuple[str, ...]]


def examples(kind: LibraryKind) -> list[Example]:
    """Of a library of this kind, as paths from the folder of the film or show."""
    return list(_films() if kind is LibraryKind.MOVIES else _shows())


def _films() -> Iterator[Example]:
    place = Place(_FILM, (_FILM,), is_own_folder=True)
    yield _nfo("NFO", place, ItemKind.MOVIE)
    for name, kind, rank in _PICTURES:
        yield _picture(name, kind, rank, place, ItemKind.MOVIE)


def _shows() -> Iterator[Example]:
    show = Place(_SHOW, (), is_own_folder=True)
    season = Place(_SHOW, ("season01",), is_own_folder=True, season_folder=f"{_SHOW}/{_SEASON}")
    episode = Place(f"{_SHOW}/{_SEASON}", (_EPISODE,), is_own_folder=False)
    yield _nfo("NFO of the show", show, ItemKind.SERIES)
    yield _picture("Its poster", ArtworkKind.POSTER, 0, show, ItemKind.SERIES)
    yield _picture("Its second fanart", ArtworkKind.FANART, 1, show, ItemKind.SERIES)
    yield _nfo("NFO of a season", season, ItemKind.SEASON)
    yield _picture("Its poster", ArtworkKind.POSTER, 0, season, ItemKind.SEASON)
    yield _nfo("NFO of an episode", episode, ItemKind.EPISODE)
    yield _picture("Its thumb", ArtworkKind.THUMB, 0, episode, ItemKind.EPISODE)


def _nfo(what: str, place: Place, kind: ItemKind) -> Example:
    return Example(what, {one: _short(nfo_names(place, kind, (one,))) for one in Profile})


def _picture(what: str, kind: ArtworkKind, rank: int, place: Place, item_kind: ItemKind) -> Example:
    return Example(what, {one: _short(artwork_paths(kind, rank, "jpg", place, item_kind, (one,))) for one in Profile})


def _short(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Without the folder of the film or show, which all of them have."""
    return tuple(path.partition("/")[2] for path in paths)
