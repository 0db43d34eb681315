"""What must be true when the faults of a soak are over and the program has settled. Each broken law is one line."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.jobs.policy import COMPLETED_EVENT
from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from soak_people import People
    from soak_world import World

    from metarr.store.blobs import Blobs
    from metarr.store.db import Store, Tx

_SHOWN = {"confirmed", "art_confirmed"}
_MOST_ATTEMPTS, _MOST_EVENTS = 200, 100  # of one job
_TEMPORARY = ".metarr-"
_LIBRARIES = (1, 2)  # films, shows


@dataclass
class Truth:
    """Looks at the libraries, the cache and the database after the program has stopped."""

    world: World
    people: People
    store: Store
    blobs: Blobs

    def broken(self) -> list[str]:
        """Every law that does not hold, with what breaks it."""
        laws = (self._media, self._theirs, self._words, self._edits, self._items, self._players, self._published)
        more = (self._pictures, self._bin, self._jobs, self._events, self._deliveries, self._database)
        return [f"{law.__name__[1:]}: {line}" for law in (*laws, *more) for line in law()]

    # --- what is the owner's ------------------------------------------------------------------------------------------

    def _media(self) -> Iterator[str]:
        """Every video is there with its bytes, and nothing else is one."""
        for path, sha256 in self.world.media.items():
            if _digest(path) != sha256:
                yield f"{path} is lost or changed"
        for path in self._files():
            if path.suffix == ".mkv" and path not in self.world.media:
                yield f"{path} came from nowhere"

    def _theirs(self) -> Iterator[str]:
        """Every file of the owner's is in the library or in the recycle bin."""
        kept = {_digest(path) for path in self._files()} | self._recycled()
        for path, sha256 in self.world.theirs.items():
            if sha256 not in kept:
                yield f"{path} of the owner is lost"

    def _words(self) -> Iterator[str]:
        """What the owner wrote into an NFO is known, or still stands somewhere."""
        said = {row["metadata"].get("tagline") for row in self._rows(schema.item)}
        texts = [path.read_bytes() for path in self._files() if path.suffix == ".nfo" or "nfo" in path.name]
        texts += [self.blobs.read(row["sha256"], "nfo") for row in self._bin_rows() if row["path"].endswith(".nfo")]
        for folder, words in self.world.words.items():
            if words not in said and not any(words.encode() in text for text in texts):
                yield f"{words!r} in {folder} is lost"

    def _edits(self) -> Iterator[str]:
        """Every field says what it was last given."""
        items = {row["id"]: row for row in self._rows(schema.item)}
        for (item_id, name), allowed in self.people.edits.items():
            row = items.get(item_id)
            if row is not None and None not in allowed and row["metadata"].get(name) not in allowed:
                yield f"{name} of item {item_id} ({row['title']}) is {row['metadata'].get(name)!r}, not {allowed}"

    # --- what the program made of it ----------------------------------------------------------------------------------

    def _items(self) -> Iterator[str]:
        """Each video belongs to an item, which is identified and published as it is now."""
        known, there = set(self._videos()), set(self.world.media)
        yield from (f"{path} is no item's video" for path in there - known)
        yield from (f"{path} is gone, and still known" for path in known - there)
        for row in self._present():
            if row["identity"] != "identified" or row["published_revision"] != row["revision"]:
                yield f"{_named(row)}: {row['identity']}, published {row['published_revision']} of {row['revision']}"

    def _players(self) -> Iterator[str]:
        """The player shows every film and every episode."""
        states = {row["item_id"]: row for row in self._rows(schema.player_state)}
        for row in self._present():
            state = states.get(row["id"])
            if row["kind"] in {"movie", "episode"} and (state is None or state["state"] not in _SHOWN):
                yield f"{_named(row)}: {dict(state) if state else 'never told'}"

    def _published(self) -> Iterator[str]:
        """What was published lies there as it was written, unless its owner put something else there."""
        present = {row["id"] for row in self._present()}
        roots = self._roots()
        for row in self._rows(schema.published_file):
            path = roots[row["library_id"]] / row["path"]
            if row["item_id"] in present and path not in self.world.theirs and _digest(path) != row["sha256"]:
                yield f"{path} is not as it was published"
        ours = {roots[row["library_id"]] / row["path"] for row in self._rows(schema.published_file)}
        for video in self.world.media:
            if video.is_relative_to(self.world.films) and video.with_suffix(".nfo") not in ours:
                yield f"{video} has no NFO of ours"

    def _pictures(self) -> Iterator[str]:
        """The cache has every chosen picture of what is there."""
        present = {row["id"] for row in self._present()}
        blobs = {row["sha256"]: row["extension"] for row in self._rows(schema.blob)}
        for row in self._rows(schema.choice):
            if row["item_id"] in present and not self.blobs.verify(row["blob"], blobs[row["blob"]]):
                yield f"item {row['item_id']} {row['kind']}: {row['blob']} is not in the cache"

    def _bin(self) -> Iterator[str]:
        """The cache has everything that can be put back."""
        extensions = {row["sha256"]: row["extension"] for row in self._rows(schema.blob)}
        for row in self._bin_rows():
            if not self.blobs.verify(row["sha256"], extensions[row["sha256"]]):
                yield f"{row['path']} in the recycle bin has lost its bytes"

    # --- the queue and the database -----------------------------------------------------------------------------------

    def _jobs(self) -> Iterator[str]:
        """All have ended well, and each was completed once."""
        attempts = self._rows(schema.job_attempt)
        completed = Counter(row["job_id"] for row in attempts if row["outcome"] == "completed")
        for row in self._rows(schema.job):
            if row["state"] in {"pending", "running", "failed"}:
                yield f"{row['id']} ({row['kind']}) is {row['state']}: {row['message']}"
            if completed[row["id"]] != (row["state"] == "completed"):
                yield f"{row['id']} ({row['kind']}) is {row['state']} and was completed {completed[row['id']]} times"
        most = Counter(row["job_id"] for row in attempts).most_common(1)
        yield from (f"{job} took {count} attempts" for job, count in most if count > _MOST_ATTEMPTS)

    def _events(self) -> Iterator[str]:
        """A job is told of as completed once, and no job floods the table."""
        ends = {type_.value for type_ in COMPLETED_EVENT.values()}
        rows = [row for row in self._rows(schema.event) if row["job_id"] is not None]
        told = Counter((row["job_id"], row["type"]) for row in rows if row["type"] in ends)
        yield from (f"{type_} of job {job} was told {count} times" for (job, type_), count in told.items() if count > 1)
        most = Counter(row["job_id"] for row in rows).most_common(1)
        yield from (f"job {job} wrote {count} events" for job, count in most if count > _MOST_EVENTS)

    def _deliveries(self) -> Iterator[str]:
        """Every webhook that was answered is kept."""
        kept = len(self._rows(schema.webhook_delivery))
        if kept < self.people.delivered:
            yield f"{self.people.delivered} webhooks were taken, {kept} are kept"

    def _database(self) -> Iterator[str]:
        """Whole, and without a dangling reference."""
        if self.store.is_sqlite:
            for check in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
                rows = self.store.write_now(lambda tx, check=check: tx.rows(sa.text(check)))  # type: ignore[misc]  # bound now
                yield from (f"{check}: {dict(row)}" for row in rows if list(row.values()) != ["ok"])

    # --- looking ------------------------------------------------------------------------------------------------------

    def _rows(self, table: sa.Table) -> list[Mapping[str, Any]]:
        def look(tx: Tx) -> list[Mapping[str, Any]]:
            return [dict(row) for row in tx.rows(sa.select(table))]

        return self.store.write_now(look)

    def _present(self) -> list[Mapping[str, Any]]:
        """Items whose files are there, and what they belong to."""
        wanted = {"movie", "series", "season", "episode"}
        return [row for row in self._rows(schema.item) if row["missing_since"] is None and row["kind"] in wanted]

    def _videos(self) -> Iterator[Path]:
        """Where the database knows one of an item that is there."""
        present = {row["id"] for row in self._present()}
        links = {row["file_id"] for row in self._rows(schema.item_file) if row["item_id"] in present}
        roots = self._roots()
        for row in self._rows(schema.media_file):
            if row["role"] == "video" and row["missing_since"] is None and row["id"] in links:
                yield roots[row["library_id"]] / row["path"]

    def _roots(self) -> dict[int, Path]:
        return dict(zip(_LIBRARIES, (self.world.films, self.world.shows), strict=True))

    def _bin_rows(self) -> list[Mapping[str, Any]]:
        return [row for row in self._rows(schema.recycled) if row["restored_at"] is None]

    def _recycled(self) -> set[str]:
        return {row["sha256"] for row in self._bin_rows()}

    def _files(self) -> Iterable[Path]:
        for root in (self.world.films, self.world.shows):
            for folder, _, names in os.walk(root):
                yield from (Path(folder) / name for name in names if not name.startswith(_TEMPORARY))


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _named(row: Mapping[str, Any]) -> str:
    return f"item {row['id']} ({row['kind']} {row['title']}, {row['folder']})"
