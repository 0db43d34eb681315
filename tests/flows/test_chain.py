from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from chain import AUTOMATIC, FILM, contents, name_of, small_picture, snapshot
from libraries import write_movie
from metarr.demo.catalogue import FILMS
from metarr.jobs import ledger
from metarr.model.job import JobKind, NewJob, Priority
from metarr.model.media import ItemKind
from metarr.store import items, schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain

    Install = Callable[..., Chain]

_WORDS = b"Recommended by a friend."
_NFO = b"<movie><plot>My own words.</plot><myplayer>cinema</myplayer></movie>"


async def test_a_small_library_goes_from_scan_to_player_and_a_second_run_changes_nothing(install: Install) -> None:
    async with install() as chain:
        for film in FILMS[:3]:
            write_movie(chain.root, name_of(film), seconds=60.0 * film.runtime, files={"notes.txt": _WORDS})
        videos = snapshot(chain.root)
        scan = await chain.scan()
        assert (scan["state"], scan["message"]) == ("completed", "3 movies: 3 new, 0 changed, 0 missing")
        for item in await chain.items():
            assert item.identity == "identified"
            assert item.enriched_at is not None
            assert item.published_revision == item.revision
            assert item.synced_revision == item.disk_revision
            names = {path.name for path in (chain.root / item.folder).rglob("*")}
            assert {f"{item.folder}.nfo", f"{item.folder}-poster.jpg", f"{item.folder}-fanart.jpg"} <= names
        assert {row["state"] for row in await chain.rows(schema.player_state)} == {"art_confirmed"}
        assert {row.film.title for row in chain.kodi.library.rows.values()} == {film.title for film in FILMS[:3]}
        assert await chain.causes() == {}
        happened = [row["type"] for row in await chain.rows(schema.event) if not row["type"].endswith("_progress")]
        assert {"scan_completed", "enrichment_completed", "publishing_completed", "player_sync_completed"} == set(
            happened
        )
        assert {row["state"] for row in await chain.jobs()} == {"completed"}
        after = snapshot(chain.root)
        before = {path: figures for path, figures in videos.items() if path.endswith((b".mkv", b".txt"))}
        assert before == {path: after[path] for path in before}, "media and the user's files were never touched"

        jobs, state = len(await chain.jobs()), await chain.state()
        again = await chain.scan()
        assert again["message"] == "3 movies: 0 new, 0 changed, 0 missing"
        assert len(await chain.jobs()) == jobs + 1, "a second scan submits no further job"
        assert snapshot(chain.root) == after
        assert await chain.state() == state
        verified = await chain.verify()
        assert verified["message"] == "3 items checked, 0 differences, 0 repaired"
        assert snapshot(chain.root) == after


