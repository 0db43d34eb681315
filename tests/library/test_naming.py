from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.library.naming import (
    NAME_LIMIT,
    Place,
    Profile,
    actor_paths,
    artwork_paths,
    collection_folder,
    episode_code,
    nfo_names,
    parse_artwork,
    season_stem,
)
from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind

HEAT = Place("Heat (1995)", ("Heat (1995)",), is_own_folder=True)
FLAT = Place("", ("Heat (1995)",), is_own_folder=False)
DISC = Place("Heat", (), is_own_folder=True)
STACK = Place("Heat", ("Heat-cd2", "Heat-cd1"), is_own_folder=True)
ALL = tuple(Profile)
BOTH = (Profile.KODI, Profile.JELLYFIN)


@pytest.mark.parametrize(
    ("place", "kind", "expected"),
    [
        pytest.param(HEAT, ItemKind.MOVIE, ("Heat (1995)/Heat (1995).nfo",), id="a movie's NFO has the video's name"),
        pytest.param(
            Place("Heat", ("Heat",), is_own_folder=True, existing=frozenset({"Movie.NFO"})),
            ItemKind.MOVIE,
            ("Heat/Movie.NFO",),
            id="an existing movie.nfo in an own folder is used, in its letter case",
        ),
        pytest.param(
            Place("", ("Heat",), is_own_folder=False, existing=frozenset({"movie.nfo"})),
            ItemKind.MOVIE,
            ("Heat.nfo",),
            id="a movie.nfo among many movies is nobody's",
        ),
        pytest.param(
            Place("Heat", ("Heat - 4K", "Heat - 1080p"), is_own_folder=True),
            ItemKind.MOVIE,
            ("Heat/Heat - 1080p.nfo", "Heat/Heat - 4K.nfo"),
            id="every version has one",
        ),
        pytest.param(STACK, ItemKind.MOVIE, ("Heat/Heat-cd1.nfo",), id="stacked parts share the first part's"),
        pytest.param(
            Place("Heat", ("Heat-cd2", "Heat", "Heat-cd1"), is_own_folder=True),
            ItemKind.MOVIE,
            ("Heat/Heat.nfo", "Heat/Heat-cd1.nfo"),
            id="a version beside stacked parts",
        ),
        pytest.param(DISC, ItemKind.MOVIE, ("Heat/movie.nfo",), id="a disc has no name but its folder's"),
        pytest.param(Place("Show", (), is_own_folder=True), ItemKind.SERIES, ("Show/tvshow.nfo",), id="a show"),
        pytest.param(Place("Show", ("season01",), is_own_folder=True), ItemKind.SEASON, (), id="seasons have none"),
    ],
)
def test_nfo_names(place: Place, kind: ItemKind, expected: tuple[str, ...]) -> None:
    assert nfo_names(place, kind, BOTH) == expected


@pytest.mark.parametrize(
    ("stems", "expected"),
    [
        pytest.param(["Up-cd1", "Up-cd2"], {"Up"}, id="discs by number"),
        pytest.param(["Up (2009) - part1", "Up (2009) - part2"], {"Up (2009)"}, id="parts"),
        pytest.param(["Up pt1", "Up pt2"], {"Up"}, id="parts, for short"),
        pytest.param(["Up.disc.1", "Up.disc.2"], {"Up"}, id="dots"),
        pytest.param(["Up part a", "Up part b"], {"Up"}, id="letters"),
        pytest.param(["Up a", "Up b"], {"Up"}, id="nothing but a letter"),
        pytest.param(["Up-cd1 [HD]", "Up-cd2 [HD]"], {"Up [HD]"}, id="something after it"),
        pytest.param(["Up.CD1.1080p", "Up.CD2.1080p"], {"Up.1080p"}, id="something after it, with dots"),
        pytest.param(["Up part 1 of 2", "Up part 2 of 2"], {"Up of 2"}, id="of how many"),
        pytest.param(["Up part 1 cd1", "Up part 1 cd2"], {"Up part 1"}, id="a number that is the same"),
        pytest.param(["Up-cd1", "Up-cd2", "Up"], {"Up"}, id="and another version"),
        pytest.param(["Up-cd1 [HD]", "Up-cd2 [SD]"], {"Up-cd1 [HD]", "Up-cd2 [SD]"}, id="two versions"),
        pytest.param(["Up-part1"], {"Up-part1"}, id="alone"),
        pytest.param(["Up p1", "Up p2"], {"Up p1", "Up p2"}, id="a letter that Kodi does not know"),
        pytest.param(["Up part i", "Up part ii"], {"Up part i", "Up part ii"}, id="Roman numbers"),
    ],
)
def test_what_kodi_calls_a_stack(stems: list[str], expected: set[str]) -> None:
    place = Place("", tuple(stems), is_own_folder=False)
    found = artwork_paths(ArtworkKind.POSTER, 0, "jpg", place, ItemKind.MOVIE, (Profile.KODI,))
    assert set(found) == {f"{base}-poster.jpg" for base in expected}


