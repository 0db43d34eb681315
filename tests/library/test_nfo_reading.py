from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr.errors import InvalidInput
from metarr.library import nfo
from metarr.library.nfo import Hand
from metarr.library.nfo.markup import SIZE_LIMIT
from metarr.model.media import CastMember, CollectionRef, CrewMember, ItemKind, Metadata, Rating

if TYPE_CHECKING:
    from pathlib import Path


def movie(inner: str) -> Metadata:
    return nfo.read(f"<movie>{inner}</movie>".encode()).metadata


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param('<uniqueid type="TMDB">603</uniqueid>', {"tmdb": 603}, id="the type's letter case varies"),
        pytest.param("<uniqueid>tt0133093</uniqueid>", {"imdb": "tt0133093"}, id="an IMDb id shows without a type"),
        pytest.param("<uniqueid>603</uniqueid>", {}, id="a number without a type says nothing"),
        pytest.param("<id>tt0133093</id>", {"imdb": "tt0133093"}, id="the old id tag"),
        pytest.param("<id>tt1234</id>", {}, id="too short for an IMDb id"),
        pytest.param("<id>junk</id><tmdbId>0</tmdbId>", {}, id="junk and zero are no ids"),
        pytest.param('<id TMDB="603" IMDB="tt0133093"/>', {"tmdb": 603, "imdb": "tt0133093"}, id="ids as attributes"),
        pytest.param("<tmdbid>603</tmdbid><tvdbid>9</tvdbid>", {"tmdb": 603, "tvdb": 9}, id="Jellyfin's own tags"),
        pytest.param(
            "<ids><entry><key>tmdb</key><value> 603\n</value></entry></ids>", {"tmdb": 603}, id="old tinyMediaManager"
        ),
        pytest.param(
            '<uniqueid type="tmdb">603</uniqueid><tmdbid>604</tmdbid>', {"tmdb": 603}, id="uniqueid before other tags"
        ),
    ],
)
def test_ids(inner: str, expected: dict[str, object]) -> None:
    assert movie(inner).ids.as_dict() == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param("<set>Alien</set>", CollectionRef("Alien"), id="text"),
        pytest.param(
            '<set tmdbcolid="8091"><name>Alien</name><overview>Acid.</overview></set>',
            CollectionRef("Alien", 8091, "Acid."),
            id="nested, with id",
        ),
        pytest.param("<set>One<name>Two</name></set>", CollectionRef("Two"), id="mixed: the nested name counts"),
        pytest.param("<sets><set order='1'>Alien</set></sets>", CollectionRef("Alien"), id="in a list"),
        pytest.param("<set/><set>Alien</set>", CollectionRef("Alien"), id="repeated, the first one empty"),
        pytest.param("<set></set>", None, id="empty"),
    ],
)
def test_collections(inner: str, expected: CollectionRef | None) -> None:
    assert movie(inner).collection == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param("<rating>7,5</rating><votes>3,998</votes>", (Rating("default", 7.5, votes=3998),), id="commas"),
        pytest.param("<rating>0.0</rating>", (), id="zero is no rating"),
        pytest.param("<rating>high</rating>", (), id="words are no rating"),
        pytest.param(
            '<ratings><rating name="metacritic" max="100"><value>83</value></rating>'
            '<rating name="themoviedb" default="true" max="10"><value>8.1</value><votes>5</votes></rating></ratings>'
            "<rating>2</rating>",
            (Rating("tmdb", 8.1, 10.0, 5), Rating("metacritic", 83.0, 100.0)),
            id="several, the default first, the old tag ignored",
        ),
    ],
)
def test_ratings(inner: str, expected: tuple[Rating, ...]) -> None:
    assert movie(inner).ratings == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param("<title>A & B</title>", "A & B", id="a raw ampersand"),
        pytest.param("<title>A &amp; B & C</title>", "A & B & C", id="a right one beside a wrong one"),
        pytest.param("<title>caf&eacute;&nbsp;x</title>", "caf\xe9\xa0x", id="HTML entities"),
        pytest.param("<title>1 < 2</title>", "1 < 2", id="a raw less-than"),
        pytest.param("<title><![CDATA[A & <b>]]></title>", "A & <b>", id="CDATA means itself"),
        pytest.param("<title>a\x0bb&#0;c&#x1F;</title>", "abc", id="forbidden characters"),
        pytest.param("<TITLE>Heat</TITLE>", "Heat", id="letter case of tags"),
        pytest.param("<title></title><title>Heat</title>", "Heat", id="the first that says something"),
    ],
)
def test_titles_however_broken(inner: str, expected: str) -> None:
    assert movie(inner).title == expected


