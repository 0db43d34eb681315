from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.library.listing import Entry, Listing, is_ignored_file
from metarr.model.media import FileRole
from metarr.phases.scan.series import group_series, strays

if TYPE_CHECKING:
    from metarr.phases.scan.series_found import FoundSeries

_BIG = 4_000_000_000
_VIDEOS = (".mkv", ".avi", ".m2ts", ".VOB", ".mp4")


def _listings(*paths: str, sizes: dict[str, int] | None = None) -> list[Listing]:
    folders: dict[str, dict[str, Entry]] = defaultdict(dict)
    folders[""] = {}
    for number, path in enumerate(paths):
        *parents, name = path.split("/")
        for depth, parent in enumerate(parents):
            folders["/".join(parents[:depth])][parent] = Entry(parent, 0, 0, 1, is_dir=True, is_regular=False)
        size = (sizes or {}).get(path, _BIG if name.endswith(_VIDEOS) else 10)
        folders["/".join(parents)][name] = Entry(name, size, 0, 100 + number, is_dir=False, is_regular=True)
    return [Listing(folder, tuple(entries.values())) for folder, entries in folders.items()]


def _episodes(*paths: str) -> dict[str, list[str]]:
    """The videos by the place of each episode."""
    found: dict[str, list[str]] = defaultdict(list)
    for series in group_series(_listings(*paths)):
        for episode in series.episodes:
            for key in series.episode_keys(episode):
                found[key] += [video.path for video in episode.videos]
    return dict(found)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("Show (2010)/Season 01/Show (2010) - S01E02 - T [WEBDL-1080p]-GRP.mkv", ["Show (2010)//S01E02"]),
        ("Show/Season 1/Show - 1x02.mkv", ["Show//S01E02"]),
        ("Show/Staffel 2/Show.S02E03.German.1080p.mkv", ["Show//S02E03"]),
        ("Show/S02/s02e03.mkv", ["Show//S02E03"]),
        ("Show/Specials/Show - S00E03.mkv", ["Show//S00E03"]),
        ("Show/Season 00/Show - S00E03.mkv", ["Show//S00E03"]),
        ("Show/Specials/03 - The Special.mkv", ["Show//S00E03"]),
        ("Show/Show.S01E02.mkv", ["Show//S01E02"]),
        ("A/Show/Season 1/Show - S01E02.mkv", ["A/Show//S01E02"]),
        ("S/Show/Show - S01E02.mkv", ["S/Show//S01E02"]),
        ("Show - S01E02.mkv", ["//show//S01E02"]),
        ("Show.S01E02.720p-GRP/show.s01e02.720p.mkv", ["//show//S01E02"]),
        ("Show.S01.720p-GRP/show.s01e02.720p.mkv", ["//show//S01E02"]),
        ("Show.S01E02.720p-GRP/abc123.mkv", ["//show//S01E02"]),
        ("Show/Season 1/Show.S01E02/whatever.mkv", ["Show//S01E02"]),
        ("The Wire/The Wire Season 1/02 - The Detail.mkv", ["The Wire//S01E02"]),
        ("Show/Season 1/02.mkv", ["Show//S01E02"]),
        ("Show/Season 1/Episode 2.mkv", ["Show//S01E02"]),
        ("Show/Episode 2.mkv", ["Show//S01E02"]),
        ("Show/Show - 2014-03-05 - Guest.mkv", ["Show//2014-03-05"]),
        ("Show/Season 2014/Show - 2014-03-05.mkv", ["Show//2014-03-05"]),
        ("Show/[Group] Show - 012 [1080p].mkv", ["Show//A012"]),
        ("Show/Season 1/[Group] Show - 12 [1080p].mkv", ["Show//S01E12"]),
        ("Show/Season 21/Show - 1000.mkv", ["Show//A1000"]),
        ("Show/Season 01/Show - S01E02 - 002 - T.mkv", ["Show//S01E02"]),
        ("24/Season 1/24 - S01E02.mkv", ["24//S01E02"]),
        ("9-1-1 (2018) {tvdb-1}/Season 01/9-1-1 (2018) - S01E02.mkv", ["9-1-1 (2018) {tvdb-1}//S01E02"]),
        ("Show/Season 1/Show - S01E02-03-04.mkv", ["Show//S01E02", "Show//S01E03", "Show//S01E04"]),
        ("Show/Season 1/Show - S01E02.S01E03.mkv", ["Show//S01E02", "Show//S01E03"]),
        ("Show/Season 1/Show - S01E02E03.mkv", ["Show//S01E02", "Show//S01E03"]),
        ("Show/Season 1/Show - S01E02-E03-E04.mkv", ["Show//S01E02", "Show//S01E03", "Show//S01E04"]),
        ("Show/Season 1/Show - S01E02-04.mkv", ["Show//S01E02", "Show//S01E03", "Show//S01E04"]),
        ("Show/Season 1/Show - S01E02-E04.mkv", ["Show//S01E02", "Show//S01E03", "Show//S01E04"]),
    ],
    ids=lambda value: value.rpartition("/")[2] if isinstance(value, str) else "",
)
def test_an_episode_is_found_in_every_layout(path: str, keys: list[str]) -> None:
    assert _episodes(path) == {key: [path] for key in keys}


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("Show/Season 1/12 Monkeys.mkv", "no season and episode number"),
        ("Show/Season 1/103 - Title.mkv", "no season and episode number"),
        ("Planet/Pole to Pole.mkv", "no season and episode number"),
        ("Show/Show Movie (2012).mkv", "no season and episode number"),
        ("Show/Season 1/Show S01.mkv", "no season and episode number"),
        ("Show/Season 1/Disc 1/VIDEO_TS/VTS_01_1.VOB", "a disc"),
        ("Show/Disc 1/BDMV/STREAM/00001.m2ts", "a disc"),
    ],
)
def test_a_video_without_a_clear_number_waits_for_a_person(path: str, rule: str) -> None:
    (series,) = group_series(_listings(path))
    assert series.episodes == ()
    (file,) = series.own_files
    assert (file.role, file.confidence) == (FileRole.UNKNOWN, 0)
    assert rule in file.rule


