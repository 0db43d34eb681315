"""The page docs/kodi.md, made by a run against real Kodi in which everything was as wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LONGEST = 160  # characters of what is shown
_HEAD = """# What Kodi reads

Made by a run, not by hand: a library is published by Metarr's own code, real Kodi {version} scans it with its scraper
"local information only", and every line below is what its JSON-RPC said afterwards, equal to what was wanted. Artwork
level is Kodi's own default; of every kind of art all that was published was found, and nothing else. Last run: {date}.

    METARR_TEST_KODI=write pytest tests/kodi

The films were read three times: as a source whose "movies are in separate folders that match the movie title", as one
whose are not, both published for all players, and in separate folders as published for Kodi alone. The first Kodi
extracted video information from files, as it does by default, and then believes the (tiny) videos rather than the NFO
files; for the other two this was switched off, so that stream details and runtimes below are those of the NFO files.

What to set up in Kodi, all under Settings > Services > Control:

- "Allow remote control via HTTP" must be on; its "Port" goes into the player's address, "Username" and "Password" into
  its fields.
- "Allow remote control from applications on other systems" should be on: then Kodi tells by itself, on port 9090 (the
  player's `tcp_port`; 0: not used), when a scan ends. Without it Metarr asks again and again, and all works as well. If
  only that port can be reached, it does everything; it has no password.
- Every folder must be in a video source of Kodi's, with its content set. Where Kodi sees it under another path, a path
  mapping says so; the connection test names what does not fit.

How Kodi is told of changes (`METARR_TEST_KODI=1 pytest tests/kodi` proves it against real Kodi, and the whole
way from a webhook to the screen):

- New films, shows and episodes: one scan of the folder after Kodi has listed the one above it again, or one scan of the
  source if more than ten folders are new. There is never a scan while another runs: Kodi would cancel that one.
- Changed ones are refreshed, after Kodi has listed their folders again: a refresh takes pictures from what Kodi listed
  last, so it would not see new ones, and would keep showing those that went. Kodi 20 then forgets play count, last
  played and rating (of all episodes in the same file, too), Kodi 21 the rating. So they are read before, kept in
  Metarr's database until they are seen to be back, and set again; also after a power cut of either machine in between.
- A refreshed show keeps its seasons' pictures as they were. These are set one by one.
- Pictures replaced under their name are dropped from Kodi's cache, which would show the old ones for ever.
- A renamed or upgraded video takes over what was played and rated, also if the better file comes days after the old one
  went.
- What was removed is removed by its own id. Kodi's library is never cleaned: with a share that is offline it would lose
  everything.
- While a film plays, nothing is done unless you ask for it yourself.

What to know:

- Movie sets: Kodi's setting "movie set information folder" must lead to the folder that `publishing.movieSetsFolder`
  names. Kodi has one such folder, whatever the number of libraries.
- A film whose folder had a `movie.nfo` keeps that name. Kodi reads it in separate folders only.
- Parts in folders `CD1`, `CD2` are one film if their files are numbered, too. Of two files with one name Kodi plays the
  first only, and looks for artwork beside it, where none is published.
- Kodi 20 knows no versions: two files of one film are two films, each with everything.
- Kodi 20 and 21 show the first episode's picture for every episode of a file. Kodi 22 looks for one picture for each,
  which is published, too.
- Kodi 20 and 21 find no picture of an actor whose name has a slash, or a character that Windows forbids in names.
- A disc's actors belong into `VIDEO_TS` or `BDMV`, and its artwork beside them, under short names.

| of | what | what Kodi says | {modes} |
|---|---|---|{rules}|
"""


@dataclass
class Line:
    """Something that was proven. `shown`: what Kodi said, by the mode of the source."""

    of: str
    what: str
    shown: dict[str, Any] = field(default_factory=dict)
    version: str = ""


def page(lines: Sequence[Line], modes: Sequence[str]) -> str:
    """The whole page."""
    head = _HEAD.format(
        version=lines[0].version,
        date=datetime.now(UTC).date().isoformat(),
        modes=" | ".join(modes),
        rules="|".join("---" for _ in modes),
    )
    return head + "".join(f"| {' | '.join(_cells(line, modes))} |\n" for line in lines)


def _cells(line: Line, modes: Sequence[str]) -> Iterator[str]:
    yield line.of
    yield line.what
    yield _short(next(reversed(line.shown.values())))
    for mode in modes:
        yield "yes" if mode in line.shown else "–"


def _short(value: Any) -> str:
    text = _words(value).replace("\n", " ").replace("|", "\\|").replace("<", "&lt;")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return _pairs(value)
    if isinstance(value, set):
        return f"{len(value)}: " + ", ".join(sorted(map(str, value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    return str(value) if value not in ("", None) else "nothing"


def _pairs(value: Mapping[Any, Any]) -> str:
    if len(value) > 1 and all(str(part).endswith(".png") for part in value.values()):
        return ", ".join(map(str, value))
    return ", ".join(f"{key}: {_words(part)}" for key, part in value.items())
