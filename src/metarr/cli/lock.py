"""One program per data folder: a lock file, held for the program's life, that tells others where to reach it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metarr.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_PATIENCE = 10.0  # seconds; a program that has just started says where it is only when it can be reached
_POLL = 0.1


@dataclass(frozen=True, slots=True)
class Holder:
    """The program that holds a data folder."""

    pid: int
    url: str
    token: str = field(repr=False)


class DataLock:
    """`with DataLock(folder) as lock:` then `lock.is_ours` tells whether this program holds the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_ours = False
        self._path = folder / "metarr.lock"
        self._file = -1

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InvalidInput(
                f"The data folder {self.folder} cannot be used: {error.strerror}. Choose another with --data."
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self
        self.is_ours = True
        os.fchmod(self._file, 0o600)
        os.ftruncate(self._file, 0)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.is_ours:
            os.ftruncate(self._file, 0)
        os.close(self._file)

    def announce(self, url: str, token: str) -> None:
        """Tell others how to reach this program. Only the folder's owner can read it."""
        os.pwrite(self._file, json.dumps({"pid": os.getpid(), "url": url, "token": token}).encode(), 0)

    def holder(self) -> Holder:
        """Who holds the folder. Raises Conflict when nobody says so in time."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                found = json.loads(self._path.read_text(encoding="utf-8"))
                return Holder(found["pid"], found["url"], found["token"])
            except (ValueError, KeyError, OSError):
                time.sleep(_POLL)
        raise Conflict(f"Another program holds {self.folder} and cannot be reached. Find it: fuser {self._path}")
