"""Small pictures: made once, never enlarged, transparent where the picture is."""

from __future__ import annotations

import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from metarr.errors import NotFound
from metarr.store.blobs import Blobs
from metarr.store.thumbs import WIDTHS, Thumbs

if TYPE_CHECKING:
    from pathlib import Path


def _picture(mode: str, size: tuple[int, int], kind: str) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size).save(data, kind)
    return data.getvalue()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "cache")


@pytest.fixture
def thumbs(tmp_path: Path, blobs: Blobs) -> Thumbs:
    return Thumbs(tmp_path / "thumbs", blobs)


@pytest.mark.parametrize(
    ("mode", "kind", "size", "width", "expected"),
    [
        ("RGB", "JPEG", (1000, 1500), 240, ((240, 360), "RGB")),
        ("L", "JPEG", (1000, 1500), 120, ((120, 180), "RGB")),
        ("CMYK", "JPEG", (400, 600), 120, ((120, 180), "RGB")),
        ("RGBA", "PNG", (800, 310), 480, ((480, 186), "RGBA")),
        ("LA", "PNG", (800, 310), 480, ((480, 186), "RGBA")),
        ("P", "PNG", (800, 310), 480, ((480, 186), "RGB")),
        ("RGB", "WEBP", (100, 150), 480, ((100, 150), "RGB")),
    ],
    ids=["poster", "grey", "print colours", "logo", "grey logo", "palette", "a small one stays small"],
)
def test_pictures_are_made_small(
    blobs: Blobs, thumbs: Thumbs, mode: str, kind: str, size: tuple[int, int], width: int, expected: tuple[object, str]
) -> None:
    blob = blobs.put(_picture(mode, size, kind), "jpg")
    made = thumbs.file(blob.sha256, "jpg", width)
    with Image.open(made) as image:
        assert (image.format, (image.size, image.mode)) == ("WEBP", expected)


def test_a_picture_is_made_once_however_many_ask(blobs: Blobs, thumbs: Thumbs, tmp_path: Path) -> None:
    blob = blobs.put(_picture("RGB", (1000, 1500), "JPEG"), "jpg")
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: thumbs.file(blob.sha256, "jpg", 240), range(32)))
    [path] = made
    inode = path.stat().st_ino
    assert thumbs.file(blob.sha256, "jpg", 240).stat().st_ino == inode
    assert [one.name for one in (tmp_path / "thumbs").rglob("*") if one.is_file()] == [path.name]


def test_what_the_cache_lost_or_cannot_be_shown_is_said(blobs: Blobs, thumbs: Thumbs, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="not in the cache"):
        thumbs.file("0" * 64, "jpg", 240)
    for data in (b"no picture at all", _picture("RGB", (1000, 1500), "JPEG")[:2000]):
        blob = blobs.put(data, "jpg")
        with pytest.raises(NotFound, match="cannot be shown"):
            thumbs.file(blob.sha256, "jpg", 240)
    assert [one for one in (tmp_path / "thumbs").rglob("*") if one.is_file()] == []


def _looked_at(path: Path, *, days_ago: float) -> Path:
    then = time.time() - days_ago * 86_400
    os.utime(path, (then, then))
    return path


def test_previews_go_when_nobody_has_looked_at_them_for_a_month(blobs: Blobs, thumbs: Thumbs) -> None:
    picture = _picture("RGB", (200, 300), "PNG")
    names = [f"{number:064x}" for number in range(3)]
    fresh, old, seen = (thumbs.keep(name, picture, 240) for name in names)
    ours = thumbs.file(blobs.put(picture, "png").sha256, "png", 240)
    for path in (ours, old, seen):
        _looked_at(path, days_ago=31)
    assert thumbs.kept(names[2], 240) == seen
    _looked_at(fresh, days_ago=29)
    assert thumbs.sweep() == 1
    assert [path.exists() for path in (fresh, old, seen)] == [True, False, True]
    assert thumbs.kept(names[1], 240) is None
    assert ours.exists(), "that goes with its picture"


def test_of_too_many_previews_those_go_that_were_looked_at_longest_ago(
    thumbs: Thumbs, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = _picture("RGB", (200, 300), "PNG")
    made = [thumbs.keep(f"{number:064x}", picture, 240) for number in range(4)]
    for path, days_ago in zip(made, (3, 1, 4, 2), strict=True):
        _looked_at(path, days_ago=days_ago)
    monkeypatch.setattr("metarr.store.thumbs._MOST", sum(path.stat().st_size for path in made[:2]))
    assert thumbs.sweep() == 2
    assert [path.exists() for path in made] == [False, True, False, True]


def test_where_there_are_none_nothing_is_swept(thumbs: Thumbs) -> None:
    assert thumbs.sweep() == 0


def test_what_was_made_of_a_picture_goes_with_it(blobs: Blobs, thumbs: Thumbs) -> None:
    blob = blobs.put(_picture("RGB", (200, 300), "PNG"), "png")
    made = [thumbs.file(blob.sha256, "png", width) for width in WIDTHS]
    thumbs.forget(blob.sha256)
    thumbs.forget(blob.sha256)
    assert not any(path.exists() for path in made)
