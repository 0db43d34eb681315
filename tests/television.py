"""A library of shows for tests, and the installation that scans it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chain import small_picture
from libraries import write_video
from metarr.model.job import JobKind
from metarr.model.media import LibraryKind
from metarr.store import artwork, files, libraries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from chain import Chain
    from metarr.model.artwork import ArtworkKind
    from metarr.model.media import Item

    Install = Callable[..., Chain]

LOST = "Lost (2004) {tvdb-73739}"
LOCAL: dict[str, object] = {"enrichment": {"enabled": False}, "publishing": {"enabled": False}}


@dataclass(frozen=True)
class Television:
    """A library of shows, and the installation that scans it."""

    chain: Chain
    root: Path

    def write(self, *paths: str) -> None:
        """Videos are real; pictures are; an NFO is written by its test."""
        for path in paths:
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.endswith((".mkv", ".mp4")):
                write_video(target)
            else:
                target.write_bytes(small_picture(target.name))

    def text(self, path: str, content: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)

    async def scan(self, path: str | None = None, *, is_accepted: bool = False) -> str:
        """The words in which the scan says what it did."""
        job = await self.chain.scan(path, is_accepted=is_accepted)
        assert job["state"] == "completed", job["message"]
        return str(job["message"])

    async def problems(self) -> list[str]:
        scans = [job for job in await self.chain.jobs() if job["kind"] == JobKind.SCAN]
        return list(scans[-1]["result"]["problems"])

    async def by_place(self) -> dict[str, Item]:
        return {item.place or "": item for item in await self.chain.items()}

    async def at(self, place: str) -> Item:
        return (await self.by_place())[place]

    async def paths(self, item: Item) -> list[str]:
        return await self.chain.store.read(lambda tx: [file.path for file in files.of_item(tx, item.id)])

    async def art(self, item: Item) -> set[ArtworkKind]:
        chosen = await self.chain.store.read(lambda tx: artwork.selections(tx, item.id))
        return {one.kind for one in chosen if one.chosen_by == "found"}


@asynccontextmanager
async def television(install: Install, root: Path | None = None) -> AsyncIterator[Television]:
    async with install(phase_config=LOCAL) as chain:
        place = root or chain.root.parent / "tv"
        place.mkdir(exist_ok=True)
        chain.library = await chain.store.write(lambda tx: libraries.add(tx, "TV", LibraryKind.TV, str(place)))
        yield Television(chain, place)
