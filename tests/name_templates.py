"""Names as Radarr, Sonarr, Kodi, Jellyfin and Plex document them, rendered with the truth beside them.

Sources: Radarr and Sonarr `Organizer/FileNameBuilder.cs`, `NamingConfig.cs` and their naming dialog; the naming schemes
of trash-guides.info; kodi.wiki "Naming video files"; jellyfin.org/docs "Movies" and "Shows"; support.plex.tv "Naming
and organizing" of movies, series and date-based series.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

TITLES = """
1917|24|300|2012|Se7en|Up|It|X|M|Z|Us|If|PK|RV|Her|UHF|9|21|42|84C MoPic|S.W.A.T.|9-1-1|9-1-1: Lone Star
M*A*S*H|WALL·E|Blade Runner 2049|2001: A Space Odyssey|Wonder Woman 1984|The 100|Apollo 13|12 Angry Men
District 9|Ocean's Eleven|3:10 to Yuma|10,000 BC|Room 237|Fahrenheit 451|Class of 1999|1408|Movie 43|8½
Law & Order|Law & Order: SVU|Fast & Furious|Mr. & Mrs. Smith|What If...?|...And Justice for All|Face/Off
(500) Days of Summer|[REC]|[REC]²|I, Robot|Mr. Robot|Dr. No|E.T. the Extra-Terrestrial|The Man from U.N.C.L.E.
Marvel's Agents of S.H.I.E.L.D.|L.A. Confidential|R.I.P.D.|Amélie|Léon: The Professional|Le Fabuleux Destin
Señorita 89|Æon Flux|Žižek!|千と千尋の神隠し|기생충|Иди и смотри|Kill Bill: Vol. 2
Harry Potter and the Deathly Hallows: Part 2|The Godfather Part II|Rocky IV|Star Wars: Episode IV
Spider-Man: No Way Home|X-Men|Catch-22|Ant-Man and the Wasp: Quantumania|Avengers: Endgame|Mission: Impossible
The Italian Job|The French Connection|Johnny English|The English Patient|The Good German|The Danish Girl
An American in Paris|The Final Cut|Season of the Witch|Series 7: The Contenders|Web Therapy|Real Steel|Cam
The Limited|Proper Binge|Remastered|The Internal Life|Extended Family|Uncut Gems|Chapter 27|Page Eight
Part of Me|Day 7|Stargate SG-1|Babylon 5|Zone 414|Doctor Who|The Office|Shameless|Battlestar Galactica
Planet of the Apes|The Twilight Zone|Who's the Boss?|Yes, Minister|Murder, She Wrote|Cowboy Bebop
Steins;Gate 0|Re:ZERO|86 Eighty-Six|Mob Psycho 100|.hack//SIGN|Fate/Zero|K-ON!|Log Horizon 2
Το Λιβάδι που Δακρύζει
""".strip()
EPISODE_TITLES = """
Pilot|Part 1|Part Two|The One With the 1080p TV|24 Hours|S.O.S.|100|Day 5: 8:00 A.M.-9:00 A.M.|Chapter 3
Episode 5|7-11|1999|Blood & Water|Who Are You?|(Un)lucky|2 Broke|The 2010 Job|It's a Trap!|Kōan|第一話
Finale, Part II|Season Opener|3x3 Eyes|...
""".strip()
QUALITIES = (
    "Bluray-1080p",
    "WEBDL-720p",
    "WEBRip-2160p Proper",
    "HDTV-1080p",
    "DVD",
    "SDTV",
    "Remux-2160p",
    "Bluray-2160p",
)
GROUPS = ("RlsGrp", "NTb", "FraMeSToR", "SPARKS", "D-Z0N3", "hallowed", "3L")
EDITIONS = ("Director's Cut", "Extended", "Theatrical", "Unrated", "IMAX", "Final Cut", "Ultimate Extended Edition")


@dataclass(frozen=True, slots=True)
class Truth:
    """What a rendered name says."""

    program: str
    template: str
    path: str
    title: str
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()
    air_date: str | None = None
    is_movie: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What a template is filled with."""

    title: str
    year: int
    season: int
    episodes: tuple[int, ...]
    absolute: int
    episode_title: str
    quality: str
    group: str
    edition: str
    air_date: str
    tmdb: int


