"""Which file system a path lies on, from `/proc/mounts` (proc(5)). I/O: one small read."""

from __future__ import annotations

import re
from pathlib import Path

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs"})


def network_file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """The type of the network file system that `path` lies on, or None when it is local (or cannot be told)."""
    kind = _type_of(path.resolve(), mounts)
    return kind if kind in _NETWORK else None


def _type_of(path: Path, mounts: Path) -> str | None:
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    best, found = -1, None
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        place = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), point))
        if path.is_relative_to(place) and len(place.parts) >= best:
            best, found = len(place.parts), kind
    return found