def test_an_unclosed_file_is_recovered_with_a_warning() -> None:
    found = nfo.read(b"<movie><id>tt0133093</id><title>The Matrix</title><plot>Neo")
    assert (found.metadata.title, found.metadata.ids.imdb) == ("The Matrix", "tt0133093")
    assert any("recovered" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("\ufeff<movie><title>Ä</title></movie>".encode(), "Ä", id="UTF-8 with BOM"),
        pytest.param("\ufeff<movie><title>Ä</title></movie>".encode("utf-16-le"), "Ä", id="UTF-16"),
        pytest.param(
            "<movie><title>Ä it\u2019s</title></movie>".encode("cp1252"),
            "Ä it\u2019s",
            id="CP1252 without a word about it",
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="ISO-8859-1"?><movie><title>\xc4</title></movie>',
            "Ä",
            id="latin-1, declared",
        ),
        pytest.param(
            '<?xml version="1.0" encoding="utf-16"?><movie><title>Ä</title></movie>'.encode(), "Ä", id="a declared lie"
        ),
        pytest.param(b"<movie><title>\x81</title></movie>", None, id="bytes that CP1252 does not know"),
    ],
)
def test_encodings(data: bytes, expected: str | None) -> None:
    assert expected is None or nfo.read(data).metadata.title == expected
    assert nfo.read(data).kind is ItemKind.MOVIE


def test_entity_bombs_do_not_go_off() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;&a;">]><movie><title>&b;</title></movie>'
    found = nfo.read(bomb.encode())
    assert found.metadata.title == "&b;"
    assert any("document type" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "piece", ["<!--", "<![CDATA[", "<!DOCTYPE[", "<?xml ", "<a>", "&", "<", "thetvdb.com/", "a" * 9]
)
def test_a_hostile_file_costs_no_more_than_its_size(piece: str) -> None:
    data = f"<movie><title>Heat</title><genre>{piece * (600_000 // len(piece))}".encode()
    found = nfo.read(data)
    assert found.metadata.title == "Heat"
    assert nfo.render(ItemKind.MOVIE, found.metadata, keep=data)


def test_no_file_is_read_through_an_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    text = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]><movie><title>&a;</title></movie>'
    assert "secret" not in (nfo.read(text.encode()).metadata.title or "")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "empty", id="no byte"),
        pytest.param(b" \n\t", "empty", id="only space"),
        pytest.param(b"\x00" * 100, "binary", id="zeros"),
        pytest.param(bytes(range(256)) * 4, "binary", id="every byte there is"),
        pytest.param(b"  /\\_/\\  GREETZ <3 <-- x264 rip --> \n ( o.o )", "release group", id="a release group's art"),
        pytest.param(b"<album><title>X</title></album>", "<album>", id="music"),
        pytest.param(b" " * (SIZE_LIMIT + 1), "more than", id="too large"),
    ],
)
def test_what_is_no_nfo_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        nfo.read(data)


@pytest.mark.parametrize(
    ("text", "kind", "ids", "hand"),
    [
        pytest.param(
            "https://www.themoviedb.org/movie/603\nhttps://www.imdb.com/title/tt0133093\n",
            ItemKind.MOVIE,
            {"tmdb": 603, "imdb": "tt0133093"},
            Hand.RADARR,
            id="Radarr's two lines",
        ),
        pytest.param(
            "https://www.thetvdb.com/?tab=series&id=121361", ItemKind.SERIES, {"tvdb": 121361}, Hand.SONARR, id="Sonarr"
        ),
        pytest.param("imdb.com/title/tt0133093/", None, {"imdb": "tt0133093"}, Hand.UNKNOWN, id="IMDb tells no kind"),
        pytest.param(
            "themoviedb.org/tv/1399-game", ItemKind.SERIES, {"tmdb": 1399}, Hand.UNKNOWN, id="a show's page at TMDB"
        ),
    ],
)
def test_files_of_addresses_only(text: str, kind: ItemKind | None, ids: dict[str, object], hand: Hand) -> None:
    found = nfo.read(text.encode())
    assert (found.kind, found.metadata.ids.as_dict(), found.hand) == (kind, ids, hand)


def test_addresses_after_the_xml_fill_gaps_and_those_in_texts_do_not_count() -> None:
    text = (
        '<movie><uniqueid type="tmdb">603</uniqueid><plot>see imdb.com/title/tt9999999</plot></movie>\n'
        "https://www.themoviedb.org/movie/1\nhttps://www.imdb.com/title/tt0133093"
    )
    found = nfo.read(text.encode())
    assert found.metadata.ids.as_dict() == {"tmdb": 603, "imdb": "tt0133093"}
    assert found.url_ids.as_dict() == {"tmdb": 1, "imdb": "tt0133093"}


@pytest.mark.parametrize("wrapper", ["{}", "<episodes>{}</episodes>", '<?xml version="1.0"?>{}'])
def test_several_episodes_in_one_file(wrapper: str) -> None:
    blocks = "".join(
        f'<?xml version="1.0"?><episodedetails><title>T{number}</title><season>1</season><episode>{number}</episode>'
        "<displayseason>-1</displayseason></episodedetails>\n"
        for number in (3, 4)
    )
    found = nfo.read(wrapper.format(blocks).encode())
    assert [(one.title, one.season, one.episode, one.display_season) for one in found.episodes] == [
        ("T3", 1, 3, None),
        ("T4", 1, 4, None),
    ]
    assert found.metadata == found.episodes[0]


