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
