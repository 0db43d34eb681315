"""Verification as a program and a person see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from metarr.cli import main
from running import enriching, make_film

if TYPE_CHECKING:
    from pathlib import Path

SINTEL = "Sintel (2010)"


async def test_runs_their_findings_and_their_differences_are_shown(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", SINTEL)
    nfo = tmp_path / "films" / SINTEL / f"{SINTEL}.nfo"
    async with enriching(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films"), "kind": "movies"})
        await house.ask("POST", "/libraries/1/scan", json={})
        await house.until_idle()
        await house.ask("POST", "/libraries/1/verify", json={"deep": True})
        await house.until_idle()
        nfo.unlink()
        await house.ask("POST", "/jobs/verify", json={"target": "films"})
        await house.until_idle()
        later, earlier = (await house.get("/verifications", library=1))["verifications"]
        assert (earlier["mode"], earlier["found"], earlier["checked"] > 0) == ("deep", 0, True)
        assert (later["mode"], later["found"], later["repaired"]) == ("quick", 1, 1)
        assert (await house.get("/verifications", before=later["id"]))["verifications"] == [earlier]
        page = await house.get("/verifications", limit=1)
        assert page == {"verifications": [later], "before": later["id"]}
        details = await house.get(f"/verifications/{later['id']}")
        (finding,) = details["findings"]
        assert (finding["kind"], finding["isRepaired"], finding["writer"]) == ("missing_in_library", True, None)
        comparison = await house.get(f"/verifications/{later['id']}/comparison")
        assert (comparison["previous"], comparison["gone"], comparison["same"]) == (earlier, [], [])
        assert [one["path"] for one in comparison["new"]] == [f"{SINTEL}/{nfo.name}"]
        assert (await house.ask("GET", "/verifications/999"))[0] == 404
        status, problem = await house.ask("POST", "/libraries/1/scan", json={"deep": True})
        assert (status, "verification" in problem["detail"]) == (422, True)
    assert nfo.is_file()


def test_the_command_line_lists_them(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_film(tmp_path / "films", SINTEL)

    def metarr(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["metarr", *arguments, "--data", str(data)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in {0, None}
        return capsys.readouterr().out

    metarr("run", str(tmp_path / "films"))
    (tmp_path / "films" / SINTEL / f"{SINTEL}.nfo").unlink(missing_ok=True)
    assert " checked, " in metarr("verify", "films", "--deep")
    listed = metarr("verifications")
    number, rest = listed.split(maxsplit=1)
    assert "library 1  deep" in rest
    assert "the first of its kind" in metarr("verifications", number)
    assert json.loads(metarr("verifications", "--json"))["mode"] == "deep"
    assert json.loads(metarr("verifications", number, "--json"))["previous"] is None
