"""What a probing process may do to itself. In a module of their own, which such a process can import."""

from __future__ import annotations

import os
import time

from metarr.phases.scan.probe import inspect


def sleep_for_ever(_path: str) -> None:
    """Never answer."""
    time.sleep(3600)


def die(_path: str) -> None:
    """End without a word, as after a segmentation fault."""
    os._exit(9)


def eat(path: str) -> object:
    """Want more memory than a probe gets."""
    return inspect(path) if bytearray(3 << 30) is None else None
