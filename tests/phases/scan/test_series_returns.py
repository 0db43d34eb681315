"""Shows, seasons and episodes whose files were gone come back whole, wherever they turn up."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind
from metarr.model.published import Owned, Purpose
from metarr.store import items, published, schema
from television import LOST, television

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chain import Chain
    from metarr.model.media import Item
    from metarr.store.db import Tx
    from television import Television

    Install = Callable[..., Chain]
OURS = {"Lost/Season 01/Lost - S01E01-thumb.jpg": "Lost//S01E01", "Lost/Season 01/Season01.jpg": "Lost//S01"}


def _copy(source: Path, target: Path) -> None:
    """As over a network: another inode, another time."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    shutil.rmtree(source)


async def _edited(tv: Television, place: str) -> Item:
    """An episode with a word of the user's own."""
    item = await tv.at(place)

    def edit(tx: Tx) -> None:
        metadata = replace(item.metadata, tagline="Mine")
        items.save_metadata(tx, item, metadata, {**item.provenance, "tagline": "user"}, item.identity)

    await tv.chain.store.write(edit)
    return await tv.chain.item(item.id)


async def test_a_missing_show_comes_back_elsewhere_by_its_ids(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv", f"{LOST}/poster.jpg", f"{LOST}/season01-poster.jpg")
        await tv.scan()
        before = await _edited(tv, f"{LOST}//S01E01")
        ids = {item.kind: item.id for item in await tv.chain.items()}
        shutil.rmtree(tv.root / LOST)
        tv.write("Heroes/Season 01/Heroes - S01E01.mkv")
        await tv.scan()
        assert (await tv.at(LOST)).missing_since is not None
        again = "Sorted/Lost {tvdb-73739}"
        tv.write(f"{again}/Season 01/Lost - S01E01 [2160p].mkv", f"{again}/Season 01/Lost - S01E02.mkv")
        assert await tv.scan() == "7 shows, seasons and episodes: 4 new, 0 changed, 0 missing"
        found = await tv.by_place()
        assert found[again].id == ids[ItemKind.SERIES]
        assert found[f"{again}//S01"].id == ids[ItemKind.SEASON]
        episode = found[f"{again}//S01E01"]
        assert (episode.id, episode.metadata.tagline) == (before.id, "Mine")
        assert not [item for item in found.values() if item.missing_since]
        assert found[f"{again}//S01E02"].parent_id == ids[ItemKind.SEASON]
        assert await tv.art(found[again]) == {ArtworkKind.POSTER}


async def test_a_missing_show_without_ids_comes_back_elsewhere_by_what_is_in_its_videos(install: Install) -> None:
    async with television(install) as tv:
        tv.write(*(f"Show/Season 01/Show - S01E0{number}.mkv" for number in (1, 2)))
        tv.write("Heroes/Season 01/Heroes - S01E01.mkv")
        await tv.scan()
        before = {item.id for item in await tv.chain.items()}
        away = tv.root.with_name("away")
        _copy(tv.root / "Show", away)
        await tv.scan()
        _copy(away, tv.root / "An other name")
        await tv.scan()
        after = await tv.chain.items()
        assert {item.id for item in after} == before
        assert not [item for item in after if item.missing_since]
        assert {item.place for item in after if item.kind is ItemKind.SERIES} == {"An other name", "Heroes"}


async def test_a_show_that_was_copied_elsewhere_and_deleted_keeps_its_items(install: Install) -> None:
    async with television(install) as tv:
        tv.write(*(f"Show/Season 01/Show - S01E0{number}.mkv" for number in (1, 2)))
        await tv.scan()
        before = {item.id for item in await tv.chain.items()}
        _copy(tv.root / "Show", tv.root / "Show (2001)")
        assert (await tv.scan()).endswith("0 missing")
        after = await tv.chain.items()
        assert {item.id for item in after} == before
        assert {item.folder for item in after} == {"Show (2001)", "Show (2001)/Season 01"}


async def test_an_episode_with_another_number_is_the_same_item_and_another_episode(install: Install) -> None:
    async with television(install) as tv:
        tv.write(*(f"{LOST}/Season 01/Lost - S01E0{number}.mkv" for number in (1, 2)))
        await tv.scan()
        before = await _edited(tv, f"{LOST}//S01E02")
        folder = tv.root / LOST / "Season 01"
        (folder / "Lost - S01E02.mkv").rename(folder / "Lost - S01E05.mkv")
        assert (await tv.scan()).endswith("0 missing")
        after = await tv.at(f"{LOST}//S01E05")
        assert (after.id, after.metadata.episode, after.metadata.title) == (before.id, 5, "Episode 5")
        assert after.metadata.tagline == "Mine", "a person said it of this video"
        assert after.enriched_at is None
        assert len(await tv.chain.items()) == 4


async def test_both_episodes_of_one_file_come_back(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01-E02.mkv", f"{LOST}/Season 01/Lost - S01E03.mkv")
        await tv.scan()
        before = await tv.by_place()
        folder = tv.root / LOST / "Season 01"
        (folder / "Lost - S01E01-E02.mkv").rename(folder / "Lost - S01E11-E12.mkv")
        await tv.scan()
        after = await tv.by_place()
        assert [after[f"{LOST}//S01E1{number}"].id for number in (1, 2)] == [
            before[f"{LOST}//S01E0{number}"].id for number in (1, 2)
        ]
        assert not [item for item in after.values() if item.missing_since]


async def test_a_copy_of_a_show_that_is_there_takes_nothing_from_it(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv")
        await tv.scan()
        before = await tv.by_place()
        shutil.copytree(tv.root / LOST, tv.root / "Copy of Lost {tvdb-73739}")
        await tv.scan()
        after = await tv.by_place()
        assert len(after) == 6
        assert {place: after[place].id for place in before} == {place: item.id for place, item in before.items()}


async def test_an_nfo_numbers_a_video_whose_name_does_not(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Extra things/The Story so far.mkv", f"{LOST}/Season 01/Lost - S01E01.mkv")
        tv.write(f"{LOST}/Season 01/Two in one.mkv", f"{LOST}/Season 01/Nobody knows.mkv")
        block = "<episodedetails><title>{}</title><season>{}</season><episode>{}</episode></episodedetails>"
        tv.text(f"{LOST}/Extra things/The Story so far.nfo", block.format("The Story", 0, 7))
        tv.text(f"{LOST}/Season 01/Two in one.nfo", block.format("One", 1, 2) + block.format("Two", 1, 3))
        tv.text(f"{LOST}/Season 01/Nobody knows.nfo", "<episodedetails><title>No numbers</title></episodedetails>")
        await tv.scan()
        found = await tv.by_place()
        assert {place.removeprefix(LOST) for place in found} == {
            *("", "//S00", "//S01", "//S00E07", "//S01E01", "//S01E02", "//S01E03")
        }
        special = found[f"{LOST}//S00E07"]
        assert (special.metadata.title, special.metadata.season, special.metadata.episode) == ("The Story", 0, 7)
        assert [found[f"{LOST}//S01E0{number}"].metadata.title for number in (2, 3)] == ["One", "Two"]
        (question,) = await tv.chain.rows(schema.review)
        assert "no season and episode number" in question["reason"]
        assert (await tv.scan()).endswith("0 new, 0 changed, 0 missing")


async def _publish(tv: Television) -> None:
    """An episode, with pictures of ours beside it."""
    tv.write("Lost/Season 01/Lost - S01E01.mkv")
    await tv.scan()
    tv.write(*OURS)

    def own(tx: Tx) -> None:
        for path, place in OURS.items():
            status = (tv.root / path).stat()
            ours = Owned(path, "0" * 64, status.st_size, status.st_mtime_ns, status.st_ino)
            [item] = [item for item in there if item.place == place]
            published.own(tx, item.library_id, item.id, Purpose.ARTWORK, ours)

    there = await tv.chain.items()
    await tv.chain.store.write(own)
    await tv.scan()


async def test_what_sonarr_puts_aside_under_another_ending_is_followed_by_nobody(install: Install) -> None:
    async with television(install) as tv:
        await _publish(tv)
        thumb = tv.root / next(iter(OURS))
        thumb.rename(thumb.with_name(f"{thumb.name}-orig"))
        await tv.scan()
        rows = await tv.chain.rows(schema.published_file)
        assert {row["path"] for row in rows} == set(OURS), "publishing makes it again; it never touches other endings"


@pytest.mark.parametrize(
    ("before", "after"),
    [("Lost/Season 01", "Lost/Season 1"), ("Lost", "Lost (2004)")],
    ids=["the folder of a season", "the folder of a show"],
)
async def test_what_we_published_stays_ours_where_a_folder_is_renamed(
    install: Install, before: str, after: str
) -> None:
    async with television(install) as tv:
        await _publish(tv)
        there = await tv.chain.items()
        season = next(item for item in there if item.kind is ItemKind.SEASON)
        revision = (await tv.chain.item(season.id)).revision
        (tv.root / before).rename(tv.root / after)
        await tv.scan()
        rows = await tv.chain.rows(schema.published_file)
        assert {row["path"] for row in rows} == {name.replace(before, after, 1) for name in OURS}
        assert {item.id for item in await tv.chain.items()} == {item.id for item in there}
        assert [await tv.art(item) for item in await tv.chain.items()] == [set()] * 3
        assert (await tv.chain.item(season.id)).revision > revision
