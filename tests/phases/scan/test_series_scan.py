from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chain import snapshot
from metarr.model.artwork import ArtworkKind
from metarr.model.job import JobKind
from metarr.model.media import Identity, Item, ItemKind
from metarr.store import schema
from television import LOST, television

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain

    Install = Callable[..., Chain]

SHARED = Path(os.environ.get("METARR_TEST_SHARED", Path(__file__).parents[4] / "shared"))
GENERATOR = SHARED / "bench" / "make_library.py"


async def test_a_show_becomes_items_at_three_levels_with_what_belongs_to_each(install: Install) -> None:
    async with television(install) as tv:
        season = f"{LOST}/Season 01"
        tv.write(f"{LOST}/poster.jpg", f"{LOST}/season01-poster.jpg", f"{season}/Lost - S01E01-E02 - Pilot.mkv")
        tv.write(f"{season}/Lost - S01E01-E02 - Pilot-thumb.jpg", f"{season}/Lost - S01E03.mkv")
        tv.text(f"{LOST}/tvshow.nfo", "<tvshow><title>LOST</title><plot>An island.</plot></tvshow>")
        blocks = "".join(
            f"<episodedetails><title>Pilot {number}</title><season>1</season><episode>{number}</episode>"
            f"<uniqueid type='tvdb'>{127130 + number}</uniqueid></episodedetails>"
            for number in (1, 2)
        )
        tv.text(f"{season}/Lost - S01E01-E02 - Pilot.nfo", blocks)
        before = snapshot(tv.root)
        assert await tv.scan() == "5 shows, seasons and episodes: 5 new, 0 changed, 0 missing"
        assert snapshot(tv.root) == before, "nothing in the library is touched"
        found = await tv.by_place()
        assert set(found) == {LOST, *(f"{LOST}//{key}" for key in ("S01", "S01E01", "S01E02", "S01E03"))}
        series, first = found[LOST], found[f"{LOST}//S01"]
        assert (series.kind, series.metadata.title, series.metadata.year) == (ItemKind.SERIES, "LOST", 2004)
        assert (series.identity, series.metadata.ids.tvdb) == (Identity.IDENTIFIED, 73739)
        assert (series.provenance["title"], series.provenance["ids"], series.metadata.plot) == (
            "nfo",
            "name",
            "An island.",
        )
        assert (first.kind, first.parent_id, first.metadata.season) == (ItemKind.SEASON, series.id, 1)
        one, two, three = (found[f"{LOST}//S01E0{number}"] for number in (1, 2, 3))
        assert {one.parent_id, two.parent_id, three.parent_id} == {first.id}
        assert [(one.metadata.title, one.metadata.episode), (two.metadata.title, two.metadata.episode)] == [
            ("Pilot 1", 1),
            ("Pilot 2", 2),
        ]
        assert (one.metadata.ids.tvdb, two.metadata.ids.tvdb) == (127131, 127132)
        assert (three.metadata.title, three.metadata.season, three.identity) == ("Episode 3", 1, Identity.GUESSED)
        assert await tv.paths(one) == await tv.paths(two)
        assert len(await tv.paths(one)) == 3
        assert await tv.art(series) == {ArtworkKind.POSTER}
        assert await tv.art(first) == {ArtworkKind.POSTER}
        assert await tv.art(one) == {ArtworkKind.THUMB}
        videos = [row for row in await tv.chain.rows(schema.media_file) if row["role"] == "video"]
        assert all("container" in row["details"] and row["fingerprint"] for row in videos)
        assert {job["kind"] for job in await tv.chain.jobs()} == {JobKind.SCAN}, "no phase works on shows yet"


