"""`metarr config`: what is set and from where, what can be set, setting it, and the way out of a lost key."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from metarr.cli import main
from metarr.store.sealed import KEY_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Metarr = Callable[..., tuple[int | str | None, str, str]]
SECRET = "canary-of-a-secret"


@pytest.fixture
def metarr(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Metarr:
    """`metarr config …`: exit code, standard output, standard error."""

    def call(*words: str, typed: str = "") -> tuple[int | str | None, str, str]:
        monkeypatch.setattr("sys.argv", ["metarr", "config", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    monkeypatch.setenv("METARR_DATA", str(data))
    return call


def test_everything_is_shown_with_its_source_and_no_secret(
    metarr: Metarr, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METARR_OMDB_URL", f"http://user:{SECRET}@127.0.0.1:1")
    monkeypatch.setenv("METARR_KODI_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("METARR_KODI_PASSWORD", SECRET)
    monkeypatch.setenv("METARR_TVDB_API_KEY", SECRET)
    (data / "metarr.toml").write_text(
        f'log_level = "error"\ntvdb_pin = "{SECRET}"\nnotify_urls = "kodi-screen://user:{SECRET}@127.0.0.1:1"\n'
    )
    assert metarr("set", "jobs.maxAttempts", "5")[0] == 0
    assert metarr("set", "tmdb.apiKey", "-", typed=f"{SECRET}\n")[0] == 0
    code, out, err = metarr("show")
    assert code == 0
    assert SECRET not in out + err
    lines = set(out.splitlines())
    assert {
        f"METARR_DATA = {data}  (environment)",
        "METARR_KODI_PASSWORD = (hidden)  (environment)",
        "METARR_OMDB_URL = http://…@127.0.0.1:1  (environment)",
        "METARR_LOG_LEVEL = error  (file)",
        "METARR_NOTIFY_URLS = (hidden)  (file)",
        "jobs.maxAttempts = 5  (database)",
        "jobs.backoffSeconds = 5.0  (default)",
        "phase-config.enrichment.autoSelectAssets = false  (default)",
        "tmdb.apiKey = (hidden)  (database)",
        "tvdb.apiKey = (hidden)  (METARR_TVDB_API_KEY)",
        "tvdb.pin = (hidden)  (METARR_TVDB_PIN)",
        "omdb.apiKey = null  (default)",
        "omdb.url = http://…@127.0.0.1:1  (METARR_OMDB_URL)",
    } <= lines


def test_one_section_as_json(metarr: Metarr) -> None:
    _, out, _ = metarr("show", "notification", "--json")
    assert next(json.loads(line)["key"] for line in out.splitlines()) == "notification.enabled"
    assert {"section": "notification", "key": "notification.gatherSeconds", "value": 30.0, "source": "default"} in [
        json.loads(line) for line in out.splitlines()
    ]
    code, _, err = metarr("show", "weather")
    assert (code, "tvmaze" in err) == (1, True)


def test_what_is_set_goes_back_and_what_is_wrong_is_named(metarr: Metarr) -> None:
    assert metarr("set", "scanning.ignorePatterns", '["*.iso"]')[0] == 0
    assert 'scanning.ignorePatterns = ["*.iso"]  (database)' in metarr("show", "scanning")[1]
    assert metarr("set", "scanning.ignorePatterns", "null")[0] == 0
    assert "scanning.ignorePatterns = []  (default)" in metarr("show", "scanning")[1]
    for key, value, words in (
        ("jobs.maxAttempts", "many", "jobs.maxAttempts"),
        ("jobs.colour", "red", "config keys"),
        ("tmdb.url", "http://x", "METARR_TMDB_URL"),
        ("weather", "fine", "config keys"),
    ):
        code, _, err = metarr("set", key, value)
        assert (code, words in err) == (1, True), err


def test_keys_are_explained_without_a_database(metarr: Metarr) -> None:
    _, out, _ = metarr("keys")
    assert "jobs.maxAttempts = 3\n    How often a job is tried" in out
    assert "tmdb.apiKey = null\n    Key of your account" in out
    assert "tmdb.url" not in out
    assert all(json.loads(line)["help"] for line in metarr("keys", "--json")[1].splitlines())


def test_a_lost_key_stops_the_program_until_its_secrets_are_forgotten(metarr: Metarr, data: Path) -> None:
    assert metarr("set", "tmdb.apiKey", SECRET)[0] == 0
    kept = (data / KEY_FILE).read_text()
    (data / KEY_FILE).unlink()
    code, _, err = metarr("show")
    assert code == 1
    assert "secret.key" in err
    assert "METARR_SECRET_KEY" in err
    assert not (data / KEY_FILE).exists()
    (data / KEY_FILE).write_text(kept)
    assert "tmdb.apiKey = (hidden)  (database)" in metarr("show", "tmdb")[1]
    (data / KEY_FILE).unlink()
    assert metarr("forget-secrets")[0] == 1
    assert metarr("forget-secrets", "--yes")[0] == 0
    assert "tmdb.apiKey = null  (default)" in metarr("show", "tmdb")[1]
