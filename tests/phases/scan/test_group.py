from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.library.listing import Entry, Listing
from metarr.model.media import FileRole
from metarr.phases.scan.group import FoundMovie, group

_BIG = 4_000_000_000


def _listings(*paths: str, sizes: dict[str, int] | None = None) -> list[Listing]:
    folders: dict[str, dict[str, Entry]] = defaultdict(dict)
    folders[""] = {}
    for number, path in enumerate(paths):
        *parents, name = path.split("/")
        for depth, parent in enumerate(parents):
            folders["/".join(parents[:depth])][parent] = Entry(parent, 0, 0, 1, is_dir=True, is_regular=False)
        size = (sizes or {}).get(path, _BIG if name.endswith((".mkv", ".avi", ".m2ts", ".VOB")) else 10)
        entry = Entry(name, size, 0, 100 + number, is_dir=False, is_regular=True)
        folders["/".join(parents)][name] = entry
    return [Listing(folder, tuple(entries.values())) for folder, entries in folders.items()]


def _roles(movie: FoundMovie) -> dict[str, str]:
    return {file.path.removeprefix(f"{movie.folder}/"): file.role.value for file in movie.files}


def test_a_folder_of_its_own_holds_everything_of_one_movie() -> None:
    (movie,) = group(
        _listings(
            "Heat (1995)/Heat (1995).mkv",
            "Heat (1995)/Heat (1995).nfo",
            "Heat (1995)/poster.jpg",
            "Heat (1995)/Heat (1995)-fanart.jpg",
            "Heat (1995)/Heat (1995).en.forced.srt",
            "Heat (1995)/Heat (1995)-trailer.mp4",
            "Heat (1995)/theme.mp3",
            "Heat (1995)/.actors/Al_Pacino.jpg",
            "Heat (1995)/Featurettes/Making of.mkv",
            "Heat (1995)/Featurettes/Making of.nfo",
            "Heat (1995)/Sample/heat-sample.mkv",
            "Heat (1995)/Subs/2_English.srt",
            "Heat (1995)/RARBG.txt",
            "Heat (1995)/.metarr-1.tmp",
            "Heat (1995)/Heat (1995).mkv.part",
            "Heat (1995)/@eaDir/x.mkv",
            sizes={"Heat (1995)/Sample/heat-sample.mkv": 1000},
        )
    )
    assert (movie.folder, movie.is_own_folder, movie.key) == ("Heat (1995)", True, "Heat (1995)")
    assert [video.path for video in movie.videos] == ["Heat (1995)/Heat (1995).mkv"]
    assert _roles(movie) == {
        "Heat (1995).mkv": "video",
        "Heat (1995).nfo": "nfo",
        "poster.jpg": "artwork",
        "Heat (1995)-fanart.jpg": "artwork",
        "Heat (1995).en.forced.srt": "subtitle",
        "Heat (1995)-trailer.mp4": "trailer",
        "theme.mp3": "theme",
        ".actors/Al_Pacino.jpg": "actor",
        "Featurettes/Making of.mkv": "extra",
        "Featurettes/Making of.nfo": "unknown",
        "Sample/heat-sample.mkv": "sample",
        "Subs/2_English.srt": "subtitle",
        "RARBG.txt": "unknown",
    }


def test_a_shared_folder_gives_each_movie_the_files_named_after_it() -> None:
    heat, heat2 = group(
        _listings("Heat (1995).mkv", "Heat (1995)-poster.jpg", "Heat (1995) 2.mkv", "Heat (1995) 2.nfo", "poster.jpg")
    )
    assert (heat.key, heat.is_own_folder, set(_roles(heat))) == (
        "//Heat (1995)",
        False,
        {"Heat (1995).mkv", "Heat (1995)-poster.jpg"},
    )
    assert set(_roles(heat2)) == {"Heat (1995) 2.mkv", "Heat (1995) 2.nfo"}


