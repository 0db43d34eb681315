"""Artwork, editing and explanations over the API, as a program or a page uses them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from metarr.store.db import Store, sqlite_url
from running import Running, enriching, make_film, running
from stages import library, movie

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def house(data: Path, tmp_path: Path) -> AsyncIterator[Running]:
    """One film, enriched and published."""
    make_film(tmp_path / "films", "Sintel (2010)")
    async with enriching(data) as found:
        await found.ask("PATCH", "/settings/phase-config", json={"enrichment": {"autoSelectAssets": True}})
        status, library = await found.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        assert status == 201, library
        await found.ask("POST", f"/libraries/{library['library']['id']}/confirm")
        await found.ask("POST", "/jobs/scan", json={"target": library["library"]["name"]})
        await found.until_idle()
        yield found


@pytest.fixture
async def quiet(data: Path) -> AsyncIterator[Running]:
    """One film that nobody works on: item 1."""
    store = Store(sqlite_url(data / "metarr.db"))
    assert store.write_now(lambda tx: movie(tx, library(tx))) == 1
    store.close()
    async with running(data, is_working=False) as found:
        yield found


def _png(colour: str) -> bytes:
    sent = io.BytesIO()
    Image.new("RGB", (60, 90), colour).save(sent, "PNG")
    return sent.getvalue()


async def _item(house: Running) -> int:
    [found] = [item["id"] for item in (await house.get("/items"))["items"] if item["kind"] == "movie"]
    return int(found)


async def _poster(house: Running, item: int) -> dict[str, Any]:
    kinds = {kind["kind"]: kind for kind in await house.get(f"/items/{item}/artwork")}
    found: dict[str, Any] = kinds["poster"]
    return found


async def test_a_person_has_the_last_word(house: Running, tmp_path: Path) -> None:
    item = await _item(house)
    folder = tmp_path / "films" / "Sintel (2010)"
    await _have_it_my_way(house, item, folder)
    await _edit_and_free(house, item, folder)


async def _have_it_my_way(house: Running, item: int, folder: Path) -> None:
    """Block what was chosen, upload, choose."""
    before = await _poster(house, item)
    first = before["slots"][0]
    assert first["why"].startswith("number 1 of ")
    assert not before["isLocked"]
    assert before["offers"][0]["rank"] == 0
    assert sum(before["offers"][0]["scoreParts"].values()) == pytest.approx(before["offers"][0]["score"], abs=0.01)

    status, _ = await house.ask("POST", f"/items/{item}/artwork/candidates/{first['candidateId']}/block")
    assert status == 202
    await house.until_idle()
    blocked = await _poster(house, item)
    assert first["candidateId"] not in [slot["candidateId"] for slot in blocked["slots"]]
    assert len(blocked["slots"]) == min(len(before["slots"]), len(before["offers"]) - 1), "the next best took its place"

    status, body = await house.ask("POST", f"/items/{item}/artwork/poster/upload", data=_png("red"))
    assert status == 202, body
    await house.until_idle()
    mine = await _poster(house, item)
    assert mine["isLocked"]
    assert mine["slots"][0]["why"] == "a person chose it"
    assert (folder / "Sintel (2010)-poster.png").read_bytes() == _png("red")

    status, _ = await house.ask(
        "POST", f"/items/{item}/artwork/candidates/{first['candidateId']}/choose", params={"rank": 0}
    )
    assert status == 202
    await house.until_idle()
    assert (await _poster(house, item))["slots"][0]["candidateId"] == first["candidateId"]

    status, _ = await house.ask("DELETE", f"/items/{item}/artwork/banner/0")
    assert status == 404


async def _edit_and_free(house: Running, item: int, folder: Path) -> None:
    """An edit is locked, published and explained; what is freed is the provider's again."""
    status, body = await house.ask("PATCH", f"/items/{item}/metadata", json={"plot": "A dragon, mostly."})
    assert (status, body["jobs"]) == (202, 1)
    await house.until_idle()
    assert "<plot>A dragon, mostly.</plot>" in (folder / "Sintel (2010).nfo").read_text()
    chosen = (await _poster(house, item))["slots"]
    await house.ask("POST", f"/items/{item}/enrich")
    await house.until_idle()
    assert (await _poster(house, item))["slots"] == chosen, "what a person chose stays"
    found = await house.get(f"/items/{item}/explain")
    plot = next(field for field in found["fields"] if field["name"] == "plot")
    assert (plot["value"], plot["source"], plot["isLocked"]) == ("A dragon, mostly.", "user", True)
    assert plot["said"]["tmdb"] not in {None, "A dragon, mostly."}
    assert found["ids"]["tmdb"] == 45745
    assert {"poster", "fanart"} <= {kind["kind"] for kind in found["artwork"]}
    await house.ask("PATCH", f"/items/{item}/locks", json={"plot": False})
    await house.until_idle()
    found = await house.get(f"/items/{item}")
    assert found["item"]["metadata"]["plot"] == plot["said"]["tmdb"], "what is free is theirs again"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        pytest.param("GET", "/items/99/artwork", None, 404, "no item 99", id="artwork of what is not there"),
        pytest.param("GET", "/items/99/explain", None, 404, "no item 99", id="explaining what is not there"),
        pytest.param("POST", "/items/99/artwork/poster/upload", b"x", 404, "no item 99", id="uploading to nothing"),
        pytest.param("POST", "/items/1/artwork/hologram/upload", b"x", 422, "kind", id="a kind that does not exist"),
        pytest.param("POST", "/items/1/artwork/poster/upload", b"<svg/>", 422, "neither", id="no picture"),
        pytest.param("POST", "/items/1/artwork/poster/upload?rank=99", b"x", 422, "rank", id="too high a rank"),
        pytest.param(
            "POST", "/items/1/artwork/poster/fetch", {"url": "file:///etc/passwd"}, 422, "url", id="no address"
        ),
        pytest.param(
            "POST", "/items/1/artwork/poster/fetch", {"url": "http://localhost:9/x.jpg"}, 422, "localhost", id="our own"
        ),
        pytest.param("POST", "/items/1/artwork/candidates/99/block", None, 404, "no candidate 99", id="no candidate"),
        pytest.param("PATCH", "/items/1/metadata", {"year": "soon"}, 422, "year", id="a year that is none"),
        pytest.param("PATCH", "/items/1/metadata", {"ids": {}}, 422, "ids", id="an identity is no metadata"),
        pytest.param("PATCH", "/items/1/metadata", {}, 422, "at least one", id="no field"),
        pytest.param("PATCH", "/items/1/locks", {"colour": True}, 422, "colour", id="a lock on nothing"),
    ],
)
async def test_what_cannot_be_done_is_said(
    quiet: Running, method: str, path: str, body: Any, status: int, words: str
) -> None:
    options: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
    answered, problem = await quiet.ask(method, path, **options)
    assert answered == status, problem
    assert words in problem["detail"]
