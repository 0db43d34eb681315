from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metarr.model.media import ExternalIds
from metarr.phases.scan.names import NameKind, identify, parse

_MOVIES = [
    ("Heat (1995)/Heat (1995).mkv", "Heat", 1995),
    (
        "Heat (1995) {tmdb-949}/Heat (1995) {tmdb-949} {edition-Final Cut} [Bluray-1080p][DTS 5.1][x264]-GRP.mkv",
        "Heat",
        1995,
    ),
    ("Heat (1995) [tmdbid=949]/Heat (1995) [tmdbid=949] - Extended.mkv", "Heat", 1995),
    ("The.Long.Night.2009.1080p.BluRay.DTS.x264-GRP.mkv", "The Long Night", 2009),
    ("2012.2009.1080p.BluRay.x264-GRP.mkv", "2012", 2009),
    ("1917.2019.2160p.WEB-DL.x265-GRP.mkv", "1917", 2019),
    ("Blade Runner 2049 (2017).mkv", "Blade Runner 2049", 2017),
    ("(500) Days of Summer (2009)/(500) Days of Summer (2009).mkv", "(500) Days of Summer", 2009),
    ("[REC] (2007)/[REC] (2007).mkv", "[REC]", 2007),
    ("[REC].2007.1080p.BluRay.x264-GRP.mkv", "[REC]", 2007),
    ("Apollo 13 (IMAX) (1995).mkv", "Apollo 13 (IMAX)", 1995),
    ("Movies/...And Justice for All (1979)/...And Justice for All (1979).mkv", "And Justice for All", 1979),
    ("Dr. Strangelove or - How I Learned (1964).mkv", "Dr. Strangelove or - How I Learned", 1964),
    ("The.Good.German.2006.GERMAN.720p.HDTV.x264-GRP", "The Good German", 2006),
    ("World.Movie.Z.EXTENDED.2013.German.DL.1080p.BluRay-GRP", "World Movie Z", 2013),
    ("www.example.org - Revenge (2008) 720p.mkv", "Revenge", 2008),
    ("(1995) Movie Name.mkv", "Movie Name", 1995),
    ("M/Movies of 1999/Alien (1979).mkv", "Alien", 1979),
    ("Lost Circus/Lost Circus.mkv", "Lost Circus", None),
    ("Arrival (2016)/cd1.avi", "Arrival", 2016),
    ("Arrival (2016)/arr-720p.mkv", "Arrival", 2016),
    ("Marvel.S.H.I.E.L.D.2011.1080p.mkv", "Marvel S.H.I.E.L.D", 2011),
    ("Brazil (1985)/Brazil_Criterion_Edition_(1985).CD2.avi", "Brazil", 1985),
]


@pytest.mark.parametrize(("path", "title", "year"), _MOVIES, ids=[case[0][-60:] for case in _MOVIES])
def test_reads_a_movie(path: str, title: str, year: int | None) -> None:
    name = parse(path, expected=NameKind.MOVIE)
    assert (name.kind, name.title, name.year) == (NameKind.MOVIE, title, year)
    assert name.evidence


_EPISODES: list[tuple[str, str, int | None, tuple[int, ...]]] = [
    ("Show (2010)/Season 01/Show (2010) - S01E02 - Name [WEBDL-1080p]-GRP.mkv", "Show", 1, (2,)),
    ("Show - 1x02 - Name.mkv", "Show", 1, (2,)),
    ("Show - S01E01-02-03 - Extend.mkv", "Show", 1, (1, 2, 3)),
    ("Show - S01E01.S01E02 - Duplicate.mkv", "Show", 1, (1, 2)),
    ("Show - S01E01E02 - Repeat.mkv", "Show", 1, (1, 2)),
    ("Show - S01E01-E02-E03 - Scene.mkv", "Show", 1, (1, 2, 3)),
    ("Show - S01E01-03 - Range.mkv", "Show", 1, (1, 2, 3)),
    ("Show - S01E01-E03 - Prefixed range.mkv", "Show", 1, (1, 2, 3)),
    ("Show - S01E01-1080p.mkv", "Show", 1, (1,)),
    ("Show - 10x12 - 24 Hour People.mkv", "Show", 10, (12,)),
    ("Show - S00E05 - Special.mkv", "Show", 0, (5,)),
    ("Show/Specials/S00E01.mkv", "Show", 0, (1,)),
    ("Show/Season 3/S03E04 - Name.mkv", "Show", 3, (4,)),
    ("Show Season 2 Episode 7.mkv", "Show", 2, (7,)),
    ("Show.Name.2012.S02E18.720p.HDTV-GRP.mkv", "Show Name", 2, (18,)),
    ("Show - 12 (S01E12).mkv", "Show", 1, (12,)),
]


