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
