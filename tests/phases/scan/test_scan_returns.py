"""What a scan recognises again: content that was probed before, items that come back elsewhere, files of our own."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from chain import FILM, name_of
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.phases.scan.probe import Probed, Prober
from metarr.store import items, published, schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from chain import Chain
    from metarr.phases.scan.probe import ProbeResult
    from metarr.store.db import Tx

    Install = Callable[..., Chain]

LOCAL: dict[str, object] = {"enrichment": {"enabled": False}, "publishing": {"enabled": False}}


def _listen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that a process is asked to probe from now on."""
    asked: list[str] = []
    probe = Prober.probe

    async def probing(self: Prober, path: str) -> ProbeResult:
        asked.append(path)
        return await probe(self, path)

    monkeypatch.setattr(Prober, "probe", probing)
    return asked


async def _video(chain: Chain) -> dict[str, Any]:
    (row,) = [row for row in await chain.rows(schema.media_file) if row["missing_since"] is None]
    return row


async def test_a_renamed_file_needs_no_new_probe(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "Film (2001)")
        await chain.scan()
        before = await _video(chain)
        asked = _listen(monkeypatch)
        path.rename(path.with_name("Film (2001) [1080p].mkv"))
        await chain.scan()
        after = await _video(chain)
        assert asked == []
        assert after["path"] != before["path"]
        assert (after["fingerprint"], after["details"]) == (before["fingerprint"], before["details"])


async def test_a_copy_elsewhere_needs_no_new_probe_but_another_content_does(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "Film (2001)")
        await chain.scan()
        asked = _listen(monkeypatch)
        shutil.copytree(path.parent, chain.root / "Other (2002)")
        other = bytearray(path.read_bytes())
        other[-1] ^= 1
        (chain.root / "Third (2003)").mkdir()
        (chain.root / "Third (2003)" / "third.mkv").write_bytes(other)
        await chain.scan()
        assert [os.path.basename(path) for path in asked] == ["third.mkv"]  # noqa: PTH119  text
        assert all("container" in row["details"] for row in await chain.rows(schema.media_file))


async def test_facts_are_kept_without_what_the_old_name_said(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "Film (2001)", video="Film (2001) {edition-Final Cut}.mkv")
        await chain.scan()
        assert (await _video(chain))["details"]["edition"]
        path.rename(path.with_name("Film (2001).mkv"))
        await chain.scan()
        details = (await _video(chain))["details"]
        assert "edition" not in details
        assert details["container"] == "matroska"


async def test_a_missing_film_that_appears_elsewhere_later_comes_back_whole(install: Install) -> None:
    async with install() as chain:
        path = write_movie(chain.root, name_of(FILM))
        write_movie(chain.root, name_of(FILMS[1]))
        await chain.scan()
        (before,) = [item for item in await chain.items() if item.metadata.title == FILM.title]
        data = path.read_bytes()
        shutil.rmtree(path.parent)
        await chain.scan()
        assert (await chain.item(before.id)).missing_since is not None
        new = chain.root / "sorted later" / "no name at all"
        new.mkdir(parents=True)
        (new / "a0001.mkv").write_bytes(data)
        await chain.scan()
        after = await chain.item(before.id)
        assert len(await chain.items()) == 2
        assert (after.missing_since, after.folder) == (None, "sorted later/no name at all")
        assert after.metadata == before.metadata
        assert after.enriched_at == before.enriched_at


async def test_a_film_replaced_by_another_file_at_another_place_comes_back_by_its_id(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, f"{name_of(FILM)} {{tmdb-{FILM.tmdb}}}")
        await chain.scan()
        before = await chain.only()
        shutil.rmtree(path.parent)
        write_movie(chain.root, f"upgraded/{FILM.title} {{tmdb-{FILM.tmdb}}}", seconds=70)
        await chain.scan()
        after = await chain.only()
        assert after.id == before.id
        assert after.folder.startswith("upgraded/")


async def test_a_second_copy_does_not_take_the_place_of_a_film_that_is_there(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, f"{name_of(FILM)} {{tmdb-{FILM.tmdb}}}")
        await chain.scan()
        before = await chain.only()
        shutil.copytree(path.parent, chain.root / "copy")
        await chain.scan()
        assert len(await chain.items()) == 2
        assert (await chain.item(before.id)).folder == before.folder


async def test_one_missing_film_comes_back_once_though_two_copies_appear(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        path = write_movie(chain.root, "Film (2001)")
        write_movie(chain.root, "Other (2002)")
        await chain.scan()
        kept = chain.root.with_name("kept")
        path.parent.rename(kept)
        await chain.scan()
        for name in ("one (2001)", "two (2001)"):
            shutil.copytree(kept, chain.root / name)
        await chain.scan()
        found = await chain.items()
        assert len(found) == 3
        assert not [item for item in found if item.missing_since]


async def test_what_was_published_is_no_file_of_the_item(install: Install) -> None:
    async with install() as chain:
        path = write_movie(chain.root, name_of(FILM))
        await chain.scan()
        ours = {row["path"] for row in await chain.rows(schema.published_file)}
        assert ours
        (path.parent / "subtitle.srt").write_bytes(b"1")  # makes the next scan look at the folder
        await chain.scan()
        listed = {row["path"] for row in await chain.rows(schema.media_file)}
        assert not listed & ours
        assert len(listed) == 2


async def test_a_scan_between_publishing_and_its_rows_leaves_nothing_behind(install: Install) -> None:
    """As after a crash: our files are there, and no row says that they are ours."""
    async with install() as chain:
        path = write_movie(chain.root, name_of(FILM))
        await chain.scan()
        calm = await chain.state()
        item = await chain.only()
        await chain.store.write(lambda tx: _forget_publishing(tx, item.id, chain.library.id))
        os.utime(path)  # makes the next scan look at the folder
        await chain.scan()
        assert await chain.state() == calm


def _forget_publishing(tx: Tx, item_id: Any, library_id: Any) -> None:
    for row in published.owned(tx, item_id):
        published.disown(tx, library_id, row.path)
    items.update(tx, item_id, published_revision=None)


def test_facts_come_with_the_fingerprint(tmp_path: Path) -> None:
    from metarr.phases.scan import probe

    path = write_movie(tmp_path, "Film (2001)")
    result = probe.inspect(str(path))
    assert isinstance(result, Probed)
    assert result.fingerprint == probe.fingerprint(str(path))
