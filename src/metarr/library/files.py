"""Looking at a library and carrying out a plan in it: the only place that writes under a library's root.

Every file appears whole or not at all (a new file beside it, fsync, rename). No existing file is ever opened for
writing, so hard links to it keep their content, and whatever is replaced or recycled is in the cache before.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from PIL import Image

from metarr.errors import Conflict, InvalidInput, NotFound, Wait
from metarr.library import nfo
from metarr.library.naming import ACTORS, PICTURE_EXTENSIONS
from metarr.library.reconcile import Action, Observed, Operation
from metarr.model.artwork import BlobOrigin
from metarr.model.published import Owned, Recycled
from metarr.store.disk import TEMPORARY_PREFIX, TEMPORARY_SUFFIX, Disk, fault, is_folder, sync_folder, temporary_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from metarr.store.blobs import Blobs

PUBLISHED_EXTENSIONS = PICTURE_EXTENSIONS | {"nfo"}  # nothing else is ever written, above all no video

_TEMPORARY = re.compile(rf"{re.escape(TEMPORARY_PREFIX)}[0-9a-f]{{16}}{re.escape(TEMPORARY_SUFFIX)}")
_WRITING = frozenset({Action.CREATE, Action.REPLACE, Action.BACKUP_REPLACE, Action.RESTORE})
_DONE_BY_ROW = frozenset({Action.ADOPT, Action.REFRESH, Action.FORGET})
_OURS_BEFORE = frozenset({Action.REPLACE, Action.RECYCLE})
_PICTURE_FORMATS = ("JPEG", "PNG", "WEBP")
_DRAFT = (64, 64)  # pixels: JPEG decodes at an eighth of its size, which still finds a file cut short
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CROWDED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Permissions:
    """Owner, group and umask of new files; None: as the folder's."""

    uid: int | None = None
    gid: int | None = None
    umask: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an operation. `row` is what we own at its path now; None: nothing (delete the row).

    `skipped` says why nothing was done; then the row stays as it was.
    """

    operation: Operation
    row: Owned | None = None
    recycled: Recycled | None = None
    skipped: str | None = None


def observe(root: Path, paths: Iterable[str], owned: Iterable[Owned]) -> dict[str, Observed]:
    """What lies at these paths; what is absent is left out. Raises Wait when the root is gone."""
    _check_root(root)
    rows = {row.path: row for row in owned}
    found: dict[str, Observed] = {}
    for path in dict.fromkeys([*paths, *rows]):
        place = _locate(root, path)
        try:
            there = _look(place, path, rows.get(path))
        except OSError as error:
            raise fault(error, root, place) from error
        if there is not None:
            found[path] = there
    return found


def apply(
    operations: Iterable[Operation],
    root: Path,
    blobs: Blobs,
    permissions: Permissions,
    on_done: Callable[[Applied], None],
    disk: Disk | None = None,
) -> list[Applied]:
    """Carry out a plan. `on_done` hears of each operation once it is durable, also when a later one fails.

    Raises Wait (no room, no right, root gone), Permanent (name too long) or NotFound (the cache lost a blob).
    """
    _check_root(root)
    work = _Work(root, blobs, permissions, disk or Disk())
    todo = [operation for operation in operations if operation.action not in {Action.KEEP, Action.HOLD}]
    done: list[Applied] = []
    for folder, group in groupby(
        sorted(todo, key=lambda operation: _order(operation.path)), lambda op: _order(op.path)[0]
    ):
        finished: list[Applied] = []
        try:
            for operation in group:
                finished.append(work.do(operation))  # noqa: PERF401 - what is finished counts when the next one fails
        finally:
            work.settle(folder, finished)
            for applied in finished:
                on_done(applied)
        done += finished
    return done


def back_up(operations: Iterable[Operation], root: Path, blobs: Blobs) -> list[Recycled]:
    """Copy the foreign files that a plan will replace into the cache, so that their rows can stand before the deed."""
    work = _Work(root, blobs, Permissions(), Disk())
    kept: list[Recycled] = []
    for operation in operations:
        place = _locate(root, operation.path)
        now = _stat(place)
        if operation.action is Action.BACKUP_REPLACE and now is not None and _is_as_planned(now, operation.observed):
            with contextlib.suppress(Conflict, NotFound):  # it changed just now: carrying out will skip it too
                kept.append(work.keep(operation, place, now))
    return kept


def sweep_temporary(folder: Path, *, older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove what a crash of ours left in a folder, and say how many. Young ones may be somebody's at work."""
    limit = time.time() - older_than.total_seconds()
    removed = 0
    # What cannot be swept (a read-only share, a folder that is gone) is no reason to fail: it is hidden and harmless.
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            is_ours = _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
            if is_ours and entry.stat(follow_symlinks=False).st_mtime <= limit:
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()
                    removed += 1
    return removed


