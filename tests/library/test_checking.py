"""The quick look: which items need a close one."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from metarr.errors import Wait
from metarr.library import checking
from metarr.model.media import ItemId
from metarr.model.published import Owned
from metarr.model.verification import Known
from metarr.store.blobs import Blobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "cache")


@pytest.fixture
def known(tmp_path: Path, blobs: Blobs) -> Known:
    """An item with one published file."""
    place = tmp_path / "library" / "Up" / "poster.jpg"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"picture")
    status = place.stat()
    sha256 = blobs.put(b"picture", "jpg").sha256
    file = Owned("Up/poster.jpg", sha256, status.st_size, status.st_mtime_ns, status.st_ino)
    return Known(ItemId(7), is_as_wanted=True, is_due=True, files=(file,))


def _link(place: Path) -> None:
    place.rename(place.with_name("moved.jpg"))
    place.symlink_to("moved.jpg")


def _copy_back(place: Path) -> None:
    place.rename(place.with_name("moved.jpg"))
    place.write_bytes(b"picture")


@pytest.mark.parametrize(
    ("injure", "is_suspect"),
    [
        pytest.param(lambda _place: None, False, id="all is as we left it"),
        pytest.param(lambda place: place.unlink(), True, id="deleted"),
        pytest.param(lambda place: place.write_bytes(b"pict"), True, id="another size"),
        pytest.param(lambda place: os.utime(place, (1, 1)), True, id="another time"),
        pytest.param(_copy_back, True, id="another file"),
        pytest.param(_link, True, id="a link"),
    ],
)
def test_an_item_is_suspect_when_a_file_is_not_as_we_left_it(
    tmp_path: Path,
    blobs: Blobs,
    known: Known,
    injure: Callable[[Path], object],
    is_suspect: bool,  # noqa: FBT001  a case
) -> None:
    root = tmp_path / "library"
    injure(root / known.files[0].path)
    assert checking.suspects(root, [known], blobs, is_deep=False) == ([7] if is_suspect else [])


def test_an_item_is_suspect_when_the_cache_lost_its_bytes(tmp_path: Path, blobs: Blobs, known: Known) -> None:
    blobs.remove(known.files[0].sha256, "jpg")
    assert checking.suspects(tmp_path / "library", [known], blobs, is_deep=False) == [7]


def test_an_item_is_suspect_when_it_is_due_or_should_be_published_again(
    tmp_path: Path, blobs: Blobs, known: Known
) -> None:
    root = tmp_path / "library"
    assert checking.suspects(root, [known], blobs, is_deep=True) == [7]
    assert checking.suspects(root, [replace(known, is_due=False)], blobs, is_deep=True) == []
    assert checking.suspects(root, [replace(known, is_as_wanted=False)], blobs, is_deep=False) == [7]


def test_a_root_that_is_gone_or_empty_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(Wait, match="No such file"):
        checking.check_root(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Wait, match="it is empty") as caught:
        checking.check_root(tmp_path / "empty")
    assert caught.value.cause == f"root:{tmp_path / 'empty'}"
