"""Small movie libraries on disk for tests, with videos that really probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.demo.clip import tiny_clip

if TYPE_CHECKING:
    from pathlib import Path


def write_movie(
    root: Path, folder: str, *, video: str | None = None, seconds: float = 60.0, files: dict[str, bytes] | None = None
) -> Path:
    """Write a movie folder: its video (named after the folder unless told), and other files by their names."""
    target = root / folder
    target.mkdir(parents=True, exist_ok=True)
    path = target / (video or f"{target.name}.mkv")
    write_video(path, seconds=seconds)
    for name, content in (files or {}).items():
        other = target / name
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_bytes(content)
    return path


def write_video(path: Path, *, seconds: float = 60.0, width: int = 1920, height: int = 1080) -> None:
    """Write a video; its name salts it, so that no two are the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_mp4 = path.suffix in {".mp4", ".m4v"}
    salt = str(path).encode(errors="surrogateescape")
    path.write_bytes(tiny_clip(seconds, width, height, container="mp4" if is_mp4 else "mkv", salt=salt))
