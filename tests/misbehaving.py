"""What a probing process may do to itself. In a module of their own, which such a process can import."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from metarr.phases.scan.probe import Probed, ProbeResult, inspect


def sleep_for_ever(_path: str) -> None:
    """Never answer."""
    time.sleep(3600)


def die(_path: str) -> None:
    """End without a word, as after a segmentation fault."""
    os._exit(9)


def eat(path: str) -> object:
    """Want more memory than a probe gets."""
    return inspect(path) if bytearray(3 << 30) is None else None


def die_of_crash(path: str) -> ProbeResult:
    """End without a word at one file only."""
    if path.endswith("crash.mkv"):
        os._exit(9)
    return inspect(path)


def name_it(path: str) -> ProbeResult:
    """An answer by which the file is known again."""
    return Probed({"path": path})


def look_at_one(look: Callable[[str], ProbeResult], paths: Sequence[str]) -> list[ProbeResult]:
    """As a process that is slow."""
    return [look(paths[0])]


def tell_niceness(_path: str) -> ProbeResult:
    """How far the process gives way to others."""
    return Probed({"path": str(os.nice(0))})
