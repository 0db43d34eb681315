from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chain import FILM, contents, name_of
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.library import files as library_files
from metarr.store import schema
from metarr.store.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain

    Install = Callable[..., Chain]


async def _furnished(chain: Chain) -> Path:
    write_movie(chain.root, name_of(FILM), seconds=60.0 * FILM.runtime)
    await chain.scan()
    return chain.root / name_of(FILM)


@pytest.mark.parametrize(
    ("ending", "damage", "kind", "is_repaired"),
    [
        pytest.param("-poster.jpg", None, "missing_in_library", True, id="a deleted picture is put back"),
        pytest.param(".nfo", None, "missing_in_library", True, id="a deleted NFO is put back"),
        pytest.param("-fanart.jpg", b"\xff\xd8\xff\xe0", "corrupt", True, id="a truncated picture is put back"),
        pytest.param("-poster.jpg", b"", "corrupt", True, id="an emptied picture is put back"),
        pytest.param(".nfo", b"", "corrupt", True, id="an emptied NFO is put back"),
        pytest.param(
            ".nfo", b"<movie><title>Edited</title></movie>", "changed_by_other", False, id="an edited NFO is reported"
        ),
    ],
)
async def test_a_difference_is_found_and_repaired_where_it_should_be(
    install: Install,
    ending: str,
    damage: bytes | None,
    kind: str,
    is_repaired: bool,  # noqa: FBT001  a case
) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        path = folder / f"{folder.name}{ending}"
        before = contents(chain.root)
        path.unlink()
        if damage is not None:
            path.write_bytes(damage)
        verified = await chain.verify()
        assert verified["message"] == f"1 items checked, 1 differences, {int(is_repaired)} repaired"
        (finding,) = await chain.rows(schema.finding)
        assert (finding["kind"], finding["is_repaired"]) == (kind, is_repaired)
        assert (contents(chain.root) == before) is is_repaired
        if not is_repaired:
            assert path.read_bytes() == damage
        jobs = len(await chain.jobs())
        again = await chain.verify()
        assert again["message"] == f"1 items checked, {int(not is_repaired)} differences, 0 repaired"
        assert {row["kind"] for row in (await chain.jobs())[jobs:]} == {"verify"}


async def test_without_automatic_repair_differences_are_only_reported(install: Install) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        await chain.change("verification", {"autoRepair": False})
        (folder / f"{folder.name}-poster.jpg").unlink()
        before = contents(chain.root)
        verified = await chain.verify()
        assert verified["message"] == "1 items checked, 1 differences, 0 repaired"
        assert contents(chain.root) == before


async def test_what_the_cache_lost_is_healed_from_the_library(install: Install) -> None:
    async with install() as chain:
        await _furnished(chain)
        before = contents(chain.blobs.root)
        published = {row["sha256"] for row in await chain.rows(schema.published_file)}
        for path in list(chain.blobs.root.rglob("*.*")):
            path.unlink()
        await chain.verify()
        found = await chain.rows(schema.finding)
        assert {(row["kind"], row["is_repaired"]) for row in found} == {("missing_in_cache", True)}
        healed = {os.path.basename(path).partition(b".")[0].decode() for path in contents(chain.blobs.root)}  # noqa: PTH119
        assert healed == published
        assert set(contents(chain.blobs.root).items()) <= set(before.items())


async def test_what_library_and_cache_both_lost_is_said_and_the_other_items_are_checked(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILMS[1]), seconds=60.0 * FILMS[1].runtime)
        folder = await _furnished(chain)
        poster = folder / f"{folder.name}-poster.jpg"
        (row,) = [row for row in await chain.rows(schema.published_file) if row["path"].endswith(f"{poster.name}")]
        chain.blobs.path(row["sha256"], "jpg").unlink()
        poster.unlink()
        other = chain.root / name_of(FILMS[1]) / f"{name_of(FILMS[1])}.nfo"
        other.unlink()
        verified = await chain.verify()
        assert verified["state"] == "completed"
        assert "2 items checked" in verified["message"]
        assert "is not in the cache" in verified["message"]
        assert other.is_file()


async def test_a_library_that_cannot_be_written_is_still_checked(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install() as chain:
        folder = await _furnished(chain)
        (folder / f"{folder.name}-poster.jpg").unlink()

        def refuse(path: Path, _flags: int, _mode: int) -> int:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

        monkeypatch.setattr(library_files, "Disk", lambda: Disk(open=refuse))
        verified = await chain.verify()
        assert "1 differences, 0 repaired; 1 items could not be repaired" in verified["message"]
        assert [row["is_repaired"] for row in await chain.rows(schema.finding)] == [False]


async def test_a_root_that_is_gone_makes_verification_wait(install: Install) -> None:
    async with install() as chain:
        await _furnished(chain)
        chain.root.rename(chain.root.with_name("elsewhere"))
        verified = await chain.verify()
        assert (verified["state"], verified["attempts"]) == ("pending", 0)
        assert list(await chain.causes()) == [f"root:{chain.root}"]
        assert await chain.rows(schema.finding) == []