def test_people_and_lists() -> None:
    found = movie(
        "<genre>Action / Comedy</genre><genre>Action</genre><director>M. Mann</director><credits>A | B</credits>"
        "<actor><name>Al Pacino</name><role>Hanna</role><order>3</order><thumb>https://x/y.jpg</thumb></actor>"
        "<actor><name>Mann</name><type>Director</type></actor><actor><role>nobody</role></actor>"
        "<actor><name>Val Kilmer</name><type>Actor</type><tmdbid>5576</tmdbid><thumb>/local/x.jpg</thumb></actor>"
    )
    assert found.genres == ("Action", "Comedy")
    assert found.crew == (CrewMember("M. Mann", "director"), CrewMember("A", "writer"), CrewMember("B", "writer"))
    assert found.cast == (
        CastMember("Al Pacino", "Hanna", 3, portrait_url="https://x/y.jpg"),
        CastMember("Val Kilmer", "", 3, tmdb=5576),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plugin://plugin.video.youtube/?action=play_video&amp;videoid=abc-DEF_123", "abc-DEF_123"),
        ("plugin://plugin.video.youtube/play/?video_id=abc-DEF_123", "abc-DEF_123"),
        ("https://www.youtube.com/watch?v=abc-DEF_123", "abc-DEF_123"),
        ("https://youtu.be/abc-DEF_123", "abc-DEF_123"),
        ("https://example.org/trailer.mp4", None),
    ],
)
def test_trailers(text: str, expected: str | None) -> None:
    assert movie(f"<trailer>{text}</trailer>").trailer == expected


def test_figures_that_make_no_sense_are_absent() -> None:
    found = movie(
        "<runtime>0</runtime><userrating>0</userrating><premiered>0000-00-00</premiered><year></year>"
        "<season>-1</season><status>Ended</status>"
    )
    assert found == Metadata()


def test_the_year_is_that_of_the_date_where_it_is_missing() -> None:
    found = movie("<premiered>1995-12-15</premiered><runtime>170 min</runtime><userrating>9.56</userrating>")
    assert (found.year, found.premiered, found.runtime, found.user_rating) == (1995, "1995-12-15", 170, 10)


@pytest.mark.parametrize(
    ("text", "hand"),
    [
        pytest.param("<!-- created by metarr --><movie/>", Hand.METARR, id="ours"),
        pytest.param(
            "<!-- created on 2017-01-01 - tinyMediaManager 3.0 --><movie/>",
            Hand.TINYMEDIAMANAGER,
            id="tinyMediaManager",
        ),
        pytest.param(
            "<movie><generator><appname>MediaElch</appname></generator></movie>", Hand.MEDIAELCH, id="MediaElch"
        ),
        pytest.param("<movie><lockdata>false</lockdata></movie>", Hand.JELLYFIN, id="Jellyfin"),
        pytest.param(
            "<movie><watched>false</watched><fileinfo><streamdetails><video><scantype>Progressive</scantype></video>"
            "</streamdetails></fileinfo></movie>",
            Hand.RADARR,
            id="Radarr",
        ),
        pytest.param(
            '<episodedetails><uniqueid type="sonarr">1</uniqueid></episodedetails>', Hand.SONARR, id="Sonarr's episode"
        ),
        pytest.param(
            "<tvshow><title>X</title><episodeguide>{}</episodeguide></tvshow>", Hand.SONARR, id="Sonarr's show"
        ),
        pytest.param("<movie><resume><position>0.000000</position></resume></movie>", Hand.KODI, id="Kodi's export"),
        pytest.param("<movie><title>Heat</title></movie>", Hand.UNKNOWN, id="a person"),
    ],
)
def test_hands(text: str, hand: Hand) -> None:
    assert nfo.read(text.encode()).hand is hand


@pytest.mark.realdata
def test_every_recorded_file_is_read_or_refused(shared_data: Path) -> None:
    refused, read = [], []
    for path in sorted((shared_data / "3_nfo").rglob("*")):
        if path.suffix in {".nfo", ".xml"}:
            try:
                read.append((path, nfo.read(path.read_bytes())))
            except InvalidInput as error:
                refused.append((path, str(error)))
    assert len(read) >= 90
    assert all(reason for _, reason in refused)
    refused_names = " ".join(path.name for path, _ in refused)
    assert "tvshow" not in refused_names
    by_name = {path.name: found for path, found in read}
    assert by_name["Justice League.nfo"].metadata.ids.as_dict() == {"tmdb": 141052, "imdb": "tt0974015"}
    assert len(by_name["Stargate Atlantis S01E01-E04.nfo"].episodes) == 4
    assert by_name["CommunityRating_Comma.nfo"].metadata.ratings[0].value == 7.5


@pytest.mark.realdata
def test_every_recorded_file_can_be_written_anew(shared_data: Path) -> None:
    for path in sorted((shared_data / "3_nfo").rglob("*.nfo")):
        data = path.read_bytes()
        try:
            found = nfo.read(data)
        except InvalidInput:
            continue
        if found.kind is not None:
            once = nfo.render(found.kind, found.metadata, keep=data)
            assert nfo.render(found.kind, found.metadata, keep=once) == once, path
            assert nfo.read(once).metadata.ids == found.metadata.ids, path
