"""The libraries of the soak, and what others do to them: download managers, and the owner with an editor. It remembers
what must never be lost: every video, and every file that is the owner's.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chain import small_picture
from metarr.demo.clip import tiny_clip

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

_FILMS = (30, 60)  # at least, at most
_SHOWS, _SEASONS, _EPISODES = 3, 2, 4
_DAMAGE = ("cut", "flip", "renamed", "gone")
_PICTURES = (".jpg", ".png")
_TAGLINE = re.compile(rb"<tagline>.*?</tagline>|(?=</movie>)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Told:
    """What a download manager says: which of them, and its payload."""

    source: str
    payload: dict[str, Any]


@dataclass
class World:
    """`media` and `theirs`: where each file lies, with its sha256. `words`: what the owner wrote last into an NFO, by
    the film's folder.
    """

    films: Path
    shows: Path
    dice: random.Random
    media: dict[Path, str] = field(default_factory=dict)
    theirs: dict[Path, str] = field(default_factory=dict)
    words: dict[Path, str] = field(default_factory=dict)
    made: int = 0

    # --- download managers --------------------------------------------------------------------------------------------

    def furnish(self) -> None:
        for _ in range(_FILMS[0]):
            self.add_film()
        for number in range(_SHOWS):
            for season in range(1, _SEASONS + 1):
                for episode in range(1, _EPISODES + 1):
                    self._video(self._place(number, season, episode))

    def add_film(self) -> Told:
        """A new film, perhaps with something of the owner's beside it."""
        self.made += 1
        name = f"Film {self.made} ({1950 + self.made % 70})"
        folder = self.films / name
        video = self._video(folder / f"{name}.mkv")
        if self._luck(0.3):
            self._own(folder / "notes.txt", f"seen with {self.made}".encode())
        if self._luck(0.2):
            self._own(folder / f"{name}.en.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{self.made}\n".encode())
        return self._radarr("Download", folder, movieFile={"relativePath": video.name})

    def upgrade_film(self) -> Told:
        old = self._film()
        new = old.with_name(f"{old.parent.name}{self.dice.choice(('', ' Bluray-1080p', ' WEBDL-2160p'))}.mkv")
        self._lose(old)
        self._video(new)
        return self._radarr(
            "Download",
            old.parent,
            isUpgrade=True,
            movieFile={"relativePath": new.name},
            deletedFiles=[{"path": str(old)}],
        )

    def rename_film(self) -> Told:
        old = self._film()
        new = old.with_name(f"{old.parent.name} [{self.dice.randrange(1000)}].mkv")
        os.rename(old, new)  # noqa: PTH104  as the manager does
        self.media[new] = self.media.pop(old)
        return self._radarr(
            "Rename", old.parent, renamedMovieFiles=[{"previousPath": str(old), "relativePath": new.name}]
        )

    def rename_folder(self) -> Told:
        """A film's folder gets another name, with all that is in it."""
        old = self._film().parent
        plain = old.name.removesuffix(" [Radarr]")
        new = old.with_name(plain if plain != old.name else f"{plain} [Radarr]")
        os.rename(old, new)  # noqa: PTH104
        for known in (self.media, self.theirs, self.words):
            for path in [path for path in known if path.is_relative_to(old)]:
                known[new / path.relative_to(old)] = known.pop(path)
        return self._radarr("Rename", new, renamedMovieFiles=[])

    def delete_film(self) -> Told:
        """With everything in its folder."""
        if sum(path.is_relative_to(self.films) for path in self.media) < _FILMS[0]:
            return self.add_film()
        folder = self._film().parent
        shutil.rmtree(folder)
        for known in (self.media, self.theirs, self.words):
            for path in [path for path in known if path.is_relative_to(folder)]:
                del known[path]
        return self._radarr("MovieDelete", folder, deletedFiles=True)

    def change_episode(self) -> Told:
        """One comes, goes or is replaced."""
        number = self.dice.randrange(_SHOWS)
        path = self._place(number, self.dice.randint(1, _SEASONS), self.dice.randint(1, _EPISODES * 2))
        folder = self.shows / f"Show {number} (2000)"
        if path in self.media and self._luck(0.4):
            self._lose(path)
            return self._sonarr("EpisodeFileDelete", folder, episodeFile={"path": str(path)})
        self._video(path)
        return self._sonarr("Download", folder, episodeFile={"relativePath": str(path.relative_to(folder))})

    def overwrite(self) -> Told:
        """A film's video is replaced in place."""
        video = self._film()
        self._video(video)
        return self._radarr("Download", video.parent, isUpgrade=True, movieFile={"relativePath": video.name})

    @property
    def deeds(self) -> list[Callable[[], Told]]:
        """What download managers do, the frequent ones often."""
        many = len(self.media) > _FILMS[1]
        often = [self.delete_film if many else self.add_film, self.upgrade_film, self.change_episode]
        return [*often, *often, self.rename_film, self.rename_folder, self.delete_film, self.overwrite]

    # --- the owner, and damage ----------------------------------------------------------------------------------------

    def damage(self) -> None:
        """A published file is cut short, gets a wrong byte, another name, or goes; never one of the owner's."""
        path = self._published(lambda _path: True)
        if path is None:
            return
        match self.dice.choice(_DAMAGE):
            case "cut":
                os.truncate(path, path.stat().st_size // 2)
            case "flip":
                _flip(path)
            case "renamed":
                path.rename(path.with_name(f"{path.name}-orig"))
            case _:
                path.unlink()

    def own_picture(self) -> None:
        """The owner puts a picture of their own where ours lies."""
        path = self._published(lambda path: path.suffix in _PICTURES)
        if path is not None:
            self._own(path, small_picture(f"mine {self.dice.random()}{path.suffix}"))

    def own_words(self) -> None:
        """The owner writes into an NFO of ours."""
        path = self._published(lambda path: path.suffix == ".nfo" and path.is_relative_to(self.films))
        if path is None:
            return
        said = f"The owner's words {self.dice.randrange(10**9)}"
        text = path.read_bytes()
        changed = _TAGLINE.sub(f"<tagline>{said}</tagline>".encode(), text, count=1)
        if changed != text and b"</movie>" in text:
            _place(path, changed)
            self.words[path.parent] = said

    def _published(self, is_wanted: Callable[[Path], bool]) -> Path | None:
        """Some file of the program's, among those that lie there now."""
        found = [path for path in self.others() if is_wanted(path) and path not in self.theirs]
        return self.dice.choice(found) if found else None

    def others(self) -> Iterator[Path]:
        """Every file of the libraries that is no video."""
        for root in (self.films, self.shows):
            for folder, _, names in os.walk(root):
                yield from (Path(folder) / name for name in names if not name.endswith(".mkv") and name[0] != ".")

    def _luck(self, part: float) -> bool:
        return self.dice.random() < part

    # --- files --------------------------------------------------------------------------------------------------------

    def _film(self) -> Path:
        return self.dice.choice([path for path in self.media if path.is_relative_to(self.films)])

    def _place(self, show: int, season: int, episode: int) -> Path:
        name = f"Show {show} (2000)"
        return self.shows / name / f"Season {season:02}" / f"{name} S{season:02}E{episode:02}.mkv"

    def _video(self, path: Path) -> Path:
        self.made += 1
        clip = tiny_clip(60.0 + self.made % 100, 1920, 1080, container="mkv", salt=f"{path}{self.made}".encode())
        self.media[path] = _place(path, clip)
        return path

    def _own(self, path: Path, data: bytes) -> None:
        self.theirs[path] = _place(path, data)

    def _lose(self, path: Path) -> None:
        path.unlink()
        del self.media[path]

    def _radarr(self, event: str, folder: Path, **more: Any) -> Told:  # noqa: ANN401  parts of a payload
        return Told("radarr", {"eventType": event, "movie": {"folderPath": str(folder)}, **more})

    def _sonarr(self, event: str, folder: Path, **more: Any) -> Told:  # noqa: ANN401
        return Told("sonarr", {"eventType": event, "series": {"path": str(folder)}, **more})


def _place(path: Path, data: bytes) -> str:
    """Whole or not at all, as every good program does. Returns the sha256. Raises OSError where the disk is gone."""
    for folder in (path.parents[1], path.parent):  # a root that is not mounted is not made
        folder.mkdir(exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return hashlib.sha256(data).hexdigest()


def _flip(path: Path) -> None:
    status = path.stat()
    with path.open("r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([(first or b"\0")[0] ^ 0xFF]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a failing disk does it
