"""What real Kodi is given to read: films and a show with everything that can be published of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from house import cast
from metarr.model.artwork import KINDS, ArtworkKind
from metarr.model.media import (
    CollectionRef,
    CrewMember,
    ExternalIds,
    ItemKind,
    Metadata,
    Rating,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from house import House

SETS_FOLDER = "Movie Sets"
OF_SLASH = "AC/DC"  # Kodi 20 and 21 look for a file of that very name, which no file system takes
ACTORS = ("Jane Doe", "Zoë Müller", "Robert Downey Jr.", "Conan O'Brien", "Mary-Kate Smith", OF_SLASH)
FANARTS = 3
ALIENS = CollectionRef('Aliens: "Best" of ...', 8091, "Eggs & what hatches from them.")
PLAIN_SET = CollectionRef("Plain Collection", 8092)
ODD_SET = CollectionRef(".hack  //Größe? <2>.", 8093)
SETS = {ALIENS: "Aliens_ _Best_ of", PLAIN_SET: "Plain Collection", ODD_SET: ".hack  __Größe_ _2_"}  # Kodi's names
# As our probe says it (`metarr.phases.scan.streams`).
STREAMS: Mapping[str, Any] = {
    "video": [{"codec": "hevc", "aspect": 2.4, "width": 3840, "height": 1600, "duration_s": 7020.4, "hdr": "hdr10"}],
    "audio": [
        {"codec": "truehd", "language": "eng", "channels": 8},
        {"codec": "ac3", "language": "deu", "channels": 6},
    ],
    "subtitle": [{"language": "eng"}, {"language": "fra"}],
}
FULL = Metadata(
    title="Größe & Wahn <1>",
    original_title="Délires de grandeur",
    sort_title="Groesse 1",
    year=1979,
    premiered="1979-05-25",
    plot="First line.\nSecond line: “quotes” & <tags>, 日本.",
    outline="A short one.",
    tagline="In space no one can hear you scream.",
    runtime=117,
    certification="DE:16",
    genres=("Horror", "Sci-Fi & Fantasy"),
    studios=("Brandywine", "20th Century Fox"),
    countries=("United Kingdom", "United States of America"),
    tags=("space", "monster, big"),
    ratings=(
        Rating("tmdb", 8.153, votes=13500),
        Rating("imdb", 8.5, votes=912345),
        Rating("metacritic", 89, 100, 34),
        Rating("tomatoes", 93, 100, 180),
    ),
    user_rating=9,
    cast=tuple(replace(member, role=f"Role {member.order}") for member in cast(*ACTORS)),
    crew=(CrewMember("Ridley Scott", "director"), CrewMember("Dan O'Bannon", "writer"), CrewMember("R. S.", "writer")),
    collection=ALIENS,
    trailer="LjLamj-b0I8",
    ids=ExternalIds(tmdb=348, imdb="tt0078748", tvdb=12345),
)
FULL_PLACE = "Grösse & Wahn (1979)"


def _film(title: str, tmdb: int, **more: Any) -> Metadata:
    return Metadata(title=title, year=1980 + tmdb % 40, ids=ExternalIds(tmdb=tmdb), **more)


FLAT = tuple(_film(f"Flat {number}", 400 + number, cast=cast("Jane Doe"), collection=ODD_SET) for number in (1, 2))
VERSIONS = _film("Two Versions", 410, collection=PLAIN_SET)
# What Kodi calls the stack, and its parts.
STACKS = {
    "Stacked (1991)/Stacked (1991)": [f"Stacked (1991)/Stacked (1991)-cd{number}.mkv" for number in (1, 2)],
    "Tailed/Tailed [HD]": [f"Tailed/Tailed part {number} [HD].mkv" for number in (1, 2)],
    "Lettered/Lettered": [f"Lettered/Lettered {letter}.mkv" for letter in "ab"],
    "In Folders/Film": [f"In Folders/CD{number}/Film-cd{number}.mkv" for number in (1, 2)],
}
STACK = _film("In Two Parts", 411, collection=ALIENS)


@dataclass(frozen=True)
class Disc:
    """A film as a copy of its disc. `index`: the file that Kodi plays, `head`: how it begins."""

    metadata: Metadata
    stream: str
    index: str
    head: bytes


DISCS = (
    Disc(
        _film("On DVD", 412, cast=cast("Dvd Actor")),
        "On DVD/VIDEO_TS/VTS_01_1.VOB",
        "On DVD/VIDEO_TS/VIDEO_TS.IFO",
        b"DVDVIDEO-VMG",
    ),
    Disc(
        _film("Bare DVD", 416, cast=cast("Bare Actor")),
        "Bare DVD/VTS_01_1.VOB",
        "Bare DVD/VIDEO_TS.IFO",
        b"DVDVIDEO-VMG",
    ),
    Disc(
        _film("On Blu-ray", 415, cast=cast("Blue Actor")),
        "On Blu-ray/BDMV/STREAM/00001.m2ts",
        "On Blu-ray/BDMV/index.bdmv",
        b"INDX0200",
    ),
)
OWN_NFO = _film("Its Own NFO", 413)
SPARSE = Metadata(title="Sparse", ids=ExternalIds(tmdb=414))


def furnish_films(house: House) -> None:
    """Films in every way in which they can lie."""
    _hang(house, house.add(ItemKind.MOVIE, FULL_PLACE, FULL, _video(FULL_PLACE), details=STREAMS), ItemKind.MOVIE)
    for film in FLAT:
        name = f"{film.title} ({film.year})"
        _hang(house, house.add(ItemKind.MOVIE, f"Flat//{name}", film, f"Flat/{name}.mkv"), ItemKind.MOVIE)
    versions = [f"Versions/Versions - {word}.mkv" for word in ("1080p", "2160p {edition-Final Cut}")]
    _hang(house, house.add(ItemKind.MOVIE, "Versions", VERSIONS, *versions), ItemKind.MOVIE)
    for title, parts in STACKS.items():
        _hang(house, house.add(ItemKind.MOVIE, title.partition("/")[0], STACK, *parts), ItemKind.MOVIE)
    for disc in DISCS:
        place = disc.stream.partition("/")[0]
        house.add(ItemKind.MOVIE, place, disc.metadata, disc.stream, details={"disc": True})
        (house.root / disc.index).write_bytes(disc.head + bytes(2036))
        _hang(house, place, ItemKind.MOVIE)
    house.add(ItemKind.MOVIE, "Own", OWN_NFO, _video("Own"))
    (house.root / "Own/movie.nfo").write_text("<movie><title>Of another hand</title></movie>")
    house.add(ItemKind.MOVIE, "Sparse", SPARSE, _video("Sparse"))
    house.portraits(*ACTORS, *(member.name for disc in DISCS for member in disc.metadata.cast))
    for collection in SETS:
        _hang(house, f"collection:{collection.tmdb}", ItemKind.COLLECTION)


SHOW = replace(
    FULL,
    title="Dark & Light",
    original_title="Dunkel",
    runtime=None,
    outline=None,
    tagline=None,
    crew=(),
    countries=(),
    collection=None,
    trailer=None,
    status="Ended",
    year=2017,
    premiered="2017-12-01",
    cast=cast("Louis Hofmann", "Oliver Masucci"),
    ids=ExternalIds(tmdb=70523, imdb="tt5753856", tvdb=334824),
)
SEASONS = {0: "Specials", 1: "Season 1", 2: "The Cycle"}
GUEST = "Guest Star"


def _episode(season: int, number: int, **more: Any) -> Metadata:
    return Metadata(
        title=f"Part {season}-{number}",
        season=season,
        episode=number,
        plot=f"What happens in {season}-{number}.",
        premiered=f"2018-0{season + 1}-{number:02}",
        runtime=50,
        ratings=(Rating("tmdb", 7.5, votes=number), Rating("imdb", 8.25, votes=1000 + number)),
        user_rating=7,
        cast=cast("Louis Hofmann", GUEST),
        crew=(CrewMember("Baran bo Odar", "director"), CrewMember("Jantje Friese", "writer")),
        ids=ExternalIds(tmdb=1000 * season + number, tvdb=2000 * season + number),
        **more,
    )


EPISODES = {
    "Dark/Specials/Dark S00E01.mkv": (_episode(0, 1, display_season=1, display_episode=2),),
    "Dark/Season 1/Dark S01E01.mkv": (_episode(1, 1),),
    "Dark/Season 1/Dark S01E02-E03.mkv": (_episode(1, 2), _episode(1, 3)),
    "Dark/Season 2/Dark S02E01.mkv": (_episode(2, 1),),
}


def furnish_show(house: House) -> None:
    """A show with specials, a file of two episodes, a named season and a guest."""
    _hang(house, house.add(ItemKind.SERIES, "Dark", SHOW), ItemKind.SERIES)
    for number, title in SEASONS.items():
        metadata = Metadata(title=title, season=number)
        _hang(house, house.add(ItemKind.SEASON, f"Dark//S{number:02}", metadata, parent="Dark"), ItemKind.SEASON)
    for video, episodes in EPISODES.items():
        for one in episodes:
            place = f"Dark//S{one.season:02}E{one.episode:02}"
            house.add(ItemKind.EPISODE, place, one, video, parent=f"Dark//S{one.season:02}", details=STREAMS)
            _hang(house, place, ItemKind.EPISODE)
    house.portraits("Louis Hofmann", "Oliver Masucci", GUEST)


def _video(name: str) -> str:
    return f"{name}/{name}.mkv"


def _hang(house: House, place: str, kind: ItemKind) -> None:
    """A picture of every kind, and several fanarts."""
    for one in sorted(KINDS[kind]):
        for rank in range(FANARTS if one is ArtworkKind.FANART else 1):
            house.picture(place, one, rank)
