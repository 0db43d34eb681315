from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from metarr.errors import InvalidInput
from metarr.library import nfo
from metarr.model.media import (
    CastMember,
    CollectionRef,
    CrewMember,
    ExternalIds,
    ItemKind,
    Metadata,
    Rating,
)

HEAT = Metadata(
    title="Heat",
    original_title="Heat",
    sort_title="Heat",
    year=1995,
    premiered="1995-12-15",
    plot="A thief & a cop.\nIn Los Angeles.",
    outline="Cat and mouse.",
    tagline="A Los Angeles crime saga.",
    runtime=170,
    certification="R",
    genres=("Crime", "Drama"),
    studios=("Regency",),
    countries=("United States",),
    tags=("heist",),
    ratings=(Rating("imdb", 8.3, 10.0, 700000), Rating("metacritic", 76.0, 100.0), Rating("tomatoes", 83.0, 100.0)),
    user_rating=9,
    cast=(CastMember("Al Pacino", "Vincent Hanna", 0), CastMember("Robert De Niro", "Neil McCauley", 1)),
    crew=(CrewMember("Michael Mann", "director"), CrewMember("Michael Mann", "writer")),
    collection=CollectionRef("Mann Collection", 7, "All of it."),
    trailer="2GfZl4kuVNI",
    ids=ExternalIds(tmdb=949, imdb="tt0113277"),
)
STREAMS = {
    "video": [{"codec": "hevc", "aspect": 2.4, "width": 3840, "height": 1600, "duration_s": 10200.4, "hdr": "hdr10"}],
    "audio": [{"codec": "truehd", "language": "eng", "channels": 8}],
    "subtitle": [{"language": "ger"}],
}


def tree(data: bytes) -> etree._Element:
    return etree.fromstring(data)


def test_a_movie_is_complete_and_in_order() -> None:
    root = tree(nfo.render(ItemKind.MOVIE, HEAT, streams=STREAMS))
    order = list(dict.fromkeys(str(child.tag) for child in root))
    assert " ".join(order) == (
        "title originaltitle sorttitle ratings userrating year premiered outline plot tagline runtime mpaa uniqueid"
        " genre country set director credits studio trailer tag actor fileinfo"
    )
    assert root.findtext("trailer") == "plugin://plugin.video.youtube/?action=play_video&videoid=2GfZl4kuVNI"
    assert {one.get("type"): one.get("default") for one in root.iter("uniqueid")} == {"tmdb": "true", "imdb": None}
    assert root.findtext("fileinfo/streamdetails/video/durationinseconds") == "10200"
    assert root.findtext("fileinfo/streamdetails/video/hdrtype") == "hdr10"
    assert root.findtext("fileinfo/streamdetails/audio/channels") == "8"
    assert root.findtext("set/name") == "Mann Collection"


def test_a_stream_without_a_length_has_the_files() -> None:
    root = tree(nfo.render(ItemKind.MOVIE, HEAT, streams={"video": [{"codec": "hevc"}], "duration_s": 61.2}))
    assert root.findtext("fileinfo/streamdetails/video/durationinseconds") == "61"


def test_jellyfin_takes_the_last_rating_so_that_is_the_default_one() -> None:
    entries = tree(nfo.render(ItemKind.MOVIE, HEAT)).findall("ratings/rating")
    last = entries[-1]
    assert (last.get("name"), last.get("max"), last.get("default"), last.findtext("value")) == (
        "imdb",
        "10",
        "true",
        "8.3",
    )
    assert [one.get("default") for one in entries[:-1]] == [None, None]


def test_without_a_ten_point_rating_only_the_critics_one_is_written() -> None:
    metadata = replace(HEAT, ratings=HEAT.ratings[1:])
    entries = tree(nfo.render(ItemKind.MOVIE, metadata)).findall("ratings/rating")
    assert [one.get("name") for one in entries] == ["tomatometerallcritics"]