def test_a_file_whose_season_is_not_its_folders_is_asked_about() -> None:
    (series,) = group_series(_listings("Show/Season 1/Show - S02E01.mkv"))
    (episode,) = series.episodes
    assert episode.videos[0].confidence < 80
    assert "its folder is season 1" in episode.videos[0].rule


def test_an_episode_of_another_show_among_many_is_no_episode() -> None:
    paths = [f"Lost/Season 1/Lost - S01E{number:02}.mkv" for number in range(1, 6)]
    (series,) = group_series(_listings(*paths, "Lost/Season 1/Heroes - S01E03.mkv"))
    assert len(series.episodes) == 5
    assert [(file.path, file.confidence) for file in series.own_files] == [("Lost/Season 1/Heroes - S01E03.mkv", 0)]


def test_everything_of_a_show_lies_at_its_level() -> None:
    (series,) = group_series(
        _listings(
            "Lost (2004)/tvshow.nfo",
            "Lost (2004)/poster.jpg",
            "Lost (2004)/fanart1.jpg",
            "Lost (2004)/season01-poster.jpg",
            "Lost (2004)/season-specials-fanart.jpg",
            "Lost (2004)/season-all-poster.jpg",
            "Lost (2004)/theme.mp3",
            "Lost (2004)/.actors/Matthew_Fox.jpg",
            "Lost (2004)/Trailers/Teaser.mkv",
            "Lost (2004)/Season 01/Season01.jpg",
            "Lost (2004)/Season 01/folder.jpg",
            "Lost (2004)/Season 01/season.nfo",
            "Lost (2004)/Season 01/Lost - S01E01 - Pilot.mkv",
            "Lost (2004)/Season 01/Lost - S01E01 - Pilot.nfo",
            "Lost (2004)/Season 01/Lost - S01E01 - Pilot-thumb.jpg",
            "Lost (2004)/Season 01/Lost - S01E01 - Pilot.de.forced.srt",
            "Lost (2004)/Season 01/Lost - S01E02.mkv",
            "Lost (2004)/Season 01/Lost - S01E02.jpg",
            "Lost (2004)/Season 01/Lost - S01E02-sample.mkv",
            "Lost (2004)/Season 01/Subs/Lost - S01E02/2_English.srt",
            "Lost (2004)/Season 01/metadata/Lost - S01E02.jpg",
            "Lost (2004)/Season 01/Extras/Making of.mkv",
            "Lost (2004)/Season 01/RARBG.txt",
            "Lost (2004)/Specials/Lost - S00E01.mkv",
            "Lost (2004)/Season 01/.hidden",
            sizes={"Lost (2004)/Season 01/Lost - S01E02-sample.mkv": 1000},
        )
    )

    def named(files: object) -> dict[str, str]:
        return {file.path.removeprefix("Lost (2004)/"): file.role.value for file in files}  # type: ignore[attr-defined]

    assert named(series.own_files) == {
        "tvshow.nfo": "nfo",
        "poster.jpg": "artwork",
        "fanart1.jpg": "artwork",
        "season-all-poster.jpg": "artwork",
        "theme.mp3": "theme",
        ".actors/Matthew_Fox.jpg": "actor",
        "Trailers/Teaser.mkv": "trailer",
    }
    specials, first = series.seasons
    assert (specials.number, named(specials.files)) == (0, {"season-specials-fanart.jpg": "artwork"})
    assert (first.number, named(first.files)) == (
        1,
        {
            "season01-poster.jpg": "artwork",
            "Season 01/Season01.jpg": "artwork",
            "Season 01/folder.jpg": "artwork",
            "Season 01/season.nfo": "nfo",
            "Season 01/Extras/Making of.mkv": "extra",
            "Season 01/RARBG.txt": "unknown",
        },
    )
    _, pilot, second = series.episodes
    assert named(pilot.files) == {
        "Season 01/Lost - S01E01 - Pilot.mkv": "video",
        "Season 01/Lost - S01E01 - Pilot.nfo": "nfo",
        "Season 01/Lost - S01E01 - Pilot-thumb.jpg": "artwork",
        "Season 01/Lost - S01E01 - Pilot.de.forced.srt": "subtitle",
    }
    assert named(second.files) == {
        "Season 01/Lost - S01E02.mkv": "video",
        "Season 01/Lost - S01E02.jpg": "artwork",
        "Season 01/Lost - S01E02-sample.mkv": "sample",
        "Season 01/Subs/Lost - S01E02/2_English.srt": "subtitle",
        "Season 01/metadata/Lost - S01E02.jpg": "artwork",
    }
    pictures = [file.details["artwork"] for file in second.files if file.role is FileRole.ARTWORK]
    assert pictures == ["thumb", "thumb"]


