"""Process configuration: environment over file over defaults, and errors that name the variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr import config
from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path


def test_without_anything_set_the_defaults_hold(tmp_path: Path) -> None:
    found = config.load({"HOME": str(tmp_path)})
    assert found.data == tmp_path / ".local" / "share" / "metarr"
    assert found.cache == found.data / "cache"
    assert (found.host, found.port, found.workers, found.log_level) == ("127.0.0.1", 7879, 4, "info")
    assert (found.api_key, found.database_url, found.integrations) == (None, None, {})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "metarr.toml").write_text(
        'port = 1\nhost = "::1"\ntmdb_api_key = "from file"\nnotify_urls = ["a", "b"]\n'
    )
    found = config.load({"METARR_DATA": str(tmp_path), "METARR_PORT": "2", "OTHER": "x"})
    assert (found.port, found.host, found.notify_urls) == (2, "::1", ("a", "b"))
    assert found.integrations == {"tmdb_api_key": "from file"}


def test_the_command_line_names_the_data_folder_over_all(tmp_path: Path) -> None:
    assert config.load({"METARR_DATA": "/elsewhere"}, data=tmp_path).data == tmp_path


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert config.load({"METARR_DATA": str(tmp_path), "METARR_API_KEY": "", "METARR_PORT": ""}).api_key is None


def test_lists_may_be_separated_by_commas_or_blanks(tmp_path: Path) -> None:
    found = config.load(
        {"METARR_DATA": str(tmp_path), "METARR_NOTIFY_EVENTS": "scan_failed, scan_completed error_occurred"}
    )
    assert found.notify_events == ("scan_failed", "scan_completed", "error_occurred")


@pytest.mark.parametrize(
    ("text", "is_asked"), [("off", False), ("False", False), ("0", False), ("on", True), ("", True)]
)
def test_that_this_machine_needs_no_login_is_an_explicit_choice(tmp_path: Path, text: str, *, is_asked: bool) -> None:
    found = config.load({"METARR_DATA": str(tmp_path), "METARR_LOOPBACK_AUTH": text})
    assert found.loopback_auth == is_asked


def test_names_and_proxies_are_lists(tmp_path: Path) -> None:
    variables = {"METARR_HOSTS": "a.example, b.example", "METARR_PROXIES": "10.0.0.0/8 10.1.1.1"}
    found = config.load({"METARR_DATA": str(tmp_path), **variables})
    assert (found.hosts, found.proxies) == (("a.example", "b.example"), ("10.0.0.0/8", "10.1.1.1"))


def test_secrets_are_not_in_its_text(tmp_path: Path) -> None:
    secrets = {
        "METARR_API_KEY": "hush-1",
        "METARR_DATABASE_URL": "postgresql://u:hush-2@h/d",
        "METARR_NOTIFY_URLS": "tgram://hush-3",
        "METARR_TMDB_API_KEY": "hush-4",
    }
    assert "hush" not in repr(config.load({"METARR_DATA": str(tmp_path), **secrets}))


@pytest.mark.parametrize(
    ("variables", "file", "named"),
    [
        ({"METARR_PORT": "http"}, None, "METARR_PORT"),
        ({"METARR_WORKERS": "-1"}, None, "METARR_WORKERS"),
        ({"METARR_WORKERS": "٤"}, None, "METARR_WORKERS"),
        ({"METARR_LOOPBACK_AUTH": "maybe"}, None, "METARR_LOOPBACK_AUTH"),
        ({"METARR_CONFIG": "/nowhere/metarr.toml"}, None, "METARR_CONFIG"),
        ({}, "port = = 1", r"metarr\.toml"),
        ({}, "[tmdb]\napi_key = 'x'", r"\[tmdb\]"),
    ],
    ids=["not a number", "negative", "not our digits", "neither on nor off", "no such file", "no TOML", "a section"],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, variables: dict[str, str], file: str | None, named: str) -> None:
    if file is not None:
        (tmp_path / "metarr.toml").write_text(file)
    with pytest.raises(InvalidInput, match=named):
        config.load({"METARR_DATA": str(tmp_path), **variables})