_TOGETHER = {
    "versions by a label": ["M (1931)/M (1931) - 1080p.mkv", "M (1931)/M (1931) - 2160p.mkv"],
    "Radarr's versions": ["M (1931)/M (1931) [Bluray-1080p]-G.mkv", "M (1931)/M (1931) [WEBDL-2160p]-F.mkv"],
    "versions of a title without a year": ["Up/Up - 1080p.mkv", "Up/Up - 2160p.mkv"],
    "scene versions": ["x/Captain.2019.1080p.BluRay.x264-A.mkv", "x/Captain.2019.2160p.WEB.x265-B.mkv"],
    "parts cd1 cd2": ["M (1931)/M (1931) cd1.avi", "M (1931)/M (1931) cd2.avi"],
    "parts in folders": ["M (1931)/CD1/m.avi", "M (1931)/CD2/m.avi"],
    "editions": ["M (1931)/M (1931) {edition-Final Cut}.mkv", "M (1931)/M (1931).mkv"],
}


@pytest.mark.parametrize("paths", _TOGETHER.values(), ids=_TOGETHER)
def test_versions_and_parts_are_one_movie(paths: list[str]) -> None:
    (movie,) = group(_listings(*paths))
    assert sorted(video.path for video in movie.videos) == sorted(paths)
    assert movie.is_own_folder
    assert movie.key == paths[0].split("/")[0]


_APART = {
    "different years in one folder": ["Iron Man/Iron Man (2007).mkv", "Iron Man/Iron Man (2008).mkv"],
    "different titles in one folder": ["Old/Alien (1979).mkv", "Old/Aliens (1986).mkv"],
    "nested folders": ["A/Alien (1979)/Alien (1979).mkv", "A/Aliens (1986)/Aliens (1986).mkv"],
    "a film in a film's folder": ["Alien (1979)/Alien (1979).mkv", "Alien (1979)/Aliens (1986)/Aliens (1986).mkv"],
    "a title that another begins with": ["Alien (1979).mkv", "Alien (1979) 3.mkv"],
}


@pytest.mark.parametrize("paths", _APART.values(), ids=_APART)
def test_different_films_stay_apart(paths: list[str]) -> None:
    assert sorted(video.path for movie in group(_listings(*paths)) for video in movie.videos) == sorted(paths)
    assert len(group(_listings(*paths))) == len(paths)


def test_parts_have_their_numbers_and_versions_their_labels() -> None:
    (stack,) = group(_listings("M (1931)/M (1931) - part2.mkv", "M (1931)/M (1931) - part1.mkv"))
    assert [video.details for video in stack.videos] == [{"part": 1}, {"part": 2}]
    (versions,) = group(_listings("M (1931)/M (1931) - 1080p.mkv", "M (1931)/M (1931) - 2160p.mkv"))
    assert [video.details for video in versions.videos] == [{"version": "1080p"}, {"version": "2160p"}]


@pytest.mark.parametrize(
    "paths",
    [
        ["Up/BDMV/index.bdmv", "Up/BDMV/STREAM/00001.m2ts", "Up/BDMV/STREAM/00002.m2ts", "Up/movie.nfo"],
        ["Up/VIDEO_TS/VIDEO_TS.IFO", "Up/VIDEO_TS/VTS_01_1.VOB", "Up/movie.nfo"],
        ["Up/VIDEO_TS.IFO", "Up/VTS_01_1.VOB", "Up/movie.nfo"],
    ],
    ids=["Blu-ray", "DVD", "DVD without its folder"],
)
def test_a_disc_folder_is_one_movie(paths: list[str]) -> None:
    (movie,) = group(_listings(*paths))
    assert movie.key == "Up"
    assert len(movie.videos) == 1
    assert movie.videos[0].details == {"disc": True}
    assert [file.role for file in movie.files if file not in movie.videos] == [FileRole.NFO]


def test_the_biggest_stream_stands_for_a_disc() -> None:
    paths = ["Up/BDMV/index.bdmv", "Up/BDMV/STREAM/00001.m2ts", "Up/BDMV/STREAM/00002.m2ts"]
    (movie,) = group(_listings(*paths, sizes={"Up/BDMV/STREAM/00001.m2ts": 9, "Up/BDMV/STREAM/00002.m2ts": 7}))
    assert movie.videos[0].path == "Up/BDMV/STREAM/00001.m2ts"


