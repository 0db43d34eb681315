"""Carrying out a plan in a library: the only place that writes under a library's root.

Every file appears whole or not at all (a new file beside it, fsync, rename). No existing file is ever opened for
writing, so hard links to it keep their content, and whatever is replaced or recycled is in the cache before.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from metarr.errors import Conflict, InvalidInput, NotFound
from metarr.library.ground import Ground, check_root, status_of
from metarr.library.naming import ACTORS, is_ever_published
from metarr.library.reconcile import WRITING, Action, Observed, Operation
from metarr.model.artwork import BlobOrigin
from metarr.model.published import Owned, Recycled
from metarr.store.disk import TEMPORARY_PREFIX, TEMPORARY_SUFFIX, Disk, fault, sync_folder, temporary_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from metarr.store.blobs import Blobs

_TEMPORARY = re.compile(rf"{re.escape(TEMPORARY_PREFIX)}[0-9a-f]{{16}}{re.escape(TEMPORARY_SUFFIX)}")
_DONE_BY_ROW = frozenset({Action.ADOPT, Action.REFRESH, Action.FORGET})
_OURS_BEFORE = frozenset({Action.REPLACE, Action.RECYCLE})
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_TOGETHER = 64  # files of a folder that are open at once


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
    check_root(root)
    work = _Work(Ground(root), blobs, permissions, disk or Disk())
    todo = [operation for operation in operations if operation.action not in {Action.KEEP, Action.HOLD}]
    todo.sort(key=lambda operation: _order(operation.path))
    done: list[Applied] = []
    for folder, group in groupby(todo, lambda operation: _order(operation.path)[0]):
        theirs = list(group)
        for start in range(0, len(theirs), _TOGETHER):
            finished: list[Applied] = []
            try:
                work.do(theirs[start : start + _TOGETHER], finished)
            finally:
                work.settle(folder, finished)
                for applied in finished:
                    on_done(applied)
            done += finished
    return done


def back_up(operations: Iterable[Operation], root: Path, blobs: Blobs) -> list[Recycled]:
    """Copy the foreign files that a plan will replace into the cache, so that their rows can stand before the deed."""
    work = _Work(Ground(root), blobs, Permissions(), Disk())
    kept: list[Recycled] = []
    for operation in operations:
        if operation.action is not Action.BACKUP_REPLACE:
            continue
        place = work.ground.place(operation.path)
        now = status_of(place)
        if now is not None and _is_as_planned(now, operation.observed):
            with contextlib.suppress(Conflict, NotFound):  # it changed just now: carrying out will skip it too
                kept.append(work.keep(operation, place, now))
    return kept


def prove_writable(root: Path, disk: Disk | None = None) -> None:
    """Write a file there and take it away again. Raises what publishing would run into: Wait, Transient."""
    disk = disk or Disk()
    place = root / temporary_name()
    try:
        handle = disk.open(place, _NEW_FILE, 0o600)
        try:
            disk.write(handle, b"Metarr was here.")
            disk.fsync(handle)
        finally:
            os.close(handle)
            disk.unlink(place)
    except OSError as error:
        raise fault(error, root, place) from error


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


@dataclass(slots=True)
class _Draft:
    """An operation that only a rename or a removal is missing from. `handle` is open until the bytes are synced."""

    operation: Operation
    place: Path
    recycled: Recycled | None
    temporary: Path | None = None
    handle: int | None = None

    def close(self) -> None:
        if self.handle is not None:
            handle, self.handle = self.handle, None
            os.close(handle)

    def drop(self) -> None:
        """Leave nothing behind."""
        self.close()
        if self.temporary is not None:
            with contextlib.suppress(OSError):
                self.temporary.unlink()


@dataclass(frozen=True, slots=True)
class _Work:
    ground: Ground
    blobs: Blobs
    permissions: Permissions
    disk: Disk

    def do(self, operations: Sequence[Operation], finished: list[Applied]) -> None:
        """Operations in one folder. All bytes are written before any is synced: a disk then syncs them in few goes.

        When one fails, those before it are brought to their end.
        """
        begun: list[_Draft | Applied] = []
        ready: list[_Draft | Applied] = []
        try:
            try:
                for operation in operations:
                    with self._faults_at(operation.path):
                        begun.append(self._begin(operation))
            finally:
                for one in begun:
                    self._sync(one)
                    ready.append(one)
        finally:
            try:
                finished.extend(self._finish(one) for one in ready)
            finally:
                for one in begun:
                    if isinstance(one, _Draft):
                        one.drop()

    def settle(self, folder: str, finished: list[Applied]) -> None:
        """Make the renames and removals of one folder durable, with one call."""
        if any(not done.skipped and done.operation.action not in _DONE_BY_ROW for done in finished):
            with self._faults_at(folder):
                sync_folder(self.ground.root / folder, self.disk)

    @contextlib.contextmanager
    def _faults_at(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise fault(error, self.ground.root, self.ground.root / path) from error

    def _begin(self, operation: Operation) -> _Draft | Applied:
        """All that leaves what lies there as it is."""
        place = self.ground.place(operation.path)
        now = status_of(place)
        if not _is_as_planned(now, operation.observed):
            return Applied(operation, skipped="it changed after the plan was made; the next plan sees it as it is")
        if operation.action in _DONE_BY_ROW:
            return Applied(operation, row=_row(operation, now) if operation.action is not Action.FORGET else None)
        _check_extension(operation.path)
        allowed = operation.desired.new_folders if operation.desired else 0
        if not self._make_folders(place.parent, allowed):
            return Applied(operation, skipped=f"its folder {place.parent} is gone")
        recycled = None
        if now is not None:
            try:
                recycled = self.keep(operation, place, now)
            except (Conflict, NotFound) as error:
                return Applied(operation, skipped=str(error))
        draft = _Draft(operation, place, recycled)
        if operation.action in WRITING:
            self._write(draft)
        return draft

    def _sync(self, one: _Draft | Applied) -> None:
        if isinstance(one, _Draft) and one.handle is not None:
            with self._faults_at(one.operation.path):
                self.disk.fsync(one.handle)
                one.close()

    def _finish(self, one: _Draft | Applied) -> Applied:
        """The deed itself."""
        if isinstance(one, Applied):
            return one
        operation, place = one.operation, one.place
        with self._faults_at(operation.path):
            if not _is_as_planned(status_of(place), operation.observed):
                return Applied(operation, skipped="it changed while it was being replaced; the next plan sees it")
            if one.temporary is None:
                self.disk.unlink(place)
                return Applied(operation, recycled=one.recycled)
            self.disk.rename(one.temporary, place)
            one.temporary = None
            return Applied(operation, row=_row(operation, place.lstat()), recycled=one.recycled)

    def _make_folders(self, folder: Path, allowed: int) -> bool:
        """Whether the folder is there, or now is: one of actor pictures, or one with as many above it as are allowed.

        Any other that is gone was moved or deleted, and is not ours to make.
        """
        if folder.is_dir():
            return True
        if (allowed == 0 and folder.name != ACTORS) or not self._make_folders(folder.parent, max(0, allowed - 1)):
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

    def _write(self, draft: _Draft) -> None:
        want = draft.operation.desired
        if want is None:
            raise InvalidInput(f"{draft.operation.path}: nothing to write was given")
        blob = self.blobs.path(want.sha256, want.extension)
        try:
            source = os.open(blob, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFound(f"{blob} is not in the cache; enrich the item again or restore a backup") from error
        draft.temporary = draft.place.with_name(temporary_name())
        try:
            draft.handle = self.disk.open(draft.temporary, _NEW_FILE, 0o600)
            self.disk.copy(source, draft.handle)
            self._grant(draft.handle, draft.place.parent.stat(), 0o666)
            if want.as_it_was is not None:
                self._return(draft.handle, want.as_it_was)
            size = os.fstat(draft.handle).st_size
            if size != want.size:
                raise NotFound(f"{blob} has {size} bytes instead of {want.size}; verify the cache, it is broken")
        except BaseException:
            draft.drop()
            raise
        finally:
            os.close(source)

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


def _check_extension(path: str) -> None:
    if not is_ever_published(path):
        raise InvalidInput(f"{path}: only NFO files and pictures are ever written or removed")


def _extension(path: str) -> str:
    return PurePosixPath(path).suffix[1:].lower()


def _order(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _is_as_planned(now: os.stat_result | None, observed: Observed | None) -> bool:
    if now is None or observed is None:
        return now is None and observed is None
    return (now.st_size, now.st_mtime_ns, now.st_ino) == (observed.size, observed.mtime_ns, observed.inode)


def _row(operation: Operation, now: os.stat_result | None) -> Owned | None:
    if now is None or operation.desired is None or not operation.desired.is_ours:
        return None
    return Owned(operation.path, operation.desired.sha256, now.st_size, now.st_mtime_ns, now.st_ino)
