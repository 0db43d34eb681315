from __future__ import annotations

import errno
import fcntl
import os
import resource
from typing import TYPE_CHECKING

import pytest

from metarr.errors import Permanent, Transient, Wait
from metarr.store import disk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EOPNOTSUPP, errno.ENOTTY, None])
def test_a_copy_is_whole_whatever_the_file_system_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    def cannot(*_: object) -> int:
        if number is None:
            return 0  # as some file systems do before the end
        raise OSError(number, os.strerror(number))

    def cannot_clone(*_: object) -> int:
        raise OSError(errno.EOPNOTSUPP, "no reflink")

    monkeypatch.setattr(fcntl, "ioctl", cannot_clone)
    monkeypatch.setattr(os, "copy_file_range", cannot)
    data = os.urandom(2_500_000)
    (tmp_path / "source").write_bytes(data)
    with (tmp_path / "source").open("rb") as source, (tmp_path / "target").open("wb") as target:
        disk.copy(source.fileno(), target.fileno())
    assert (tmp_path / "target").read_bytes() == data


@pytest.mark.parametrize("where", ["ioctl", "copy_file_range"])
def test_a_full_disk_is_no_reason_to_try_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(fcntl if where == "ioctl" else os, where, full)
    (tmp_path / "source").write_bytes(b"x")
    with (
        (tmp_path / "source").open("rb") as source,
        (tmp_path / "target").open("wb") as target,
        pytest.raises(OSError, match="full"),
    ):
        disk.copy(source.fileno(), target.fileno())


@pytest.mark.parametrize(
    ("number", "error", "cause"),
    [
        (errno.ENOSPC, Wait, "space"),
        (errno.EDQUOT, Wait, "space"),
        (errno.EROFS, Wait, "readonly"),
        (errno.EPERM, Wait, "readonly"),
        (errno.ESTALE, Wait, "root"),
        (errno.ENAMETOOLONG, Permanent, None),
        (errno.EBUSY, Transient, None),
    ],
)
def test_what_a_fault_means(tmp_path: Path, number: int, error: type[Exception], cause: str | None) -> None:
    found = disk.fault(OSError(number, os.strerror(number)), tmp_path, tmp_path / "Heat.nfo")
    assert isinstance(found, error)
    assert str(tmp_path / "Heat.nfo") in str(found)
    assert cause is None or (isinstance(found, Wait) and found.cause == f"{cause}:{tmp_path}")


def test_a_missing_file_under_a_missing_root_is_the_roots_fault(tmp_path: Path) -> None:
    root = tmp_path / "nas"
    found = disk.fault(FileNotFoundError(errno.ENOENT, "No such file"), root, root / "Heat.nfo")
    assert isinstance(found, Wait)
    assert found.cause == f"root:{root}"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=["full", "stopped"])
def test_a_new_file_that_is_not_finished_is_gone_again(tmp_path: Path, error: BaseException) -> None:
    files = []

    def begin() -> None:
        with disk.created(tmp_path / "new") as file:
            files.append(file)
            file.write(b"half")
            raise error

    with pytest.raises(type(error)):
        begin()
    assert files[0].closed
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_at_the_very_end_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        with disk.created(tmp_path / "new") as file:
            file.write(b"kept in memory until the file is closed")
            resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))

    try:
        with pytest.raises(OSError, match="large"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("of value")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("mine", "link"):
        with pytest.raises(FileExistsError), disk.created(tmp_path / name):
            pass
    assert (tmp_path / "mine").read_text() == "of value"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "mine"]
    with disk.created(tmp_path / "new") as file:
        file.write(b"whole")
        disk.sync_file(file)
        assert (tmp_path / "new").read_bytes() == b"whole"