def test_nothing_is_in_it_that_players_would_take_amiss() -> None:
    text = nfo.render(
        ItemKind.MOVIE, replace(HEAT, plot="See https://www.imdb.com/title/tt0113277/ and themoviedb.org/movie/949 x")
    ).decode()
    assert "imdb.com" not in text
    assert "themoviedb.org" not in text
    for tag in ("watched", "playcount", "lastplayed", "resume", "lockdata", "dateadded", "thumb", "fanart"):
        assert f"<{tag}" not in text


def test_our_hand_is_marked_and_nothing_tells_the_time() -> None:
    data = nfo.render(ItemKind.MOVIE, HEAT)
    assert data.startswith(
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<!-- created by metarr -->\n<movie>'
    )
    assert nfo.read(data).hand is nfo.Hand.METARR
    assert data == nfo.render(ItemKind.MOVIE, replace(HEAT))


def test_characters_that_xml_forbids_are_dropped() -> None:
    data = nfo.render(ItemKind.MOVIE, Metadata(title="a\x00b\x0b\ud800c\ufffe"))
    assert nfo.read(data).metadata.title == "abc"


def test_what_is_not_known_is_not_written() -> None:
    assert list(tree(nfo.render(ItemKind.MOVIE, Metadata(title="X"))).iter()) != []
    assert [child.tag for child in tree(nfo.render(ItemKind.MOVIE, Metadata(title="X")))] == ["title"]


def test_unknown_tags_of_the_replaced_file_are_kept() -> None:
    before = (
        b"<movie><title>Old</title><top250>12</top250><mytag a='1'><x>y</x></mytag><playcount>3</playcount>"
        b"<thumb>https://image.tmdb.org/x.jpg</thumb><link>https://www.imdb.com/title/tt1</link><watched>true</watched>"
        b"<uniqueid type='trakt' default='true'>5</uniqueid><uniqueid type='tmdb'>1</uniqueid><lockdata>true</lockdata>"
        b"<fileinfo><streamdetails/></fileinfo></movie>"
    )
    once = nfo.render(ItemKind.MOVIE, HEAT, keep=before)
    root = tree(once)
    assert root.findtext("title") == "Heat"
    assert root.findtext("top250") == "12"
    assert root.findtext("mytag/x") == "y"
    assert [(one.get("type"), one.get("default")) for one in root.iter("uniqueid")] == [
        ("tmdb", "true"),
        ("imdb", None),
        ("trakt", None),
    ]
    assert root.find("fileinfo") is not None
    for tag in ("playcount", "thumb", "link", "watched", "lockdata"):
        assert root.find(tag) is None
    assert nfo.render(ItemKind.MOVIE, HEAT, keep=once) == once
    assert tree(nfo.render(ItemKind.MOVIE, HEAT, streams=STREAMS, keep=before)).findall("fileinfo")[1:] == []


@pytest.mark.parametrize("keep", [b"", b"\x00\x00", b"just a line", b"<album><a/></album>"])
def test_a_replaced_file_that_is_no_nfo_has_nothing_to_keep(keep: bytes) -> None:
    assert nfo.render(ItemKind.MOVIE, HEAT, keep=keep) == nfo.render(ItemKind.MOVIE, HEAT)


@pytest.mark.parametrize(
    ("kind", "metadata", "root"),
    [
        pytest.param(
            ItemKind.SERIES,
            Metadata(title="Dark", year=2017, premiered="2017-12-01", status="Ended", ids=ExternalIds(tvdb=334824)),
            "tvshow",
            id="a show",
        ),
        pytest.param(ItemKind.SEASON, Metadata(title="Season 1", season=1), "season", id="a season"),
        pytest.param(
            ItemKind.EPISODE,
            Metadata(
                title="Secrets",
                show_title="Dark",
                year=2017,
                premiered="2017-12-01",
                season=1,
                episode=1,
                display_season=1,
                display_episode=2,
            ),
            "episodedetails",
            id="an episode",
        ),
    ],
)
def test_the_other_kinds_come_back_too(kind: ItemKind, metadata: Metadata, root: str) -> None:
    data = nfo.render(kind, metadata)
    found = nfo.read(data)
    assert tree(data).tag == root
    assert (found.kind, found.metadata) == (kind, metadata)


