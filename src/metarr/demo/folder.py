"""The demo's library on disk: open movies in the layouts that people have, and the tree of what lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from metarr.demo.catalogue import FILMS
from metarr.demo.clip import tiny_clip
from metarr.demo.drawing import assets, draw
from metarr.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from metarr.demo.catalogue import Film
    from metarr.demo.clip import Container

_MARK = ".metarr-demo"  # the layout is complete
_SECONDS = 60

# Folder and file as each of these people would have named them; the rest of the films are called "Title (Year)".
_LAYOUTS = {
    "Elephants Dream": ("{title} ({year}) {{tmdb-{tmdb}}}", "{title} ({year}) {{tmdb-{tmdb}}}.mp4"),
    "Sintel": ("Sintel.2010.1080p.BluRay.x264-OPEN", "sintel.2010.1080p.bluray.x264-open.mkv"),
    "Tears of Steel": ("{title} ({year}) [tmdbid={tmdb}]", "{title} ({year}) [tmdbid={tmdb}] - 1080p.mp4"),
    "Night of the Living Dead": ("{title} ({year}) {{imdb-{imdb}}}", "{title} ({year}).mkv"),
    "A Trip to the Moon": ("Le Voyage dans la Lune (1902)", "Le Voyage dans la Lune (1902).mp4"),
}
_WITH_OWN_FILES = "Nosferatu"  # its owner wrote an NFO and made a poster


def lay_out(folder: Path) -> Path:
    """The library below `folder`, laid out there the first time. Raises Conflict when other files lie there."""
    library = folder / "library"
    if (folder / _MARK).exists():
        return library
    if _inside(folder) - {library.name} or _inside(library) - {_names(film)[0] for film in FILMS}:
        raise Conflict(f"{folder} holds other files. Name an empty or a new folder with --data.")
    for film in FILMS:
        home, video = _names(film)
        place = library / home
        place.mkdir(parents=True, exist_ok=True)
        container: Container = "mkv" if video.endswith(".mkv") else "mp4"
        clip = tiny_clip(film.runtime * _SECONDS, 1920, 1080, container=container, salt=film.title.encode())
        (place / video).write_bytes(clip)
        if film.title == _WITH_OWN_FILES:
            (place / video).with_suffix(".nfo").write_text(_own_nfo(film), encoding="utf-8")
            (place / "poster.jpg").write_bytes(draw(film, assets(film)[2]))
    (folder / _MARK).touch()
    return library


def tree(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every file below `root`: its size, time of change and inode."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            status = path.stat()
            found[path.relative_to(root).as_posix()] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def drawn(paths: Iterable[str]) -> Iterator[str]:
    """The tree of these paths in lines, folder by folder."""
    last: tuple[str, ...] = ()
    for path in paths:
        *folders, name = path.split("/")
        for depth, folder in enumerate(folders):
            if tuple(folders[: depth + 1]) != last[: depth + 1]:
                yield f"{'    ' * depth}{folder}/"
        last = tuple(folders)
        yield f"{'    ' * len(folders)}{name}"


def _inside(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def _names(film: Film) -> tuple[str, str]:
    home, video = _LAYOUTS.get(film.title, ("{title} ({year})", "{title} ({year}).mp4"))
    facts = {"title": film.title, "year": film.year, "tmdb": film.tmdb, "imdb": film.imdb}
    return home.format(**facts), video.format(**facts)


def _own_nfo(film: Film) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<movie>\n'
        f"  <title>{escape(film.title)}</title>\n  <year>{film.year}</year>\n"
        f'  <uniqueid type="tmdb" default="true">{film.tmdb}</uniqueid>\n'
        "  <tag>seen with live organ</tag>\n</movie>\n"
    )
