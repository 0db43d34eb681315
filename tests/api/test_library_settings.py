"""What one library has of its own, as the API has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    async with running(data, is_working=False) as started:
        yield started


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    make_film(folder, "Heat (1995)")
    return folder


async def test_a_library_has_languages_of_its_own(house: Running, library: Path) -> None:
    await house.ask("POST", "/libraries", json={"path": str(library)})
    assert (await house.get("/libraries"))[0]["languages"] == []
    wanted = {"languages": ["de", "original", "pt-BR", "de"]}
    status, changed = await house.ask("PATCH", "/libraries/1", json=wanted)
    assert (status, changed["languages"]) == (200, ["de", "original", "pt-BR"])
    assert (await house.get("/libraries"))[0]["languages"] == ["de", "original", "pt-BR"]
    status, problem = await house.ask("PATCH", "/libraries/1", json={"languages": ["german"]})
    assert (status, "languages" in problem["detail"]) == (422, True)
    status, _ = await house.ask("PATCH", "/libraries/9", json={"languages": []})
    assert status == 404


async def test_the_enrichment_of_a_library_is_paused_and_goes_on(house: Running, library: Path) -> None:
    await house.ask("POST", "/libraries", json={"path": str(library)})
    for path, is_paused in (("pause", True), ("pause", True), ("resume", False), ("resume", False)):
        status, _ = await house.ask("POST", f"/libraries/1/{path}")
        assert (status, (await house.get("/libraries"))[0]["isPaused"]) == (204, is_paused)
    status, _ = await house.ask("POST", "/libraries/9/pause")
    assert status == 404


async def test_name_profiles_and_settings_of_its_own(house: Running, library: Path) -> None:
    await house.ask("POST", "/libraries", json={"path": str(library)})
    status, changed = await house.ask("PATCH", "/libraries/1", json={"name": " Kino ", "profiles": ["plex", "kodi"]})
    assert (status, changed["name"], changed["profiles"]) == (200, "Kino", ["kodi", "plex"])
    assert (changed["languages"], changed["counts"]["items"]) == ([], 0)
    patch = {"overrides": {"actorPictures": 0, "autoSelectAssets": True}}
    _, changed = await house.ask("PATCH", "/libraries/1", json=patch)
    assert (changed["overrides"]["actorPictures"], changed["overrides"]["autoSelectAssets"]) == (0, True)
    _, changed = await house.ask("PATCH", "/libraries/1", json={"overrides": {"actorPictures": None}})
    assert (changed["overrides"]["actorPictures"], changed["overrides"]["autoSelectAssets"]) == (None, True)
    assert await house.get("/libraries/1") == (await house.get("/libraries"))[0] == changed


@pytest.mark.parametrize(
    ("patch", "status", "words"),
    [
        pytest.param({"name": ""}, 422, "name", id="no name"),
        pytest.param({"name": "a\nb"}, 422, "printable", id="a name of two lines"),
        pytest.param({"name": "\ud800"}, 422, "name", id="a name that is no text"),
        pytest.param({"name": "/media"}, 422, "path", id="a name that would be taken for a path"),
        pytest.param({"name": "taken"}, 409, "taken", id="another library's name"),
        pytest.param({"profiles": []}, 422, "profiles", id="no profile"),
        pytest.param({"profiles": ["emby"]}, 422, "profiles", id="a profile that does not exist"),
        pytest.param({"overrides": {"actorPictures": 101}}, 422, "actorPictures", id="too many"),
        pytest.param({"overrides": {"timeZone": "UTC"}}, 422, "timeZone", id="what no library has of its own"),
    ],
)
async def test_what_a_library_cannot_have_is_refused(
    house: Running, library: Path, tmp_path: Path, patch: object, status: int, words: str
) -> None:
    (tmp_path / "taken").mkdir()
    for path in (library, tmp_path / "taken"):
        await house.ask("POST", "/libraries", json={"path": str(path)})
    found, body = await house.ask("PATCH", "/libraries/1", json=patch)
    assert (found, words in body["detail"]) == (status, True), body


async def test_a_folder_is_looked_at_before_it_is_added(house: Running, library: Path) -> None:
    status, found = await house.ask("POST", "/libraries/check", json={"path": str(library)})
    assert (status, found["root"], found["isWritable"], found["meets"]) == (200, str(library), True, None)
    assert found["foldsCase"] is False
    assert await house.get("/libraries") == []
    await house.ask("POST", "/libraries", json={"path": str(library)})
    _, found = await house.ask("POST", "/libraries/check", json={"path": str(library / "Heat (1995)")})
    assert found["meets"] == "films"


def _tree(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def _move(folder: Path, to: Path) -> Path:
    return folder.rename(to)


async def test_a_library_is_forgotten_by_its_name_and_its_files_stay(house: Running, library: Path) -> None:
    await house.ask("POST", "/libraries", json={"path": str(library)})
    await house.ask("POST", "/libraries/1/scan")
    before = _tree(library)
    for confirm in ("", "Films"):
        status, problem = await house.ask("DELETE", "/libraries/1", params={"confirm": confirm})
        assert (status, "confirm=films" in problem["detail"]) == (422, True)
    assert (await house.get("/jobs"))["jobs"][0]["state"] == "pending"
    status, _ = await house.ask("DELETE", "/libraries/1", params={"confirm": "films"})
    assert (status, await house.get("/libraries"), (await house.get("/jobs"))["jobs"]) == (204, [], [])
    assert _tree(library) == before
    status, _ = await house.ask("DELETE", "/libraries/1", params={"confirm": "films"})
    assert status == 404


async def test_a_library_that_moved_keeps_its_items(data: Path, library: Path, tmp_path: Path) -> None:
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(library)})
        await house.ask("POST", "/libraries/1/scan")
        await house.until_idle()
        before = await house.get("/items")
        (tmp_path / "other" / "Ronin").mkdir(parents=True)
        status, problem = await house.ask("POST", "/libraries/1/relocate", json={"path": str(tmp_path / "other")})
        assert (status, "only 0" in problem["detail"]) == (409, True)
        moved = _move(library, tmp_path / "moved")
        order = {"path": str(moved), "dryRun": True}
        status, found = await house.ask("POST", "/libraries/1/relocate", json=order)
        kept = {"checked": 1, "found": 1, "differing": 0, "missing": []}
        assert (status, found["kept"], found["isDone"]) == (200, kept, False)
        assert (await house.get("/libraries/1"))["root"] == str(library)
        _, found = await house.ask("POST", "/libraries/1/relocate", json={"path": str(moved)})
        assert found["isDone"]
        summary = await house.until_idle()
        assert not summary["failed"]
        assert (await house.get("/libraries/1"))["root"] == str(moved)
        after = await house.get("/items")
        assert [item["id"] for item in after["items"]] == [item["id"] for item in before["items"]]
        assert (await house.get("/libraries/1"))["counts"]["missing"] == 0
