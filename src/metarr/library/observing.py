"""Looking at a library: what lies at the paths of a plan, and whether it is what we left there. Nothing is written."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from metarr.library import contents
from metarr.library.ground import Ground, check_root, status_of
from metarr.library.naming import is_ever_published
from metarr.library.reconcile import Observed
from metarr.store.disk import fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metarr.model.published import Owned


def observe(root: Path, paths: Iterable[str], owned: Iterable[Owned], *, is_deep: bool = False) -> dict[str, Observed]:
    """What lies at these paths; what is absent is left out. Raises Wait when the root is gone.

    A file of ours whose size, time and inode are as we left them is not read, but for a deep look.
    """
    check_root(root)
    ground = Ground(root)
    rows = {row.path: row for row in owned}
    found: dict[str, Observed] = {}
    for path in dict.fromkeys([*paths, *rows]):
        place = ground.place(path)
        try:
            there = _look(place, path, rows.get(path), is_deep=is_deep)
        except OSError as error:
            raise fault(error, root, place) from error
        if there is not None:
            found[path] = there
    return found


def find_moved(root: Path, gone: Iterable[Owned]) -> dict[str, Observed]:
    """Where files of ours lie that are gone from their paths: beside them, the very file with the very bytes.

    A copy is another file, and stays its maker's.
    """
    found: dict[str, Observed] = {}
    for folder, group in groupby(sorted(gone, key=_folder), _folder):
        rows = {row.inode: row for row in group}
        with contextlib.suppress(OSError), os.scandir(root / folder) as entries:
            for entry in entries:
                row = rows.get(entry.inode())
                path = f"{folder}/{entry.name}" if folder else entry.name
                if row is not None and is_ever_published(path):
                    there = _look(Path(entry.path), path, None)
                    if there is not None and _is_same(there, row) and there.sha256 == row.sha256:
                        found[row.path] = there
    return found


def _is_same(there: Observed, row: Owned) -> bool:
    return (there.size, there.mtime_ns, there.inode) == (row.size, row.mtime_ns, row.inode)


def _look(place: Path, path: str, row: Owned | None, *, is_deep: bool = False) -> Observed | None:
    now = status_of(place)
    if now is None:
        return None
    there = Observed(path, now.st_size, now.st_mtime_ns, now.st_ino, None, is_intact=False)
    if not stat.S_ISREG(now.st_mode):
        return there
    if row is not None and not is_deep and _is_same(there, row):
        return replace(there, sha256=row.sha256, is_intact=True)
    sha256 = contents.digest(place)
    if row is not None and sha256 == row.sha256:
        return replace(there, sha256=sha256, is_intact=True)
    is_valid = contents.is_valid(place)
    return replace(there, sha256=sha256, is_intact=is_valid or contents.is_on_purpose(place), is_valid=is_valid)


def _folder(row: Owned) -> str:
    return row.path.rpartition("/")[0]
