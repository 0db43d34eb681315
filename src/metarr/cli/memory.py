"""How the interpreter looks after memory, for a program that runs for months."""

from __future__ import annotations

import contextlib
import ctypes
import gc

_ARENAS = 2
_M_ARENA_MAX = -8  # glibc: malloc/malloc.h


def arrange() -> None:
    """To be called first. What a start makes stays: looking through it for garbage takes a tenth of the start.

    glibc keeps what threads give back in up to eight arenas per core, so that a program with twenty threads grows for
    hours; with two arenas it stays as it is. Other C libraries have no such setting.
    """
    gc.set_threshold(50_000, 20, 100)
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def settled() -> None:
    """What a start made is never garbage, and no request waits while it is looked through."""
    gc.freeze()
