"""Probing: what is inside a video file, found out by MediaInfo in separate, replaceable processes.

A file that hangs, crashes or eats memory costs its own probe, never the server: each runs in a worker process with a
time limit and a memory limit, and comes to a value, `Probed` or `ProbeFailed`. Files are opened for reading only.
Probes that wait together travel together; where one of them goes wrong, each is tried again by itself.
"""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
import resource
import stat
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from metarr.errors import Wait
from metarr.phases.scan import mediainfo, streams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pebble import ProcessPool

_PROCESSES = 2
_SECONDS = 20.0
_TOGETHER = 8  # files in one message to a process
_ENOUGH = 1.0  # seconds after which a process answers for those files that it has looked at
_AHEAD = 2  # messages on the way for each process, so that none waits for the next
_TASKS_PER_PROCESS = 500  # then a fresh one, so that no leak in a native library grows for ever
_MEMORY = 2 << 30  # bytes of address space; MediaInfo with Python needs about 150 MB
_NICE = 10
_AGAIN = timedelta(minutes=5)
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


@dataclass(slots=True, eq=False)
class _Asked:
    """A file that somebody waits for. `is_alone`: among others it went wrong, be it its own fault or not."""

    path: str
    answer: asyncio.Future[ProbeResult]
    is_alone: bool = False


class Prober:
    """A pool of probing processes; they start with the first probe. Close it to end them."""

    def __init__(self, *, processes: int = _PROCESSES, seconds: float = _SECONDS, memory: int = _MEMORY) -> None:
        self._processes = processes
        self._seconds = seconds
        self._memory = memory
        self._pool: ProcessPool | None = None
        self._waiting: deque[_Asked] = deque()
        self._on_the_way: dict[asyncio.Task[None], Sequence[_Asked]] = {}

    async def probe(self, path: str) -> ProbeResult:
        """Probe one file. Never raises for what is in it; cancelling ends the process that works on it alone."""
        loop = asyncio.get_running_loop()
        asked = _Asked(path, loop.create_future())
        self._waiting.append(asked)
        loop.call_soon(self._send)  # not at once: others may ask in the same moment
        return await asked.answer

    def _send(self) -> None:
        while len(self._on_the_way) < self._processes * _AHEAD and (batch := self._next()):
            task = asyncio.create_task(self._ask(batch))
            self._on_the_way[task] = batch
            task.add_done_callback(self._came_back)

    def _came_back(self, task: asyncio.Task[None]) -> None:
        batch = self._on_the_way.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            for asked in batch:
                if not asked.answer.done():
                    asked.answer.set_exception(error)
        self._send()

    def _next(self) -> list[_Asked]:
        """The files that travel together next; what nobody waits for any more is left out."""
        batch: list[_Asked] = []
        while self._waiting and len(batch) < _TOGETHER and not (batch and self._waiting[0].is_alone):
            asked = self._waiting.popleft()
            if not asked.answer.done():
                batch.append(asked)
                if asked.is_alone:
                    break
        return batch

    async def _ask(self, batch: Sequence[_Asked]) -> None:
        paths = [asked.path for asked in batch]
        try:
            task = self._started().schedule(_inspect_each, args=(inspect, paths), timeout=self._seconds)
        except OSError as refusal:
            self._refuse(batch, refusal)
            return
        future = asyncio.wrap_future(task)
        for asked in batch:
            asked.answer.add_done_callback(partial(_forget, batch, future))
        await asyncio.wait([future])
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._settle(batch, future.result())
        elif len(batch) > 1:
            self._again(batch, is_alone=True)
        elif not batch[0].answer.done():
            self._fail(batch[0], error)

    def _refuse(self, batch: Sequence[_Asked], error: OSError) -> None:
        """No process can be started, as where nobody may write into /dev/shm: it is tried anew with the next probe."""
        self._pool = None
        text = f"No process can be started to look into videos ({error.strerror or error})"
        way_out = "let this program's user write into /dev/shm, or give it more room"
        for asked in batch:
            if not asked.answer.done():
                asked.answer.set_exception(Wait(f"{text}; {way_out}.", cause="probing", delay=_AGAIN))

    def _settle(self, batch: Sequence[_Asked], results: Sequence[ProbeResult]) -> None:
        """The answers to the first of these files; the others wait again."""
        for asked, result in zip(batch, results, strict=False):
            if not asked.answer.done():
                asked.answer.set_result(result)
        self._again(batch[len(results) :], is_alone=False)

    def _again(self, batch: Sequence[_Asked], *, is_alone: bool) -> None:
        for asked in batch:
            asked.is_alone = is_alone
        self._waiting.extendleft(reversed(batch))

    def _fail(self, asked: _Asked, error: BaseException) -> None:
        from pebble import ProcessExpired

        match error:
            case TimeoutError():
                asked.answer.set_result(ProbeFailed(f"took longer than {self._seconds:g} s"))
            case ProcessExpired():
                asked.answer.set_result(ProbeFailed(f"the probing process died ({error})"))
            case _:
                asked.answer.set_exception(error)

    async def close(self) -> None:
        """End every process, also those that are busy."""
        pool, self._pool = self._pool, None
        for asked in chain(self._waiting, *self._on_the_way.values()):
            asked.answer.cancel()
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
                initializer=_be_modest,
                initargs=(self._memory,),
                context=multiprocessing.get_context("spawn"),
            )
        return self._pool


def _forget(batch: Sequence[_Asked], future: asyncio.Future[list[ProbeResult]], _answer: object) -> None:
    """Nobody waits for any of these any more: the process that is busy with them ends."""
    if all(asked.answer.done() for asked in batch):
        future.cancel()


def _inspect_each(look: Callable[[str], ProbeResult], paths: Sequence[str]) -> list[ProbeResult]:
    """In a probing process: as many of these files, at least one, as it gets through in a moment."""
    begun = time.monotonic()
    results: list[ProbeResult] = []
    for path in paths:
        results.append(look(path))
        if time.monotonic() - begun > _ENOUGH:
            break
    return results


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
            return _inspect(file, mediainfo.parser_of(path))
        except OSError as error:
            return ProbeFailed(f"cannot be read: {error.strerror}")
        except MemoryError:
            return ProbeFailed("needs too much memory")
        except ValueError as error:  # the library's answer is no JSON
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


def _be_modest(memory: int) -> None:
    """Probing gives way where processors are short: somebody may wait for an answer of the program's own."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    os.nice(_NICE)


def _open_regular(path: str) -> BinaryIO | None:
    """Open for reading, or None. A FIFO must not even be opened in blocking mode, it would wait for a writer."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - invalid UTF-8 and speed
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return os.fdopen(descriptor, "rb")


def _inspect(file: BinaryIO, parser: str | None) -> ProbeResult:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        return ProbeFailed("empty file")
    tracks = mediainfo.tracks(file, parser)
    facts = streams.describe(tracks)
    if facts is None and parser is not None:  # a name that lies about what it names
        tracks = mediainfo.tracks(file)
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