def test_a_show_carries_the_guide_that_scrapers_need() -> None:
    text = tree(nfo.render(ItemKind.SERIES, Metadata(title="Dark", ids=ExternalIds(tmdb=70523, tvdb=334824))))
    assert text.findtext("episodeguide") == '{"tmdb": "70523", "tvdb": "334824"}'


def test_a_collection_has_no_nfo() -> None:
    with pytest.raises(InvalidInput, match="collection"):
        nfo.render(ItemKind.COLLECTION, Metadata(title="X"))


safe = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="|/\ufffe\uffff")
words = st.text(safe, min_size=1, max_size=20).map(str.strip).filter(bool)
lists = st.lists(words, max_size=3, unique=True).map(tuple)
maybe = st.none() | words
ratings = st.lists(
    st.builds(
        Rating,
        st.sampled_from(["imdb", "tmdb", "tvdb", "trakt"]),
        st.floats(0.1, 10).map(lambda value: round(value, 2)),
        st.just(10.0),
        st.none() | st.integers(1, 10**7),
    ),
    max_size=3,
    unique_by=lambda rating: rating.source,
).map(tuple)
crew = st.tuples(lists, lists).map(
    lambda names: (
        *(CrewMember(name, "director") for name in names[0]),
        *(CrewMember(name, "writer") for name in names[1]),
    )
)
dates = st.dates().map(lambda day: (day.isoformat(), day.year))
metadatas = st.builds(
    lambda when, **fields: Metadata(premiered=when[0], year=when[1], **fields),
    st.just((None, None)) | dates | st.integers(1900, 2100).map(lambda year: (None, year)),
    title=maybe,
    original_title=maybe,
    sort_title=maybe,
    plot=maybe,
    outline=maybe,
    tagline=maybe,
    runtime=st.none() | st.integers(1, 999),
    certification=maybe,
    genres=lists,
    studios=lists,
    countries=lists,
    tags=lists,
    ratings=ratings,
    user_rating=st.none() | st.integers(1, 10),
    cast=st.lists(
        st.builds(CastMember, words, st.just("") | words, st.integers(0, 99)),
        max_size=3,
        unique_by=lambda one: one.name,
    ).map(tuple),
    crew=crew,
    collection=st.none() | st.builds(CollectionRef, words, st.none() | st.integers(1, 10**6), maybe),
    trailer=st.none() | st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True),
    ids=st.builds(
        ExternalIds,
        st.none() | st.integers(1, 10**8),
        st.none() | st.integers(10**6, 10**8).map(lambda number: f"tt{number}"),
        st.none() | st.integers(1, 10**8),
        st.none() | st.integers(1, 10**8),
    ),
)


@given(metadatas)
def test_what_is_written_is_what_is_read(metadata: Metadata) -> None:
    data = nfo.render(ItemKind.MOVIE, metadata)
    found = nfo.read(data)
    # The first becomes the last in the file, and the first again when it is read: the others keep their order.
    assert found.metadata == metadata
    assert found.warnings == ()
    assert nfo.render(ItemKind.MOVIE, found.metadata, keep=data) == data


@given(st.text(max_size=300))
def test_no_text_makes_a_file_that_cannot_be_read(text: str) -> None:
    data = nfo.render(ItemKind.MOVIE, Metadata(title="x", plot=text, genres=(text,), collection=CollectionRef(text)))
    tree(data)
    assert not re.search(rb"imdb\.com/", data)


@given(st.binary(max_size=300) | st.text("<>&;/!?[]-movietitle# \n", max_size=200).map(str.encode))
def test_reading_anything_ends_in_a_document_or_a_refusal(data: bytes) -> None:
    for attempt in (data, b"<movie><title>" + data, b"<movie>" + data + b"</movie>"):
        try:
            found = nfo.read(attempt)
        except InvalidInput:
            continue
        if found.kind is not None:
            tree(nfo.render(found.kind, found.metadata, keep=attempt))
