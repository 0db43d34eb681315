"""The content-addressed cache: `ab/cd/<sha256>.<extension>`, immutable, written once and never half."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.store.disk import Disk, fault, sync_folder, temporary_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import timedelta
    from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_MODE = 0o444


@dataclass(frozen=True, slots=True)
class Stored:
    """What a put came to. `is_new`: the bytes were not in the cache before."""

    sha256: str
    extension: str
    size: int  # bytes
    is_new: bool


class Blobs:
    """The cache under `root`. Two writers of the same bytes, in whatever process, do not disturb each other."""

    def __init__(self, root: Path, disk: Disk | None = None) -> None:
        self.root = root
        self._disk = disk or Disk()
        self._durable: set[Path] = set()  # folders whose own names last

    def path(self, sha256: str, extension: str) -> Path:
        """Where these bytes lie, or would lie."""
        if not _SHA256.fullmatch(sha256) or not _EXTENSION.fullmatch(extension.lower()):
            raise InvalidInput(
                f"{sha256!r}.{extension!r} names no blob: 64 hex digits and a short extension are wanted"
            )
        return self.root / f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{extension.lower()}"

    def put(self, data: bytes, extension: str) -> Stored:
        """Idempotent: bytes that are there already are not written again."""
        return self.put_many([(data, extension)])[0]

    def put_many(self, contents: Sequence[tuple[bytes, str]]) -> list[Stored]:
        """The same for several: bytes and extension of each. Their folders are made durable together."""
        stored: list[Stored] = []
        folders: set[Path] = set()
        for data, extension in contents:
            sha256 = hashlib.sha256(data).hexdigest()
            target = self.path(sha256, extension)
            is_new = not self._has_size(target, len(data))
            if is_new:
                self._write(target, self._filled_with(data))
                folders.add(target.parent)
            stored.append(Stored(sha256, extension.lower(), len(data), is_new))
        self._make_durable(folders)
        return stored

    def put_file(self, path: Path, extension: str) -> Stored:
        """Copy a file in. Raises Conflict when it changes meanwhile, NotFound when it is gone; follows no link."""
        try:
            source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFound(f"{path} is gone") from error
        except OSError as error:
            raise fault(error, path.parent, path) from error
        with open(source, "rb") as file:  # noqa: PTH123 - the descriptor was opened without following a link
            before = os.fstat(source)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            target = self.path(sha256, extension)
            is_new = not self._has_size(target, before.st_size)
            if is_new:
                os.lseek(source, 0, os.SEEK_SET)
                self._write(target, lambda handle: self._disk.copy(source, handle))
                self._make_durable({target.parent})
            after = os.fstat(source)
        is_changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
        if is_changed or (is_new and not self.verify(sha256, extension)):
            if is_new:
                self.remove(sha256, extension)
            raise Conflict(f"{path} changed while it was copied into the cache; try again when it is complete")
        return Stored(sha256, extension.lower(), after.st_size, is_new)

    def read(self, sha256: str, extension: str) -> bytes:
        """Raises NotFound when the cache lost it."""
        try:
            return self.path(sha256, extension).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"{sha256}.{extension} is not in the cache; fetch it again or restore a backup") from error

    def has(self, sha256: str, extension: str) -> bool:
        return self.path(sha256, extension).is_file()

    def holds(self, sha256: str, extension: str, size: int) -> bool:
        """Whether it is there with that size (bytes). Quicker than `has`: for looking at very many."""
        try:
            status = os.stat(f"{self.root}/{sha256[:2]}/{sha256[2:4]}/{sha256}.{extension}")  # noqa: PTH116 - pathlib takes twice as long
        except OSError:
            return False
        return status.st_size == size and stat.S_ISREG(status.st_mode)

    def verify(self, sha256: str, extension: str) -> bool:
        """Whether it is there and its bytes are still those of its name."""
        try:
            with self.path(sha256, extension).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def remove(self, sha256: str, extension: str) -> None:
        """Removing what is not there is done already."""
        with contextlib.suppress(FileNotFoundError):
            self.path(sha256, extension).unlink()

    def older_than(self, age: timedelta) -> list[Path]:
        """Files that were last put longer ago, what a crash left half written among them. Blocks: it looks at all."""
        limit = time.time() - age.total_seconds()
        found = []
        for path in self.root.glob("??/??/*"):
            with contextlib.suppress(FileNotFoundError):  # it was removed meanwhile
                if path.stat().st_mtime < limit:
                    found.append(path)
        return found

    def discard(self, paths: Sequence[Path]) -> int:
        """Remove what `older_than` found and nobody knows. Returns how many. Blocks."""
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    def _has_size(self, target: Path, size: int) -> bool:
        """A blob of another size is a broken one, to be written anew. A right one is young again."""
        try:
            if target.stat().st_size != size:
                return False
            os.utime(target)
        except FileNotFoundError:
            return False
        return True

    def _filled_with(self, data: bytes) -> Callable[[int], None]:
        return lambda handle: self._disk.write(handle, data)

    def _write(self, target: Path, fill: Callable[[int], None]) -> None:
        """Its name lasts only once its folder is made durable."""
        temporary = target.with_name(temporary_name())
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle = self._disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                fill(handle)
                self._disk.chmod(handle, _MODE)
                self._disk.fsync(handle)
            finally:
                os.close(handle)
            self._disk.rename(temporary, target)
        except BaseException as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            if isinstance(error, OSError):
                raise fault(error, self.root, target) from error
            raise

    def _make_durable(self, folders: Iterable[Path]) -> None:
        """Sync folders after renames into them, and once those above them that nobody synced since the start."""
        found = set(folders)
        above = {folder.parent for folder in found - self._durable}
        for folder in [*found, *above, *([self.root] if above else [])]:
            try:
                sync_folder(folder, self._disk)
            except OSError as error:
                raise fault(error, self.root, folder) from error
        self._durable |= found