async def test_a_rescan_of_unchanged_shows_writes_nothing(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv", "Heroes - S01E01.mkv", "Extra/notes.jpg")
        await tv.scan()
        calm = {table: await tv.chain.rows(table) for table in (schema.item, schema.media_file, schema.folder)}
        assert await tv.scan() == "6 shows, seasons and episodes: 0 new, 0 changed, 0 missing"
        assert {table: await tv.chain.rows(table) for table in calm} == calm


async def test_one_new_episode_is_all_that_is_looked_into(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv", f"{LOST}/Season 02/Lost - S02E01.mkv")
        await tv.scan()
        tv.write(f"{LOST}/Season 01/Lost - S01E02.mkv")
        assert await tv.scan() == "6 shows, seasons and episodes: 1 new, 0 changed, 0 missing"


async def test_an_upgraded_episode_keeps_its_item(install: Install) -> None:
    async with television(install) as tv:
        old, new = (
            f"{LOST}/Season 01/Lost - S01E01 [HDTV-720p].mkv",
            f"{LOST}/Season 01/Lost - S01E01 [WEBDL-2160p].mkv",
        )
        tv.write(old)
        await tv.scan()
        before = await tv.at(f"{LOST}//S01E01")
        (tv.root / old).unlink()
        tv.write(new)
        assert await tv.scan() == "3 shows, seasons and episodes: 0 new, 1 changed, 0 missing"
        after = await tv.at(f"{LOST}//S01E01")
        assert (after.id, after.missing_since) == (before.id, None)
        assert after.disk_revision > before.disk_revision
        assert await tv.paths(after) == [new]


async def test_episodes_that_go_are_kept_and_come_back_whole(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv", f"{LOST}/Season 02/Lost - S02E01.mkv")
        tv.write(f"{LOST}/Season 02/Lost - S02E01-thumb.jpg")
        await tv.scan()
        before = await tv.by_place()
        hidden = tv.root.with_name("hidden")
        (tv.root / LOST / "Season 02").rename(hidden)
        assert await tv.scan() == "3 shows, seasons and episodes: 0 new, 0 changed, 2 missing"
        gone = {place for place, item in (await tv.by_place()).items() if item.missing_since}
        assert gone == {f"{LOST}//S02", f"{LOST}//S02E01"}
        hidden.rename(tv.root / LOST / "Season 02")
        assert await tv.scan() == "5 shows, seasons and episodes: 2 new, 0 changed, 0 missing"
        after = await tv.by_place()
        assert {place: item.id for place, item in after.items()} == {place: item.id for place, item in before.items()}
        assert not [item for item in after.values() if item.missing_since]
        assert await tv.art(after[f"{LOST}//S02E01"]) == {ArtworkKind.THUMB}


async def test_a_renamed_show_keeps_all_its_items(install: Install) -> None:
    async with television(install) as tv:
        tv.write(*(f"Lost/Season 01/Lost - S01E{number:02}.mkv" for number in range(1, 9)), "Lost/poster.jpg")
        await tv.scan()
        before = {item.id for item in await tv.chain.items()}
        (tv.root / "Lost").rename(tv.root / LOST)
        assert (await tv.scan()).endswith("0 missing")
        after = await tv.chain.items()
        assert {item.id for item in after} == before
        assert {item.folder for item in after} == {LOST, f"{LOST}/Season 01"}
        assert not [item for item in after if item.missing_since]
        assert (await tv.at(LOST)).metadata.ids.tvdb == 73739


async def test_a_library_half_gone_changes_nothing(install: Install) -> None:
    async with television(install) as tv:
        tv.write(*(f"{show}/Season 01/{show} - S01E{at:02}.mkv" for show in ("Lost", "Heroes") for at in range(1, 7)))
        await tv.scan()
        shutil.rmtree(tv.root / "Heroes")
        job = await tv.chain.scan()
        assert job["state"] == "failed"
        assert "6 of 12 known episodes are gone" in job["message"]
        assert not [item for item in await tv.chain.items() if item.missing_since]
        assert (await tv.scan(is_accepted=True)).endswith("8 missing")


async def test_a_season_that_goes_counts_by_its_episodes_of_all_in_the_library(install: Install) -> None:
    async with television(install) as tv:
        tv.write(*(f"Lost/Season 0{at}/Lost - S0{at}E01-E02.mkv" for at in range(1, 7)), "Heroes/Heroes - S01E01.mkv")
        await tv.scan()
        for season in range(1, 6):
            shutil.rmtree(tv.root / "Lost" / f"Season 0{season}")
        # Five files: as seasons and episodes they are fifteen items.
        assert (await tv.scan()).endswith("15 missing")


async def test_a_season_that_cannot_be_read_is_not_gone(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv", f"{LOST}/Season 02/Lost - S02E01.mkv")
        await tv.scan()
        locked = tv.root / LOST / "Season 02"
        shutil.rmtree(locked)
        locked.symlink_to(tv.root / "nowhere")
        tv.write(f"{LOST}/Season 01/Lost - S01E02.mkv")
        await tv.scan()
        assert not [item for item in await tv.chain.items() if item.missing_since]


async def test_a_scan_of_one_season_is_a_scan_of_its_show_and_of_nothing_else(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv", "Heroes/Season 01/Heroes - S01E01.mkv")
        await tv.scan()
        tv.write(f"{LOST}/Season 02/Lost - S02E01.mkv", "Heroes/Season 01/Heroes - S01E02.mkv")
        await tv.scan(f"{LOST}/Season 02")
        places = set(await tv.by_place())
        assert f"{LOST}//S02E01" in places
        assert "Heroes//S01E02" not in places
        assert not [item for item in await tv.chain.items() if item.missing_since]


async def test_packs_beside_each_other_stay_one_show(install: Install) -> None:
    async with television(install) as tv:
        tv.write("Show.S01.720p-GRP/show.s01e01.mkv", "Show.S02.720p-GRP/show.s02e01.mkv")
        await tv.scan()
        tv.write("Show.S02.720p-GRP/show.s02e02.mkv")
        assert await tv.scan() == "6 shows, seasons and episodes: 1 new, 0 changed, 0 missing"


async def test_what_is_doubtful_waits_for_a_person_and_is_no_episode(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv", f"{LOST}/Season 01/The Story so far.mkv", "nothing.mkv")
        await tv.scan()
        series = await tv.at(LOST)
        (question,) = await tv.chain.rows(schema.review)
        assert (question["item_id"], question["subject"]) == (series.id, "file")
        assert "no season and episode number" in question["reason"]
        assert len(await tv.chain.items()) == 3
        assert any(problem.startswith("nothing.mkv: ") for problem in await tv.problems())


async def test_a_name_beats_the_numbers_of_an_nfo(install: Install) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv")
        nfo = "<episodedetails><title>Other</title><season>4</season><episode>9</episode></episodedetails>"
        tv.text(f"{LOST}/Season 01/Lost - S01E01.nfo", nfo)
        await tv.scan()
        episode = await tv.at(f"{LOST}//S01E01")
        assert (episode.metadata.season, episode.metadata.episode, episode.metadata.title) == (1, 1, "Other")
        assert any("the file's name counts" in problem for problem in await tv.problems())


async def test_an_nfo_tells_the_numbers_that_a_name_leaves_open(install: Install) -> None:
    async with television(install) as tv:
        tv.write("Show/Show - 2014-03-05.mkv", "Show/Show - 013.mkv")
        nfo = "<episodedetails><title>T</title><season>2</season><episode>{}</episode></episodedetails>"
        tv.text("Show/Show - 2014-03-05.nfo", nfo.format(5))
        tv.text("Show/Show - 013.nfo", nfo.format(6))
        await tv.scan()
        daily, absolute = await tv.at("Show//2014-03-05"), await tv.at("Show//A013")
        assert (daily.metadata.season, daily.metadata.episode, daily.metadata.premiered) == (2, 5, "2014-03-05")
        assert (absolute.metadata.season, absolute.metadata.episode, absolute.metadata.absolute) == (2, 6, 13)


@pytest.mark.parametrize("kind", [JobKind.PUBLISH, JobKind.SYNC, JobKind.VERIFY])
async def test_nothing_is_written_for_a_show_that_nobody_has_identified(install: Install, kind: JobKind) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv")
        await tv.scan()
        before = snapshot(tv.root)
        for item in await tv.chain.items():
            job = await tv.chain.run_item(kind, item)
            assert job["state"] == "completed", job["message"]
        assert snapshot(tv.root) == before
        assert {job["kind"] for job in await tv.chain.jobs()} <= {JobKind.SCAN, kind, JobKind.SYNC}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 300 episodes; the truth about it lies beside it."""
    if not GENERATOR.exists():
        pytest.skip("needs the shared generator")
    out = tmp_path_factory.mktemp("generated") / "library"
    options = ("--movies", "0", "--episodes", "300", "--shows", "12", "--seed", "5", "--art", "link")
    subprocess.run([sys.executable, str(GENERATOR), str(out), *options], check=True, capture_output=True)
    return out


@pytest.mark.realdata
async def test_a_generated_library_is_recorded_as_its_truth_file_says(install: Install, generated: Path) -> None:
    truth = _truth(generated)
    async with television(install, generated / "TV") as tv:
        await tv.scan()
        everything = await tv.chain.items()
        shows = {item.place: item for item in everything if item.kind is ItemKind.SERIES}
        assert len(shows) == len(truth)
        for told in truth:
            show = shows[told["path"].removeprefix("TV/")]
            assert (show.metadata.title, show.metadata.year) == (told["title"], told["year"])
            assert told["tvdb"] is None or show.metadata.ids.tvdb == told["tvdb"]
            episodes = [item for item in everything if item.kind is ItemKind.EPISODE and _is_in(item, show)]
            assert len(episodes) == told["episodes"], show.place
        assert not [row for row in await tv.chain.rows(schema.review) if row["subject"] == "file"]


def _truth(library: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(f"{library}.jsonl").read_text().splitlines()]


def _is_in(item: Item, show: Item) -> bool:
    return (item.place or "").startswith(f"{show.place}//")