@pytest.mark.parametrize(("path", "title", "season", "episodes"), _EPISODES, ids=[case[0] for case in _EPISODES])
def test_reads_an_episode(path: str, title: str, season: int | None, episodes: tuple[int, ...]) -> None:
    name = parse(path)
    assert (name.kind, name.title, name.season, name.episodes) == (NameKind.EPISODE, title, season, episodes)


_PACKS = [
    ("Show.S01-S03.1080p.BluRay-GRP", (1, 2, 3)),
    ("Show S1 + S2 [1080p]", (1, 2)),
    ("Show.S01.S02.S03.1080p", (1, 2, 3)),
    ("Show The Complete Seasons 1 to 4 720p", (1, 2, 3, 4)),
    ("Show.Season.1-4.Complete.720p", (1, 2, 3, 4)),
    ("Show.Season.1&3.720p", (1, 3)),
    ("Show S01 - 06 Complete DVDRip", (1, 2, 3, 4, 5, 6)),
    ("Show.-.Season.1.3.4-.Mp4.1080p", (1, 3, 4)),
]


@pytest.mark.parametrize(("path", "seasons"), _PACKS, ids=[case[0] for case in _PACKS])
def test_a_pack_of_several_seasons_names_them_all(path: str, seasons: tuple[int, ...]) -> None:
    name = parse(path)
    assert (name.title, name.season, name.seasons) == ("Show", seasons[0], seasons)
    assert identify(path)["season"] == list(seasons)


