"""What is in the videos of one scan: asked of a process only for content that nobody has looked into yet.

What was found is kept with the file's fingerprint: a file that was renamed, moved or copied needs no new probe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from metarr.phases.base import in_thread
from metarr.phases.scan import probe, streams
from metarr.store import files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.model.media import MediaFile
    from metarr.phases.scan.probe import Prober
    from metarr.store.db import Store

Before = tuple["MediaFile", str | None]  # a file as it was recorded, with its fingerprint


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file, or why that could not be found out."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None
    problem: str | None = None


class Probing:
    """`sizes`: of all files with a known fingerprint; only one of such a size can be known from another place."""

    def __init__(self, root: str, prober: Prober, store: Store, sizes: frozenset[int]) -> None:
        self._root = root
        self._prober = prober
        self._store = store
        self._sizes = sizes

    async def look_into(self, file: MediaFile, before: Before | None) -> Content:
        """`before`: what was recorded at this path."""
        if before is not None and is_same(before[0], file) and streams.has_facts(before[0].details):
            return Content(streams.facts_of(before[0].details), before[1])
        path = f"{self._root}/{file.path}"
        kept = await self._kept(path) if file.size in self._sizes else None
        if kept is not None:
            return kept
        result = await self._prober.probe(path)
        if isinstance(result, probe.ProbeFailed):
            return Content({"problem": result.reason}, problem=f"{file.path}: {result.reason}")
        return Content(result.facts, result.fingerprint)

    async def _kept(self, path: str) -> Content | None:
        """What is known of this content from another path."""
        try:
            fingerprint = await in_thread(probe.fingerprint, path)
        except OSError:
            return None  # the probe says what is wrong with it
        known = await self._store.read(lambda tx: files.with_content(tx, fingerprint))
        facts = next((streams.facts_of(file.details) for file in known if streams.has_facts(file.details)), None)
        return None if facts is None else Content(facts, fingerprint)


def is_same(one: MediaFile, other: MediaFile) -> bool:
    """Whether it is the same file, unchanged, by its stat data."""
    return (one.size, one.mtime_ns, one.inode) == (other.size, other.mtime_ns, other.inode)
