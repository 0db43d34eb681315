"""Publishing to real file systems that are full, read-only, or not the cache's; skipped where nobody may mount."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from killing import House
from metarr.errors import Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_WANTED = {f"Heat-fanart{rank}.jpg": os.urandom(16_000) for rank in range(12)}


def _mount(*arguments: str) -> None:
    program = shutil.which("mount") or pytest.skip("this machine has no `mount`")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this machine does not let us mount: {done.stderr.strip()}")


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str, str], Path]]:
    """Mount a file system in memory, of a size, in a sub-folder."""
    places: list[Path] = []

    def make(name: str, size: str) -> Path:
        place = tmp_path / name
        place.mkdir()
        _mount("-t", "tmpfs", "-o", f"size={size}", "metarr-test", str(place))
        places.append(place)
        return place

    yield make
    for place in places:
        subprocess.run([shutil.which("umount") or "", str(place)], check=True)


def _published(house: House) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in house.folder.iterdir()}


def test_a_full_disk_holds_whole_files_only_and_the_rest_follows_when_there_is_room(
    tmp_path: Path, mount: Callable[[str, str], Path]
) -> None:
    place = mount("movies", "100k")
    house = House(tmp_path)
    house.folder.mkdir()
    with pytest.raises(Wait, match="make room") as caught:
        house.publish(_WANTED)
    assert caught.value.cause == f"space:{place}"
    there = _published(house)
    assert 0 < len(there) < len(_WANTED)
    assert there == {name: _WANTED[name] for name in there}
    _mount("-o", "remount,size=1m", str(place))
    house.publish(_WANTED)
    assert _published(house) == _WANTED
    assert house.plan(_WANTED) == ()


def test_a_disk_that_became_read_only_is_left_as_it_was(tmp_path: Path, mount: Callable[[str, str], Path]) -> None:
    place = mount("movies", "1m")
    house = House(tmp_path)
    house.furnish()
    before = _published(house)
    _mount("-o", "remount,ro", str(place))
    with pytest.raises(Wait, match="mount it writable") as caught:
        house.publish(_WANTED)
    assert caught.value.cause == f"readonly:{place}"
    assert _published(house) == before
    _mount("-o", "remount,rw", str(place))
    house.publish(_WANTED)
    assert _WANTED.items() <= _published(house).items()


def test_the_cache_may_be_on_another_disk(tmp_path: Path, mount: Callable[[str, str], Path]) -> None:
    mount("cache", "2m")
    house = House(tmp_path)
    house.folder.mkdir(parents=True)
    house.publish(_WANTED)
    assert _published(house) == _WANTED