@dataclass(frozen=True, slots=True)
class _Work:
    root: Path
    blobs: Blobs
    permissions: Permissions
    disk: Disk

    def do(self, operation: Operation) -> Applied:
        place = _locate(self.root, operation.path)
        try:
            return self._do(operation, place)
        except OSError as error:
            raise fault(error, self.root, place) from error

    def settle(self, folder: str, finished: list[Applied]) -> None:
        """Make the renames and removals of one folder durable, with one call."""
        if any(not done.skipped and done.operation.action not in _DONE_BY_ROW for done in finished):
            place = self.root / folder
            try:
                sync_folder(place, self.disk)
            except OSError as error:
                raise fault(error, self.root, place) from error

    def _do(self, operation: Operation, place: Path) -> Applied:
        now = _stat(place)
        if not _is_as_planned(now, operation.observed):
            return Applied(operation, skipped="it changed after the plan was made; the next plan sees it as it is")
        if operation.action in _DONE_BY_ROW:
            return Applied(operation, row=_row(operation, now) if operation.action is not Action.FORGET else None)
        _check_extension(operation.path)
        if not place.parent.is_dir() and not self._make_folder(place.parent):
            return Applied(operation, skipped=f"its folder {place.parent} is gone")
        recycled = None
        if now is not None:
            try:
                recycled = self.keep(operation, place, now)
            except (Conflict, NotFound) as error:
                return Applied(operation, skipped=str(error))
        if operation.action in _WRITING:
            return self._write(operation, place, recycled)
        self.disk.unlink(place)
        return Applied(operation, recycled=recycled)

    def _make_folder(self, folder: Path) -> bool:
        """Only the folder of actor pictures is ours to make; a media folder that is gone was moved or deleted."""
        if folder.name != ACTORS or not folder.parent.is_dir():
            return False
        with contextlib.suppress(FileExistsError):
            self.disk.mkdir(folder, 0o777)
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                self._grant(handle, folder.parent.stat(), 0o777)
            finally:
                os.close(handle)
            sync_folder(folder.parent, self.disk)
        return True

    def keep(self, operation: Operation, place: Path, now: os.stat_result) -> Recycled:
        stored = self.blobs.put_file(place, _extension(operation.path))
        if stored.sha256 != operation.before:
            raise Conflict(f"{place} changed after the plan was made; the next plan sees it as it is")
        return Recycled(
            path=operation.path,
            sha256=stored.sha256,
            extension=stored.extension,
            size=stored.size,
            origin=BlobOrigin.PROVIDER if operation.action in _OURS_BEFORE else BlobOrigin.LIBRARY,
            uid=now.st_uid,
            gid=now.st_gid,
            mode=stat.S_IMODE(now.st_mode),
            mtime_ns=now.st_mtime_ns,
            reason=operation.reason,
        )

    def _write(self, operation: Operation, place: Path, recycled: Recycled | None) -> Applied:
        temporary = place.with_name(temporary_name())
        try:
            self._fill(operation, temporary, place.parent.stat())
            if not _is_as_planned(_stat(place), operation.observed):
                temporary.unlink()
                return Applied(operation, skipped="it changed while it was being replaced; the next plan sees it")
            self.disk.rename(temporary, place)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        return Applied(operation, row=_row(operation, place.lstat()), recycled=recycled)

    def _fill(self, operation: Operation, temporary: Path, folder: os.stat_result) -> None:
        want = operation.desired
        if want is None:
            raise InvalidInput(f"{operation.path}: nothing to write was given")
        blob = self.blobs.path(want.sha256, want.extension)
        try:
            source = os.open(blob, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFound(f"{blob} is not in the cache; enrich the item again or restore a backup") from error
        try:
            handle = self.disk.open(temporary, _NEW_FILE, 0o600)
            try:
                self.disk.copy(source, handle)
                self._grant(handle, folder, 0o666)
                if want.as_it_was is not None:
                    self._return(handle, want.as_it_was)
                self.disk.fsync(handle)
                size = os.fstat(handle).st_size
            finally:
                os.close(handle)
        finally:
            os.close(source)
        if size != want.size:
            raise NotFound(f"{blob} has {size} bytes instead of {want.size}; verify the cache, it is broken")

    def _grant(self, handle: int, folder: os.stat_result, most: int) -> None:
        """Mode, owner and group, as far as we may: SMB and FAT mounts allow none of it and have their own rule."""
        given = self.permissions
        mode = most & ~given.umask if given.umask is not None else most & folder.st_mode
        owner = folder.st_uid if given.uid is None else given.uid
        group = folder.st_gid if given.gid is None else given.gid
        inherited = os.fstat(handle).st_mode & stat.S_ISGID  # a folder's files stay in its group
        with contextlib.suppress(PermissionError):
            self.disk.chmod(handle, mode | inherited)
        for uid, gid in ((-1, group), (owner, -1)):  # only root may give files away, but members may give to a group
            now = os.fstat(handle)
            if (uid not in {-1, now.st_uid}) or (gid not in {-1, now.st_gid}):
                with contextlib.suppress(PermissionError):
                    self.disk.chown(handle, uid, gid)

    def _return(self, handle: int, before: Recycled) -> None:
        """Owner, mode and time of what is put back, as far as we may."""
        with contextlib.suppress(PermissionError):
            self.disk.chown(handle, before.uid, before.gid)
        with contextlib.suppress(PermissionError):
            self.disk.chmod(handle, before.mode)
        os.utime(handle, ns=(before.mtime_ns, before.mtime_ns))


def _check_root(root: Path) -> None:
    if not is_folder(root):
        raise Wait(f"{root} is not there; check that it is mounted", cause=f"root:{root}", delay=_CROWDED)


def _locate(root: Path, path: str) -> Path:
    """The place of a relative path, which must be inside of the root also after following links of its folders."""
    pure = PurePosixPath(path)
    if not path or "\0" in path or pure.is_absolute() or ".." in pure.parts or str(pure) != path:
        raise InvalidInput(f"{path!r} is no plain path inside of {root}")
    place = root / pure
    real_root = root.resolve()
    if not place.parent.resolve().is_relative_to(real_root):
        raise InvalidInput(f"{place} leads out of {root} through a link; add its real folder as a library")
    return place


def _check_extension(path: str) -> None:
    if _extension(path) not in PUBLISHED_EXTENSIONS:
        raise InvalidInput(f"{path}: only NFO files and pictures are ever written or removed")


def _extension(path: str) -> str:
    return PurePosixPath(path).suffix[1:].lower()


def _order(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _stat(place: Path) -> os.stat_result | None:
    try:
        return place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_as_planned(now: os.stat_result | None, observed: Observed | None) -> bool:
    if now is None or observed is None:
        return now is None and observed is None
    return (now.st_size, now.st_mtime_ns, now.st_ino) == (observed.size, observed.mtime_ns, observed.inode)


def _row(operation: Operation, now: os.stat_result | None) -> Owned | None:
    if now is None or operation.desired is None or not operation.desired.is_ours:
        return None
    return Owned(operation.path, operation.desired.sha256, now.st_size, now.st_mtime_ns, now.st_ino)


def _look(place: Path, path: str, row: Owned | None) -> Observed | None:
    now = _stat(place)
    if now is None:
        return None
    sha256: str | None = None
    is_intact = False
    if stat.S_ISREG(now.st_mode):
        if row is not None and (row.size, row.mtime_ns, row.inode) == (now.st_size, now.st_mtime_ns, now.st_ino):
            sha256, is_intact = row.sha256, True
        else:
            sha256 = _hash(place)
            is_intact = now.st_size > 0 and _is_intact(place)
    return Observed(path, now.st_size, now.st_mtime_ns, now.st_ino, sha256, is_intact)


def _hash(place: Path) -> str:
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(handle, "rb") as file:  # noqa: PTH123 - the descriptor was opened without following a link
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_intact(place: Path) -> bool:
    if place.suffix.lower() == ".nfo":
        return _is_intact_nfo(place.read_bytes())
    try:
        with Image.open(place, formats=_PICTURE_FORMATS) as image:
            image.draft("RGB", _DRAFT)
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True


def _is_intact_nfo(data: bytes) -> bool:
    """A text is somebody's, whatever it says; emptiness and zeros are what a power failure leaves."""
    try:
        nfo.read(data)
    except InvalidInput:
        return bool(data.strip()) and b"\0" not in data
    return True
