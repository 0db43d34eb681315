"""What waits for a person, and the person's answers, over the API and by commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from metarr.cli import app
from metarr.demo.catalogue import FILMS
from running import enriching, make_film

if TYPE_CHECKING:
    from pathlib import Path

HOME = "Summer at the lake"


async def test_a_question_can_be_left_unanswered(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", HOME)
    async with enriching(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        await house.ask("POST", "/jobs/scan", json={"target": "films"})
        await house.until_idle()
        [question] = (await house.get("/review"))["questions"]
        path = f"/review/{question['id']}/ignore"
        assert (await house.ask("POST", path))[0] == 204
        assert (await house.get("/review"))["questions"] == []
        item = await house.get(f"/items/{question['itemId']}")
        assert (item["item"]["isMonitored"], item["state"]) == (False, "needs identification")
        assert (await house.ask("POST", path))[0] == 404


async def test_a_question_is_listed_answered_and_gone(data: Path, tmp_path: Path) -> None:
    films = tmp_path / "films"
    right, other = FILMS[0], FILMS[1]
    video = make_film(films, f"{right.title} ({right.year}) {{tmdb-{right.tmdb}}}")
    (video.parent / "movie.nfo").write_bytes(b"<movie><tmdbid>%d</tmdbid></movie>" % other.tmdb)
    make_film(films, HOME)
    async with enriching(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(films)})
        await house.ask("POST", "/jobs/scan", json={"target": "films"})
        await house.until_idle()
        page = await house.get("/review", limit=1)
        assert page["after"] == page["questions"][0]["id"]
        both = (await house.get("/review", library=1))["questions"]
        assert page["questions"] == both[:1]
        asked = {one["folder"]: one for one in both}
        conflict, unknown = asked[video.parent.name], asked[HOME]
        assert [piece["ids"] for piece in conflict["evidence"]] == [{"tmdb": right.tmdb}, {"tmdb": other.tmdb}]
        status, submitted = await house.ask("POST", f"/items/{conflict['itemId']}/identity", json={"choice": 2})
        assert (status, submitted["jobs"]) == (202, 1)
        await house.ask("POST", f"/items/{unknown['itemId']}/local")
        await house.until_idle()
        item = (await house.get(f"/items/{conflict['itemId']}"))["item"]
        assert (item["identity"], item["metadata"]["title"]) == ("identified", other.title)
        home = (await house.get(f"/items/{unknown['itemId']}"))["item"]
        assert (home["identity"], home["episodeOrder"]) == ("local", None)
        assert (films / HOME / f"{HOME}.nfo").exists()
        assert (await house.get("/review"))["questions"] == []
        status, _ = await house.ask("DELETE", f"/items/{unknown['itemId']}/local")
        assert status == 202
        for path, body, code in (
            ("identity", {}, 422),
            ("identity", {"ids": {"tmdb": 1}, "choice": 1}, 422),
            ("identity", {"choice": 1}, 422),
            ("identity", {"ids": {"tmdb": "x"}}, 422),
        ):
            status, problem = await house.ask("POST", f"/items/{conflict['itemId']}/{path}", json=body)
            assert status == code, problem
        status, problem = await house.ask("PUT", f"/items/{conflict['itemId']}/episode-order", json={"order": "dvd"})
        assert (status, "no show" in problem["detail"]) == (422, True)


async def test_watching_is_switched_on_over_the_api(data: Path) -> None:
    async with enriching(data, is_working=False) as house:
        assert not (await house.get("/settings/scanning"))["watch"]
        status, changed = await house.ask("PATCH", "/settings/scanning", json={"watch": True})
        assert (status, changed["watch"], changed["concurrentDirectories"]) == (200, True, 5)
        status, problem = await house.ask("PATCH", "/settings/scanning", json={"watch": "sometimes"})
        assert (status, "scanning.watch" in problem["detail"]) == (422, True)


def _command(data: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments, "--data", str(data)])
    return result.exit_code, result.output


def test_commands_show_the_queue_and_answer_it(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METARR_LOG_LEVEL", "critical")
    folder = make_film(tmp_path / "films", f"{HOME} (2001) {{tmdb-1}}").parent
    (folder / "other.nfo").write_bytes(b"<movie><tmdbid>2</tmdbid></movie>")
    _command(data, "run", str(tmp_path / "films"))
    code, output = _command(data, "review", "--library", "films")
    assert (code, "1. Summer at the lake  (2001)  tmdb:1" in output) == (0, True)
    assert _command(data, "local", str(folder))[0] == 0
    assert f"<title>{HOME}</title>" in (folder / f"{folder.name}.nfo").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["identity", "1"], "--choice", id="neither an id nor a choice"),
        pytest.param(["identity", "1", "tmdb:1", "--choice", "1"], "--choice", id="both"),
        pytest.param(["identity", "1", "603"], "tmdb:603", id="an id without its source"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_done(tmp_path: Path, arguments: list[str], words: str) -> None:
    code, output = _command(tmp_path / "nowhere", *arguments)
    assert (code, words in output) == (2, True)
    assert not (tmp_path / "nowhere").exists()