_FORMS: list[tuple[str, str, int | None, tuple[int, ...], str | None]] = [
    ("Show.5of9.Name.DVDRip.x264-GRP", "Show", 1, (5,), None),
    ("Show.Season.2.1of4.HDTV-GRP", "Show", 2, (1,), None),
    ("Made.in.Somewhere.Part.Two.720p.HDTV.x264-GRP", "Made in Somewhere", 1, (2,), None),
    ("Show.103.104.720p.HDTV.x264-GRP", "Show", 1, (3, 4), None),
    ("Show 2nd Season 24 (1080p)", "Show", 2, (24,), None),
    ("Show - Temporada 2 [HDTV 720p][Cap.203][AC3]", "Show", 2, (3,), None),
    ("Show 69. Bölüm (29.10.2023) 1080p", "Show", None, (69,), "2023-10-29"),
    ("ショー 第2期 01話", "ショー", 2, (1,), None),
    ("【Group】[节目名][Show Title][12][1080P]", "Show Title", None, (12,), None),
    ("[Group][节目名·Show Title][2019][88-91][1080P]", "Show Title", None, (88, 89, 90, 91), None),
    ("[Group] 节目名 / Show Title S2 - 07 [1080p]", "Show Title", 2, (7,), None),
    ("[Group] Show Title (01-04) [1080p]", "Show Title", None, (1, 2, 3, 4), None),
    ("[Group] Show Title - 01+02 [720p]", "Show Title", None, (1, 2), None),
    ("[Group] 12 - Show Title [720p]", "Show Title", None, (12,), None),
    ("Show/Season 06/E13 - Name.mkv", "Show", 6, (13,), None),
    ("Show/E05.mkv", "Show", 1, (5,), None),
    ("Show 5th Mar 2025 1080p", "Show", None, (), "2025-03-05"),
    ("Show.E191.190121.720p-GRP", "Show", 1, (191,), "2019-01-21"),
    ("Show - 2009-10-12 - Episode 5.mkv", "Show", None, (), "2009-10-12"),
    ("11.22.63/Season 1/11.22.63.106.hdtv-abc", "11 22 63", 1, (6,), None),
    ("Show/Season 7/Show.712.Name.avi", "Show", 7, (12,), None),
    ("Show/Show - Book Five - Ep 23 - Name.avi", "Show", None, (23,), None),
    ("Show.S02E06.Name.1080p-GRP/Name - Show S02 (Ep 6).srt", "Show", 2, (6,), None),
    ("Show (US) - Name S02E09 hdtv", "Show", 2, (9,), None),
    ("Show Second Season OVA - 01", "Show", 2, (1,), None),
    ("37 [Group]_Some_Show_-_37v2_[XviD]", "Some Show", None, (37,), None),
    ("[Group] Show Title 1-24 Dual-Audio 1080p", "Show Title", None, tuple(range(1, 25)), None),
    ("【四月/字幕社】[GROUP][节目名][Show Title][04][1080P]", "Show Title", None, (4,), None),
    ("Cyborg Show (1968) [Group] episode 06 [30C15D62]", "Cyborg Show", None, (6,), None),
    ("Шоу (S2E1) / Show (S2E1) (2023) WEB-DL 1080p Ukr/Eng | sub Eng", "Show", 2, (1,), None),
    ("Show.s06.01.1999.BDRip.1080p", "Show", 6, (1,), None),
    ("grp-shows01e11-1080p", "grp-show", 1, (11,), None),
    ("HD 720p: Some Show.S03E16.Name", "Some Show", 3, (16,), None),
    ("Show.1991.E01.480p.x264-GRP", "Show", 1991, (1,), None),
    ("Simpsons, The - S01E02.mkv", "The Simpsons", 1, (2,), None),
    ("The Final Cut/Season 1/The.Final.Cut.S01E02.720p-GRP.mkv", "The Final Cut", 1, (2,), None),
]


@pytest.mark.parametrize(("path", "title", "season", "episodes", "day"), _FORMS, ids=[case[0] for case in _FORMS])
def test_reads_a_rarer_form(
    path: str, title: str, season: int | None, episodes: tuple[int, ...], day: str | None
) -> None:
    name = parse(path)
    assert (name.title, name.season, name.episodes, name.air_date) == (title, season, episodes, day)


def test_the_country_that_tells_two_shows_apart_is_a_field_of_its_own() -> None:
    name = parse("The Office (US) (2005) - S02E12 - Name.mkv")
    assert (name.title, name.country, name.year) == ("The Office", "US", 2005)


def test_three_digits_at_the_end_may_be_both_countings_and_are_asked_about() -> None:
    name = parse("Show - 102.mkv")
    assert (name.season, name.episodes, name.absolute) == (1, (2,), (102,))
    assert name.confidence < 80
    assert parse("Show/Season 1/Show - 102.mkv").absolute == (102,)
    assert parse("[Group] Show - 102 [720p].mkv").season is None


@pytest.mark.parametrize(
    ("path", "told", "looked_for"),
    [
        ("[Group] Show S2 - 19 [1080p]", "Show S2", "Show"),
        ("[Group].Show.S02.-.19.[1080p]", "Show S2", "Show"),
        ("[Group][Show S02][19][1080p]", "Show S2", "Show"),
        ("Show S2 - 19 (Group) [BD841253]", "Show", "Show"),
        ("Show.US.S12E20.720p.WEBRip-GRP", "Show", "Show US"),
        ("Show US - S12E20 - Name", "Show US", "Show US"),
        ("Show.US.S12.720p-GRP", "Show US", "Show US"),
        ("Born.in.the.US.S01E02.720p-GRP", "Born in the US", "Born in the US"),
    ],
)
def test_the_title_that_is_told_is_what_releases_mean_and_the_scan_looks_for_the_catalogues(
    path: str, told: str, looked_for: str
) -> None:
    assert (identify(path)["title"], parse(path).title) == (told, looked_for)


