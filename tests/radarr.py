"""What Radarr does to the folder of a film, at moments that nobody chooses.

An upgrade deletes the old video, puts the new one there (under its old or another name), gives the folder the time of
the new file, and tells by webhook. Every extra that it had claimed goes too, each when the asynchronous handler gets
to it: before the webhook, or minutes later; some are renamed `*-orig` instead.
Sources: Radarr src/NzbDrone.Core/Extras/Files/ExtraFileService.cs, MediaFiles/MovieFileMovingService.cs,
Extras/Others/OtherExtraFileRenamer.cs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from libraries import write_video
from metarr.jobs import triggers
from metarr.model.download import Deleted, Imported, Renamed

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_LONGEST = 570.0  # seconds that the handler takes at most: within the last look
_DATE_ADDED = 1_500_000_000
_MINE = "notes.txt"  # Radarr claims only what has an extension that it knows
Act = tuple[float, "Callable[[], Callable[[Tx], None] | None]"]  # when, in seconds; what is done, and what is told then


@dataclass
class Radarr:
    """`acts` are to be done in the order of their times. `removed`: paths that were taken away."""

    root: Path
    library_id: LibraryId
    dice: random.Random
    acts: list[Act] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def upgrade(self, video: Path, at: float) -> Path:
        """Plan one. Returns where the new video will lie."""
        endings = ("", "", "", " Bluray-1080p", " WEBDL-2160p")
        new = video.with_name(f"{video.parent.name}{self.dice.choice(endings)}.mkv")
        said = Imported(
            self.library_id,
            video.parent.name,
            "Radarr",
            files=(self._path(new),),
            deleted=(self._path(video),),
            is_upgrade=True,
        )
        gone = Deleted(self.library_id, video.parent.name, "Radarr", (self._path(video),))

        def replace_it() -> Callable[[Tx], None]:
            video.unlink()
            write_video(new, seconds=60.0 + at)
            os.utime(video.parent, (_DATE_ADDED, _DATE_ADDED))
            self._claim(video.parent, at)
            return lambda tx: triggers.imported(tx, said)

        if self.dice.random() < 0.5:
            self.acts.append((at - 0.5, lambda: lambda tx: triggers.deleted(tx, gone)))
        self.acts.append((at, replace_it))
        return new

    def rename(self, video: Path, at: float) -> Path:
        """Plan one, after which extras are renamed or lost."""
        new = video.with_name(f"{video.parent.name} [renamed {at:.0f}].mkv")
        said = Renamed(self.library_id, "Radarr", ((self._path(video), self._path(new)),))

        def rename_it() -> Callable[[Tx], None]:
            video.rename(new)
            self._claim(video.parent, at)
            return lambda tx: triggers.renamed(tx, said)

        self.acts.append((at, rename_it))
        return new

    def _claim(self, folder: Path, at: float) -> None:
        """Each of the extras that lie there now goes: with the video, or whenever the handler gets to it."""
        claimed = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".mkv" and path.name != _MINE]
        for path in sorted(claimed):
            delay = self.dice.choice((0.0, self.dice.uniform(0, 15), self.dice.uniform(0, _LONGEST)))
            self.acts.append((at + delay, lambda path=path: self._take(path)))  # type: ignore[misc]  # bound now

    def _take(self, path: Path) -> None:
        if not path.exists():
            return
        if self.dice.random() < 0.2:
            path.rename(path.with_name(f"{path.name}-orig"))
        else:
            path.unlink()
        self.removed.append(self._path(path))
        os.utime(path.parent, (_DATE_ADDED, _DATE_ADDED))

    def _path(self, path: Path) -> str:
        return str(path.relative_to(self.root))