def test_an_empty_video_is_no_second_film() -> None:
    (movie,) = group(_listings("Up (2009)/Up (2009).mkv", "Up (2009)/empty.mkv", sizes={"Up (2009)/empty.mkv": 0}))
    assert _roles(movie)["empty.mkv"] == "unknown"


def test_a_nameless_video_beside_a_film_is_an_extra_that_a_person_should_see() -> None:
    (movie,) = group(_listings("Up (2009)/Up (2009).mkv", "Up (2009)/Making the house.mkv"))
    (extra,) = [file for file in movie.files if file.role is FileRole.EXTRA]
    assert extra.path == "Up (2009)/Making the house.mkv"
    assert extra.confidence < 80


def test_a_folder_with_the_artwork_of_sets_is_no_film() -> None:
    pictures = [f"Movie Sets/{name}/poster.jpg" for name in ("Heat Collection", "Up (2009)")]
    (movie,) = group(_listings("Up (2009)/Up (2009).mkv", *pictures))
    assert [file.path for file in movie.files] == ["Up (2009)/Up (2009).mkv"]


@pytest.mark.parametrize("is_flat", [False, True], ids=["each in a folder", "flat"])
def test_artwork_of_a_set_lies_with_its_first_film(*, is_flat: bool) -> None:
    films = [f"Heat {number} ({1995 + number})" for number in (1, 2)]
    videos = [f"Heat Collection/{film}.mkv" if is_flat else f"Heat Collection/{film}/{film}.mkv" for film in films]
    names = ("poster.jpg", "movieset-fanart.jpg", "set.nfo", "notes.txt", "scan0001.jpg")
    first, second = group(_listings(*videos, *(f"Heat Collection/{name}" for name in names)))
    assert [video.path for video in (*first.videos, *second.videos)] == videos
    found = {file.path.rpartition("/")[2]: file for file in first.files if file.role is not FileRole.VIDEO}
    assert found.keys() == {"poster.jpg", "movieset-fanart.jpg", "set.nfo"}
    assert {file.details.get("of") for file in found.values() if file.role is FileRole.ARTWORK} == {"collection"}
    assert found["set.nfo"].role is FileRole.UNKNOWN
    assert [file.role for file in second.files] == [FileRole.VIDEO]


def test_nomedia_hides_a_folder_and_everything_below() -> None:
    assert (
        group(_listings("Up (2009)/Up (2009).mkv", "Up (2009)/.nomedia", "Up (2009)/More (2010)/More (2010).mkv")) == ()
    )


def test_a_hidden_file_is_ignored_but_an_ellipsis_is_a_title() -> None:
    movies = group(_listings("._Up (2009).mkv", "...And Justice (1979).mkv"))
    assert [movie.key for movie in movies] == ["//...And Justice (1979)"]


_NAMES = st.sampled_from(
    ["Up (2009)", "M (1931)", "M (1931)-trailer", "Alien", "x", "sample", "Up (2009) cd1", "theme"]
)
_FOLDERS = st.sampled_from(["", "Up (2009)", "Up (2009)/Extras", "A", "A/M (1931)", "A/M (1931)/CD1", "BDMV", "A/Subs"])
_EXTENSIONS = st.sampled_from([".mkv", ".srt", ".nfo", ".jpg", ".mp3", ".txt"])
_PATHS = st.lists(st.tuples(_FOLDERS, _NAMES, _EXTENSIONS), unique=True, max_size=12)


@given(_PATHS, st.randoms(use_true_random=False))
def test_no_file_has_two_owners_and_the_order_of_reading_does_not_matter(
    parts: list[tuple[str, str, str]], random: object
) -> None:
    listings = _listings(*(f"{folder}/{name}{extension}".removeprefix("/") for folder, name, extension in parts))
    movies = group(listings)
    owned = [file.path for movie in movies for file in movie.files]
    assert len(owned) == len(set(owned))
    assert len({movie.key for movie in movies}) == len(movies)
    assert all(video in movie.files for movie in movies for video in movie.videos)
    assert group(list(reversed(listings))) == movies
