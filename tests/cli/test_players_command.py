"""`metarr players …`, as a person types it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from metarr.cli import app

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = "http://127.0.0.1:9"


def test_players_are_added_tested_changed_grouped_and_removed(data: Path) -> None:
    def metarr(*words: str, typed: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(app, ["players", *words, "--data", str(data)], input=typed)
        return result.exit_code, result.output

    code, said = metarr(
        "add",
        "kodi",
        "den",
        NOBODY,
        "--secret",
        "--map",
        "/media=smb://nas/media",
        "--tcp-port",
        "9191",
        typed="hush\n",
    )
    assert (code, "WRONG" in said, "hush" in said) == (1, True, False), "it is kept, and the test says what is wrong"
    shown = json.loads(metarr("list", "--json")[1])
    assert (shown["name"], shown["hasPassword"], shown["tcpPort"]) == ("den", True, 9191)
    assert shown["mappings"] == [{"local": "/media", "remote": "smb://nas/media"}]
    assert metarr("change", "den", "--off")[1].split()[-1] == "(off)"
    words = ("--rename", "loft", "--tcp-port", "0", "--no-map", "--no-secret", "--user", "kodi", "--on")
    assert metarr("change", "den", *words)[0] == 0
    shown = json.loads(metarr("list", "--json")[1])
    named = ("name", "tcpPort", "mappings", "hasPassword", "user", "isEnabled")
    assert [shown[one] for one in named] == ["loft", 0, [], False, "kodi", True]
    assert metarr("change", "loft", "--rename", "den")[0] == 0
    code, said = metarr("groups", "add", "all", "den", "--rule", "sequential", "--rule", "skip-playing")
    assert (code, "sequential, skips who plays; players 1; all libraries" in said) == (0, True)
    code, said = metarr("groups", "change", "1", "--rename", "both", "--rule", "parallel", "--rule", "stop-on-error")
    assert (code, "both             parallel, stops on errors; players 1" in said) == (0, True), said
    assert metarr("groups", "change", "1", "--member", "den", "--all-libraries")[0] == 0
    assert metarr("groups", "remove", "1")[0] == 0
    assert metarr("groups", "list") == (0, "")
    assert metarr("remove", "den") == (0, "")
    assert metarr("list") == (0, "")


def test_what_is_not_understood_is_said(data: Path) -> None:
    result = CliRunner().invoke(app, ["players", "add", "kodi", "den", NOBODY, "--map", "/media", "--data", str(data)])
    assert "--map must be like" in str(result.exception)
    words = ["players", "change", "den", "--map", "/a=/b", "--no-map", "--data", str(data)]
    assert "exclude each other" in str(CliRunner().invoke(app, words).exception)
    words = ["players", "groups", "change", "1", "--library", "a", "--all-libraries", "--data", str(data)]
    assert "exclude each other" in str(CliRunner().invoke(app, words).exception)
    result = CliRunner().invoke(app, ["players", "groups", "add", "x", "--rule", "odd", "--data", str(data), "den"])
    assert "odd" in str(result.exception)
    assert "there are: none" in str(CliRunner().invoke(app, ["players", "test", "den", "--data", str(data)]).exception)
