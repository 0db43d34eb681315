"""Plain file system calls as a value, so that tests can let any of them fail, and what their faults mean to a job."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from metarr.errors import MetarrError, Permanent, Transient, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

_FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)
_UNSUPPORTED = frozenset(
    {errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.ENOTTY, errno.EPERM, errno.EBADF, errno.ETXTBSY}
)
_CHUNK = 1 << 20  # bytes
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_GONE = frozenset({errno.ESTALE, errno.EIO, errno.ENOTCONN, errno.EHOSTDOWN, errno.ETIMEDOUT})
_AGAIN = timedelta(minutes=5)

TEMPORARY_PREFIX, TEMPORARY_SUFFIX = ".metarr-", ".tmp"


def copy(source: int, target: int) -> None:
    """Copy between open files: shared blocks where the file system can, in the kernel, or by hand."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    else:
        return
    try:
        while os.copy_file_range(source, target, _CHUNK):
            pass
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    # Goes on where the kernel stopped; some file systems say "0 bytes" before the end.
    while data := os.read(source, _CHUNK):
        write_all(target, data)


def write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


@dataclass(frozen=True, slots=True)
class Disk:
    """The calls that change something; each can fail at any time."""

    open: Callable[[Path, int, int], int] = os.open
    copy: Callable[[int, int], None] = copy
    write: Callable[[int, bytes], None] = write_all
    chmod: Callable[[int, int], None] = os.fchmod
    chown: Callable[[int, int, int], None] = os.fchown
    fsync: Callable[[int], None] = os.fsync
    rename: Callable[[Path, Path], None] = os.rename
    unlink: Callable[[Path], None] = os.unlink
    mkdir: Callable[[Path, int], None] = os.mkdir


@contextmanager
def created(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A new file, that is gone again where the block does not end well.

    Raises FileExistsError for what lies there already, which is neither changed nor removed, and OSError.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    file = os.fdopen(handle, "wb")
    try:
        yield file
        file.close()
    except BaseException:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # what could not be written is tried again, and matters no more
            file.close()
        raise


def sync_file(file: BinaryIO) -> None:
    """Make what was written to it last; raises what the disk has to say against it."""
    file.flush()
    os.fsync(file.fileno())


def temporary_name() -> str:
    """A name that players ignore (dot-files) and that `is_temporary` knows again."""
    return f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"


def sync_folder(folder: Path, disk: Disk) -> None:
    """Make renames in it last. Some network file systems cannot, and need not."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        disk.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP}:
            raise
    finally:
        os.close(handle)


def is_folder(path: Path) -> bool:
    """False also where asking fails, as on a mount whose server is gone."""
    try:
        return path.is_dir()
    except OSError:
        return False


def fault(error: OSError, root: Path, path: Path) -> MetarrError:
    """What a failed call means: wait for room, rights or the mount; give up; or try again."""
    text = f"{path}: {error.strerror or error}"
    number = error.errno
    if number in _FULL:
        return Wait(f"{text}; make room on {root}", cause=f"space:{root}", delay=_AGAIN)
    if number in _FORBIDDEN:
        way_out = f"let this program's user (uid {os.geteuid()}) write there, or mount it writable"
        return Wait(f"{text}; {way_out}", cause=f"readonly:{root}", delay=_AGAIN)
    if number in _GONE or not is_folder(root):
        return Wait(f"{text}; check that {root} is mounted", cause=f"root:{root}", delay=_AGAIN)
    if number == errno.ENAMETOOLONG:
        return Permanent(f"{text}; shorten the folder or file name of the video")
    return Transient(text)