@pytest.mark.parametrize(
    ("kind", "rank", "place", "item_kind", "profiles", "expected"),
    [
        pytest.param(
            ArtworkKind.POSTER, 0, HEAT, ItemKind.MOVIE, BOTH, {"Heat (1995)-poster.jpg"}, id="the long form by default"
        ),
        pytest.param(
            ArtworkKind.POSTER,
            0,
            HEAT,
            ItemKind.MOVIE,
            ALL,
            {"Heat (1995)-poster.jpg", "poster.jpg"},
            id="Plex gets the short form too",
        ),
        pytest.param(
            ArtworkKind.POSTER, 0, FLAT, ItemKind.MOVIE, ALL, {"Heat (1995)-poster.jpg"}, id="flat folders: long only"
        ),
        pytest.param(
            ArtworkKind.FANART,
            1,
            HEAT,
            ItemKind.MOVIE,
            BOTH,
            {"Heat (1995)-fanart1.jpg", "Heat (1995)-fanart-1.jpg"},
            id="Kodi and Jellyfin count differently",
        ),
        pytest.param(
            ArtworkKind.POSTER, 2, HEAT, ItemKind.MOVIE, (Profile.JELLYFIN,), set(), id="Jellyfin has one poster"
        ),
        pytest.param(
            ArtworkKind.KEYART, 0, HEAT, ItemKind.MOVIE, (Profile.JELLYFIN,), set(), id="keyart is for Kodi only"
        ),
        pytest.param(
            ArtworkKind.POSTER,
            0,
            STACK,
            ItemKind.MOVIE,
            BOTH,
            {"Heat-poster.jpg", "Heat-cd1-poster.jpg"},
            id="stacked parts: the title for Kodi, the first part for Jellyfin",
        ),
        pytest.param(
            ArtworkKind.CLEARART,
            0,
            DISC,
            ItemKind.MOVIE,
            (Profile.KODI,),
            {"clearart.jpg"},
            id="a disc's pictures have plain names",
        ),
        pytest.param(
            ArtworkKind.FANART,
            1,
            Place("Sets/Alien", (), is_own_folder=True),
            ItemKind.COLLECTION,
            (Profile.KODI,),
            {"fanart1.jpg"},
            id="a movie set's pictures have plain names",
        ),
        pytest.param(
            ArtworkKind.POSTER,
            0,
            Place("Show", (), is_own_folder=True),
            ItemKind.SERIES,
            BOTH,
            {"poster.jpg"},
            id="a show's pictures have plain names",
        ),
        pytest.param(
            ArtworkKind.POSTER,
            0,
            Place("Show", ("season01",), is_own_folder=True),
            ItemKind.SEASON,
            BOTH,
            {"season01-poster.jpg"},
            id="a season's lie in the show's folder",
        ),
    ],
)
def test_artwork_paths(
    kind: ArtworkKind,
    rank: int,
    place: Place,
    item_kind: ItemKind,
    profiles: tuple[Profile, ...],
    expected: set[str],
) -> None:
    prefix = f"{place.folder}/" if place.folder else ""
    found = artwork_paths(kind, rank, "jpg", place, item_kind, profiles)
    assert set(found) == {prefix + name for name in expected}
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Robert Downey Jr.", ["Robert_Downey_Jr..jpg", "Robert_Downey_Jr.jpg"], id="with and without dot"),
        pytest.param("Conan O'Brien", ["Conan_O'Brien.jpg"], id="apostrophes stay"),
        pytest.param("Jürgen Prochnow", ["Jürgen_Prochnow.jpg"], id="umlauts stay"),
        pytest.param("AC/DC: \\?", ["AC_DC____.jpg"], id="what file systems forbid goes"),
        pytest.param("../../etc", [".._.._etc.jpg"], id="a name cannot climb"),
        pytest.param("..", ["...jpg", "_.jpg"], id="a name of dots"),
    ],
)
def test_actor_paths(name: str, expected: list[str]) -> None:
    assert actor_paths(name, HEAT) == tuple(f"Heat (1995)/.actors/{file}" for file in expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Alien Collection", "Alien Collection", id="a plain name stays"),
        pytest.param("Alien: Part 1", "Alien_ Part 1", id="a colon"),
        pytest.param('a/b\\c?d*e"f<g>h|i', "a_b_c_d_e_f_g_h_i", id="everything that Windows forbids"),
        pytest.param("And so on ... .", "And so on", id="dots and spaces at the end go"),
        pytest.param("...And Justice", "...And Justice", id="dots at the start stay"),
        pytest.param(" Größe ", "Größe", id="what the NFO's reader strips"),
        pytest.param("../..", ".._", id="a name cannot climb"),
        pytest.param("...", "", id="nothing is left"),
        pytest.param("x" * 256, "", id="longer than a name can be"),
    ],
)
def test_the_folder_of_a_movie_set(name: str, expected: str) -> None:
    assert collection_folder(name) == expected


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        pytest.param("Heat-POSTER.JPG", (ArtworkKind.POSTER, 0), id="letter case does not matter"),
        pytest.param("heat-fanart-3.png", (ArtworkKind.FANART, 3), id="Jellyfin's count"),
        pytest.param("heat-fanart3.webp", (ArtworkKind.FANART, 3), id="Kodi's count"),
        pytest.param("folder.jpg", (ArtworkKind.POSTER, 0), id="folder.jpg"),
        pytest.param("cover.png", (ArtworkKind.POSTER, 0), id="cover"),
        pytest.param("logo.png", (ArtworkKind.CLEARLOGO, 0), id="logo"),
        pytest.param("cdart.png", (ArtworkKind.DISCART, 0), id="cdart"),
        pytest.param("backdrop2.jpg", (ArtworkKind.FANART, 2), id="backdrop"),
        pytest.param("Heat.jpg", (ArtworkKind.POSTER, 0), id="the base name alone"),
        pytest.param("movie-poster.jpg", None, id="Kodi ignores movie-poster.jpg, so do we"),
        pytest.param("holiday.jpg", None, id="a stray picture"),
        pytest.param("Heat-poster.txt", None, id="no picture"),
        pytest.param("Heat-poster.bak.jpg", None, id="a backup copy"),
    ],
)
def test_names_of_other_programs(filename: str, expected: tuple[ArtworkKind, int] | None) -> None:
    assert parse_artwork(filename, ["Heat"], is_own_folder=True) == expected