def words(text: str) -> list[str]:
    """The entries of one of the lists above."""
    return [entry for entry in re.split(r"[|\n]", text) if entry]


def legal(text: str) -> str:
    r"""Sonarr's and Radarr's CleanFileName with smart colons: `\ /` to `+`, `*` to `-`, `?` to `!`."""
    text = re.sub(r":(?=\S)", "-", text.replace(": ", " - "))
    text = text.translate(str.maketrans("\\/*?:", "++-!-"))
    return re.sub(r'[<>|"]', "", text).strip(" .") or "Untitled"


def clean(text: str) -> str:
    """`{Movie CleanTitle}`: marks of punctuation dropped, ampersand in words, no accents."""
    text = "".join(c for c in unicodedata.normalize("NFKD", text.replace("&", "and")) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", re.sub(r"[/,()'?!*;:\[\]]", " ", text)).strip(" .") or "Untitled"


def dotted(text: str) -> str:
    """`{Series.Title}`: blanks become dots."""
    return re.sub(r"\.+", ".", re.sub(r"[ ]+", ".", clean(text)))


def article_last(text: str) -> str:
    """`{Movie TitleThe}`."""
    match = re.match(r"^(The|An?) (.+)$", text)
    return f"{match[2]}, {match[1]}" if match else text


def multi_episode_styles(season: int, episodes: tuple[int, ...]) -> dict[str, str]:
    """Sonarr's six ways to write several episodes in one file."""
    first, last = episodes[0], episodes[-1]
    head = f"S{season:02}E{first:02}"
    rest = episodes[1:]
    return {
        "extend": head + "".join(f"-{n:02}" for n in rest),
        "duplicate": ".".join(f"S{season:02}E{n:02}" for n in episodes),
        "repeat": head + "".join(f"E{n:02}" for n in rest),
        "scene": head + "".join(f"-E{n:02}" for n in rest),
        "range": f"{head}-{last:02}" if rest else head,
        "prefixed range": f"{head}-E{last:02}" if rest else head,
    }


def choose(chance: random.Random, title: str | None = None) -> Choice:
    """A random filling, with `title` if it is given."""
    first, count = chance.randint(1, 30), chance.choice((1, 1, 1, 2, 3))
    return Choice(
        title=title or chance.choice(words(TITLES)),
        year=chance.randint(1920, 2026),
        season=chance.choice((0, 1, 1, 2, 5, 12)),
        episodes=tuple(range(first, first + count)),
        absolute=chance.randint(1, 999),
        episode_title=chance.choice(words(EPISODE_TITLES)),
        quality=chance.choice(QUALITIES),
        group=chance.choice(GROUPS),
        edition=chance.choice(EDITIONS),
        air_date=f"{chance.randint(1960, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        tmdb=chance.randint(1, 999999),
    )


def render(choice: Choice) -> Iterator[Truth]:
    """Every template filled once."""
    yield from _movies(choice)
    yield from _episodes(choice)
    yield from _daily(choice)


_MOVIES: tuple[tuple[str, str, Callable[[Choice, str], str]], ...] = (
    (
        "Radarr",
        "{Movie Title} ({Release Year}) {Quality Full}",
        lambda c, t: f"{t} ({c.year})/{t} ({c.year}) {c.quality}",
    ),
    (
        "Radarr",
        "{Movie CleanTitle} {(Release Year)} {tmdb-} {edition-} [Quality][Audio][Video]-Group",
        lambda c, t: (
            f"{t} ({c.year}) {{tmdb-{c.tmdb}}}/{clean(c.title)} ({c.year}) {{tmdb-{c.tmdb}}} "
            f"{{edition-{c.edition}}} [{c.quality}][DTS-HD MA 5.1][x264]-{c.group}"
        ),
    ),
    (
        "Radarr",
        "{Movie CleanTitle} {(Release Year)} [imdbid-] - [Edition] [Quality][HDR][Audio][Video]-Group",
        lambda c, t: (
            f"{t} ({c.year}) [imdbid-tt{c.tmdb:07}]/{clean(c.title)} ({c.year}) [imdbid-tt{c.tmdb:07}] - "
            f"[{c.edition}][{c.quality}][DV HDR10][TrueHD Atmos 7.1][h265]-{c.group}"
        ),
    ),
    (
        "Radarr",
        "{Movie TitleThe} ({Release Year})",
        lambda c, t: f"{article_last(t)} ({c.year})/{article_last(t)} ({c.year}) {c.quality}",
    ),
    (
        "Radarr",
        "{Movie.CleanTitle}.{Release.Year}.{Quality.Full}-{Release Group}",
        lambda c, t: f"{t} ({c.year})/{dotted(c.title)}.{c.year}.{dotted(c.quality)}-{c.group}",
    ),
    ("Kodi", "Title (Year)", lambda c, t: f"{t} ({c.year})"),
    ("Kodi", "Title (Year)/Title (Year)", lambda c, t: f"{t} ({c.year})/{t} ({c.year})"),
    ("Kodi", "Title (Year)-part1", lambda c, t: f"{t} ({c.year})/{t} ({c.year})-part1"),
    ("Kodi", "Title (Year)/VIDEO_TS", lambda c, t: f"{t} ({c.year})/VIDEO_TS/VIDEO_TS"),
    (
        "Jellyfin",
        "Title (Year) [tmdbid-] - 1080p",
        lambda c, t: f"{t} ({c.year}) [tmdbid-{c.tmdb}]/{t} ({c.year}) [tmdbid-{c.tmdb}] - 1080p",
    ),
    ("Jellyfin", "Title (Year) - Edition", lambda c, t: f"{t} ({c.year})/{t} ({c.year}) - {c.edition}"),
    ("Jellyfin", "Title (Year)-cd1", lambda c, t: f"{t} ({c.year})/{t} ({c.year})-cd1"),
    ("Plex", "Title (Year) {tmdb-}", lambda c, t: f"{t} ({c.year}) {{tmdb-{c.tmdb}}}/{t} ({c.year}) {{tmdb-{c.tmdb}}}"),
    ("Plex", "Title (Year) {edition-}", lambda c, t: f"{t} ({c.year})/{t} ({c.year}) {{edition-{c.edition}}}"),
    ("Plex", "Title (Year) - pt1", lambda c, t: f"{t} ({c.year})/{t} ({c.year}) - pt1"),
)


def _movies(choice: Choice) -> Iterator[Truth]:
    title = legal(choice.title)
    for program, template, fill in _MOVIES:
        yield Truth(program, template, f"{fill(choice, title)}.mkv", choice.title, choice.year, is_movie=True)


def _season_folder(season: int, *, is_padded: bool) -> str:
    if season == 0:
        return "Specials"
    return f"Season {season:02}" if is_padded else f"Season {season}"


def _episodes(choice: Choice) -> Iterator[Truth]:
    title, name = legal(choice.title), legal(choice.episode_title)
    plain, padded = (_season_folder(choice.season, is_padded=flag) for flag in (False, True))
    dated = f"{title} ({choice.year})"

    def truth(program: str, template: str, path: str, year: int | None = None) -> Truth:
        return Truth(program, template, f"{path}.mkv", choice.title, year, choice.season, choice.episodes)

    styles = multi_episode_styles(choice.season, choice.episodes)
    for style, number in styles.items():
        template = f"{{Series Title}} - SxxExx - {{Episode Title}} {{Quality Full}} ({style})"
        yield truth("Sonarr", template, f"{title}/{plain}/{title} - {number} - {name} {choice.quality}")
        template = f"{{Series TitleYear}} - SxxExx - {{Episode CleanTitle}} [Quality][Audio][Video]-Group ({style})"
        info = f"[{choice.quality}][EAC3 5.1][h264]-{choice.group}"
        path = f"{dated} {{tvdb-{choice.tmdb}}}/{padded}/{dated} - {number} - {clean(choice.episode_title)} {info}"
        yield truth("Sonarr", template, path, choice.year)
        template = f"{{Series.CleanTitle}}.SxxExx.{{Episode.CleanTitle}}.{{Quality.Full}}-Group ({style})"
        path = (
            f"{title}/{plain}/{dotted(choice.title)}.{number}.{dotted(choice.episode_title)}.{dotted(choice.quality)}"
        )
        yield truth("Sonarr", template, f"{path}-{choice.group}")
    first, last = choice.episodes[0], choice.episodes[-1]
    absolute = f"{choice.absolute:03}" + (f"-{choice.absolute + last - first:03}" if last > first else "")
    path = f"{dated}/{padded}/{dated} - {styles['prefixed range']} - {absolute} - {name} [{choice.quality}]"
    template = "{Series TitleYear} - SxxExx - {absolute:000} - {Episode Title} [Quality][10bit][x265][AAC][JA]-Group"
    yield truth("Sonarr (anime)", template, f"{path}[10bit][x265][AAC 2.0][JA]-{choice.group}", choice.year)
    crosses = "-".join(f"{choice.season}x{n:02}" if n == first else f"x{n:02}" for n in choice.episodes)
    path = f"{title}/{plain}/{title} - {crosses} - {name} {choice.quality}"
    yield truth("Sonarr", "{Series Title} - {season}x{episode:00} - {Episode Title} {Quality Full}", path)
    yield truth("Kodi", "Title/Season 1/Title.SxxExx", f"{title}/{plain}/{title}.{styles['repeat']}")
    yield truth("Kodi", "Title (Year)/Season 1/Title SxxExx", f"{dated}/{plain}/{title} {styles['scene']}", choice.year)
    yield truth("Kodi", "Title (Year)/Season 1/SxxExx", f"{dated}/{plain}/{styles['repeat']}", choice.year)
    path = f"{dated}/{padded}/{dated} {styles['prefixed range']}"
    yield truth("Jellyfin", "Title (Year)/Season 01/Title (Year) SxxExx", path, choice.year)
    path = f"{title} [tvdbid-{choice.tmdb}]/{padded}/{title} {styles['prefixed range']} {name}"
    yield truth("Jellyfin", "Title [tvdbid-]/Season 01/Title SxxExx Name", path)
    path = f"{dated}/{padded}/{dated} - {styles['prefixed range'].lower()} - {name}"
    yield truth("Plex", "Title (Year)/Season 01/Title (Year) - sxxexx - Name", path, choice.year)
    path = (
        f"{dated} {{tvdb-{choice.tmdb}}}/{padded}/{dated} {{tvdb-{choice.tmdb}}} - {styles['prefixed range'].lower()}"
    )
    yield truth("Plex", "Title (Year) {tvdb-}/Season 01/Title (Year) {tvdb-} - sxxexx", path, choice.year)


def _daily(choice: Choice) -> Iterator[Truth]:
    title, name, dated = legal(choice.title), legal(choice.episode_title), f"{legal(choice.title)} ({choice.year})"
    season, day = f"Season {choice.air_date[:4]}", choice.air_date

    def truth(program: str, template: str, path: str, year: int | None = None) -> Truth:
        return Truth(program, template, f"{path}.mkv", choice.title, year, air_date=day)

    template = "{Series Title} - {Air-Date} - {Episode Title} {Quality Full}"
    yield truth("Sonarr (daily)", template, f"{title}/{season}/{title} - {day} - {name} {choice.quality}")
    path = (
        f"{dated}/{season}/{dated} - {day} - {clean(choice.episode_title)} [{choice.quality}][AAC 2.0]-{choice.group}"
    )
    yield truth(
        "Sonarr (daily)",
        "{Series TitleYear} - {Air-Date} - {Episode CleanTitle} [Quality][Audio]-Group",
        path,
        choice.year,
    )
    path = f"{title}/{season}/{dotted(choice.title)}.{day.replace('-', '.')}.{dotted(choice.episode_title)}"
    yield truth(
        "Sonarr (daily)", "{Series.Title}.{Air.Date}.{Episode.Title}.{Quality.Full}", f"{path}.{dotted(choice.quality)}"
    )
    yield truth("Kodi", "Title/Title.yyyy-mm-dd", f"{title}/{title}.{day}")
    yield truth(
        "Plex",
        "Title (Year)/Season/Title (Year) - yyyy-mm-dd - Name",
        f"{dated}/{season}/{dated} - {day} - {name}",
        choice.year,
    )