@pytest.mark.parametrize(
    ("path", "told", "of_the_show"),
    [
        ("Show.2020.04.02.Guest.HDTV-GRP", 2020, None),
        ("Show.S2016E01.720p-GRP", 2016, None),
        ("Show (1955) - 1956-01-23 - Name", 1955, 1955),
        ("Show.1x01.Name.(HD.Ac3).(2015).By.One.avi", 2015, 2015),
        ("Шоу / Show / Сезон 4 / Серии 1-6 (6) [2017, США, WEBRip 1080p]", 2017, 2017),
        ("Show - S01E02 - The (2010) Job", None, None),
    ],
)
def test_the_only_year_of_a_name_is_told_but_the_scan_looks_for_the_shows(
    path: str, told: int | None, of_the_show: int | None
) -> None:
    assert (identify(path)["year"], parse(path).year) == (told, of_the_show)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("[Group][Some Film 3.0 You Can (Not)][480P][V0].mp4", "Some Film 3.0 You Can (Not)"),
        ("[Group] Show OVA - The Other -Name- (BD 1080p) [3A561D0E].mkv", "Show"),
        ("Some.._Film-x09-Interview-2002_Hartford.mkv", "Some.. Film"),
        ("007.Film.[HDTC.MD].[TRUEFRENCH]", "007 Film"),
    ],
)
def test_reads_a_rarer_film(path: str, title: str) -> None:
    name = parse(path)
    assert (name.title, name.episodes) == (title, ())


def test_a_bare_year_that_the_folder_has_too_may_be_the_title_and_is_asked_about() -> None:
    assert parse("Wonder Woman 1984/Season 1/Wonder.Woman.1984.S01E02.mkv").confidence < 80


@pytest.mark.parametrize("unit", ["_", ".", "a - ", "[a]", "S01.", "season 1.", "(a) ", "German "])
def test_a_hostile_name_costs_no_more_than_a_long_one(unit: str) -> None:
    name = parse((unit * 4000)[:4000] + ".mkv", is_quick=True)
    assert 0 <= name.confidence <= 100


@pytest.mark.parametrize(
    "name", ["Show S.01", "Title Part -\u0130_", "Show Part f\u0131ve HDTV", "Show 5th \u017fep 2025", "E\u0663"]
)
def test_letters_and_digits_that_only_look_like_ours_do_no_harm(name: str) -> None:
    assert parse(name, is_quick=True).confidence <= 100


def test_an_anime_number_without_a_season_may_be_either() -> None:
    name = parse("[Group] Some Show - 031v2 [1080p][ABCD1234].mkv")
    assert (name.title, name.season, name.episodes, name.absolute) == ("Some Show", None, (31,), (31,))


def test_sonarrs_anime_names_carry_both_countings() -> None:
    name = parse("Show (2010) - S02E03 - 015 - Name [x264].mkv")
    assert (name.season, name.episodes, name.absolute, name.year) == (2, (3,), (15,), 2010)


@pytest.mark.parametrize("path", ["Show.2017.04.12.720p.mkv", "Show - 2017-04-12 - Guest.mkv", "Show 12.04.2017.mkv"])
def test_reads_the_date_of_a_daily_show(path: str) -> None:
    name = parse(path)
    assert (name.title, name.air_date) == ("Show", "2017-04-12")


