from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.errors import Conflict, InvalidInput, NotFound, Wait
from metarr.store.blobs import Blobs
from metarr.store.disk import Disk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "cache")


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_lies_under_its_hash_and_is_read_only(blobs: Blobs) -> None:
    stored = blobs.put(b"picture", "JPG")
    sha256 = hashlib.sha256(b"picture").hexdigest()
    path = blobs.root / sha256[:2] / sha256[2:4] / f"{sha256}.jpg"
    assert (stored.sha256, stored.extension, stored.size, stored.is_new) == (sha256, "jpg", 7, True)
    assert path.read_bytes() == b"picture"
    assert path.stat().st_mode & 0o777 == 0o444


def test_putting_the_same_bytes_again_writes_nothing(blobs: Blobs) -> None:
    first = blobs.put(b"x", "nfo")
    inode = blobs.path(first.sha256, "nfo").stat().st_ino
    assert not blobs.put(b"x", "nfo").is_new
    assert blobs.path(first.sha256, "nfo").stat().st_ino == inode


def test_a_file_is_copied_in_and_stays_where_it_was(blobs: Blobs, tmp_path: Path) -> None:
    source = tmp_path / "poster.jpg"
    source.write_bytes(os.urandom(3_000_000))
    stored = blobs.put_file(source, "jpg")
    assert blobs.read(stored.sha256, "jpg") == source.read_bytes()
    assert not blobs.put_file(source, "jpg").is_new


def test_a_file_that_changes_while_it_is_copied_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "poster.jpg"
    source.write_bytes(b"old")

    def change(_source: int, target: int) -> None:
        source.write_bytes(b"new")
        os.write(target, b"new")

    blobs = Blobs(tmp_path / "cache", dataclasses.replace(Disk(), copy=change))
    with pytest.raises(Conflict, match="changed while"):
        blobs.put_file(source, "jpg")
    assert files_in(blobs.root) == []


def test_a_link_is_not_followed_into_the_cache(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to("/etc/passwd")
    with pytest.raises(Exception, match=r"link\.jpg"):
        blobs.put_file(tmp_path / "link.jpg", "jpg")
    assert not blobs.root.exists()


def test_a_file_that_is_gone_is_named(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="gone"):
        blobs.put_file(tmp_path / "none.jpg", "jpg")


def test_verify_tells_a_changed_blob(blobs: Blobs) -> None:
    stored = blobs.put(b"good", "png")
    assert blobs.verify(stored.sha256, "png")
    path = blobs.path(stored.sha256, "png")
    path.chmod(0o600)
    path.write_bytes(b"evil")
    assert blobs.has(stored.sha256, "png")
    assert not blobs.verify(stored.sha256, "png")


def test_a_blob_cut_short_is_written_anew(blobs: Blobs) -> None:
    stored = blobs.put(b"whole", "png")
    path = blobs.path(stored.sha256, "png")
    path.chmod(0o600)
    path.write_bytes(b"wh")
    assert blobs.put(b"whole", "png").is_new
    assert blobs.verify(stored.sha256, "png")


def test_removing_twice_is_fine_and_reading_after_it_is_not(blobs: Blobs) -> None:
    stored = blobs.put(b"x", "png")
    blobs.remove(stored.sha256, "png")
    blobs.remove(stored.sha256, "png")
    assert not blobs.has(stored.sha256, "png")
    with pytest.raises(NotFound, match="not in the cache"):
        blobs.read(stored.sha256, "png")


@pytest.mark.parametrize(("sha256", "extension"), [("../../etc/passwd", "jpg"), ("a" * 64, "../x"), ("A" * 64, "jpg")])
def test_what_names_no_blob_is_refused(blobs: Blobs, sha256: str, extension: str) -> None:
    with pytest.raises(InvalidInput, match="names no blob"):
        blobs.path(sha256, extension)


def test_many_writers_of_the_same_bytes_do_not_disturb_each_other(blobs: Blobs) -> None:
    data = os.urandom(200_000)
    threads = [threading.Thread(target=blobs.put, args=(data, "jpg")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() for path in files_in(blobs.root)] == [data]


@pytest.mark.parametrize("step", ["open", "write", "chmod", "fsync", "rename"])
def test_a_full_disk_at_any_step_leaves_nothing(tmp_path: Path, step: str) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    faults: dict[str, Any] = {step: fail}
    blobs = Blobs(tmp_path / "cache", dataclasses.replace(Disk(), **faults))
    with pytest.raises(Wait, match="make room") as caught:
        blobs.put(b"data", "jpg")
    assert caught.value.cause == f"space:{blobs.root}"
    assert files_in(blobs.root) == []


@given(st.binary(max_size=200))
def test_what_is_put_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    blobs = Blobs(tmp_path_factory.mktemp("cache"))
    stored = blobs.put(data, "bin")
    assert blobs.read(stored.sha256, "bin") == data
