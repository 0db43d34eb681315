"""Random injuries of a published library: all are found, repaired where they should be, and no user's file is touched.

The seeds are fixed; `--long` does a thousand.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chain import contents, name_of, small_picture
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.store import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chain import Chain
    from metarr.demo.works import Film

    Install = Callable[..., Chain]
    Found = tuple[str, str, bool]  # kind, path, repaired

_AT_ONCE = 20  # injuries of one round
_SCANNED = 12  # films of one scan, for which tests wait only so long


@dataclass(frozen=True, slots=True)
class Victim:
    """A published file, and where its bytes lie in the cache."""

    root: Path
    path: str
    blob: Path
    chance: random.Random

    @property
    def place(self) -> Path:
        return self.root / self.path


def delete(victim: Victim) -> Found:
    victim.place.unlink()
    return "missing_in_library", victim.path, True


def truncate(victim: Victim) -> Found:
    os.truncate(victim.place, victim.chance.randrange(victim.place.stat().st_size))
    return "corrupt", victim.path, True


def blank(victim: Victim) -> Found:
    victim.place.write_bytes(bytes(victim.place.stat().st_size))
    return "corrupt", victim.path, True


def rename(victim: Victim) -> Found:
    victim.place.rename(victim.place.with_name(f"renamed {victim.place.name}"))
    return "wrong_name", victim.path, True


def rot(victim: Victim) -> Found:
    """Other bytes with the same size and times: only a deep look finds them."""
    status = victim.place.stat()
    at = victim.chance.randrange(status.st_size)
    with victim.place.open("r+b") as file:
        data = file.read()
        file.seek(at)
        file.write(bytes([data[at] ^ 0x20]))
    os.utime(victim.place, ns=(status.st_atime_ns, status.st_mtime_ns))
    return "hash_mismatch", victim.path, True


def edit(victim: Victim) -> Found:
    """A person's work, which stays."""
    if victim.path.endswith(".nfo"):
        text = victim.place.read_text().replace("<plot>", f"<plot>{victim.chance.random()} is what I say: ", 1)
        victim.place.write_text(text)
    else:
        ending = victim.path.rpartition(".")[2]
        victim.place.write_bytes(small_picture(f"{victim.chance.random()}.{ending}"))
    return "changed_by_other", victim.path, False


def lose(victim: Victim) -> Found:
    victim.blob.unlink()
    return "missing_in_cache", victim.path, True


def spoil(victim: Victim) -> Found:
    victim.blob.chmod(0o644)
    victim.blob.write_bytes(bytes(victim.blob.stat().st_size))
    return "missing_in_cache", victim.path, True


INJURIES = (delete, truncate, blank, rename, rot, edit, lose, spoil)


@pytest.mark.parametrize(
    ("films", "rounds", "is_long"),
    [
        pytest.param(12, 3, False, id="sixty injuries"),
        pytest.param(36, 50, True, id="a thousand injuries"),
    ],
)
async def test_every_injury_is_found_and_repaired_where_it_should_be(
    install: Install,
    request: pytest.FixtureRequest,
    films: int,
    rounds: int,
    is_long: bool,  # noqa: FBT001  a case
) -> None:
    if is_long and not request.config.getoption("--long"):
        pytest.skip("takes minutes: --long")
    chance = random.Random(rounds)
    invented = list(_invented(films))
    async with install(films=invented, has_player=False) as chain:
        for start in range(0, films, _SCANNED):
            for film in invented[start : start + _SCANNED]:
                write_movie(chain.root, name_of(film), seconds=60.0 * film.runtime)
            await chain.scan()
        expected = contents(chain.root)
        standing: dict[str, Found] = {}  # what a person did, reported again and again
        for _ in range(rounds):
            victims = await _victims(chain, chance, set(standing))
            found = {victim.path: chance.choice(INJURIES)(victim) for victim in victims}
            for number in range(3):
                folder = os.path.dirname(victims[number].path)  # noqa: PTH120
                mine = chain.root / folder / f"my own {chance.random()}.jpg"
                mine.write_bytes(small_picture(mine.name))
            edited = {path: one for path, one in found.items() if not one[2]}
            theirs = contents(chain.root)
            is_theirs = {os.fsencode(path) for path in edited}
            expected |= {path: now for path, now in theirs.items() if path in is_theirs or b"my own" in path}
            job = await chain.verify(is_deep=True)
            rows = [row for row in await chain.rows(schema.finding) if row["job_id"] == job["id"]]
            standing |= edited
            wanted = sorted([*{**found, **standing}.values()])
            assert sorted((row["kind"], row["path"], row["is_repaired"]) for row in rows) == wanted
            assert contents(chain.root) == expected
            chain.store.skew += timedelta(days=8)  # past the week in which nothing is read twice
        assert "0 repaired" in (await chain.verify(is_deep=True))["message"]


def _invented(count: int) -> Iterator[Film]:
    for number in range(count):
        tmdb = 9_000_000 + number
        yield replace(FILMS[0], title=f"Film {number}", collection=None, tmdb=tmdb, imdb=f"tt{tmdb}")


async def _victims(chain: Chain, chance: random.Random, spared: set[str]) -> list[Victim]:
    """Different files with different bytes, so that each injury is one finding."""
    rows = {row["sha256"]: row for row in await chain.rows(schema.published_file)}
    count: dict[str, int] = {}
    for row in await chain.rows(schema.published_file):
        count[row["sha256"]] = count.get(row["sha256"], 0) + 1
    lone = [row for sha256, row in rows.items() if count[sha256] == 1 and row["path"] not in spared]
    return [
        Victim(chain.root, row["path"], chain.blobs.path(row["sha256"], row["path"].rpartition(".")[2]), chance)
        for row in chance.sample(lone, min(_AT_ONCE, len(lone)))
    ]