@pytest.mark.parametrize("path", ["12 Angry Men.mkv", "District 9.mkv", "Apollo 13.mkv"])
def test_a_number_in_a_movie_library_is_part_of_the_title(path: str) -> None:
    name = parse(path, expected=NameKind.MOVIE)
    assert (name.kind, name.title) == (NameKind.MOVIE, path.removesuffix(".mkv"))


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("Heat (1995) {tmdb-949}.mkv", ExternalIds(tmdb=949)),
        ("Heat (1995) [tmdbid=949].mkv", ExternalIds(tmdb=949)),
        ("Heat (1995) [tmdbid-949]/x.mkv", ExternalIds(tmdb=949)),
        ("Show (tvdbid-1)/S01E01.mkv", ExternalIds(tvdb=1)),
        ("Heat (1995) {imdb-tt0113277}.mkv", ExternalIds(imdb="tt0113277")),
        ("Heat (1995) [tt0113277].mkv", ExternalIds(imdb="tt0113277")),
        ("Heat.1995.tt0113277.1080p.mkv", ExternalIds(imdb="tt0113277")),
        ("Heat (1995) {tmdb-1}/Heat (1995) {imdb-tt0113277}.mkv", ExternalIds(tmdb=1, imdb="tt0113277")),
        ("Heat (1995) {tmdb-}.mkv", ExternalIds()),
        ("Heat (1995) {edition-949}.mkv", ExternalIds()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_reads_ids_of_every_wrapping(path: str, ids: ExternalIds) -> None:
    assert parse(path).ids == ids


@pytest.mark.parametrize(
    ("path", "edition"),
    [
        ("Heat (1995) {edition-Director's Cut}.mkv", "Director's Cut"),
        ("Heat (1995) [tmdbid-949] - Extended.mkv", "Extended"),
        ("Heat.1995.Directors.Cut.1080p.mkv", "Directors Cut"),
        ("Heat (1995)/Heat (1995) - 1080p.mkv", None),
    ],
)
def test_reads_editions(path: str, edition: str | None) -> None:
    assert parse(path).edition == edition


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Heat (1995) cd2", 2),
        ("Heat (1995) - part1", 1),
        ("Heat (1995).pt3", 3),
        ("Heat (1995) disc b", 2),
        ("Heat (1995)", None),
    ],
)
def test_reads_the_number_of_a_stacked_part(name: str, part: int | None) -> None:
    assert parse(f"Heat (1995)/{name}.avi").part == part


def test_a_title_is_composed_and_a_broken_byte_is_shown() -> None:
    assert parse("Ame\u0301lie (2001).mkv").title == "Am\u00e9lie"
    assert parse("Am\udce9lie (2001).mkv").title == "Am\u00e9lie"


def test_identify_has_exactly_the_promised_keys_and_keeps_the_path() -> None:
    path = "Am\udce9lie (2001) {tmdb-194}.mkv"
    answer = identify(path)
    keys = "path kind title year season episodes absolute air_date edition ids confidence evidence"
    assert list(answer) == keys.split()
    assert answer["path"] == path
    assert answer["ids"] == {"tmdb": 194}
    assert json.loads(json.dumps(answer, ensure_ascii=True)) == answer


@settings(deadline=None)  # the first one imports guessit
@given(st.text(alphabet=st.characters(), max_size=80))
def test_never_raises_and_always_answers_in_json(text: str) -> None:
    answer = identify(text + ".mkv")
    json.dumps(answer)
    assert 0 <= answer["confidence"] <= 100
    if answer["title"] is not None:
        answer["title"].encode()


@given(
    st.from_regex(r"[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8}){0,2}", fullmatch=True),
    st.integers(1920, 2030),
    st.integers(1, 999999),
)
def test_radarrs_own_form_is_read_back(title: str, year: int, tmdb: int) -> None:
    folder = f"{title} ({year}) {{tmdb-{tmdb}}}"
    name = parse(f"{folder}/{folder} [Bluray-1080p][x264]-GRP.mkv")
    assert (name.title, name.year, name.ids.tmdb) == (title, year, tmdb)


def test_an_obfuscated_file_is_named_by_its_folder() -> None:
    name = parse("Show.Name.S08E09.1080p.HEVC.x265-GRP/afaae96ae7a140e0981ced2a79221751.mkv")
    assert (name.title, name.season, name.episodes) == ("Show Name", 8, (9,))
    assert "guessit" in name.evidence[-1]