def test_short_names_count_only_in_an_own_folder() -> None:
    assert parse_artwork("poster.jpg", ["Heat"], is_own_folder=False) is None


letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='/\\?:*"<>|.')
stems = st.text(letters, min_size=1, max_size=300).filter(lambda stem: stem.strip() == stem)


@given(
    stems=st.lists(stems, min_size=1, max_size=3, unique_by=str.casefold),
    kind=st.sampled_from(ArtworkKind),
    rank=st.integers(0, 9),
    extension=st.sampled_from(["jpg", "png", "webp"]),
    profiles=st.sets(st.sampled_from(Profile), min_size=1),
    is_own_folder=st.booleans(),
)
def test_every_name_we_give_is_read_back(
    *, stems: list[str], kind: ArtworkKind, rank: int, extension: str, profiles: set[Profile], is_own_folder: bool
) -> None:
    place = Place("", tuple(stems), is_own_folder=is_own_folder)
    for path in artwork_paths(kind, rank, extension, place, ItemKind.MOVIE, profiles):
        assert parse_artwork(path, stems, is_own_folder=is_own_folder) == (kind, rank)
        assert len(path.encode()) <= NAME_LIMIT


@given(
    item_kind=st.sampled_from([ItemKind.SERIES, ItemKind.SEASON, ItemKind.EPISODE, ItemKind.COLLECTION]),
    stem=stems,
    code=st.none() | st.builds(episode_code, st.integers(0, 40), st.integers(0, 400)),
    season=st.integers(0, 120),
    slot=st.tuples(st.sampled_from(ArtworkKind), st.integers(0, 9)),
    profiles=st.sets(st.sampled_from(Profile), min_size=1),
)
def test_so_is_every_name_of_the_other_kinds(
    *,
    item_kind: ItemKind,
    stem: str,
    code: str | None,
    season: int,
    slot: tuple[ArtworkKind, int],
    profiles: set[Profile],
) -> None:
    is_episode = item_kind is ItemKind.EPISODE
    base = {ItemKind.SEASON: season_stem(season), ItemKind.EPISODE: stem}.get(item_kind)
    own = (base,) if base else ()
    place = Place("Show", own, not is_episode, season_folder="Show/Season", code=code if is_episode else None)
    known = [*own, *([f"{stem}-{code}"] if place.code else [])]
    for path in artwork_paths(*slot, "jpg", place, item_kind, profiles):
        name = path.rpartition("/")[2]
        # Its plain name with Plex: an episode's one picture, a film's poster.
        wanted = (ArtworkKind.POSTER, 0) if is_episode and "-thumb" not in name else slot
        assert parse_artwork(name, known, is_own_folder=not is_episode) == wanted


@given(st.lists(st.text("xy", min_size=250, max_size=260), min_size=2, max_size=2, unique=True))
def test_two_names_too_long_stay_two(stems: list[str]) -> None:
    first, second = (nfo_names(Place("", (stem,), is_own_folder=False), ItemKind.MOVIE, BOTH) for stem in stems)
    assert first != second
    assert all(name.endswith(".nfo") and len(name) <= NAME_LIMIT for name in (*first, *second))
