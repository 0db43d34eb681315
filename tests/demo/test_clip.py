from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr.demo.clip import Container, tiny_clip
from metarr.phases.scan.probe import Probed, inspect

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("container", ["mp4", "mkv"])
@pytest.mark.parametrize(("width", "height"), [(320, 180), (1920, 1080), (3840, 1606), (720, 576)])
@pytest.mark.parametrize("seconds", [0.5, 10.0, 7201.5])
def test_a_clip_is_what_was_asked_for(
    tmp_path: Path, container: Container, width: int, height: int, seconds: float
) -> None:
    path = tmp_path / f"clip.{container}"
    path.write_bytes(tiny_clip(seconds, width, height, container=container))
    result = inspect(str(path))
    assert isinstance(result, Probed)
    (video,) = result.facts["video"]
    assert (video["codec"], video["width"], video["height"]) == ("h264", width, height)
    assert result.facts["duration_s"] == seconds
    assert path.stat().st_size < 50_000


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_salt_makes_another_file_of_the_same_video(container: Container) -> None:
    clips = {tiny_clip(5, 320, 180, container=container, salt=salt) for salt in (b"", b"one", b"two")}
    assert len(clips) == 3
