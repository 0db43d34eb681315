"""Probing: what is inside a video file, found out by MediaInfo in separate, replaceable processes.

A file that hangs, crashes or eats memory costs its own probe, never the server: each runs in a worker process with a
time limit and a memory limit, and comes to a value, `Probed` or `ProbeFailed`. Files are opened for reading only.
"""

from __future__ import annotations

import asyncio
import errno
import json
import multiprocessing
import os
import resource
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from metarr.phases.scan import streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pebble import ProcessPool

_PROCESSES = 2
_SECONDS = 20.0
_TASKS_PER_PROCESS = 2000  # then a fresh one, so that no leak in a native library grows for ever
_MEMORY = 2 << 30  # bytes of address space; MediaInfo with Python needs about 150 MB
_HEADER = 16  # bytes of the longest header of a filler
_BLOCK = 64 << 10  # bytes read from each end for the fingerprint, and looked at for zeros


@dataclass(frozen=True, slots=True)
class Probed:
    """What was found: plain JSON data, as `streams.describe` makes it, and what identifies the content."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class ProbeFailed:
    """The file could not be understood. Recorded with it; the job goes on."""

    reason: str


ProbeResult = Probed | ProbeFailed


class Prober:
    """A pool of probing processes; they start with the first probe. Close it to end them."""

    def __init__(self, *, processes: int = _PROCESSES, seconds: float = _SECONDS, memory: int = _MEMORY) -> None:
        self._processes = processes
        self._seconds = seconds
        self._memory = memory
        self._pool: ProcessPool | None = None

    async def probe(self, path: str) -> ProbeResult:
        """Probe one file. Never raises for what is in it; cancelling ends the process that works on it."""
        from pebble import ProcessExpired

        future = self._started().schedule(inspect, args=(path,), timeout=self._seconds)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError:
            return ProbeFailed(f"took longer than {self._seconds:g} s")
        except ProcessExpired as error:
            return ProbeFailed(f"the probing process died ({error})")

    async def close(self) -> None:
        """End every process, also those that are busy."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates all but this one
            await asyncio.to_thread(pool.join)

    def _started(self) -> ProcessPool:
        if self._pool is None:
            from pebble import ProcessPool

            # Not "fork": the server has threads and connections that a child must not inherit.
            self._pool = ProcessPool(
                max_workers=self._processes,
                max_tasks=_TASKS_PER_PROCESS,
                initializer=_limit_memory,
                initargs=(self._memory,),
                context=multiprocessing.get_context("spawn"),
            )
        return self._pool


def inspect(path: str) -> ProbeResult:
    """Probe one file in this very process. Opened by descriptor: the path may be invalid UTF-8."""
    try:
        opened = _open_regular(path)
    except OSError as error:
        return ProbeFailed(f"cannot be read: {error.strerror}")
    if opened is None:
        return ProbeFailed("not a regular file")
    with opened as file:
        try:
            return _inspect(file)
        except OSError as error:
            return ProbeFailed(f"cannot be read: {error.strerror}")
        except MemoryError:
            return ProbeFailed("needs too much memory")
        except (ValueError, RuntimeError) as error:  # what pymediainfo raises when the library's answer is unusable
            return ProbeFailed(f"MediaInfo gave no usable answer: {error}")


def fingerprint(path: str) -> str:
    """A video's identity across moves and renames: xxh3 over its size, head and tail. Raises OSError."""
    opened = _open_regular(path)
    if opened is None:
        raise OSError(errno.EINVAL, "not a regular file", path)
    with opened as file:
        return _fingerprint(file)


def _fingerprint(file: BinaryIO) -> str:
    from xxhash import xxh3_128

    size = os.fstat(file.fileno()).st_size
    digest = xxh3_128(size.to_bytes(8, "big"))
    file.seek(0)
    digest.update(file.read(_BLOCK))
    file.seek(max(_BLOCK, size - _BLOCK))
    digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def _limit_memory(limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _open_regular(path: str) -> BinaryIO | None:
    """Open for reading, or None. A FIFO must not even be opened in blocking mode, it would wait for a writer."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - invalid UTF-8 and speed
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return os.fdopen(descriptor, "rb")


def _inspect(file: BinaryIO) -> ProbeResult:
    from pymediainfo import MediaInfo

    size = os.fstat(file.fileno()).st_size
    if size == 0:
        return ProbeFailed("empty file")
    media = json.loads(str(MediaInfo.parse(file, output="JSON", full=False))).get("media") or {}
    tracks = media.get("track") or []
    facts = streams.describe(tracks)
    if facts is None:
        return ProbeFailed("no video stream found")
    if streams.is_truncated(tracks):
        return ProbeFailed("truncated: shorter than its own header says")
    if _is_preallocated(file, size):
        return ProbeFailed("unfinished: nothing but zeros after its first part")
    return Probed(facts, _fingerprint(file))


def _is_preallocated(file: BinaryIO, size: int) -> bool:
    """A download whose space was reserved: a valid head, then zeros to the end that no container declares."""
    if size <= _BLOCK or any(_block(file, size - _BLOCK)):
        return False
    low, high = 0, size // _BLOCK  # block `low` has content, from `high` on there is none
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if any(_block(file, middle * _BLOCK)) else (low, middle)
    # A filler's header may itself end in zero bytes: they are left with the content.
    content = _block(file, low * _BLOCK).rstrip(b"\0") + bytes(_HEADER)
    zeros = size - low * _BLOCK - len(content)
    return not streams.is_filler(content[-256:], zeros)


def _block(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return file.read(_BLOCK)