def test_versions_and_parts_are_files_of_one_episode() -> None:
    (series,) = group_series(
        _listings(
            "Show/Season 1/Show - S01E01 - 1080p.mkv",
            "Show/Season 1/Show - S01E01 - 2160p.mkv",
            "Show/Season 1/Show - S01E02.cd1.avi",
            "Show/Season 1/Show - S01E02.cd2.avi",
        )
    )
    versions, parts = series.episodes
    assert [video.details for video in versions.videos] == [{}, {}]
    assert [video.details for video in parts.videos] == [{"part": 1}, {"part": 2}]


def test_the_files_of_an_episode_in_its_own_folder_are_the_episodes() -> None:
    (series,) = group_series(
        _listings(
            "Show/Season 1/Show.S01E01-GRP/show.s01e01.mkv",
            "Show/Season 1/Show.S01E01-GRP/release.nfo",
            "Show/Season 1/Show.S01E01-GRP/Subs/2_English.srt",
            "Show/Season 1/Show.S01E01-GRP/Sample/sample.mkv",
            sizes={"Show/Season 1/Show.S01E01-GRP/Sample/sample.mkv": 1000},
        )
    )
    (episode,) = series.episodes
    assert [file.role.value for file in episode.files] == ["sample", "subtitle", "nfo", "video"]


def test_shows_that_share_a_folder_are_told_apart_by_their_titles() -> None:
    found = group_series(
        _listings("Lost - S01E01.mkv", "Lost - S01E01.srt", "Heroes - S01E01.mkv", "Heroes.S02.720p/h.s02e01.mkv")
    )
    assert [(series.key, len(series.episodes), len(series.files)) for series in found] == [
        ("//heroes", 2, 2),
        ("//lost", 1, 2),
    ]