async def test_a_scan_with_a_vanished_index_still_submits_nothing_new(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        jobs, state = len(await chain.jobs()), await chain.state()
        await chain.store.write(lambda tx: tx.execute(schema.folder.delete()))
        await chain.scan()
        assert len(await chain.jobs()) == jobs + 1
        assert await chain.state() == state


async def test_without_automatic_selection_the_nfo_and_found_art_are_published_and_nothing_fails(
    install: Install,
) -> None:
    async with install(phase_config={}) as chain:
        write_movie(chain.root, name_of(FILM), files={"poster.jpg": small_picture("mine.jpg")})
        await chain.scan()
        item = await chain.only()
        kinds = {(row["kind"], row["chosen_by"]) for row in await chain.rows(schema.choice)}
        assert kinds == {("poster", "found")}
        assert len(await chain.rows(schema.candidate)) > 10
        assert item.published_revision == item.revision
        names = sorted(path.name for path in (chain.root / item.folder).iterdir() if path.name != ".actors")
        assert names == [f"{item.folder}{ending}" for ending in ("-poster.jpg", ".mkv", ".nfo")] + ["poster.jpg"]
        assert {row["state"] for row in await chain.jobs()} == {"completed"}
        assert await chain.rows(schema.player_state) == [], "automatic sync is off by default"


@pytest.mark.parametrize(
    ("off", "kinds_run", "has_nfo", "is_synced"),
    [
        pytest.param({"enrichment": False}, {"scan"}, False, True, id="enrichment: guesses go to the players only"),
        pytest.param({"publishing": False}, {"scan", "enrich"}, False, True, id="publishing"),
        pytest.param({"playerSync": False}, {"scan", "enrich", "publish"}, True, False, id="player sync"),
        pytest.param(
            {"enrichment": False, "publishing": False, "playerSync": False}, {"scan"}, False, False, id="all of them"
        ),
    ],
)
async def test_a_phase_that_is_switched_off_is_passed_through(
    install: Install, *, off: dict[str, bool], kinds_run: set[str], has_nfo: bool, is_synced: bool
) -> None:
    config = {
        name: {**AUTOMATIC.get(name, {}), "enabled": off.get(name, True)} for name in ("enrichment", "publishing")
    }
    config["playerSync"] = {"autoSync": True, "enabled": off.get("playerSync", True)}
    async with install(phase_config=config) as chain:
        write_movie(chain.root, name_of(FILM))
        before = snapshot(chain.root)
        await chain.scan()
        jobs = await chain.jobs()
        # Without an NFO the player does not show it: it is asked again in a minute.
        assert {row["state"] for row in jobs} == (
            {"completed"} if has_nfo or not is_synced else {"completed", "pending"}
        )
        ran = {row["kind"] for row in jobs if not row["message"].startswith("passed through")}
        assert ran - {"sync"} == kinds_run
        assert bool(list(chain.root.rglob("*.nfo"))) is has_nfo
        assert bool(await chain.rows(schema.player_state)) is is_synced
        if not has_nfo:
            assert snapshot(chain.root) == before
        count = len(jobs)
        await chain.scan()
        assert len(await chain.jobs()) == count + 1


async def test_enabling_a_phase_later_submits_the_missing_jobs_at_the_next_scan(install: Install) -> None:
    config = {**AUTOMATIC, "enrichment": {"autoSelectAssets": True, "enabled": False}}
    async with install(phase_config=config) as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        assert not list(chain.root.rglob("*.nfo"))
        await chain.change("phase_config", {"enrichment": {"enabled": True}})
        await chain.scan()
        assert list(chain.root.rglob("*.nfo"))


async def test_ids_in_a_name_are_published_without_any_provider(install: Install) -> None:
    async with install(phase_config={"enrichment": {"enabled": False}}) as chain:
        write_movie(chain.root, f"{name_of(FILM)} {{tmdb-{FILM.tmdb}}}")
        await chain.scan()
        item = await chain.only()
        assert item.identity == "identified"
        assert f'type="tmdb" default="true">{FILM.tmdb}<' in next(chain.root.rglob("*.nfo")).read_text()
        assert sum(chain.tmdb.calls.values()) == 0


async def test_automatic_sync_off_leaves_the_players_to_a_person(install: Install) -> None:
    async with install(phase_config={"enrichment": {"autoSelectAssets": True}}) as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        assert await chain.rows(schema.player_state) == []
        await chain.run_item(JobKind.SYNC, await chain.only(), is_forced=True)
        assert [row["state"] for row in await chain.rows(schema.player_state)] == ["art_confirmed"]


async def test_an_unmonitored_item_is_scanned_and_shown_to_players_but_left_alone(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.change("phase_config", {"enrichment": {"enabled": False}, "publishing": {"enabled": False}})
        await chain.scan()
        item = await chain.only()
        await chain.store.write(lambda tx: items.update(tx, item.id, is_monitored=False))
        await chain.change("phase_config", {"enrichment": {"enabled": True}, "publishing": {"enabled": True}})
        write_movie(chain.root, name_of(FILM), seconds=90)
        before = snapshot(chain.root)
        calls = sum(chain.tmdb.calls.values())
        await chain.scan()
        item = await chain.only()
        assert sum(chain.tmdb.calls.values()) == calls
        assert snapshot(chain.root) == before
        assert item.synced_revision == item.disk_revision, "file changes still reach the players"


async def test_what_cannot_be_identified_is_asked_about_and_does_not_go_on(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, "Xqzzy Never Made (1931)")
        write_movie(chain.root, "Heat {tmdb-1}", files={"movie.nfo": b"<movie><tmdbid>2</tmdbid></movie>"})
        before = contents(chain.root)
        await chain.scan()
        questions = {row["reason"] for row in await chain.rows(schema.review) if row["subject"] == "identity"}
        assert len(questions) == 2
        assert any("contradicts" in reason for reason in questions)
        assert any("no provider finds it" in reason for reason in questions)
        assert {item.identity for item in await chain.items()} == {"review"}
        assert contents(chain.root) == before
        count, calls = len(await chain.jobs()), sum(chain.tmdb.calls.values())
        await chain.scan()
        assert (len(await chain.jobs()), sum(chain.tmdb.calls.values())) == (count + 1, calls)


async def test_a_hardlinked_nfo_is_not_written_through_and_its_replacement_is_backed_up(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM), files={f"{name_of(FILM)}.nfo": _NFO})
        nfo = chain.root / name_of(FILM) / f"{name_of(FILM)}.nfo"
        twin = chain.root.parent / "seeding.nfo"
        os.link(nfo, twin)
        inode = twin.stat().st_ino
        await chain.scan()
        assert (twin.read_bytes(), twin.stat().st_ino, twin.stat().st_nlink) == (_NFO, inode, 1), (
            "the link was cut, not followed"
        )
        text = nfo.read_text()
        assert nfo.stat().st_ino != inode
        assert "<myplayer>cinema</myplayer>" in text, "unknown tags are kept"
        assert "<plot>My own words.</plot>" in text, "a person's NFO ranks before providers"
        (row,) = await chain.rows(schema.recycled)
        assert chain.blobs.read(row["sha256"], "nfo") == _NFO
        (blob,) = [one for one in await chain.rows(schema.blob) if one["sha256"] == row["sha256"]]
        assert blob["origin"] == "library", "what was the user's is never collected"


async def test_an_unconfirmed_library_holds_replacements_but_gets_what_is_new(install: Install) -> None:
    async with install(is_confirmed=False) as chain:
        write_movie(chain.root, name_of(FILM), files={f"{name_of(FILM)}.nfo": _NFO})
        before = snapshot(chain.root)
        await chain.scan()
        after = snapshot(chain.root)
        assert {path: after[path] for path in before if path.endswith((b".nfo", b".mkv"))} == {
            path: figures for path, figures in before.items() if path.endswith((b".nfo", b".mkv"))
        }
        assert any(path.endswith(b"-poster.jpg") for path in after)
        (publish,) = [row for row in await chain.jobs() if row["kind"] == "publish"]
        assert "held until the owner confirms" in publish["message"]


async def test_an_upgrade_under_another_name_moves_everything_published(install: Install) -> None:
    async with install() as chain:
        folder = name_of(FILM)
        old = write_movie(chain.root, folder, video=f"{folder} 720p.mkv", files={f"{folder} 720p.nfo": _NFO})
        await chain.scan()
        first = await chain.only()
        names = {path.name for path in old.parent.iterdir()}
        assert f"{folder} 720p-poster.jpg" in names
        old.unlink()
        write_movie(chain.root, folder, video=f"{folder} 2160p.mkv")
        await chain.scan()
        item = await chain.only()
        assert item.id == first.id
        names = {path.name for path in old.parent.iterdir()}
        assert {f"{folder} 2160p.mkv", f"{folder} 2160p.nfo", f"{folder} 2160p-poster.jpg"} <= names
        assert not [name for name in names if "720p" in name]
        assert "<myplayer>cinema</myplayer>" in (old.parent / f"{folder} 2160p.nfo").read_text()
        assert len(await chain.rows(schema.recycled)) > 3


async def test_a_folder_that_was_renamed_is_the_same_item(install: Install) -> None:
    async with install() as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        before = await chain.only()
        await chain.store.write(lambda tx: items.update(tx, before.id, is_monitored=False))
        (chain.root / name_of(FILM)).rename(chain.root / f"{FILM.title} [{FILM.year}]")
        (chain.root / f"{FILM.title} [{FILM.year}]" / f"{name_of(FILM)}.mkv").rename(
            chain.root / f"{FILM.title} [{FILM.year}]" / f"{FILM.title} [{FILM.year}].mkv"
        )
        scan = await chain.scan()
        assert scan["message"] == "1 movie: 0 new, 1 changed, 0 missing"
        item = await chain.only()
        assert (item.id, item.folder, item.is_monitored) == (before.id, f"{FILM.title} [{FILM.year}]", False)


async def test_many_films_in_one_folder_each_get_their_own_files(install: Install) -> None:
    async with install() as chain:
        for film in FILMS[:2]:
            write_movie(chain.root, "", video=f"{name_of(film)}.mkv", seconds=60.0 * film.runtime)
        await chain.scan()
        names = {path.name for path in chain.root.iterdir()}
        for film in FILMS[:2]:
            assert {f"{name_of(film)}.nfo", f"{name_of(film)}-poster.jpg"} <= names
        assert "poster.jpg" not in names
        for _ in range(2):  # each publishing saw the other's files appear: the next scan looks once more
            count, before = len(await chain.jobs()), snapshot(chain.root)
            await chain.scan()
            assert (len(await chain.jobs()), snapshot(chain.root)) == (count + 1, before)
        for path in chain.root.glob(f"{name_of(FILMS[0])}*"):
            path.unlink()
        scan = await chain.scan()
        assert scan["message"] == "1 movie: 0 new, 1 changed, 1 missing"
        assert [item.folder for item in await chain.items() if item.missing_since is None] == [""]


async def test_a_film_beside_a_folder_of_its_name_is_another_item(install: Install) -> None:
    async with install(phase_config={"enrichment": {"enabled": False}}) as chain:
        write_movie(chain.root, name_of(FILM), seconds=60)
        write_movie(chain.root, "", video=f"{name_of(FILM)}.mkv", seconds=600)
        write_movie(chain.root, "", video="Nosferatu (1922).mkv", seconds=700)
        scan = await chain.scan()
        assert scan["message"] == "3 movies: 3 new, 0 changed, 0 missing"
        again = await chain.scan()
        assert again["message"] == "3 movies: 0 new, 0 changed, 0 missing"


async def test_discs_versions_and_parts_are_published_where_players_look(install: Install) -> None:
    async with install() as chain:
        names = [name_of(film) for film in FILMS[:3]]
        lengths = [60.0 * film.runtime for film in FILMS[:3]]
        (chain.root / names[0] / "BDMV").mkdir(parents=True)
        (chain.root / names[0] / "BDMV" / "index.bdmv").write_bytes(b"INDX0200")
        write_movie(chain.root, f"{names[0]}/BDMV/STREAM", video="00001.m2ts", seconds=lengths[0])
        write_movie(chain.root, names[1], video=f"{names[1]} - 1080p.mkv", seconds=lengths[1])
        write_movie(chain.root, names[1], video=f"{names[1]} - 2160p.mkv", seconds=lengths[1])
        write_movie(chain.root, names[2], video=f"{names[2]} cd1.mkv", seconds=lengths[2] / 2)
        write_movie(chain.root, names[2], video=f"{names[2]} cd2.mkv", seconds=lengths[2] / 2)
        await chain.scan()
        assert [item.identity for item in await chain.items()] == ["identified"] * 3
        assert (chain.root / names[0] / "movie.nfo").is_file()
        assert (chain.root / names[1] / f"{names[1]} - 1080p.nfo").is_file()
        assert (chain.root / names[1] / f"{names[1]} - 2160p.nfo").is_file()
        assert (chain.root / names[2] / f"{names[2]} cd1.nfo").is_file()
        assert not (chain.root / names[2] / f"{names[2]} cd2.nfo").exists()
        count, before = len(await chain.jobs()), snapshot(chain.root)
        await chain.scan()
        assert (len(await chain.jobs()), snapshot(chain.root)) == (count + 1, before)


async def test_a_scan_during_publishing_takes_none_of_our_pictures_for_the_users(install: Install) -> None:
    async with install() as chain:
        for film in FILMS[:4]:
            write_movie(chain.root, name_of(film), seconds=60.0 * film.runtime)
        again = NewJob(JobKind.SCAN, Priority.USER, library_id=chain.library.id, is_bulk=True)
        await chain.store.write(lambda tx: ledger.submit(tx, again))
        await chain.until(lambda _tx: bool(list(chain.root.rglob("*-poster.jpg"))))
        await chain.scan()
        await chain.scan()
        assert {row["chosen_by"] for row in await chain.rows(schema.choice)} == {"auto"}
        assert {row["origin"] for row in await chain.rows(schema.blob)} == {"provider"}
        count = len(await chain.jobs())
        await chain.scan()
        assert len(await chain.jobs()) == count + 1


async def test_an_edit_of_our_nfo_is_taken_in_by_the_next_scan(install: Install) -> None:
    async with install(films=[FILM]) as chain:
        write_movie(chain.root, name_of(FILM))
        await chain.scan()
        [nfo] = chain.root.rglob("*.nfo")
        text = nfo.read_text()
        [plot] = re.findall("<plot>(.*)</plot>", text)
        nfo.write_text(text.replace(plot, "My own words."))
        mine = nfo.read_bytes()
        await chain.scan()
        [item] = [item for item in await chain.items() if item.kind is ItemKind.MOVIE]
        assert (item.metadata.plot, "plot" in item.locks) == ("My own words.", True)
        assert nfo.read_bytes() == mine
        jobs = len(await chain.jobs())
        await chain.scan()
        assert len(await chain.jobs()) == jobs + 1, "a scan alone"
