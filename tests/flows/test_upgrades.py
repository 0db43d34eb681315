"""Whatever Radarr deletes when it replaces or renames a video, and whenever: in the end everything is back."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from chain import name_of
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.jobs import ledger, triggers
from metarr.model.download import Deleted, Imported
from metarr.store import schema
from radarr import Radarr

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain
    from metarr.store.db import Tx

    Install = Callable[..., Chain]

_FEW = {"enrichment": {"autoSelectAssets": True}}
_WORDS = b"Recommended by a friend."


async def _published(chain: Chain, films: int) -> None:
    await chain.change("enrichment", {"artworkLimits": {"poster": 1, "fanart": 1}})
    await chain.change("publishing", {"actorPictures": 1})
    for film in FILMS[:films]:
        write_movie(chain.root, name_of(film), files={"notes.txt": _WORDS})
    await chain.scan()


async def _pass(chain: Chain, seconds: float) -> None:
    """Let that time pass; what falls due in between runs when it does."""
    left = seconds
    while left > 0:
        due = await chain.store.read(ledger.seconds_until_due)
        step = left if due is None else min(left, max(due, 0.0) + 0.01)
        await chain.later(step / 60)
        left -= step


async def _play(chain: Chain, radarr: Radarr) -> None:
    """Everything that Radarr does, each thing at its time, and a quarter of an hour more."""
    now = 0.0
    while radarr.acts:
        radarr.acts.sort(key=lambda act: act[0])
        at, act = radarr.acts.pop(0)
        await _pass(chain, at - now)
        now = max(now, at)
        told = act()
        if told is not None:
            await chain.store.write(told)
            await chain.drain()
    await _pass(chain, 900)


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_radarr_deletes_in_the_course_of_upgrades_comes_back(install: Install, seed: int) -> None:
    dice = random.Random(seed)
    async with install(phase_config=_FEW, has_player=False) as chain:
        await _published(chain, 3)
        radarr = Radarr(chain.root, chain.library.id, dice)
        for film in FILMS[:3]:
            at = dice.uniform(1, 30)
            video = radarr.upgrade(chain.root / name_of(film) / f"{name_of(film)}.mkv", at)
            if dice.random() < 0.7:
                again = radarr.rename if dice.random() < 0.5 else radarr.upgrade
                again(video, at + dice.uniform(20, 700))
        await _play(chain, radarr)

        for item in await chain.items():
            [video] = (chain.root / item.folder).glob("*.mkv")
            names = {path.name for path in (chain.root / item.folder).iterdir()}
            assert {f"{video.stem}{end}" for end in (".nfo", "-poster.jpg", "-fanart.jpg")} <= names
            assert "notes.txt" in names
            assert item.missing_since is None
        ours = {row["path"] for row in await chain.rows(schema.published_file)}
        assert all((chain.root / path).exists() for path in ours)
        lines = await chain.rows(schema.history)
        back = {line["path"]: line["reason"] for line in lines if line["action"] == "restore"}
        created = [line["path"] for line in lines if line["action"] == "create"]
        for path in ours & set(radarr.removed):
            assert path in back or created.count(path) > 1, f"{path} is back, and its history does not say so"
        assert radarr.removed
        assert {reason.rpartition("after ")[2] for reason in back.values()} <= {
            "Radarr replaced its video",
            "Radarr renamed its video",
        }
        verified = await chain.verify()
        assert "0 differences" in verified["message"]
        assert {row["state"] for row in await chain.jobs()} == {"completed"}


@pytest.mark.parametrize("after", [5, 40, 590], ids=["before the publish", "before the first look", "before the last"])
async def test_what_vanishes_late_is_restored_and_the_history_says_why(install: Install, after: float) -> None:
    async with install(phase_config=_FEW, has_player=False) as chain:
        await _published(chain, 1)
        folder = name_of(FILMS[0])
        poster = chain.root / folder / f"{folder}-poster.jpg"
        told = Imported(chain.library.id, folder, "Radarr", deleted=(f"{folder}/{folder}.mkv",), is_upgrade=True)
        await chain.store.write(lambda tx: triggers.imported(tx, told))
        await _pass(chain, after)
        poster.unlink()
        await _pass(chain, 610 - after)
        assert poster.exists()
        (line,) = [row for row in await chain.rows(schema.history) if row["action"] == "restore"]
        assert line["path"] == f"{folder}/{poster.name}"
        assert line["reason"] == "we published it, and it is gone, after Radarr replaced its video"


async def test_a_deletion_counts_when_the_file_is_really_gone(install: Install) -> None:
    async with install(phase_config=_FEW, has_player=False) as chain:
        await _published(chain, 2)
        gone, there = name_of(FILMS[0]), name_of(FILMS[1])
        (chain.root / gone / f"{gone}.mkv").unlink()
        for folder in (gone, there):
            told = Deleted(chain.library.id, folder, "Radarr", (f"{folder}/{folder}.mkv",))
            await chain.store.write(lambda tx, told=told: triggers.deleted(tx, told))  # type: ignore[misc]  # bound now
        await _pass(chain, 15)
        rows = {row["folder"]: row for row in await chain.rows(schema.item) if row["place"] in {gone, there}}
        grace = rows[gone]["delete_after"] - rows[gone]["missing_since"]
        assert grace.days == 7
        assert rows[there]["missing_since"] is None


async def test_a_burst_of_events_is_one_scan_one_publish_and_two_looks(install: Install) -> None:
    async with install(phase_config=_FEW, has_player=False) as chain:
        await _published(chain, 1)
        folder, jobs = name_of(FILMS[0]), len(await chain.jobs())
        told = Imported(chain.library.id, folder, "Radarr", files=(f"{folder}/{folder}.mkv",), is_upgrade=True)

        def burst(tx: Tx) -> None:
            for _ in range(20):
                triggers.imported(tx, told)

        await chain.store.write(burst)
        await _pass(chain, 30)
        await chain.store.write(burst)
        await _pass(chain, 595)
        assert [row["kind"] for row in await chain.jobs()][jobs:].count("verify") == 2
        kinds = [row["kind"] for row in await chain.jobs() if row["id"] > jobs]
        assert (kinds.count("scan"), kinds.count("publish")) == (2, 2)
        waiting = [row for row in await chain.jobs() if row["state"] == "pending"]
        assert len(waiting) == 1, "the last look comes ten minutes after the last event"
