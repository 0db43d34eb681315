"""A process that publishes into one library after another and is killed at another step in each. Run as a program.

Its only argument is an empty folder; every sub-folder it makes is a library in which publishing got one step further.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metarr.library.files import Permissions, apply
from metarr.library.observing import observe
from metarr.library.reconcile import Desired, Operation, Rules, plan
from metarr.model.published import Owned, Purpose
from metarr.store.blobs import Blobs
from metarr.store.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOREIGN = b"<movie><plot>My own words.</plot></movie>"
BEFORE = {"Heat-poster.jpg": b"old poster" * 900, "Heat-banner.jpg": b"old banner" * 900, "Heat-fanart.jpg": b"f" * 99}
AFTER = {
    "Heat.nfo": b"<movie><title>Heat</title></movie>",
    "Heat-poster.jpg": b"new poster" * 900,
    "Heat-fanart.jpg": b"f" * 99,
    "Heat-clearlogo.png": b"logo" * 900,
    ".actors/Al_Pacino.jpg": b"Al" * 900,
}
_QUICK = Disk(fsync=lambda _handle: None)  # a killed process loses nothing that it wrote


class House:
    """A library with one film, a cache, and the rows that were recorded before the kill."""

    def __init__(self, base: Path) -> None:
        self.root = base / "movies"
        self.folder = self.root / "Heat"
        self.blobs = Blobs(base / "cache", _QUICK)
        self.rows: dict[str, Owned] = {}
        self._told = base / "rows.json"
        if self._told.exists():
            self.rows = {path: Owned(*values) for path, values in json.loads(self._told.read_text()).items()}

    def furnish(self) -> None:
        """As it was published once; then somebody put an NFO there."""
        self.folder.mkdir(parents=True)
        (self.folder / "Heat.mkv").write_bytes(b"video")
        self.publish(BEFORE)
        (self.folder / "Heat.nfo").write_bytes(FOREIGN)
        self._told.write_text(json.dumps({path: dataclasses.astuple(row) for path, row in self.rows.items()}))

    def plan(self, wanted: Mapping[str, bytes]) -> tuple[Operation, ...]:
        desired = []
        for name, data in wanted.items():
            stored = self.blobs.put(data, name.rpartition(".")[2])
            purpose = Purpose.NFO if name.endswith(".nfo") else Purpose.ARTWORK
            desired.append(Desired(f"Heat/{name}", stored.sha256, stored.size, purpose))
        observed = observe(self.root, [one.path for one in desired], self.rows.values())
        return plan(desired, observed.values(), self.rows.values(), Rules(confirmed=True))

    def publish(self, wanted: Mapping[str, bytes], disk: Disk = _QUICK) -> None:
        for done in apply(self.plan(wanted), self.root, self.blobs, Permissions(), lambda _: None, disk):
            if done.row is not None:
                self.rows[done.row.path] = done.row
            else:
                self.rows.pop(done.operation.path, None)


def deadly(step: int) -> Disk:
    """A disk that kills its user right before the given call; of a copy half is done."""
    left = step

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                if real is _QUICK.copy:
                    os.write(arguments[1], os.read(arguments[0], 1 << 20)[: os.fstat(arguments[0]).st_size // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return call

    return Disk(**{field.name: counted(getattr(_QUICK, field.name)) for field in dataclasses.fields(Disk)})


def main(base: Path) -> None:
    """Until one process comes through."""
    for step in count(1):
        house = House(base / f"{step:03}")
        house.furnish()
        child = os.fork()
        if child == 0:
            house.publish(AFTER, deadly(step))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