@pytest.mark.parametrize(
    ("paths", "keys"),
    [
        (["Anime/X/Season 1/X - 01.mkv", "Anime/Y/Y - 01.mkv", "Anime/loose.mkv"], {"Anime/X", "Anime/Y"}),
        (["In/A - S01E01.mkv", "In/B - S01E01.mkv"], {"In//a", "In//b"}),
        (["GoT/Game.of.Thrones.S01E01.mkv"], {"GoT"}),
        (["Show/Arc 1/Show - 01.mkv", "Show/Arc 2/Show - 02.mkv"], {"Show"}),
        (["Season 1/S01E01.mkv"], set()),
        (["readme.txt", "A/note.txt"], set()),
        (["Empty (2020)/tvshow.nfo"], {"Empty (2020)"}),
        (["@eaDir/Show/Season 1/S01E01.mkv", "Gone/.nomedia", "Gone/Season 1/S01E01.mkv"], set()),
        (["Extras (2005)/Season 1/Extras - S01E01.mkv"], {"Extras (2005)"}),
    ],
    ids=[
        "a folder of shows is none itself",
        "two titles in a folder that is called otherwise",
        "one title in a folder that is called otherwise",
        "arcs instead of seasons",
        "seasons of nothing",
        "no media",
        "a show without episodes yet",
        "hidden",
        "a show called Extras",
    ],
)
def test_what_is_a_show(paths: list[str], keys: set[str]) -> None:
    assert {series.key for series in group_series(_listings(*paths))} == keys


def test_an_upgraded_or_renamed_episode_keeps_its_place() -> None:
    before = _episodes("Show/Season 1/Show - S01E01 - Pilot [HDTV-720p].avi")
    after = _episodes("Show/Season 01/Show (2010) - S01E01 - Pilot [WEBDL-2160p].mkv")
    assert before.keys() == after.keys()


_NAMES = st.sampled_from(
    """Show - S01E01.mkv|Show - S01E01.en.srt|Show - S01E01E02.mkv|Show - 1x03.avi|02.mkv|loose.mkv|tvshow.nfo
    poster.jpg|season01-poster.jpg|readme.txt|.hidden.mkv|x.mkv.part|Other.S02E01.mkv|Show - 2014-01-02.mkv
    [G] Show - 12.mkv|sample.mkv|Show - S01E01-thumb.jpg|season.nfo|.nomedia|Show - S01E01.cd1.avi""".replace(
        "\n    ", "|"
    ).split("|")
)
_FOLDERS = st.sampled_from(
    """Show|Other (2001)|Season 1|Specials|Show.S01E01-GRP|Show.S02-GRP|Subs|Extras|A|@eaDir|VIDEO_TS|.actors|metadata
    Show - S01E01""".replace("\n    ", "|").split("|")
)
_PATHS = st.builds(lambda folders, name: "/".join([*folders, name]), st.lists(_FOLDERS, max_size=4), _NAMES)


@given(st.lists(_PATHS, max_size=25, unique=True))
def test_every_file_has_one_place_or_is_left_out_by_a_rule(paths: list[str]) -> None:
    listings = _listings(*paths)
    found = group_series(listings)
    placed = [file.path for series in found for file in series.files]
    assert len(placed) == len(set(placed)), "no file is in two places"
    assert set(placed) <= set(paths)
    left = {stray.path for stray in strays(listings, found)}
    assert left.isdisjoint(placed)
    hidden = {folder for path in paths if path.endswith(".nomedia") for folder in (path.rpartition("/")[0],)}
    for path in set(paths) - set(placed) - left:
        assert _is_left_out(path, hidden, found), path


def _is_left_out(path: str, hidden: set[str], found: tuple[FoundSeries, ...]) -> bool:
    folder, _, name = path.rpartition("/")
    is_hidden = any(folder == one or folder.startswith(f"{one}/") or not one for one in hidden)
    in_disc = "VIDEO_TS" in folder.split("/")
    is_no_video = not name.endswith(_VIDEOS)
    in_own = any(series.is_own_folder and f"{folder}/".startswith(f"{series.folder}/") for series in found)
    return is_ignored_file(name) or is_hidden or "@eaDir" in path or in_disc or (is_no_video and not in_own)


@given(st.lists(_PATHS, max_size=25, unique=True))
def test_the_order_of_the_directories_does_not_matter(paths: list[str]) -> None:
    listings = _listings(*paths)
    assert group_series(listings) == group_series(reversed(listings))
